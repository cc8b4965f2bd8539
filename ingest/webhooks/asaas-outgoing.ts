/** Money that leaves Asaas: bills paid there, transfers to a bank. */
import { z } from 'zod';
import type { SourceSettings } from '#lib/contracts/sources.ts';
import { accountOf } from './asaas-payment.ts';
import { instantIn, SAO_PAULO } from './local-time.ts';
import { Amount, isNone, Optional, payloadFault, PlatformId, unusable } from './payload.ts';
import { ignored, told, type Told, type Understood } from './platform.ts';

const CURRENCY = 'BRL';
const Money = Amount(CURRENCY);
const Day = z.iso.date();

interface Outgoing {
  readonly name: string;
  readonly id: string;
  readonly time: string | undefined;
  readonly payload: unknown;
  readonly raw: Buffer;
}

const Bill = z.object({
  bill: z.object({
    id: PlatformId,
    value: Money,
    fee: Optional(Money),
    dueDate: Optional(Day),
    scheduleDate: Optional(Day),
    paymentDate: Optional(Day),
    companyName: Optional(z.string().max(128)),
    description: Optional(z.string().max(128))
  })
});
const Transfer = z.object({
  transfer: z.object({
    id: PlatformId,
    value: Money,
    transferFee: Optional(Money),
    type: Optional(z.string()),
    operationType: Optional(z.string()),
    dateCreated: Optional(z.string()),
    effectiveDate: Optional(z.string()),
    bankAccount: z.object({ ownerName: Optional(z.string().max(128)) }).nullish()
  })
});

const about = ({ name, id, raw }: Outgoing) => ({ told: name, subject: '', type: `asaas.${name}`, raw, id });
const moment = (text: string | null | undefined): string | undefined =>
  isNone(text) ? undefined : instantIn(SAO_PAULO, text);
const NO_TIME = { path: '/data/dateCreated', message: 'nothing says when it happened' };
const NO_USE = 'nothing that moves money or a debt';

export function billEvents(event: Outgoing, settings: SourceSettings): Understood {
  const { name, id } = event;
  if (!['BILL_CREATED', 'BILL_PENDING', 'BILL_PAID', 'BILL_CANCELLED', 'BILL_FAILED', 'BILL_REFUNDED'].includes(name))
    return ignored(name, '', NO_USE);
  const read = Bill.safeParse(event.payload);
  if (!read.success) return unusable(about(event), payloadFault(read.error, event.payload));
  const { bill } = read.data;
  const time = event.time ?? moment(bill.paymentDate ?? bill.scheduleDate ?? bill.dueDate);
  if (time === undefined) return unusable(about(event), NO_TIME);
  const money = { amount_minor: bill.value, currency: CURRENCY };
  const payee = bill.companyName || bill.description || 'conta';
  const what = { payout_id: bill.id, payee, category: 'other' as const, ...money };
  const events: Told[] = [];
  if (name === 'BILL_CREATED' || name === 'BILL_PENDING')
    events.push(told('payout.scheduled', id, time, { ...what, due_date: bill.scheduleDate ?? bill.dueDate ?? '' }));
  else if (name === 'BILL_PAID')
    events.push(
      told('payout.sent', id, time, {
        ...what,
        account: accountOf(settings),
        fee_minor: bill.fee ?? 0,
        method: 'boleto'
      })
    );
  else if (name === 'BILL_REFUNDED')
    events.push(
      told('payout.returned', id, time, {
        payout_id: bill.id,
        account: accountOf(settings),
        ...money,
        movement_id: `${bill.id}:refund`
      })
    );
  else events.push(told('payout.cancelled', id, time, { payout_id: bill.id }));
  return { told: name, subject: bill.id, events };
}

/** To a bank account of the business: money changes its place, it is not spent. */
export function transferEvents(event: Outgoing, settings: SourceSettings): Understood {
  const { name, id } = event;
  if (name !== 'TRANSFER_DONE') return ignored(name, '', NO_USE);
  const read = Transfer.safeParse(event.payload);
  if (!read.success) return unusable(about(event), payloadFault(read.error, event.payload));
  const { transfer } = read.data;
  const time = event.time ?? moment(transfer.effectiveDate ?? transfer.dateCreated);
  if (time === undefined) return unusable(about(event), NO_TIME);
  const fee = transfer.transferFee ?? 0;
  const from = { account: accountOf(settings), currency: CURRENCY };
  const events = [
    told('account.moved', id, time, {
      ...from,
      amount_minor: -transfer.value,
      category: 'transfer',
      counter_account: settings.bank_account,
      movement_id: transfer.id
    })
  ];
  if (fee !== 0)
    events.push(
      told('account.moved', `${id}:fee`, time, {
        ...from,
        amount_minor: -fee,
        category: 'bank_fee',
        movement_id: `${transfer.id}:fee`
      })
    );
  return { told: name, subject: transfer.id, events };
}
