import { describe, expect, it } from 'vitest';
import type { FeedEvent } from '#lib/contracts/push.ts';
import { LiveFeed } from './live-feed.svelte.ts';

const event = (seq: number): FeedEvent => ({
  seq,
  source: 's',
  id: String(seq),
  type: 'order.placed',
  time: '2026-11-24T17:05:00.000Z',
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
    feed.snapshot([event(2), event(1)]);
    feed.receive([event(3), event(4), event(2)], 0);
    expect(seqs(feed)).toEqual([4, 3, 2, 1]);
    expect(feed.isNew(event(3))).toBe(true);
    expect(feed.isNew(event(2))).toBe(false);
    for (let seq = 5; seq < 100; seq++) feed.receive([event(seq)], 0);
    expect(feed.rows).toHaveLength(50);
  });
  it('moves nothing while the reader is busy or has paused it', () => {
    const feed = new LiveFeed();
    feed.snapshot([event(1)]);
    feed.busy = true;
    feed.receive([event(2)], 0);
    feed.receive([event(3)], 0);
    expect(seqs(feed)).toEqual([1]);
    expect(feed.waiting).toBe(2);
    feed.release();
    expect(seqs(feed)).toEqual([3, 2, 1]);
    expect(feed.waiting).toBe(0);
  });
  it('counts the events of the last minute', () => {
    const feed = new LiveFeed();
    feed.receive([event(1), event(2)], 0);
    feed.receive([event(3)], 30_000);
    expect(feed.perMinute).toBe(3);
    feed.tick(60_000);
    expect(feed.perMinute).toBe(1);
  });
});
