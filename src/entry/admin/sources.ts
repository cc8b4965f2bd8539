import { DEFAULT_SETTINGS, NewSource, PLATFORMS, SourceSettings, type WebhookSource } from '#lib/contracts/sources.ts';
import type { Made, SourceFault } from '#ingest/sources/sources.ts';
import {
  list,
  oneOf,
  Refusal,
  required,
  table,
  text,
  time,
  UsageError,
  type Answer,
  type Asked,
  type Command,
  type Given,
  type Stores
} from './command.ts';

const REFUSALS: Readonly<Record<SourceFault, string>> = {
  taken: 'there is a source of this name',
  secret_missing: 'this platform gives the secret itself: --secret is missing',
  secret_unusable: 'nothing can be checked with this secret',
  not_found: 'there is no such source'
};
const SETTINGS = ['account', 'bank_account', 'cash_account', 'reference', 'currency'] as const;
const NUMBERS = ['fee_bps', 'fee_fixed_minor'] as const;
const flag = (name: string): string => name.replaceAll('_', '-');

/** The settings given as options; `--sku ITEM=SKU` may come many times. */
function settingsOf(given: Given): Partial<SourceSettings> {
  const told: Record<string, unknown> = {};
  for (const name of SETTINGS) {
    const value = text(given, flag(name));
    if (value !== undefined) told[name] = value;
  }
  for (const name of NUMBERS) {
    const value = text(given, flag(name));
    if (value !== undefined) told[name] = Number(value);
  }
  const pairs = list(given, 'sku').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`--sku wants ITEM=SKU, not ${pair}`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  if (pairs.length > 0) told.skus = Object.fromEntries(pairs);
  const settings = SourceSettings.safeParse({ ...DEFAULT_SETTINGS, ...told });
  const wrong = settings.error?.issues[0]?.path[0];
  if (wrong !== undefined) throw new UsageError(`--${flag(String(wrong))} cannot be used`);
  return told;
}
function made(result: Made, what: string): Answer {
  if ('fault' in result) throw new Refusal(result.fault, REFUSALS[result.fault]);
  const { source, secret } = result;
  const path = `/v1/webhooks/${source.platform}/${source.source}`;
  const shown = source.platform === 'pix' ? `${path}/SECRET` : path;
  const secretLine = secret === null ? '' : `\nsecret, shown this once: ${secret}`;
  return { json: { source, path: shown, secret }, text: `${what}: ${source.source}\naddress: ${shown}${secretLine}` };
}

function add({ given }: Asked, { sources }: Stores): Answer {
  const minutes = text(given, 'silent-after');
  const input = NewSource.safeParse({
    platform: oneOf(required(given, 'platform'), PLATFORMS, 'platform'),
    source: required(given, 'source'),
    secret: text(given, 'secret'),
    settings: settingsOf(given),
    silent_after_minutes: minutes === undefined ? null : Number(minutes)
  });
  if (input.success) return made(sources().create(input.data), 'added');
  const at = input.error.issues[0]?.path[0];
  throw new UsageError(
    at === 'source'
      ? '--source: letters, digits and . _ ~ : @ - only'
      : `--${flag(String(at ?? 'source'))} cannot be used`
  );
}

const subjectOf = ({ subject, given }: Asked): string => {
  const name = subject ?? text(given, 'source');
  if (name === undefined) throw new UsageError('which source? give its name');
  return name;
};

function change(asked: Asked, { sources }: Stores, disabled: boolean): Answer {
  const source = sources().change(subjectOf(asked), { disabled });
  if (source === null) throw new Refusal('not_found', REFUSALS.not_found);
  return { json: { source }, text: `${disabled ? 'disabled' : 'enabled'}: ${source.source}` };
}

const row = ({ source, platform, secrets, last_seen_at, silent_since, disabled_at }: WebhookSource): string[] => [
  source,
  platform,
  secrets.map(({ last4 }) => `…${last4}`).join(' '),
  time(last_seen_at),
  disabled_at !== null ? 'disabled' : silent_since !== null ? `silent since ${time(silent_since)}` : 'open'
];

export const SOURCE_COMMANDS = {
  'source add': {
    usage: `source add --platform ${PLATFORMS.join('|')} --source S [--secret X] [--account A] [--bank-account A] [--cash-account A]
      [--reference none|order|invoice] [--currency C] [--fee-bps N] [--fee-fixed-minor N] [--sku ITEM=SKU]… [--silent-after MINUTES]`,
    does: 'lets a platform call this source; without --secret one is made, where the platform takes ours',
    options: {
      platform: { type: 'string' },
      source: { type: 'string' },
      secret: { type: 'string' },
      ...Object.fromEntries([...SETTINGS, ...NUMBERS].map((name) => [flag(name), { type: 'string' } as const])),
      sku: { type: 'string', multiple: true },
      'silent-after': { type: 'string' }
    },
    begins: true,
    run: add
  },
  'source list': {
    usage: 'source list',
    does: 'lists the sources that platforms call',
    options: {},
    begins: false,
    run: (_, { sources }) => {
      const all = sources().list();
      const heads = ['source', 'platform', 'secrets end in', 'last seen (UTC)', 'state'];
      return { json: { sources: all }, text: table(heads, all.map(row)) };
    }
  },
  'source rotate': {
    usage: 'source rotate S [--secret X] [--overlap-hours N]',
    does: 'a new secret; the earlier one is accepted for 24 h, or the hours given',
    options: { source: { type: 'string' }, secret: { type: 'string' }, 'overlap-hours': { type: 'string' } },
    begins: false,
    run: (asked, { sources }) => {
      const overlap_hours = Number(text(asked.given, 'overlap-hours') ?? 24);
      if (!Number.isInteger(overlap_hours) || overlap_hours < 0)
        throw new UsageError('--overlap-hours must be whole hours');
      return made(
        sources().rotate(subjectOf(asked), { secret: text(asked.given, 'secret'), overlap_hours }),
        'changed'
      );
    }
  },
  'source disable': {
    usage: 'source disable S',
    does: 'answers its platform 404 from now on, in force within 5 s',
    options: { source: { type: 'string' } },
    begins: false,
    run: (asked, stores) => change(asked, stores, true)
  },
  'source enable': {
    usage: 'source enable S',
    does: 'lets it in again',
    options: { source: { type: 'string' } },
    begins: false,
    run: (asked, stores) => change(asked, stores, false)
  }
} as const satisfies Record<string, Command>;
