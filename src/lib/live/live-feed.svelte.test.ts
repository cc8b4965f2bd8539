import { describe, expect, it } from 'vitest';
import type { FeedEvent } from '#lib/contracts/push.ts';
import { LiveFeed } from './live-feed.svelte.ts';

const START = Date.parse('2026-11-24T17:05:00.000Z');
const event = (seq: number, received = 0): FeedEvent => ({
  seq,
  source: 's',
  id: String(seq),
  type: 'order.placed',
  time: '2026-11-24T17:05:00.000Z',
  received_at: new Date(START + received).toISOString(),
  entity: String(seq),
  customer_id: null,
  customer_name: null,
  amount: null,
  flow: 'none',
  method: null,
  units: null
});
const seqs = (feed: LiveFeed): number[] => feed.rows.map(({ seq }) => seq);

describe('the feed', () => {
  it('puts the newest first, once each, at most 50', () => {
    const feed = new LiveFeed();
    feed.snapshot([event(2), event(1)], START);
    feed.receive([event(3), event(4), event(2)], 0);
    expect(seqs(feed)).toEqual([4, 3, 2, 1]);
    expect(feed.isNew(event(3))).toBe(true);
    expect(feed.isNew(event(2))).toBe(false);
    for (let seq = 5; seq < 100; seq++) feed.receive([event(seq)], 0);
    expect(feed.rows).toHaveLength(50);
  });
  it('moves nothing while the reader is busy or has paused it', () => {
    const feed = new LiveFeed();
    feed.snapshot([event(1)], START);
    feed.busy = true;
    feed.receive([event(2)], 0);
    feed.receive([event(3)], 0);
    expect(seqs(feed)).toEqual([1]);
    expect(feed.waiting).toBe(2);
    feed.release();
    expect(seqs(feed)).toEqual([3, 2, 1]);
    expect(feed.waiting).toBe(0);
  });
  it('counts the events of the last minute, also those before the page was opened', () => {
    const feed = new LiveFeed();
    feed.snapshot([event(103, 55_000), event(102, 20_000), event(101, -10_000)], START + 60_000);
    expect(feed.perMinute).toBe(2);
    feed.receive([event(104, 61_000)], START + 61_000);
    expect(feed.perMinute).toBe(3);
    feed.tick(START + 85_000);
    expect(feed.perMinute).toBe(2);
    feed.tick(START + 300_000);
    expect(feed.perMinute).toBe(0);
  });
  it('says no rate before it knows a whole minute', () => {
    const feed = new LiveFeed();
    expect(feed.perMinute).toBeNull();
    feed.snapshot([event(50, 40_000), event(2, 10_000)], START + 41_000);
    expect(feed.perMinute).toBeNull();
    feed.tick(START + 70_000);
    expect(feed.perMinute).toBe(48);
  });
  it('counts what a burst kept from being shown', () => {
    const feed = new LiveFeed();
    feed.snapshot([event(10, -61_000)], START);
    feed.receive([event(5_010, 1_000), event(5_009, 1_000)], START + 1_000);
    expect(feed.perMinute).toBe(5_000);
  });
});
