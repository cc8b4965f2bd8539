/**
 * Pix, the callbacks of the central bank's API 2.9: a bank posts received Pix to the address it was given, with `/pix` behind it,
 * several in one body, and again whenever a devolução of one reaches a final state. It signs nothing: the bank shows its certificate
 * (mTLS, ended by the proxy in front), and a secret stands in the path. See README.md here.
 */
import { z } from 'zod';
import { parseInstant } from '#lib/contracts/time.ts';
import type { SourceSettings } from '#lib/contracts/sources.ts';
import { Amount, feeOf, payloadFault, readPayload, unusable } from './payload.ts';
import { ignored, NOT_JSON, told, type Call, type Told, type Understood, type WebhookPlatform } from './platform.ts';
import { isSame, newToken } from './signatures.ts';

const CURRENCY = 'BRL';
const Money = Amount(CURRENCY);
const Moment = z.string().refine((text) => parseInstant(text) !== undefined, 'expected an RFC 3339 time with its zone');
const Part = z.object({ valor: Money }).nullish();

/** Some banks write an empty text where there is none. */
const Reference = z
  .string()
  .max(64)
  .nullish()
  .transform((text) => text || undefined);

const Devolucao = z.object({
  id: z.string().min(1).max(64),
  rtrId: Reference,
  valor: Money,
  natureza: z.string().nullish(),
  horario: z.object({ solicitacao: Moment.nullish(), liquidacao: Moment.nullish() }).nullish(),
  status: z.string()
});
const Pix = z.object({
  endToEndId: z.string().min(1).max(64),
  txid: Reference,
  valor: Money,
  horario: Moment,
  componentesValor: z
    .object({ juros: Part, multa: Part, desconto: Part, abatimento: Part, saque: Part, troco: Part })
    .nullish(),
  // the central bank's own example holds one as an object
  devolucoes: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown()).transform((one) => [one])]).nullish()
});
type Pix = z.output<typeof Pix>;
const Body = z.object({ pix: z.array(z.unknown()) });

const accountOf = ({ account }: SourceSettings): string => account ?? 'pix';

/** What the payer paid beside the debt, as the charge with a due date says it. */
function surcharges({ componentesValor: parts }: Pix) {
  const interest = parts?.juros?.valor ?? 0;
  const fine = parts?.multa?.valor ?? 0;
  const discount = (parts?.desconto?.valor ?? 0) + (parts?.abatimento?.valor ?? 0);
  return {
    ...(interest > 0 && { interest_minor: interest }),
    ...(fine > 0 && { fine_minor: fine }),
    ...(discount > 0 && { discount_minor: discount })
  };
}

function received(pix: Pix, settings: SourceSettings): Told[] {
  const { endToEndId, txid, valor, horario, componentesValor: parts } = pix;
  const account = accountOf(settings);
  // Pix Saque and Pix Troco: that part was handed out in cash. It pays for nothing, it changes its place
  const handed = (parts?.saque?.valor ?? 0) + (parts?.troco?.valor ?? 0);
  const events: Told[] = [];
  if (valor > handed) {
    const fee_minor = feeOf(valor - handed, settings);
    events.push(
      told('payment.settled', endToEndId, horario, {
        payment_id: endToEndId,
        account,
        amount_minor: valor - handed,
        fee_minor,
        ...(fee_minor > 0 && { fees: [{ kind: 'other', minor: fee_minor }] }),
        currency: CURRENCY,
        method: 'pix',
        txid,
        end_to_end_id: endToEndId,
        invoice_id: settings.reference === 'invoice' ? txid : undefined,
        order_id: settings.reference === 'order' ? txid : undefined,
        ...surcharges(pix)
      })
    );
  }
  if (handed > 0)
    events.push(
      told('account.moved', `${endToEndId}:saque`, horario, {
        account,
        amount_minor: handed,
        currency: CURRENCY,
        category: 'transfer',
        counter_account: settings.cash_account,
        movement_id: `${endToEndId}:saque`
      })
    );
  return events;
}

const WithId = z.object({ id: z.string().min(1).max(64) });

/** Kept as it came, under the id it will have once it is corrected. */
const unread = (type: string, id: string | undefined, value: unknown, error: z.ZodError): readonly Told[] =>
  unusable({ told: '', subject: '', type, raw: Buffer.from(JSON.stringify(value)), id }, payloadFault(error, value))
    .events;

/** EM_PROCESSAMENTO may still end either way, NAO_REALIZADO moved nothing. */
function returned(value: unknown, { endToEndId, horario }: Pix, settings: SourceSettings): readonly Told[] {
  const read = Devolucao.safeParse(value);
  if (!read.success) {
    const id = WithId.safeParse(value).data?.id;
    return unread('pix.returned', id === undefined ? undefined : `${endToEndId}:${id}`, value, read.error);
  }
  const { id, rtrId, valor, natureza, horario: when, status } = read.data;
  if (status !== 'DEVOLVIDO') return [];
  const event_id = `${endToEndId}:${id}`;
  const time = when?.liquidacao ?? when?.solicitacao ?? horario;
  const account = accountOf(settings);
  const movement_id = rtrId ?? event_id;
  // cash that was to be handed out and stays in the till: no payment is undone
  if (natureza === 'RETIRADA')
    return [
      told('account.moved', event_id, time, {
        account,
        amount_minor: -valor,
        currency: CURRENCY,
        category: 'transfer',
        counter_account: settings.cash_account,
        movement_id
      })
    ];
  return [
    told('payment.reversed', event_id, time, {
      payment_id: endToEndId,
      amount_minor: valor,
      currency: CURRENCY,
      // MED: the payer's bank took it back
      reason: natureza?.startsWith('MED') ? 'chargeback' : 'refund',
      account,
      movement_id
    })
  ];
}

const Named = z.object({ endToEndId: z.string().min(1).max(64) });

function one(value: unknown, settings: SourceSettings): readonly Told[] {
  const read = Pix.safeParse(value);
  if (!read.success) return unread('pix.received', Named.safeParse(value).data?.endToEndId, value, read.error);
  const pix = read.data;
  return [...received(pix, settings), ...(pix.devolucoes ?? []).flatMap((each) => returned(each, pix, settings))];
}

function toEvents(call: Call, settings: SourceSettings): Understood | typeof NOT_JSON {
  const payload = readPayload(call.raw);
  if (payload === NOT_JSON) return NOT_JSON;
  const kind = call.rest.at(-1) ?? '';
  const body = Body.safeParse(payload);
  // a bank's try-out of the address, and the callbacks of Pix Automático, which tell of agreements and not of money
  if (!body.success) return ignored(KINDS.has(kind) ? kind : '', '', 'no received Pix in it');
  const events = body.data.pix.flatMap((value) => one(value, settings));
  const subject = body.data.pix.length === 1 ? idOf(events) : `${body.data.pix.length} Pix`;
  return { told: 'pix', subject, events, ignored: events.length === 0 ? 'an empty list' : undefined };
}

const idOf = (events: readonly Told[]): string => {
  const [first] = events;
  return typeof first?.id === 'string' ? first.id : '';
};

/** The kinds of callback that banks append to the address. */
const KINDS: ReadonlySet<string> = new Set(['pix', 'rec', 'cobr']);

/** `…/:source/:secret/pix`, as the bank appends it; some banks let the secret stand in the query as `hmac`. */
function verify({ rest, query }: Call, secret: string): boolean {
  const given = rest.find((segment) => !KINDS.has(segment)) ?? query.get('hmac') ?? '';
  return isSame(given, secret);
}

export const pix: WebhookPlatform = {
  signsBody: false,
  verify,
  toEvents,
  newSecret: newToken,
  isSecret: (secret) => /^[A-Za-z0-9._~-]+$/.test(secret) && !KINDS.has(secret)
};
