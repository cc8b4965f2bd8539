/** The facts as last read, and how far into each stream each of them reaches. */
import { ok, type Result } from '#lib/contracts/result.ts';
import { STREAMS, type Stream } from '#lib/contracts/streams.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import type { PartName, SomeFacts } from './facts.server.ts';
import type { Asking } from './part.server.ts';
import { PART_NAMES, PARTS } from './parts.server.ts';
import type { Watermarks } from './standing.server.ts';
import type { Timers } from './timers.server.ts';

export interface FactBook {
  readonly facts: SomeFacts;
  /** reads a part now and keeps it */
  load(name: PartName): Promise<Result<void, ClickHouseFailure>>;
  /** a part is unknown until it is read again; a read that is under way does not count */
  forget(name: PartName): void;
  /** figures are committed up to these event times */
  reached(watermarks: Watermarks): void;
  /** everything acknowledged is visible: parts that wait for nothing hold up to the newest events of all streams */
  nothingWaits(isClean: (name: PartName) => boolean): void;
  watermarksOf(name: PartName): Watermarks;
  /** an event lies ahead of the clock */
  isAhead(now: number): boolean;
}

interface BookOptions extends Asking {
  readonly timers: Timers;
  readonly log: { warn(fields: object, message: string): void };
}

/** @param onAnswer ClickHouse has answered, epoch ms */
export function createFactBook(options: BookOptions, onAnswer: (at: number) => void): FactBook {
  const { time, timers, log } = options;
  const facts: SomeFacts = {};
  const watermarks: Watermarks = {};
  const covered = new Map<PartName, Watermarks>();
  /** how often a part was forgotten */
  const forgotten = new Map<PartName, number>();

  const reached = (told: Watermarks): void => {
    for (const stream of STREAMS) {
      const at = told[stream];
      if (at !== undefined) watermarks[stream] = Math.max(watermarks[stream] ?? at, at);
    }
  };
  const seenTimes = (): [Stream, number][] =>
    (facts.seen?.value ?? [])
      .map(({ stream, last_time }): [Stream, number] => [stream, last_time])
      .sort((a, b) => a[1] - b[1]);
  const isAhead = (now: number): boolean => Object.values(watermarks).some((watermark) => watermark > now);

  const load = async (name: PartName): Promise<Result<void, ClickHouseFailure>> => {
    const moment = time.at(timers.now());
    const covers = { ...watermarks };
    const before = forgotten.get(name);
    const answer = await PARTS[name].live(options, moment, isAhead(moment.as_of));
    if (!answer.ok) {
      const { kind, code, message } = answer.failure;
      // an outage is told once, by the probe
      if (kind !== 'unreachable') log.warn({ part: name, kind, code, message }, 'a part of the figures was not read');
      return answer;
    }
    onAnswer(timers.now());
    if (forgotten.get(name) !== before) return ok(undefined);
    Object.assign(facts, { [name]: { value: answer.value, moment } });
    covered.set(name, covers);
    // what streams had delivered before this process heard a doorbell
    if (name === 'seen')
      reached(Object.fromEntries(seenTimes().filter(([stream]) => watermarks[stream] === undefined)));
    return ok(undefined);
  };

  return {
    facts,
    load,
    forget(name) {
      forgotten.set(name, (forgotten.get(name) ?? 0) + 1);
      Object.assign(facts, { [name]: undefined });
    },
    reached,
    isAhead,
    nothingWaits(isClean) {
      // also events that change no figure, which no doorbell tells
      reached(Object.fromEntries(seenTimes()));
      for (const name of PART_NAMES) if (isClean(name)) covered.set(name, { ...watermarks });
    },
    watermarksOf: (name) => covered.get(name) ?? {}
  };
}
