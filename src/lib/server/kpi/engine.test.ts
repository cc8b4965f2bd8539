import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DoorbellMessage } from '#lib/contracts/internal.ts';
import { KPI_IDS, type KpiId, type Tile } from '#lib/contracts/kpi.ts';
import type { FactGroup } from '#lib/contracts/streams.ts';
import { debtsFrom } from './debts.server.ts';
import { createEngine, type Engine } from './engine.server.ts';
import { businessTime } from './moment.server.ts';
import { createStore, seenAll, slot } from './store.fixture.ts';
import type { Timers } from './timers.server.ts';

const START = Date.parse('2026-11-24T14:05:00-03:00');
const MIDNIGHT = Date.parse('2026-11-25T00:00:00-03:00');

/** A clock turned by hand; what is due runs in order, and whatever it awaits is let through. */
function createClock(start: number) {
  let now = start;
  let number = 0;
  const due = new Map<number, { at: number; run: () => void }>();
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const timers: Timers = {
    now: () => now,
    after(ms, run) {
      const id = ++number;
      due.set(id, { at: now + ms, run });
      return () => due.delete(id);
    }
  };
  return {
    timers,
    settle,
    async until(at: number): Promise<void> {
      for (;;) {
        await settle();
        const next = [...due].filter(([, timer]) => timer.at <= at).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
        if (next === undefined) break;
        due.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].run();
      }
      now = at;
      await settle();
    }
  };
}

let clock: ReturnType<typeof createClock>;
let store: ReturnType<typeof createStore>;
let engine: Engine;
let published: Tile[][];
let now: number;
let position: number;
let beating: (() => void) | null;

function setUp(start: number): void {
  clock = createClock(start);
  store = createStore(start);
  published = [];
  now = start;
  position = 0;
  beating = null;
  engine = createEngine({
    reader: store.reader,
    time: businessTime('America/Sao_Paulo', 'BR'),
    currency: 'BRL',
    ...debtsFrom(store.reader),
    timers: clock.timers,
    log: { warn: () => undefined }
  });
  engine.onChange((tiles) => published.push(tiles));
}
beforeEach(() => setUp(START));
afterEach(() => engine.stop());

const pass = async (ms: number): Promise<void> => {
  now += ms;
  await clock.until(now);
};
const beat = (told: Partial<Extract<DoorbellMessage, { kind: 'beat' }>> = {}): void =>
  engine.receive({
    kind: 'beat',
    acknowledged_seq: position,
    visible_seq: position,
    waiting_since: null,
    clickhouse_ok: true,
    ...told
  });
/** Ingest beats each second until told otherwise. */
function keepBeating(): void {
  beat();
  beating = clock.timers.after(1_000, keepBeating);
}
const commit = (groups: FactGroup[], watermarks = { payments: clock.timers.now() }): void =>
  engine.receive({ kind: 'committed', groups, seq: ++position, watermarks });
const tile = (id: KpiId): Tile => {
  const [found] = engine.tiles([id]);
  if (found === undefined) throw new Error(`no tile ${id}`);
  return found;
};
const count = (name: string): number => store.asked.filter((asked) => asked === name).length;
async function begin(): Promise<void> {
  engine.start();
  engine.doorbellOpened();
  keepBeating();
  await pass(2_000);
}

test('before the first answer every tile is failed, starting, without a value', () => {
  for (const { state, value, reason } of engine.tiles(KPI_IDS))
    expect({ state, value, reason }).toEqual({ state: 'failed', value: null, reason: 'starting' });
});

test('once read, tiles are live, and those of streams that never delivered are empty', async () => {
  store.rows.seen_streams = seenAll(START).filter(({ stream }) => stream === 'payments' || stream === 'stock');
  await begin();
  expect(tile('cash-in-today')).toMatchObject({ state: 'live', value: { minor: 500, currency: 'BRL' } });
  expect(tile('net-cash-today')).toMatchObject({ state: 'live', value: { minor: 300, currency: 'BRL' } });
  expect(tile('refunds-today')).toMatchObject({ state: 'live', value: { minor: 0, currency: 'BRL' } });
  expect(tile('sales-today')).toMatchObject({ state: 'empty', value: null, reason: 'no_data' });
  expect(tile('delinquency-rate')).toMatchObject({ state: 'empty', value: null, reason: 'no_data' });
  expect(tile('fee-rate')).toMatchObject({ state: 'empty', value: null, reason: 'no_denominator' });
  expect(tile('sales-today').series).toBeUndefined();
});

test('a commit is read at once, a hundred within 100 ms once more', async () => {
  await begin();
  await pass(200);
  const before = count('cash_slots');
  commit(['cash']);
  await clock.settle();
  expect(count('cash_slots')).toBe(before + 1);
  for (let i = 0; i < 99; i++) {
    await pass(0.5);
    commit(['cash']);
  }
  await pass(99);
  expect(count('cash_slots')).toBe(before + 2);
  await pass(1_000);
  expect(count('cash_slots')).toBe(before + 2);
});

test('a commit of one group asks nothing about the others', async () => {
  await begin();
  const before = store.asked.length;
  commit(['stock'], { payments: 0 });
  await pass(50);
  const asked = store.asked.slice(before);
  expect(asked).toContain('stock_totals');
  expect(asked).not.toContain('cash_slots');
  expect(asked).not.toContain('open_by_due_date');
});

test('only tiles that look different are published, each with the next number', async () => {
  await begin();
  await pass(500);
  const before = { cash: tile('cash-in-today').seq, pending: tile('cash-confirmed-pending').seq };
  published.length = 0;
  store.rows.cash_slots = [slot('in', 700), slot('out', -200)];
  commit(['cash']);
  await pass(50);
  const ids = published.flat().map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(['cash-in-today', 'net-cash-today']));
  expect(ids).not.toContain('cash-confirmed-pending');
  expect(tile('cash-in-today').seq).toBe(before.cash + 1);
  expect(tile('cash-confirmed-pending').seq).toBe(before.pending);
});

test('time passing alone asks nothing, and moves as_of without a new number', async () => {
  await begin();
  await pass(5_000);
  const asked = store.asked.length;
  const { seq, as_of } = tile('cash-confirmed-pending');
  await pass(20 * 60_000);
  expect(store.asked.slice(asked)).toEqual([]);
  expect(tile('cash-confirmed-pending').seq).toBe(seq);
  expect(Date.parse(tile('cash-confirmed-pending').as_of)).toBeGreaterThan(Date.parse(as_of) + 19 * 60_000);
  expect(now - Date.parse(tile('cash-confirmed-pending').as_of)).toBeLessThanOrEqual(2_000);
  expect(tile('cash-confirmed-pending').state).toBe('live');
});

test('yesterday is stepped minute by minute out of the curve that was loaded', async () => {
  const at = (time: string) => Date.parse(`2026-11-23T${time}:00-03:00`);
  store.rows.day_curve = ['14:03', '14:06', '18:00'].map((time) => ({
    measure: 'ledger',
    flow: 'in',
    minute: at(time),
    slot: 28,
    amount_minor: 100,
    counted: 1
  }));
  await begin();
  const yesterday = () => tile('cash-in-today').compare?.find(({ label }) => label === 'yesterday')?.value;
  expect(yesterday()).toEqual({ minor: 100, currency: 'BRL' });
  const asked = count('day_curve');
  await pass(2 * 60_000);
  expect(yesterday()).toEqual({ minor: 200, currency: 'BRL' });
  expect(count('day_curve')).toBe(asked);
});

test('midnight is crossed without an event: today is read anew, once', async () => {
  engine.stop();
  setUp(MIDNIGHT - 60_000);
  await begin();
  await pass(57_000);
  const before = count('cash_slots');
  store.rows.cash_slots = [];
  await pass(3_000);
  expect(count('cash_slots')).toBe(before + 1);
  expect(tile('cash-in-today')).toMatchObject({ state: 'live', value: { minor: 0, currency: 'BRL' } });
  expect(tile('cash-in-today').series?.[0]?.points[0]).toEqual([MIDNIGHT, 0]);
});

test('an event ahead of the clock counts when its time comes', async () => {
  await begin();
  await pass(500);
  store.rows.next_movement = [{ next_time: now + 10_000 }];
  commit(['cash'], { payments: now + 10_000 });
  await pass(1_000);
  store.rows.next_movement = [{ next_time: 0 }];
  store.rows.cash_slots = [slot('in', 900)];
  const before = count('cash_slots');
  await pass(8_000);
  expect(count('cash_slots')).toBe(before);
  await pass(1_500);
  expect(tile('cash-in-today').value).toEqual({ minor: 900, currency: 'BRL' });
});

test('events of today leave the curves alone, a late one restates them', async () => {
  await begin();
  commit(['cash']);
  await pass(2_500);
  const before = count('day_curve');
  commit(['cash']);
  await pass(2_500);
  expect(count('day_curve')).toBe(before);
  store.rows.events_span = [{ first_time: START - 86_400_000 }];
  commit(['cash']);
  await pass(2_500);
  expect(count('day_curve')).toBe(before + 2);
});

describe('when the chain breaks', () => {
  beforeEach(begin);

  test('ClickHouse gone: within 3 s no tile is live, none shows 0; back: all live within 3 s', async () => {
    store.state.isThere = false;
    await pass(3_000);
    for (const { id, state, value, reason } of engine.tiles(KPI_IDS)) {
      expect(state, id).not.toBe('live');
      if (state === 'stale') expect(reason).toBe('clickhouse_unreachable');
      if (id === 'cash-in-today') expect(value).toEqual({ minor: 500, currency: 'BRL' });
    }
    const frozen = tile('cash-in-today').as_of;
    await pass(60_000);
    expect(tile('cash-in-today').as_of).toBe(frozen);
    store.state.isThere = true;
    await pass(3_000);
    expect(tile('cash-in-today')).toMatchObject({ state: 'live', value: { minor: 500, currency: 'BRL' } });
    expect(engine.tiles(KPI_IDS).filter(({ state }) => state === 'stale' || state === 'failed')).toEqual([]);
  });

  test('questions that run out of time while ClickHouse hangs do not fail their figures', async () => {
    store.state.hangs = true;
    await pass(3_000);
    commit(['cash']);
    await pass(10_000);
    expect(tile('cash-in-today')).toMatchObject({ state: 'stale', reason: 'clickhouse_unreachable' });
    store.state.hangs = false;
    const answers = Promise.withResolvers<undefined>();
    store.state.answering = answers.promise;
    await pass(2_000);
    expect(tile('cash-in-today').state).toBe('stale');
    answers.resolve(undefined);
    await pass(1_000);
    expect(tile('cash-in-today').state).toBe('live');
  });

  test('ingest silent: stale for that reason', async () => {
    beating?.();
    await pass(3_500);
    expect(tile('cash-in-today')).toMatchObject({ state: 'stale', reason: 'ingest_unreachable' });
    keepBeating();
    await pass(300);
    expect(tile('cash-in-today').state).toBe('live');
  });

  test('acknowledged and not visible for 2.5 s: stale for that reason', async () => {
    beating?.();
    for (let i = 0; i < 4; i++) {
      beat({ acknowledged_seq: 5, waiting_since: START + 2_000 });
      await pass(1_000);
    }
    expect(tile('cash-in-today')).toMatchObject({ state: 'stale', reason: 'not_yet_visible' });
    expect(Date.parse(tile('cash-in-today').as_of)).toBeLessThanOrEqual(START + 2_000);
  });

  test('during a backlog values come closer and yet hold for no later moment', async () => {
    beating?.();
    beat({ acknowledged_seq: 90, waiting_since: START + 2_000 });
    await pass(3_000);
    const { as_of } = tile('cash-in-today');
    store.rows.cash_slots = [slot('in', 700)];
    commit(['cash']);
    beat({ acknowledged_seq: 90, waiting_since: START + 2_000 });
    await pass(1_000);
    expect(tile('cash-in-today')).toMatchObject({ state: 'stale', as_of, value: { minor: 700, currency: 'BRL' } });
  });

  test('a backlog that has become visible restates the past days at once', async () => {
    beating?.();
    store.rows.events_span = [{ first_time: START - 86_400_000 }];
    for (let i = 0; i < 10; i++) {
      commit(['cash']);
      beat({ acknowledged_seq: 90, waiting_since: START + 2_000 });
      await pass(1_000);
    }
    const before = count('cash_closings');
    beat();
    await pass(500);
    expect(count('cash_closings')).toBe(before + 1);
    expect(tile('cash-position').series).toBeDefined();
  });

  test('what was read amid a backlog is no comparison: until it is read again there is none, also from a read under way', async () => {
    const fallBehind = async (seconds: number): Promise<void> => {
      for (let i = 0; i < seconds; i++) {
        beat({ acknowledged_seq: 90, waiting_since: START + 2_000 });
        await pass(1_000);
      }
    };
    const held = () => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      store.state.answering = promise;
      return () => resolve(undefined);
    };
    beating?.();
    expect(tile('cash-position').series).toBeDefined();
    store.rows.events_span = [{ first_time: START - 86_400_000 }];
    await fallBehind(4);
    commit(['cash']);
    commit(['cash']);
    await fallBehind(2);
    const letGo = held();
    engine.doorbellOpened(); // reads all, the past days too, which are not whole yet
    await fallBehind(1);
    commit(['cash']);
    beat();
    await pass(300);
    expect(tile('cash-position')).toMatchObject({ state: 'live', value: { minor: 9_000, currency: 'BRL' } });
    expect(tile('cash-position').series).toBeUndefined();
    const letGoAgain = held();
    letGo();
    await clock.settle();
    expect(tile('cash-position').series).toBeUndefined();
    letGoAgain();
    await clock.settle();
    expect(tile('cash-position').series).toBeDefined();
  });

  test('late events that are noticed right behind a backlog do not wait out the gap', async () => {
    beating?.();
    for (let i = 0; i < 4; i++) {
      commit(['cash']);
      beat({ acknowledged_seq: 90, waiting_since: START + 2_000 });
      await pass(1_000);
    }
    commit(['cash']);
    beat();
    await pass(300);
    expect(tile('cash-in-today').state).toBe('live');
    const before = count('cash_closings');
    store.rows.events_span = [{ first_time: START - 86_400_000 }];
    await pass(2_000);
    expect(count('cash_closings')).toBe(before + 1);
  });

  test('a question that fails twice fails its figures, with their last value, and no others', async () => {
    store.failing.set('cash_slots', { kind: 'rejected', retryable: false, code: 'UNKNOWN_TABLE', message: '' });
    commit(['cash']);
    await pass(1_000);
    expect(tile('cash-in-today')).toMatchObject({
      state: 'failed',
      reason: 'query_failed',
      value: { minor: 500, currency: 'BRL' }
    });
    expect(tile('cash-position').state).toBe('live');
    store.failing.clear();
    await pass(6_000);
    expect(tile('cash-in-today').state).toBe('live');
  });

  test('a change of state is a new number', async () => {
    const { seq } = tile('cash-position');
    store.state.isThere = false;
    await pass(3_000);
    expect(tile('cash-position').seq).toBe(seq + 1);
  });
});

test('a rebuild makes everything be read again', async () => {
  await begin();
  await pass(1_000);
  const before = count('open_by_due_date');
  engine.receive({ kind: 'rebuilt', seq: 5 });
  await pass(200);
  expect(count('open_by_due_date')).toBe(before + 1);
});
