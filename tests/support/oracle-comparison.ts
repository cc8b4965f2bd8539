/** The product's pure rules brought to the oracle's form, each replaceable so that a planted fault can show it is found. */
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { receivables, type Receivables } from '#lib/domain/receivables.ts';
import { moneyEffects, type MoneyEffect } from '#ingest/derive/money.ts';
import { salesEffects, type SalesEffect } from '#ingest/derive/sales.ts';
import type { Signed } from '#ingest/derive/signed.ts';
import { directEffects, reservedEffects, type StockEffect } from '#ingest/derive/stock.ts';
import {
  allocationsMade,
  moneyMovements,
  openInstalments,
  salesMovements,
  stockMovements
} from '#ingest/verify/facts.ts';
import { happened } from '#ingest/verify/oracle/happened.ts';
import { receivables as oracleReceivables } from '#ingest/verify/oracle/receivables.ts';
import { add, differences, type Difference, type Tally } from '#ingest/verify/tally.ts';

export interface Rules {
  readonly money: (events: readonly AcceptedEvent[]) => readonly Signed<MoneyEffect>[];
  readonly sales: (events: readonly AcceptedEvent[]) => readonly Signed<SalesEffect>[];
  readonly reserved: (events: readonly AcceptedEvent[]) => readonly Signed<StockEffect>[];
  readonly direct: (event: AcceptedEvent) => readonly StockEffect[];
  readonly receivables: (events: readonly AcceptedEvent[]) => Receivables;
}
export const productRules: Rules = {
  money: moneyEffects,
  sales: salesEffects,
  reserved: reservedEffects,
  direct: directEffects,
  receivables
};

function moneyTally(rows: readonly Signed<MoneyEffect>[]): Tally {
  const tally: Tally = new Map();
  for (const it of rows)
    add(
      tally,
      [
        it.measure,
        it.currency,
        it.time,
        it.account,
        it.flow,
        it.kind,
        it.method,
        it.entity,
        it.order_id,
        it.customer_id,
        it.source,
        it.id,
        it.known_from
      ],
      [it.amount, it.base, it.sign]
    );
  return tally;
}

function salesTally(rows: readonly Signed<SalesEffect>[]): Tally {
  const tally: Tally = new Map();
  for (const it of rows)
    add(
      tally,
      [it.measure, it.currency, it.time, it.entity, it.order_id, it.return_id, it.source, it.id, it.known_from],
      [it.amount, it.sign]
    );
  return tally;
}

function stockTally(rows: readonly Signed<StockEffect>[]): Tally {
  const tally: Tally = new Map();
  for (const it of rows)
    add(
      tally,
      [it.sku, it.warehouse, it.bucket, it.kind, it.time, it.entity, it.source, it.id, it.known_from],
      [it.amount, it.sign]
    );
  return tally;
}

function openTally({ instalments }: Receivables): Tally {
  const tally: Tally = new Map();
  for (const it of instalments) {
    if (it.open_minor === 0) continue;
    const columns = [
      it.currency,
      it.customer_id,
      it.invoice_id,
      it.number,
      it.due_date,
      it.kind,
      it.order_id ?? '',
      it.issued_time
    ];
    add(tally, [...columns, it.billed_minor, it.credited_minor, it.paid_minor, it.open_minor], [1]);
  }
  return tally;
}

function allocationTally({ allocations }: Receivables): Tally {
  const tally: Tally = new Map();
  for (const it of allocations)
    add(
      tally,
      [
        it.currency,
        it.exists_from,
        it.payment_id,
        it.invoice_id,
        it.number,
        it.customer_id,
        it.due_date,
        it.amount_minor
      ],
      [1]
    );
  return tally;
}

const named = (rule: string, found: readonly Difference[]): string[] =>
  found.map((difference) => `${rule} ${JSON.stringify(difference)}`);

/** Every disagreement of the rules with the oracle over these events, live and at every moment before; empty: none. */
export function disagreements(accepted: readonly AcceptedEvent[], rules: Rules = productRules): string[] {
  const events = happened(accepted, null);
  const direct = events
    .flatMap((event) => rules.direct(event))
    .map((effect) => ({ ...effect, known_from: effect.time, sign: 1 }) as const);
  const found = [
    ...named('money', differences(moneyMovements(events), moneyTally(rules.money(accepted)))),
    ...named('sales', differences(salesMovements(events), salesTally(rules.sales(accepted)))),
    ...named('stock', differences(stockMovements(events), stockTally([...rules.reserved(accepted), ...direct])))
  ];
  for (const moment of new Set(events.map(({ time }) => time))) {
    const expected = oracleReceivables(happened(accepted, moment));
    const actual = rules.receivables(accepted.filter(({ time }) => time <= moment));
    const at = new Date(moment).toISOString();
    found.push(...named(`open at ${at}`, differences(openInstalments(expected), openTally(actual))));
    found.push(...named(`allocations at ${at}`, differences(allocationsMade(expected), allocationTally(actual))));
    const unapplied: Tally = new Map([...expected.unapplied].map(([id, amount]) => [JSON.stringify([id]), [amount]]));
    const left: Tally = new Map();
    for (const it of actual.unapplied) add(left, [it.payment_id], [it.amount_minor]);
    found.push(...named(`unapplied at ${at}`, differences(unapplied, left)));
  }
  return found;
}
