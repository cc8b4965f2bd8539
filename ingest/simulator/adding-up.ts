/** What the events of a made-up world add up to, computed from the events alone: tests hold the world's own books against it. */
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { eventSchemas } from '#lib/contracts/events/registry.ts';
import type { Emission } from './kernel.ts';
import { z } from 'zod';

const accepted = z.custom<AcceptedEvent>((value) => typeof value === 'object' && value !== null);

/** As ingest would hand them on. @throws ZodError when one does not keep to its contract */
export const toAccepted = (emissions: readonly Emission[]): AcceptedEvent[] =>
  emissions.map(({ at, time, event }, seq) =>
    accepted.parse({
      seq,
      source: event.source,
      id: event.id,
      type: event.type,
      time,
      received_at: at,
      data: eventSchemas[event.type].parse(event.data)
    })
  );

const inOrder = (events: readonly AcceptedEvent[]): AcceptedEvent[] => [...events].sort((a, b) => a.time - b.time);

/** Balances by account, and by how much reports differed from the running balance before them. Minor units. */
export function cashOf(events: readonly AcceptedEvent[]): {
  readonly balances: Map<string, number>;
  readonly drifts: number[];
} {
  const balances = new Map<string, number>();
  const drifts: number[] = [];
  const add = (account: string | undefined, minor: number): void => {
    if (account !== undefined) balances.set(account, (balances.get(account) ?? 0) + minor);
  };
  for (const event of inOrder(events)) {
    switch (event.type) {
      case 'payment.settled':
        add(event.data.account, event.data.amount_minor - event.data.fee_minor);
        break;
      case 'account.moved':
        add(event.data.account, event.data.amount_minor);
        add(event.data.counter_account, -event.data.amount_minor);
        break;
      case 'payout.sent':
        add(event.data.account, -event.data.amount_minor - (event.data.fee_minor ?? 0));
        break;
      case 'payout.returned':
      case 'payment.reinstated':
        add(event.data.account, event.data.amount_minor);
        break;
      case 'payment.reversed':
        add(event.data.account, -event.data.amount_minor);
        break;
      case 'return.refunded':
        // with a movement_id the provider's reversal tells the same money
        if (event.data.movement_id === undefined) add(event.data.account, -event.data.amount_minor);
        break;
      case 'account.balance_reported': {
        const before = balances.get(event.data.account);
        if (before !== undefined && before !== event.data.balance_minor) drifts.push(event.data.balance_minor - before);
        balances.set(event.data.account, event.data.balance_minor);
        break;
      }
      default:
    }
  }
  return { balances, drifts };
}

/** Units on hand by `sku|warehouse`, and the lowest that any shelf ever was. */
export function goodsOf(events: readonly AcceptedEvent[]): {
  readonly shelves: Map<string, number>;
  readonly lowest: number;
} {
  const shelves = new Map<string, number>();
  let lowest = 0;
  const put = (sku: string, warehouse: string | undefined, quantity: number): void => {
    const shelf = `${sku}|${warehouse ?? ''}`;
    const now = (shelves.get(shelf) ?? 0) + quantity;
    lowest = Math.min(lowest, now);
    shelves.set(shelf, now);
  };
  for (const event of inOrder(events)) {
    switch (event.type) {
      case 'stock.counted':
        shelves.set(`${event.data.sku}|${event.data.warehouse ?? ''}`, event.data.quantity);
        break;
      case 'stock.adjusted':
      case 'stock.received':
        put(event.data.sku, event.data.warehouse, event.data.quantity);
        break;
      case 'stock.transferred':
        put(event.data.sku, event.data.from, -event.data.quantity);
        put(event.data.sku, event.data.to, event.data.quantity);
        break;
      case 'order.shipped':
        for (const line of event.data.lines) put(line.sku, event.data.warehouse, -line.quantity);
        break;
      case 'return.received':
        for (const line of event.data.lines)
          if (line.condition === 'saleable') put(line.sku, event.data.warehouse, line.quantity);
        break;
      default:
    }
  }
  return { shelves, lowest };
}
