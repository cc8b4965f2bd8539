/** A comparison that finds nothing proves nothing, unless it finds what is wrong: each fault planted here must be found. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AcceptedEvent, EventType } from '#lib/contracts/events/registry.ts';
import { accepted } from '#ingest/verify/oracle/events.fixture.ts';
import { accept, heap } from '../support/generator.ts';
import { disagreements, productRules, type Rules } from '../support/oracle-comparison.ts';

type Rewrite = (event: AcceptedEvent) => AcceptedEvent | null;

/** The same event without some of its fields, where they stand. */
const without =
  (...fields: readonly string[]): Rewrite =>
  (event) =>
    accepted({
      ...event,
      data: Object.fromEntries(Object.entries(event.data).filter(([name]) => !fields.includes(name)))
    });
const withoutIn =
  (type: EventType, ...fields: readonly string[]): Rewrite =>
  (event) =>
    event.type === type ? without(...fields)(event) : event;
const drop =
  (type: EventType): Rewrite =>
  (event) =>
    event.type === type ? null : event;
const rewritten = (events: readonly AcceptedEvent[], rewrite: Rewrite): AcceptedEvent[] =>
  events.map(rewrite).filter((event) => event !== null);

/** Rules that see other events than there are. */
const blindTo = (rewrite: Rewrite): Rules => ({
  money: (events) => productRules.money(rewritten(events, rewrite)),
  sales: (events) => productRules.sales(rewritten(events, rewrite)),
  reserved: (events) => productRules.reserved(rewritten(events, rewrite)),
  direct: (event) => {
    const seen = rewrite(event);
    return seen === null ? [] : productRules.direct(seen);
  },
  receivables: (events) => productRules.receivables(rewritten(events, rewrite))
});
const onMoney = (change: (row: ReturnType<Rules['money']>[number]) => ReturnType<Rules['money']>): Rules => ({
  ...productRules,
  money: (events) => productRules.money(events).flatMap(change)
});

const isVaguelyLinked = (event: AcceptedEvent): boolean =>
  (event.type === 'payment.confirmed' || event.type === 'payment.settled') && event.data.invoice_id === undefined;

const FAULTS: Readonly<Record<string, Rules>> = {
  'pass 1 left out': {
    ...productRules,
    receivables: blindTo((event) => (event.type.startsWith('payment.') ? without('installment')(event) : event))
      .receivables
  },
  'pass 3 left out': {
    ...productRules,
    receivables: blindTo((event) => (isVaguelyLinked(event) ? without('order_id')(event) : event)).receivables
  },
  'pass 4 left out': {
    ...productRules,
    receivables: blindTo((event) => (isVaguelyLinked(event) ? without('customer_id')(event) : event)).receivables
  },
  'a fee forgotten': onMoney((row) => [
    row.measure === 'ledger' && row.kind === 'settled' ? { ...row, amount: row.amount + 1 } : row
  ]),
  'the fee of a payout forgotten': blindTo(withoutIn('payout.sent', 'fee_minor')),
  'revisions ignored': blindTo(without('revision')),
  'parcels ignored': blindTo(without('parcel')),
  'movement_id ignored': blindTo(without('movement_id')),
  'a refund told twice counted twice': blindTo(withoutIn('return.refunded', 'movement_id')),
  'credits ignored': blindTo(drop('invoice.credited')),
  'a credit spread though it names an instalment': blindTo(withoutIn('invoice.credited', 'installment')),
  'reinstatements ignored': blindTo(drop('payment.reinstated')),
  'agreements replace nothing': blindTo(without('replaces')),
  'cancelled invoices stay open': blindTo(drop('invoice.cancelled')),
  'cancelled is for good': blindTo(withoutIn('invoice.cancelled', 'revision')),
  'interest paid as principal': blindTo(without('interest_minor')),
  'told allocations ignored': blindTo(drop('payment.allocated')),
  'ties broken by arrival': {
    ...productRules,
    receivables: blindTo((event) => accepted({ ...event, source: 'x', id: String(event.seq).padStart(4, '0') }))
      .receivables
  },
  'written off takes no money': {
    ...productRules,
    receivables: blindTo((event) =>
      event.type === 'invoice.written_off' ? accepted({ ...event, type: 'invoice.cancelled' }) : event
    ).receivables
  },
  'currencies mixed': {
    ...productRules,
    receivables: blindTo((event) =>
      'currency' in event.data ? accepted({ ...event, data: { ...event.data, currency: 'BRL' } }) : event
    ).receivables
  },
  'a reversal moves money before the settlement': onMoney((row) => [
    row.kind === 'reversed' && row.measure === 'ledger' ? { ...row, time: row.time - 1 } : row
  ]),
  'transfers counted as money in and out': onMoney((row) => [
    row.flow === 'transfer' ? { ...row, flow: row.amount > 0 ? 'in' : 'out' } : row
  ]),
  'the past knows what came later': onMoney((row) => [{ ...row, known_from: row.time }]),
  'goods taken off an order are held': {
    ...productRules,
    reserved: (events) =>
      productRules.reserved(
        events.map((event) =>
          event.type === 'order.placed'
            ? accepted({
                ...event,
                data: {
                  ...event.data,
                  lines: event.data.lines.map(({ cancelled_quantity: _, ...line }) => line)
                }
              })
            : event
        )
      )
  },
  'cancelled orders hold goods': { ...productRules, reserved: blindTo(drop('order.cancelled')).reserved },
  'shipments release nothing': { ...productRules, reserved: blindTo(drop('order.shipped')).reserved },
  'damaged goods on the shelf': {
    ...productRules,
    direct: (event) => productRules.direct(event).map((effect) => ({ ...effect, bucket: 'on_hand' }))
  },
  'the discount of an order forgotten': blindTo(withoutIn('order.placed', 'discount_minor'))
};

describe('found by the comparison with the oracle', () => {
  it.each(Object.entries(FAULTS))('%s', (_name, rules) => {
    let thrown: unknown = null;
    const run = fc.check(
      fc.property(heap({ max: 45 }), (sent) => {
        try {
          return disagreements(accept(sent), rules).length === 0;
        } catch (error) {
          // a fault that breaks the rules outright is no fault that was found
          thrown = error;
          return true;
        }
      }),
      { numRuns: 500, endOnFailure: true }
    );
    expect(thrown).toBeNull();
    expect(run.failed).toBe(true);
  });
});
