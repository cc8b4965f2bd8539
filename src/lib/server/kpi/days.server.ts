/** The past days beside a figure that is a state and not a day's flow: their ends, seldom asked for. */
import type { BusinessTime, Moment } from './moment.server.ts';

/** Weighs much of the history: asked at midnight, after late events and when a backlog has become visible. */
export const DAYS_GAP_MS = 600_000;
/** with the running day two weeks */
const DAYS = 13;
/** Of the ends, the one a week ago. */
export const WEEK_AGO = DAYS - 7;

/** The last millisecond of each of the 13 local days before the moment's, oldest first. */
export const dayEnds = (time: BusinessTime, moment: Moment): number[] =>
  Array.from({ length: DAYS }, (_, back) => time.dayStart(moment, 1 - DAYS + back) - 1);
