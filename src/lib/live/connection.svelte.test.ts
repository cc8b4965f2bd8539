import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionState, OFFLINE_MS, retryDelayMs, SILENCE_MS } from './connection.svelte.ts';

describe('the connection', () => {
  it('is live while there is a word, stale after 3 s of silence, offline after 20', () => {
    const state = new ConnectionState(0, 0);
    expect(state.phase).toBe('connecting');
    expect(state.fresh).toBe(true);
    state.heard(1_000, '2026-11-24T17:05:31.000Z');
    expect(state.phase).toBe('live');
    state.tick(1_000 + SILENCE_MS - 1);
    expect(state.fresh).toBe(true);
    state.tick(1_000 + SILENCE_MS);
    expect(state.phase).toBe('reconnecting');
    expect(state.fresh).toBe(false);
    state.tick(1_000 + OFFLINE_MS);
    expect(state.phase).toBe('offline');
    expect(state.silentMs).toBe(OFFLINE_MS);
    expect(state.asOf).toBe('2026-11-24T17:05:31.000Z');
    state.heard(60_000);
    expect(state.phase).toBe('live');
  });
  it('gives a page that never hears anything the same 3 s', () => {
    const state = new ConnectionState(0, 0);
    state.tick(SILENCE_MS);
    expect(state.phase).toBe('reconnecting');
  });
  it('tells ages by the server’s clock, whatever the local one says', () => {
    const state = new ConnectionState(1_000_000, 50);
    expect(state.now).toBe(1_000_000);
    state.setServerTime(2_000_000, 150);
    state.tick(250);
    expect(state.now).toBe(2_000_100);
  });
  it('never moves the moment of the values back', () => {
    const state = new ConnectionState(0, 0);
    state.heard(0, '2026-11-24T17:05:31.000Z');
    state.heard(0, '2026-11-24T17:05:30.000Z');
    expect(state.asOf).toBe('2026-11-24T17:05:31.000Z');
  });
  it('waits longer with each attempt, never beyond 8 s and 30 %, never at once', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const wait = retryDelayMs(attempt, random);
        expect(wait).toBeGreaterThanOrEqual(350);
        expect(wait).toBeLessThanOrEqual(10_400);
      })
    );
    expect(retryDelayMs(3, 0.5)).toBe(4_000);
  });
});
