/** Debts as they stood at a past moment: the rules themselves over the events known then. */
import * as z from 'zod';
import { ok, type Result } from '#lib/contracts/result.ts';
import { receivables } from '#lib/domain/receivables.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import { receivableEventsAt } from './queries/receivables.server.ts';
import { toEvent } from './queries/stored-event.server.ts';

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

/** Reads and computes here: seconds of work for hundreds of thousands of events. Servers do it in a thread (debts-thread). */
export const debtsFrom =
  (reader: Reader): DebtsAt =>
  async (asOf, paidSince) => {
    const rows = await reader.read(receivableEventsAt, { as_of: asOf });
    if (!rows.ok) return rows;
    const { instalments, allocations } = receivables(rows.value.map(toEvent));
    return ok({
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
    });
  };
