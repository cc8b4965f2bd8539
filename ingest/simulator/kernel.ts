/**
 * The heart of the made-up world: its clock, its agenda and what it tells. Everything that happens is an entry of the agenda; an entry
 * tells events. A moment never comes twice, so that no count or balance report falls on the same millisecond as a movement.
 */
import { streamOf, type EventData, type EventType, type Stream } from '#lib/contracts/events/registry.ts';
import { Agenda } from './agenda.ts';
import type { Almanac } from './almanac.ts';

export const SOURCES = {
  erp: '/demo/erp',
  shop: '/demo/loja',
  psp: '/demo/psp',
  bank: '/demo/banco',
  warehouse: '/demo/wms',
  collections: '/demo/cobranca'
} as const;
export type Source = keyof typeof SOURCES;

/** A CloudEvent as it goes over the wire. */
export interface DemoEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: EventType;
  /** RFC 3339 */
  readonly time: string;
  readonly data: EventData<EventType>;
}

/** One event and when it reaches us. `at` and `time` are epoch ms; `at` is later than `time` only where something was held back. */
export interface Emission {
  readonly at: number;
  readonly time: number;
  readonly stream: Stream;
  readonly event: DemoEvent;
}

/** When an event that happens at `time` is delivered: `time` itself, or later. */
export type Delivery = (time: number, stream: Stream) => number;

export class Kernel {
  readonly almanac: Almanac;
  readonly #agenda = new Agenda();
  readonly #prefix: string;
  readonly #delivery: Delivery;
  #outbox: Emission[] = [];
  #now: number;
  #delivered = 0;

  /** @param start epoch ms: nothing scheduled happens before it */
  constructor(options: { almanac: Almanac; seed: number; start: number; delivery: Delivery }) {
    this.almanac = options.almanac;
    this.#prefix = `${options.seed.toString(36)}-`;
    this.#delivery = options.delivery;
    this.#now = options.start;
  }

  /** epoch ms of what is happening */
  get now(): number {
    return this.#now;
  }

  get today(): number {
    return this.almanac.dayOf(this.#now);
  }

  /** how many events have been delivered so far */
  get delivered(): number {
    return this.#delivered;
  }

  /** What lies in the past happens at once. @param rank see Agenda.add */
  schedule(at: number, run: () => void, rank?: number): void {
    this.#agenda.add(Math.max(Math.round(at), this.#now), run, rank);
  }

  after(delayMs: number, run: () => void): void {
    this.schedule(this.#now + delayMs, run);
  }

  /**
   * Tells an event that happens now.
   * @param key names the event for ever: the same seed gives it the same id. Unique over the whole world.
   */
  emit<T extends EventType>(type: T, source: Source, key: string, data: EventData<T>): void {
    this.emitAt(this.#now, type, source, key, data);
  }

  /** The same for what happened at `time`, such as before the world began. */
  emitAt<T extends EventType>(time: number, type: T, source: Source, key: string, data: EventData<T>): void {
    const stream = streamOf(type);
    const at = Math.max(this.#delivery(time, stream), this.#now);
    const event: DemoEvent = {
      specversion: '1.0',
      id: this.#prefix + key,
      source: SOURCES[source],
      type,
      time: new Date(time).toISOString(),
      data
    };
    const emission = { at, time, stream, event };
    if (at > this.#now) this.schedule(at, () => this.#deliver(emission));
    else this.#deliver(emission);
  }

  /** Lets the world run on through `moment` and yields what is delivered, in order of delivery. */
  *until(moment: number): Generator<Emission, void, void> {
    yield* this.#drain();
    while (this.#agenda.nextAt <= moment) {
      const entry = this.#agenda.take();
      if (entry === undefined) break;
      this.#now = Math.max(entry.at, this.#now + 1);
      entry.run();
      yield* this.#drain();
    }
  }

  /** What was told before the world began goes out by its time. */
  sortOutbox(): void {
    this.#outbox.sort((a, b) => a.time - b.time);
  }

  #deliver(emission: Emission): void {
    this.#delivered++;
    this.#outbox.push(emission);
  }

  #drain(): Emission[] {
    const full = this.#outbox;
    if (full.length > 0) this.#outbox = [];
    return full;
  }
}
