/**
 * What customers owe, after a batch. Kept in mind from batch to batch is only what need not be looked at again, see closure.ts;
 * forgotten, it costs time and never truth.
 */
import { LRUCache } from 'lru-cache';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { Place } from '#lib/domain/allocation.ts';
import { groupBy } from '#lib/domain/payments.ts';
import type { Receivables } from '#lib/domain/receivables.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import { receivablesClosure, type Closure, type Known, type Subjects } from './closure.ts';
import type { Lines } from './columns.ts';
import { addReceivables } from './state.ts';

/** ≈ 100 bytes each */
const SEALED_MAX = 300_000;
/** ≈ 200 bytes each */
const REACHED_MAX = 100_000;
/** invoices by customer, ≈ 100 bytes each */
const UNSEALED_MAX = 300_000;
/** of one customer; who owes more is read anew, which then is as cheap */
const UNSEALED_OF_ONE_MAX = 200;

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

interface Unsealed {
  readonly of: Known['unsealedOf'];
  /** @param readAnew customers whose invoices were read anew, but for the sealed ones */
  learn(after: Receivables, readAnew: Iterable<string>): void;
  clear(): void;
}

/** Which invoices of a customer are not sealed. One too many costs a look; none may be missing. */
function createUnsealed(): Unsealed {
  const byCustomer = new LRUCache<string, readonly string[]>({
    maxSize: UNSEALED_MAX,
    sizeCalculation: (invoices) => invoices.length + 1
  });
  return {
    of: (customerId) => byCustomer.get(customerId) ?? null,
    learn(after, readAnew) {
      const changed = groupBy(after.instalments, ({ customer_id }) => customer_id);
      const anew = new Set(readAnew);
      for (const customer of new Set([...anew, ...changed.keys()])) {
        // what was read anew is all there is; to what is known comes what the batch could change
        const before = anew.has(customer) ? [] : byCustomer.get(customer);
        if (!before) continue;
        const invoices = new Set(before);
        for (const { invoice_id } of changed.get(customer) ?? [])
          if (after.sealed.has(invoice_id)) invoices.delete(invoice_id);
          else invoices.add(invoice_id);
        if (invoices.size <= UNSEALED_OF_ONE_MAX) byCustomer.set(customer, [...invoices]);
        else byCustomer.delete(customer);
      }
    },
    clear: () => byCustomer.clear()
  };
}

export function createDebtors(): Debtors {
  const sealed = new LRUCache<string, true>({ max: SEALED_MAX });
  const reached = new LRUCache<string, Place>({ max: REACHED_MAX });
  const unsealed = createUnsealed();
  const known: Known = {
    isSealed: (invoiceId) => sealed.has(invoiceId),
    unsealedOf: unsealed.of,
    reachedOf: (customerId) => reached.get(customerId) ?? null
  };
  let pending: { readonly after: Receivables; readonly closure: Closure } | null = null;

  return {
    async add(lines, subjects, { from, through, events }) {
      const closure = await receivablesClosure(subjects, events, known);
      if (!closure.ok) return closure;
      const after = addReceivables(lines, closure.value.events, from, through);
      pending = { after, closure: closure.value };
      return ok(undefined);
    },
    commit() {
      if (!pending) return;
      const { after, closure } = pending;
      for (const { invoice_id } of after.instalments)
        if (after.sealed.has(invoice_id)) sealed.set(invoice_id, true);
        else sealed.delete(invoice_id);
      unsealed.learn(after, closure.readAnew);
      for (const customer of closure.customers) {
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
      unsealed.clear();
      pending = null;
    }
  };
}
