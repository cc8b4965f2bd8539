/**
 * What customers owe, after a batch. Kept in mind from batch to batch is only what need not be looked at again, see closure.ts;
 * forgotten, it costs time and never truth.
 */
import { LRUCache } from 'lru-cache';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { Place } from '#lib/domain/allocation.ts';
import type { Receivables } from '#lib/domain/receivables.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import { receivablesClosure, type Known, type Subjects } from './closure.ts';
import type { Lines } from './columns.ts';
import { addReceivables } from './state.ts';

/** ≈ 100 bytes each */
const SEALED_MAX = 300_000;
/** ≈ 200 bytes each */
const REACHED_MAX = 100_000;

export interface Debtors {
  /** Adds the rows of what the batch changes. */
  add(
    lines: Lines,
    subjects: Subjects,
    batch: { readonly from: number; readonly through: number; readonly events: readonly AcceptedEvent[] }
  ): Promise<Result<void, ClickHouseFailure>>;
  /** Call once a batch, when all of it is committed: a batch that is repeated starts from the same state. */
  commit(): void;
  /** Forgets everything: the tables were changed by someone else. */
  clear(): void;
}

export function createDebtors(): Debtors {
  const sealed = new LRUCache<string, true>({ max: SEALED_MAX });
  const reached = new LRUCache<string, Place>({ max: REACHED_MAX });
  const known: Known = {
    isSealed: (invoiceId) => sealed.has(invoiceId),
    reachedOf: (customerId) => reached.get(customerId) ?? null
  };
  let pending: { readonly after: Receivables; readonly customers: readonly string[] } | null = null;

  return {
    async add(lines, subjects, { from, through, events }) {
      const closure = await receivablesClosure(subjects, events, known);
      if (!closure.ok) return closure;
      const after = addReceivables(lines, closure.value.events, from, through);
      pending = { after, customers: closure.value.customers };
      return ok(undefined);
    },
    commit() {
      if (!pending) return;
      const { after, customers } = pending;
      for (const { invoice_id } of after.instalments)
        if (after.sealed.has(invoice_id)) sealed.set(invoice_id, true);
        else sealed.delete(invoice_id);
      for (const customer of customers) {
        const place = after.reached.get(customer);
        if (place) {
          const { due_date, invoice_id, number } = place;
          reached.set(customer, { due_date, invoice_id, number });
        } else reached.delete(customer);
      }
      pending = null;
    },
    clear() {
      sealed.clear();
      reached.clear();
      pending = null;
    }
  };
}
