import { describe, expect, it } from 'vitest';
import type { Tile } from '#lib/contracts/kpi.ts';
import { LiveKpi } from './live-kpi.svelte.ts';

const tile = (seq: number, minor: number | null, extra: Partial<Tile> = {}): Tile => ({
  id: 'cash-position',
  seq,
  state: minor === null ? 'empty' : 'live',
  value: minor === null ? null : { minor, currency: 'BRL' },
  unit: 'currency',
  as_of: '2026-11-24T17:05:00.000Z',
  watermark: null,
  ...extra
});

describe('a live figure', () => {
  it('drops what is older within one server process', () => {
    const kpi = new LiveKpi();
    expect(kpi.receive(tile(5, 100), 'a', 0)).toBe(true);
    expect(kpi.receive(tile(4, 50), 'a', 0)).toBe(false);
    expect(kpi.tile?.value).toEqual({ minor: 100, currency: 'BRL' });
  });
  it('takes a smaller seq of another server process', () => {
    const kpi = new LiveKpi();
    kpi.receive(tile(500, 100), 'a', 0);
    expect(kpi.receive(tile(1, 70), 'b', 0)).toBe(true);
    expect(kpi.receive(tile(500, 100), 'b', 0)).toBe(true);
  });
  it('marks a change of value, at most once a second, and never a change of state alone', () => {
    const kpi = new LiveKpi();
    kpi.receive(tile(1, 100), 'a', 0);
    expect(kpi.mark).toBe(0);
    kpi.receive(tile(2, 110), 'a', 5_000);
    expect(kpi.mark).toBe(1);
    expect(kpi.previous).toEqual({ minor: 100, currency: 'BRL' });
    kpi.receive(tile(3, 120), 'a', 5_900);
    expect(kpi.mark).toBe(1);
    expect(kpi.tile?.value).toEqual({ minor: 120, currency: 'BRL' });
    kpi.receive(tile(4, 120, { state: 'stale' }), 'a', 9_000);
    expect(kpi.mark).toBe(1);
    kpi.receive(tile(5, 130), 'a', 9_500);
    expect(kpi.mark).toBe(2);
  });
  it('moves as_of by heartbeat without a new seq, forward only, and not while stale', () => {
    const kpi = new LiveKpi();
    kpi.receive(tile(1, 100), 'a', 0);
    kpi.beat('2026-11-24T17:05:01.000Z');
    expect(kpi.tile).toMatchObject({ seq: 1, as_of: '2026-11-24T17:05:01.000Z' });
    kpi.beat('2026-11-24T17:05:00.500Z');
    expect(kpi.tile?.as_of).toBe('2026-11-24T17:05:01.000Z');
    kpi.receive(tile(2, 100, { state: 'stale' }), 'a', 0);
    kpi.beat('2026-11-24T17:09:00.000Z');
    expect(kpi.tile?.as_of).toBe('2026-11-24T17:05:00.000Z');
  });
});
