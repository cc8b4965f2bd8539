/** Debts as they stood at a past moment: the rules themselves over the events known then. */
import * as z from 'zod';
import { ok, type Result } from '#lib/contracts/result.ts';
import { receivables } from '#lib/domain/receivables.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import { receivableEventsAt } from './queries/receivables.server.ts';
import { toEvent } from './queries/stored-event.server.ts';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';

/** What figures and lists need of them, small enough to cross a thread. Amounts in minor units, times in epoch ms. */
export const Debts = z.strictObject({
  /** instalments with something open */
  open: z.array(
    z.strictObject({
      currency: z.string(),
      customer_id: z.string(),
      invoice_id: z.string(),
      number: z.int(),
      due_date: z.string(),
      open_minor: z.int()
    })
  ),
  /** parts of payments that came to exist since the asked moment */
  paid: z.array(
    z.strictObject({ currency: z.string(), exists_from: z.int(), due_date: z.string(), amount_minor: z.int() })
  )
});
export type Debts = z.infer<typeof Debts>;

/** @param paidSince epoch ms: payments that exist from then on are told */
export type DebtsAt = (asOf: number, paidSince: number) => Promise<Result<Debts, ClickHouseFailure>>;

/** What was open at the end of a day, by due date. */
export const DebtDay = z.strictObject({
  /** epoch ms */
  end: z.int(),
  currency: z.string(),
  due_date: z.string(),
  open_minor: z.int()
});
export type DebtDay = z.infer<typeof DebtDay>;

/** @param ends epoch ms */
export type DebtDays = (ends: readonly number[]) => Promise<Result<DebtDay[], ClickHouseFailure>>;

export interface PastDebts {
  readonly debtsAt: DebtsAt;
  readonly debtDays: DebtDays;
}

/** Reads and computes here: seconds of work for hundreds of thousands of events. Servers do it in a thread (debts-thread). */
export const debtsFrom = (reader: Reader): PastDebts => ({
  async debtsAt(asOf, paidSince) {
    const rows = await reader.read(receivableEventsAt, { as_of: asOf });
    return rows.ok ? ok(debtsOf(rows.value.map(toEvent), asOf, paidSince)) : rows;
  },
  async debtDays(ends) {
    const rows = await reader.read(receivableEventsAt, { as_of: Math.max(...ends) });
    if (!rows.ok) return rows;
    const events = rows.value.map(toEvent);
    return ok(ends.flatMap((end) => debtDayOf(events, end)));
  }
});

function debtsOf(events: readonly AcceptedEvent[], asOf: number, paidSince: number): Debts {
  const { instalments, allocations } = receivables(events);
  return {
    open: instalments
      .filter((instalment) => instalment.open_minor > 0)
      .map(({ currency, customer_id, invoice_id, number, due_date, open_minor }) => ({
        currency,
        customer_id,
        invoice_id,
        number,
        due_date,
        open_minor
      })),
    paid: allocations
      .filter((allocation) => allocation.exists_from >= paidSince && allocation.exists_from <= asOf)
      .map(({ currency, exists_from, due_date, amount_minor }) => ({ currency, exists_from, due_date, amount_minor }))
  };
}

function debtDayOf(events: readonly AcceptedEvent[], end: number): DebtDay[] {
  const days = new Map<string, DebtDay>();
  for (const { currency, due_date, open_minor } of receivables(events.filter((event) => event.time <= end))
    .instalments) {
    const key = `${currency} ${due_date}`;
    const day = days.get(key) ?? { end, currency, due_date, open_minor: 0 };
    day.open_minor += open_minor;
    days.set(key, day);
  }
  return [...days.values()];
}
