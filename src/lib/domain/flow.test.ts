import { describe, expect, it } from 'vitest';
import type { Flow, FlowAnswer } from '#lib/contracts/flow.ts';
import { flowState, LATE_MS } from './flow.ts';

const AT = Date.UTC(2026, 10, 24, 17, 5);
const JOURNAL = {
  acknowledged: 1_000,
  visible: 1_000,
  waiting_since: null,
  bytes: 30,
  bytes_max: 1_000,
  is_writable: true,
  refused: null
};
const flow = (change: Partial<Flow>, journal: Partial<NonNullable<Flow['journal']>> = {}): FlowAnswer => ({
  // another clock than ingest's: it must not matter
  now: AT + 3_600_000,
  flow: {
    at: AT,
    started_at: AT - 60_000,
    journal: { ...JOURNAL, ...journal },
    disk_free_bytes: 5_000,
    clickhouse_away_since: null,
    failures: { total: 0, since: null, last: null },
    ...change
  },
  failure: null,
  heard_at: AT
});
const waiting = (waitMs: number) => ({ acknowledged: 1_123, waiting_since: AT - waitMs });
const failed = { total: 3, since: AT - 9_000, last: { step: 'derive', code: 'MEMORY_LIMIT_EXCEEDED', at: AT - 1_000 } };

describe('the state of the flow', () => {
  it('unknown is never clear: ingest not heard, refusing, or still reading its journal', () => {
    const away = { now: AT, flow: null, heard_at: null };
    expect(flowState({ ...away, failure: 'unreachable' })).toEqual({ kind: 'unreachable' });
    expect(flowState({ ...away, failure: 'refused' })).toEqual({ kind: 'refused' });
    expect(flowState(flow({ journal: null }))).toEqual({ kind: 'starting' });
  });

  it('is clear only when nothing waits', () => {
    expect(flowState(flow({}))).toEqual({ kind: 'clear' });
    expect(flowState(flow({}, waiting(20)))).toEqual({ kind: 'moving', events: 123, waitMs: 20 });
  });

  it('is late from the moment on at which figures are shown as old', () => {
    expect(flowState(flow({}, waiting(LATE_MS - 1))).kind).toBe('moving');
    expect(flowState(flow({}, waiting(14_000)))).toEqual({ kind: 'late', events: 123, waitMs: 14_000 });
  });

  it('failures tell why it is late while they last, and nothing when they are over or nothing waits', () => {
    expect(flowState(flow({ failures: failed }, waiting(9_000)))).toEqual({
      kind: 'failing',
      step: 'derive',
      code: 'MEMORY_LIMIT_EXCEEDED',
      fill: 0.03,
      events: 123,
      waitMs: 9_000
    });
    expect(flowState(flow({ failures: { ...failed, since: null } }, waiting(9_000))).kind).toBe('late');
    expect(flowState(flow({ failures: failed })).kind).toBe('clear');
  });

  it('says that ClickHouse is away even before an event waits for it', () => {
    const away = { clickhouse_away_since: AT - 120_000 };
    expect(flowState(flow(away))).toEqual({ kind: 'away', awayMs: 120_000, fill: 0.03, events: 0, waitMs: 0 });
    expect(flowState(flow({ ...away, failures: failed }, waiting(90_000)))).toMatchObject({
      kind: 'away',
      events: 123,
      waitMs: 90_000
    });
  });

  it('events that are turned away come before all else', () => {
    const away = { clickhouse_away_since: AT - 120_000 };
    const full = { bytes: 1_000, is_writable: false };
    expect(flowState(flow(away, full))).toMatchObject({ kind: 'refusing', why: 'full' });
    expect(flowState(flow({}, { is_writable: false }))).toMatchObject({ kind: 'refusing', why: 'broken' });
    const refused = (at: number) => ({ bytes: 990, refused: { kind: 'disk_full' as const, at } });
    expect(flowState(flow(away, refused(AT - 1_000)))).toMatchObject({ kind: 'refusing', why: 'disk_full' });
    expect(flowState(flow(away, refused(AT - 60_000))).kind).toBe('away');
  });
});
