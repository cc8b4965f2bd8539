import { expect, it } from 'vitest';
import type { FlowAnswer } from '#lib/contracts/flow.ts';
import { FlowWatch, SILENT_MS } from './flow-watch.svelte.ts';

const clear: FlowAnswer = {
  now: 5_000,
  flow: {
    at: 5_000,
    started_at: 0,
    journal: {
      acknowledged: 7,
      visible: 7,
      waiting_since: null,
      bytes: 1,
      bytes_max: 100,
      is_writable: true,
      refused: null
    },
    disk_free_bytes: null,
    clickhouse_away_since: null,
    failures: { total: 0, since: null, last: null }
  },
  failure: null,
  heard_at: 5_000
};
const away: FlowAnswer = { now: 9_000, flow: null, failure: 'unreachable', heard_at: 6_000 };

it('what was said last is not taken for current once nothing is heard', () => {
  const watch = new FlowWatch(clear, 100);
  watch.tick(100 + SILENT_MS - 1);
  expect([watch.state.kind, watch.isCurrent]).toEqual(['clear', true]);
  watch.tick(100 + SILENT_MS);
  expect([watch.state, watch.isCurrent]).toEqual([{ kind: 'silent', silentMs: SILENT_MS }, false]);
  watch.heard({ ...clear, now: 8_000 }, 90_000);
  expect([watch.state.kind, watch.isCurrent]).toEqual(['clear', true]);
});

it('an ingest service that is not heard keeps its last word, as old', () => {
  const watch = new FlowWatch(clear, 100);
  watch.heard(away, 200);
  expect([watch.state.kind, watch.isCurrent]).toEqual(['unreachable', false]);
  expect(watch.known).toEqual({ flow: clear.flow, at: 5_000 });
});

it('a page that never heard of it knows nothing', () => {
  const watch = new FlowWatch(away, 100);
  expect([watch.state.kind, watch.known]).toEqual(['unreachable', null]);
});
