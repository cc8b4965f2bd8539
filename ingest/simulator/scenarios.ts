/** Named turns of the story. Each touches the world in one way around `anchor`, the moment where history ends and live begins. */
import type { Almanac } from './almanac.ts';
import { DAY, HOUR, MINUTE } from './almanac.ts';
import type { Delivery } from './kernel.ts';

export const SCENARIOS = ['calm-day', 'black-friday', 'delinquency-wave', 'bank-outage'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];
export const isScenarioName = (name: string): name is ScenarioName => SCENARIOS.some((known) => known === name);

export interface Scenario {
  readonly name: ScenarioName;
  /** orders of a day, 1 = a usual working day, given what weekday and holiday say */
  dayVolume(base: number, day: number): number;
  /** how much more happens right now, for the live rate */
  heat(ms: number): number;
  /** share off every price */
  discount(ms: number): number;
  cancelShare(ms: number): number;
  /** probability that who would pay on time pays weeks late */
  slide(ms: number): number;
  /** nothing untoward happens: no chargeback, drift or mishap */
  isCalm(ms: number): boolean;
  readonly delivery: Delivery;
}

const USUAL_CANCEL_SHARE = 0.02;
const BLACK_FRIDAY = { volume: 3.4, discount: 0.18, cancelShare: 0.06, days: 2 };
const WAVE = { daysBefore: 35, slide: 0.42 };
const OUTAGE = { beforeMs: 110 * MINUTE, lengthMs: 2 * HOUR, catchUpMs: 3 * MINUTE };

const ordinary = {
  dayVolume: (base: number): number => base,
  heat: (): number => 1,
  discount: (): number => 0,
  cancelShare: (): number => USUAL_CANCEL_SHARE,
  slide: (): number => 0,
  isCalm: (): boolean => false,
  delivery: (time: number): number => time
};

/** The span in which no payment arrives, [from, to) epoch ms. */
export const outageSpan = (anchor: number): { readonly from: number; readonly to: number } => ({
  from: anchor - OUTAGE.beforeMs,
  to: anchor - OUTAGE.beforeMs + OUTAGE.lengthMs
});

/** @param anchor epoch ms */
export function createScenario(name: ScenarioName, anchor: number, almanac: Almanac): Scenario {
  const today = almanac.dayOf(anchor);
  switch (name) {
    case 'calm-day':
      return { ...ordinary, name, isCalm: (ms) => almanac.dayOf(ms) === today };
    case 'black-friday': {
      const rushes = (day: number): boolean => day >= today && day < today + BLACK_FRIDAY.days;
      const when = (ms: number, then: number, otherwise: number): number =>
        rushes(almanac.dayOf(ms)) ? then : otherwise;
      return {
        ...ordinary,
        name,
        dayVolume: (base, day) => (rushes(day) ? Math.max(base, 0.9) * BLACK_FRIDAY.volume : base),
        heat: (ms) => when(ms, 2, 1),
        discount: (ms) => when(ms, BLACK_FRIDAY.discount, 0),
        cancelShare: (ms) => when(ms, BLACK_FRIDAY.cancelShare, USUAL_CANCEL_SHARE)
      };
    }
    case 'delinquency-wave': {
      const from = anchor - WAVE.daysBefore * DAY;
      return { ...ordinary, name, slide: (ms) => (ms >= from ? WAVE.slide : 0) };
    }
    case 'bank-outage': {
      const { from, to } = outageSpan(anchor);
      // late, but in their own order: squeezed into the minutes after the lines are back
      const delivery: Delivery = (time, stream) =>
        stream === 'payments' && time >= from && time < to
          ? Math.round(to + ((time - from) / OUTAGE.lengthMs) * OUTAGE.catchUpMs)
          : time;
      return { ...ordinary, name, delivery };
    }
  }
}
