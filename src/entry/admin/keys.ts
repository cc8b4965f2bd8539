import { USER_ROLES } from '#lib/contracts/roles.ts';
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
  type Stores
} from './command.ts';

const SCOPES = ['ingest', 'quarantine'] as const;

/** An ingest key or a read token, told alike. Times in epoch ms. */
interface AnyKey {
  readonly kind: 'ingest' | 'read';
  readonly key_id: string;
  readonly name: string;
  readonly last4: string;
  readonly created_at: number;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
  /** rotated: the end of its time beside its successor */
  readonly expires_at: number | null;
}

function all({ auth, keys }: Stores): AnyKey[] {
  const ingest = keys()
    .list()
    .map(({ key }) => ({ kind: 'ingest', ...key }) as const);
  const read = auth
    .readTokens()
    .map(({ token_id, ...token }) => ({ kind: 'read', key_id: token_id, expires_at: null, ...token }) as const);
  return [...ingest, ...read];
}

function find({ subject, given }: Asked, stores: Stores): AnyKey {
  const wanted = subject ?? text(given, 'id') ?? text(given, 'name');
  if (wanted === undefined) throw new UsageError('which key? give its id, or its name when only one is called so');
  const known = all(stores);
  const byId = known.find((key) => key.key_id === wanted);
  if (byId !== undefined) return byId;
  const named = known.filter((key) => key.name === wanted && key.revoked_at === null);
  const [only] = named;
  if (only === undefined) throw new Refusal('not_found', `there is no open key ${wanted}`);
  if (named.length > 1) throw new Refusal('ambiguous', `${named.length} open keys are called ${wanted}: give the id`);
  return only;
}

const told = (kind: AnyKey['kind'], key: object, keyId: string, secret: string): Answer => ({
  json: { key: { kind, ...key }, secret },
  text: `added: ${keyId}\nsecret, shown this once: ${secret}`
});

function addReadToken({ given }: Asked, { auth }: Stores): Answer {
  const ingestOnly = ['source', 'type', 'scope', 'rate'].find((name) => given[name] !== undefined);
  if (ingestOnly !== undefined) throw new UsageError(`--${ingestOnly} is for ingest keys, not for --read`);
  const role = oneOf(text(given, 'role') ?? 'viewer', USER_ROLES, 'role');
  const { token_id, secret } = auth.addReadToken(required(given, 'name'), role);
  const { token_id: _, ...token } = auth.readTokens().find((known) => known.token_id === token_id) ?? { token_id };
  return told('read', { key_id: token_id, ...token }, token_id, secret);
}

function addIngestKey({ given }: Asked, { keys, clock }: Stores): Answer {
  if (given.role !== undefined) throw new UsageError('--role is for read tokens: add --read');
  const perSecond = text(given, 'rate');
  const rate = perSecond === undefined ? null : Number(perSecond);
  if (rate !== null && !(Number.isInteger(rate) && rate > 0))
    throw new UsageError('--rate must be whole events a second');
  const scopes = list(given, 'scope').map((scope) => oneOf(scope, SCOPES, 'scope'));
  const { key, secret } = keys().create(
    {
      name: required(given, 'name'),
      scopes: scopes.length === 0 ? ['ingest'] : scopes,
      sources: list(given, 'source'),
      types: list(given, 'type'),
      rate
    },
    clock()
  );
  return told('ingest', key, key.key_id, secret);
}

export const KEY_COMMANDS = {
  'key add': {
    usage: `key add --name N [--source S]… [--type T]… [--scope ingest|quarantine]… [--rate N]\n  key add --name N --read [--role ${USER_ROLES.join('|')}]`,
    does: 'adds an ingest key, or with --read a read token for the API; the secret is printed once',
    options: {
      name: { type: 'string' },
      source: { type: 'string', multiple: true },
      type: { type: 'string', multiple: true },
      scope: { type: 'string', multiple: true },
      rate: { type: 'string' },
      read: { type: 'boolean' },
      role: { type: 'string' }
    },
    begins: true,
    run: (asked, stores) => (asked.given.read === true ? addReadToken(asked, stores) : addIngestKey(asked, stores))
  },
  'key list': {
    usage: 'key list',
    does: 'lists ingest keys and read tokens',
    options: {},
    begins: false,
    run: (_, stores) => {
      const keys = all(stores);
      const rows = keys.map((key) => {
        const end = key.expires_at === null ? 'open' : `accepted until ${time(key.expires_at)}`;
        const state = key.revoked_at === null ? end : `revoked ${time(key.revoked_at)}`;
        return [key.key_id, key.kind, key.name, `…${key.last4}`, time(key.created_at), time(key.last_used_at), state];
      });
      const heads = ['id', 'kind', 'name', 'ends in', 'made (UTC)', 'last used (UTC)', 'state'];
      return { json: { keys }, text: table(heads, rows) };
    }
  },
  'key rotate': {
    usage: 'key rotate ID|NAME [--grace HOURS]',
    does: 'makes a key that takes the place of an ingest key; the old one is accepted for 24 h, or as told',
    options: { id: { type: 'string' }, name: { type: 'string' }, grace: { type: 'string' } },
    begins: false,
    run: (asked, stores) => {
      const key = find(asked, stores);
      if (key.kind === 'read') throw new Refusal('read_token', 'a read token is revoked and another one made');
      const hours = Number(text(asked.given, 'grace') ?? 24);
      if (!(hours >= 0 && hours <= 720)) throw new UsageError('--grace must be 0 to 720 hours');
      const now = stores.clock();
      const rotated = stores.keys().rotate(key.key_id, now + hours * 3_600_000, now);
      if (!rotated) throw new Refusal('rotated_before', `${key.key_id} is revoked or was rotated before`);
      return told('ingest', rotated.key, rotated.key.key_id, rotated.secret);
    }
  },
  'key revoke': {
    usage: 'key revoke ID|NAME',
    does: 'ends a key or read token, in force within 5 s',
    options: { id: { type: 'string' }, name: { type: 'string' } },
    begins: false,
    run: (asked, stores) => {
      const key = find(asked, stores);
      if (key.revoked_at !== null) throw new Refusal('revoked_before', `${key.key_id} was revoked before`);
      if (key.kind === 'read') stores.auth.revokeReadToken(key.key_id);
      else stores.keys().revoke(key.key_id, stores.clock());
      const after = all(stores).find((known) => known.key_id === key.key_id) ?? key;
      return { json: { key: after }, text: `revoked: ${key.key_id} (${key.name})` };
    }
  }
} as const satisfies Record<string, Command>;
