/** Calls for tests: what they become by the real decoder, and what the books say of it, whatever the order they came in. */
import { expect } from 'vitest';
import { DEFAULT_SETTINGS, type Platform, type SourceSettings } from '#lib/contracts/sources.ts';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { businessCalendar } from '#lib/domain/calendar.ts';
import { decodeItem, type Decoded } from '#ingest/decode/event.ts';
import { readItems } from '#ingest/decode/items.ts';
import { openBooks } from '#ingest/verify/oracle/books.ts';
import { figures } from '#ingest/verify/oracle/figures.ts';
import { NOT_JSON, toBody, type Call, type Understood } from './platform.ts';
import { WEBHOOK_PLATFORMS } from './registry.ts';

export const SOURCE = 'loja';
export const NOW = Date.parse('2026-11-24T12:00:00-03:00');

export interface Asked {
  readonly platform: Platform;
  readonly settings?: Partial<SourceSettings>;
}

/** @param body an object, or the text as it stands on the wire */
export function call(
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
  rest: readonly string[] = []
): Call {
  const known = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    raw: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    header: (name) => known.get(name),
    rest,
    query: new URLSearchParams(),
    now: NOW
  };
}

/** @throws when the body is not JSON */
export function understand({ platform, settings }: Asked, asked: Call): Understood {
  const understood = WEBHOOK_PLATFORMS[platform].toEvents(asked, { ...DEFAULT_SETTINGS, ...settings });
  if (understood === NOT_JSON) throw new Error('not JSON');
  return understood;
}

/** By the decoder that every event passes. */
export function decode({ events }: Understood): Decoded[] {
  const { body, faults } = toBody(events, SOURCE);
  const items = readItems(body, 'batch');
  if (!items.ok) throw new Error(items.failure.message);
  const allowance = { sources: new Set<string>(), types: new Set<string>() };
  return events.map((_, index) =>
    decodeItem(items.value, index, { receivedAt: NOW, allowance, fault: faults.get(index) })
  );
}

/** What the call becomes: `[type, id, time, data]` of each event. @throws when one cannot be used */
export function became(asked: Asked, one: Call) {
  return accepted(asked, [one]).map(({ type, id, time, data }) => ({
    type,
    id,
    time: new Date(time).toISOString(),
    data
  }));
}

/** The events that ingest keeps of the calls, in their order of arrival: of one id the first. */
export function accepted(asked: Asked, calls: readonly Call[]): AcceptedEvent[] {
  const byId = new Map<string, AcceptedEvent>();
  for (const one of calls)
    for (const item of decode(understand(asked, one))) {
      if (item.kind !== 'usable') throw new Error(`${item.kind}: ${item.fault.path} ${item.fault.message}`);
      if (!byId.has(item.event.id)) byId.set(item.event.id, { ...item.event, seq: byId.size + 1 });
    }
  return [...byId.values()];
}

const BR = businessCalendar('BR');

/** Everything that counts, at a moment: figures, accounts, payments, instalments, stock. */
export function booksOf(events: readonly AcceptedEvent[], currency = 'BRL', asOf: number | null = null) {
  const books = openBooks(events, { asOf, now: NOW, timezone: 'America/Sao_Paulo', calendar: BR });
  return {
    figures: Object.fromEntries(figures(books, currency)),
    accounts: Object.fromEntries(books.accounts.map(({ account, balance }) => [account, balance])),
    pending: [...books.payments.values()].reduce((sum, { pending }) => sum + pending, 0),
    payments: [...books.payments.values()].map(({ payment_id, gross, reversed, principal }) => ({
      payment_id,
      gross,
      reversed,
      principal
    })),
    instalments: books.receivables.instalments.map(({ invoice_id, due_date, open }) => ({
      invoice_id,
      due_date,
      open
    })),
    stock: [...books.skus.entries()].map(([sku, { on_hand, reserved, kept }]) => ({ sku, on_hand, reserved, kept }))
  };
}

function permutations<T>(values: readonly T[]): T[][] {
  const [first, ...others] = values;
  if (first === undefined) return [[]];
  return permutations(others).flatMap((rest) =>
    Array.from({ length: rest.length + 1 }, (_, at) => [...rest.slice(0, at), first, ...rest.slice(at)])
  );
}

/** Holds that any order of arrival, each call repeated, leads to the same books, now and at every moment they tell of. */
export function expectAnyOrder(asked: Asked, calls: readonly Call[], currency = 'BRL'): ReturnType<typeof booksOf> {
  const events = accepted(asked, calls);
  const moments = [null, ...new Set(events.map(({ time }) => time))];
  const expected = moments.map((at) => booksOf(events, currency, at));
  for (const order of permutations(calls)) {
    const again = accepted(asked, [...order, ...order.toReversed()]);
    expect(moments.map((at) => booksOf(again, currency, at))).toEqual(expected);
  }
  return booksOf(events, currency);
}
