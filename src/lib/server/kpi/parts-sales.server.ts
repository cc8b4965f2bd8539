/** Parts about sales. */
import { ok } from '#lib/contracts/result.ts';
import type { Curve } from './curve.server.ts';
import { loadCurves, momentBefore } from './parts-cash.server.ts';
import { LIVE_GAP_MS, type PartsOf } from './part.server.ts';
import { END_OF_TIME_MS } from './queries/question.server.ts';
import { salesOffsets, salesSlots, salesSlotsAt } from './queries/sales.server.ts';

const CURVE_GAP_MS = 1_000;

export const salesParts: PartsOf<'salesSlots' | 'salesCurves' | 'salesOffsets'> = {
  salesSlots: {
    groups: ['sales'],
    gapMs: LIVE_GAP_MS,
    live: ({ reader }, { day_start, minute, as_of }) => reader.read(salesSlots, { day_start, minute, as_of }),
    at: ({ reader }, { day_start, as_of }) => reader.read(salesSlotsAt, { day_start, as_of })
  },
  salesCurves: {
    groups: [],
    late: 'sales',
    gapMs: CURVE_GAP_MS,
    live: (asking, moment) => loadCurves(asking, moment, ['order']),
    async at(asking, moment) {
      const curves = await loadCurves(asking, moment, ['order']);
      if (!curves.ok) return curves;
      const exact: Curve[] = [];
      for (const curve of curves.value) {
        const { day_start, as_of } = momentBefore(asking.time, moment, curve.days_back);
        const rows = await asking.reader.read(salesSlotsAt, { day_start, as_of });
        if (!rows.ok) return rows;
        exact.push({ ...curve, exact: { as_of, rows: rows.value } });
      }
      return ok(exact);
    }
  },
  // a cancelled order that was never placed moves no sum and yet keeps its refund out: it is seen by key alone
  salesOffsets: {
    groups: ['cash', 'sales', 'any'],
    gapMs: LIVE_GAP_MS,
    live: ({ reader }, { day_start, as_of }) =>
      reader.read(salesOffsets, { day_start, as_of, known_to: END_OF_TIME_MS }),
    at: ({ reader }, { day_start, as_of }) => reader.read(salesOffsets, { day_start, as_of, known_to: as_of })
  }
};
