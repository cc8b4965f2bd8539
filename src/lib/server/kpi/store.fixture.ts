/** For tests of what stands on ClickHouse: answers by question, absence and refusals at will. */
import { fail, ok } from '#lib/contracts/result.ts';
import { STREAMS } from '#lib/contracts/streams.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';

type Rows = Record<string, object[]>;
/** Every stream has delivered, in BRL, for 90 days. @param now epoch ms */
export const seenAll = (now: number) =>
  STREAMS.map((stream) => ({
    stream,
    currency: 'BRL',
    first_time: now - 90 * 86_400_000,
    last_time: now - 60_000
  }));
/** A ledger row of the day, 14:00. */
export const slot = (flow: string, amount: number) => ({
  measure: 'ledger',
  currency: 'BRL',
  flow,
  slot: 28,
  amount_minor: amount,
  counted: 1
});

/** A ClickHouse that answers by name, can be away, and can refuse single questions. */
export function createStore(now: number) {
  const rows: Rows = {
    seen_streams: seenAll(now),
    cash_slots: [slot('in', 500), slot('out', -200)],
    cash_position: [{ currency: 'BRL', account: 'itau', balance_minor: 9_000 }],
    stock_totals: [{ kept: 1, on_hand: 5, free: 3, outs: 0 }],
    returns_day: [{ returns: 1, units: 2 }],
    month_units: [{ shipped: 10, returned: 1 }],
    month_units_at: [{ shipped: 10, returned: 1 }],
    next_movement: [{ next_time: 0 }],
    events_span: [{ first_time: now }]
  };
  const asked: string[] = [];
  const failing = new Map<string, ClickHouseFailure>();
  /** `hangs`: it takes connections and answers nothing, so that all runs out of time; answers wait for `answering` */
  const state = { isThere: true, hangs: false, answering: Promise.resolve(undefined) };
  const away: ClickHouseFailure = { kind: 'unreachable', retryable: true, code: 'ECONNREFUSED', message: '' };
  const late: ClickHouseFailure = { kind: 'timeout', retryable: true, code: 'DEADLINE', message: '' };
  const reader: Reader = {
    async read(query, params) {
      query.params.parse(params);
      asked.push(query.name);
      await state.answering;
      const failure = state.hangs ? late : state.isThere ? failing.get(query.name) : away;
      if (failure !== undefined) return fail(failure);
      return ok((rows[query.name] ?? []).map((row) => query.row.parse(row)));
    },
    ping: () => Promise.resolve(state.isThere && !state.hangs),
    close: () => Promise.resolve()
  };
  return { reader, rows, asked, failing, state };
}
