/** How busy a past day was: what the slider of the past is drawn on. */
import { ok, type Result } from '#lib/contracts/result.ts';
import type { AskFailure } from '#lib/server/services.server.ts';
import { unavailable, type AskContext } from './asking.server.ts';
import { dayEvents } from './queries/events.server.ts';

/** of an ordinary day; the last one also takes what a longer day has more */
const HALF_HOURS = 48;

/** Events by half hour of the local day of `asOf`, also those after it. */
export async function countDayEvents(
  { reader, time }: AskContext,
  asOf: number
): Promise<Result<readonly number[], AskFailure>> {
  const moment = time.at(asOf);
  const rows = await reader.read(dayEvents, { day_start: moment.day_start, day_end: time.dayStart(moment, 1) });
  if (!rows.ok) return unavailable(rows.failure);
  const counts = Array.from({ length: HALF_HOURS }, () => 0);
  for (const { slot, events } of rows.value) {
    const at = Math.min(slot, HALF_HOURS - 1);
    counts[at] = (counts[at] ?? 0) + events;
  }
  return ok(counts);
}
