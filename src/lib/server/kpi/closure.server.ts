/** All events that decide a customer's debts: keys are followed to their end, through orders, agreements and payments. */
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import { paramParts } from '#sql/param-lists.server.ts';
import { toEvents } from './past.server.ts';
import { eventsOfKeys } from './queries/events.server.ts';

/** Beyond this a page is no longer a page. */
const KEYS_MAX = 20_000;

const some = (relation: string, id: string | undefined): string[] => (id === undefined ? [] : [`${relation}:${id}`]);

/** What else must be known once this event is; keys as ingest writes them. */
function keysAfter(event: AcceptedEvent): string[] {
  switch (event.type) {
    case 'invoice.issued': {
      const { invoice_id, customer_id, order_id, replaces } = event.data;
      return [
        `invoice:${invoice_id}`,
        `pays-invoice:${invoice_id}`,
        `replaces:${invoice_id}`,
        `owes:${customer_id}`,
        `pays-customer:${customer_id}`,
        ...some('bills-order', order_id),
        ...some('pays-order', order_id),
        ...(replaces ?? []).map((old) => `invoice:${old.invoice_id}`)
      ];
    }
    case 'payment.confirmed':
    case 'payment.settled': {
      const { payment_id, invoice_id, order_id, customer_id } = event.data;
      return [
        `payment:${payment_id}`,
        ...some('invoice', invoice_id),
        ...some('bills-order', order_id),
        ...some('owes', customer_id)
      ];
    }
    case 'payment.allocated':
      return [
        `payment:${event.data.payment_id}`,
        ...event.data.allocations.flatMap(({ invoice_id }) => [`invoice:${invoice_id}`, `pays-invoice:${invoice_id}`])
      ];
    case 'payment.reversed':
    case 'payment.reinstated':
      return [`payment:${event.data.payment_id}`, ...some('movement', event.data.movement_id)];
    case 'promise.made':
      return [`promise:${event.data.promise_id}`];
    default:
      return [];
  }
}

/**
 * Distinct events by journal position.
 * @param knownTo epoch ms; live: the end of time
 */
export async function customerEvents(
  reader: Reader,
  customerId: string,
  knownTo: number
): Promise<Result<AcceptedEvent[], ClickHouseFailure>> {
  const events = new Map<number, AcceptedEvent>();
  const known = new Set(
    ['owes', 'pays-customer', 'profile', 'activity'].map((relation) => `${relation}:${customerId}`)
  );
  let frontier = [...known];
  while (frontier.length > 0) {
    const [keys = []] = paramParts(frontier);
    frontier = frontier.slice(keys.length);
    const rows = await reader.read(eventsOfKeys, { keys, known_to: knownTo });
    if (!rows.ok) return rows;
    for (const event of await toEvents(rows.value.filter((row) => !events.has(row.seq)))) {
      events.set(event.seq, event);
      for (const key of keysAfter(event)) {
        if (known.has(key)) continue;
        known.add(key);
        frontier.push(key);
      }
    }
    if (known.size > KEYS_MAX)
      return fail({
        kind: 'rejected',
        retryable: false,
        code: 'CLOSURE_TOO_LARGE',
        message: 'too many subjects hang together'
      });
  }
  return ok([...events.values()].sort((a, b) => a.seq - b.seq));
}
