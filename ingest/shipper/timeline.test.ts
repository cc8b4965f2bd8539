import { expect, it } from 'vitest';
import type { Slice } from '#ingest/journal/rows.ts';
import { Timeline, type Stage } from './timeline.ts';

function place() {
  let now = 1_000;
  const told: [Stage, number][] = [];
  const timeline = new Timeline({ now: () => now, onStage: (stage, seconds) => told.push([stage, seconds]) });
  return { timeline, told, at: (ms: number): void => void (now = ms) };
}
const slice = (from: number, receivedAt: number): Slice => ({
  from,
  through: from,
  receivedAt,
  eventRows: null,
  quarantineRows: null,
  newest: new Map()
});
const sumOf = (told: readonly [Stage, number][], isWhole: boolean): number =>
  told.filter(([stage]) => (stage === 'visible') === isWhole).reduce((sum, [, seconds]) => sum + seconds, 0);

it('the stages of a batch follow one another and add up', () => {
  const { timeline, told, at } = place();
  at(1_004);
  timeline.durable(7);
  timeline.begin(slice(7, 1_000), 1_010);
  at(1_030);
  timeline.end('ship');
  at(1_060);
  timeline.end('derive');
  timeline.visible();
  expect(told).toEqual([
    ['acknowledge', 0.004],
    ['wait', 0.006],
    ['ship', 0.02],
    ['derive', 0.03],
    ['visible', 0.06]
  ]);
});

it('they add up behind a long outage, too, of which not every moment is remembered', () => {
  const { timeline, told, at } = place();
  for (let position = 1; position <= 12_000; position++) {
    at(1_000 + position);
    timeline.durable(position);
  }
  for (let position = 1; position <= 12_000; position++) {
    // the outage is over: what comes now is remembered again
    at(20_000 + position * 3);
    if (position === 10_500) timeline.durable(12_001);
    timeline.begin(slice(position, 1_000 + position), 20_001 + position * 3);
    at(20_002 + position * 3);
    timeline.end('ship');
    timeline.visible();
  }
  expect(sumOf(told, false)).toBeCloseTo(sumOf(told, true), 6);
});
