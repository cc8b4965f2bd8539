/** Every part by name. */
import { ok } from '#lib/contracts/result.ts';
import type { PartName } from './facts.server.ts';
import type { PartsOf } from './part.server.ts';
import { cashParts } from './parts-cash.server.ts';
import { receivableParts } from './parts-receivables.server.ts';
import { salesParts } from './parts-sales.server.ts';
import { stockParts } from './parts-stock.server.ts';
import { seenStreams } from './queries/events.server.ts';

/** A figure at 0 leaves `empty` within this after its stream's first event. */
const SEEN_GAP_MS = 1_000;

export const PARTS: PartsOf<PartName> = {
  ...cashParts,
  ...salesParts,
  ...receivableParts,
  ...stockParts,
  seen: {
    groups: ['any'],
    gapMs: SEEN_GAP_MS,
    live: ({ reader }) => reader.read(seenStreams, {}),
    async at({ reader }, moment) {
      const rows = await reader.read(seenStreams, {});
      return rows.ok ? ok(rows.value.filter((row) => row.first_time <= moment.as_of)) : rows;
    }
  }
};
export const PART_NAMES: readonly PartName[] = Object.keys(PARTS).filter((name): name is PartName => name in PARTS);
/** What past days were like: comparisons and lines beside a value that holds without them. */
export const PAST_PARTS: readonly PartName[] = PART_NAMES.filter((name) => PARTS[name].late !== undefined);
/** What a window up to now reads: these change when an event ahead of the clock comes of age. */
export const WINDOWED_PARTS: readonly PartName[] = [
  'cashSlots',
  'fees',
  'salesSlots',
  'salesOffsets',
  'collected',
  'returns',
  'units'
];
