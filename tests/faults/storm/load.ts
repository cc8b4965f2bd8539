/** Producers that never stop: requests of all sizes and encodings, sent again until they are promised. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { BatchAnswer } from '#lib/contracts/ingest.ts';
import { createRandom, type Random } from '#ingest/simulator/random.ts';
import { createWorld } from '#ingest/simulator/world.ts';
import { API_KEY } from '../../support/ingest.ts';
import type { Account, Ledger, StormEvent } from './ledger.ts';
import { StreamLane, type Hand } from './stream-lane.ts';

/** answers of a request each, in no hurry */
const LANES = 5;
/** beside them a backfill, and a stream that is opened again whenever it broke */
const BACKFILL = 'backfill';
const SIZES = [1, 1, 1, 2, 5, 20, 80];
/** the large ones are more than what is taken at a time beside live traffic */
const BACKFILL_SIZES = [1, 5, 20, 80, 600];
const PAUSE_MAX_MS = 150;
const REST_MS = 100;
const ANSWER_MAX_MS = 15_000;
const DAY_MS = 86_400_000;
const WORLD_DAYS = 220;
/** share of the events that happen now: a clock that is behind sends them to quarantine */
const NOW_SHARE = 0.03;

/** A wholesaler's months, of every type, told out of order: each moment's neighbours come minutes apart. */
export function makeEvents(seed: string, now: number): StormEvent[] {
  const end = now - DAY_MS;
  const random = createRandom(`${seed}/events`);
  const world = createWorld({
    seed: random.int(1, 1_000_000),
    start: end - WORLD_DAYS * DAY_MS,
    end,
    scenario: 'calm-day',
    scale: 0.35
  });
  const told = [...world.until(end)].map(({ event }, index) => ({ event, place: index + random.normal() * 400 }));
  return told
    .sort((a, b) => a.place - b.place)
    .map(({ event }) => {
      const { source, id } = event;
      const happens = random.chance(NOW_SHARE) ? { ...event, time: new Date(now).toISOString() } : event;
      return { source, id, text: JSON.stringify(happens) };
    });
}

interface Encoded {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export function encode(events: readonly StormEvent[], random: Random): Encoded {
  const isLines = random.chance(0.3);
  const text = isLines
    ? events.map(({ text: line }) => line).join('\n')
    : `[${events.map(({ text: item }) => item).join(',')}]`;
  const type = { 'content-type': isLines ? 'application/x-ndjson' : 'application/json' };
  const plain = Buffer.from(text);
  switch (random.int(0, 5)) {
    case 0:
      return { bytes: gzipSync(plain), headers: { ...type, 'content-encoding': 'gzip' } };
    case 1:
      return { bytes: zstdCompressSync(plain), headers: { ...type, 'content-encoding': 'zstd' } };
    default:
      return { bytes: plain, headers: type };
  }
}

/** @throws when no whole answer comes */
export function postOnce(
  { url, agent }: { readonly url: URL; readonly agent: Agent },
  { bytes, headers }: Encoded
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((settle, reject) => {
    const sent = request(url, {
      agent,
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${API_KEY}`, 'content-length': bytes.length },
      signal: AbortSignal.timeout(ANSWER_MAX_MS)
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (response.complete) settle({ status: response.statusCode ?? 0, text });
        else reject(new Error('the answer broke off'));
      });
    });
    sent.end(bytes);
  });
}

const handOf = (random: Random): Hand => ({ random, choice: random.fork('choice') });

export class Load {
  readonly #url: URL;
  readonly #ledger: Ledger;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: LANES + 2 });
  readonly #lanes: Promise<void>[] = [];
  readonly #under = new Set<Promise<unknown>>();
  #requests = 0;
  readonly #streams: StreamLane;
  #isOver = false;
  /** requests by what became of them */
  readonly outcomes: Record<string, number> = {};

  constructor(url: string, ledger: Ledger) {
    this.#url = new URL('/v1/events', url);
    this.#ledger = ledger;
    this.#streams = new StreamLane(this.#url, ledger);
  }

  start(seed: string): void {
    for (let lane = 0; lane < LANES; lane++) this.#lanes.push(this.#run(handOf(createRandom(`${seed}/lane ${lane}`))));
    this.#lanes.push(
      this.#run(handOf(createRandom(`${seed}/backfill`)), BACKFILL),
      this.#stream(handOf(createRandom(`${seed}/stream`)))
    );
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** requests without an answer yet, and streams with lines that have none */
  get inFlight(): number {
    return this.#requests + this.#streams.waiting;
  }

  /** When every request that is under way now has its end: an answer of a dead process may still lie in a socket. */
  async drained(): Promise<void> {
    await Promise.all(this.#under);
  }

  /**
   * Single events on a fixed beat.
   * @returns ms from the moment each was due to its answer, and how many were not taken
   */
  async probe(
    perSecond: number,
    forMs: number,
    random: Random
  ): Promise<{ readonly waits: number[]; readonly refused: number }> {
    const hand = handOf(random);
    const waits: number[] = [];
    const under: Promise<void>[] = [];
    let refused = 0;
    const began = performance.now();
    for (let due = began; due < began + forMs; due += 1_000 / perSecond) {
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      under.push(
        this.#send(this.#ledger.take(1, hand.choice), hand).then((isTaken) => {
          if (isTaken) waits.push(performance.now() - due);
          else refused++;
        })
      );
    }
    await Promise.all(under);
    return { waits, refused };
  }

  /** All that waits, until nothing does. @throws when the service goes on refusing */
  async finish(random: Random, withinMs: number): Promise<void> {
    const hand = handOf(random);
    const deadline = performance.now() + withinMs;
    while (this.#ledger.waiting > 0) {
      if (performance.now() > deadline) throw new Error(`${this.#ledger.waiting} events were not taken in the end`);
      await this.#send(this.#ledger.takeWaiting(300), hand);
    }
  }

  /** Copies of what was promised: each must be known. */
  async repeat(count: number, random: Random): Promise<void> {
    const hand = handOf(random);
    for (let left = count; left > 0; left -= 300)
      await this.#send(this.#ledger.copies(Math.min(300, left), hand.choice), hand);
  }

  /** One backfill that is taken in parts, when a live request came before. */
  async backfill(random: Random): Promise<void> {
    const hand = handOf(random);
    await this.#send(this.#ledger.take(Math.max(...BACKFILL_SIZES), hand.choice), hand, BACKFILL);
  }

  /** A stream whose producer dies in the middle of a line. @returns whether it reached the service */
  async breakOff(random: Random): Promise<boolean> {
    const breaking = this.#streams.breakOff(handOf(random));
    this.#under.add(breaking);
    return breaking.finally(() => this.#under.delete(breaking));
  }

  async #run(hand: Hand, flag?: typeof BACKFILL): Promise<void> {
    const { random, choice } = hand;
    while (!this.#isOver) {
      const size = random.pick(flag === BACKFILL ? BACKFILL_SIZES : SIZES);
      const pauseMs = random.int(0, PAUSE_MAX_MS);
      const isTaken = await this.#send(this.#ledger.take(size, choice), hand, flag);
      await sleep(isTaken ? pauseMs : REST_MS);
    }
  }

  #count(outcome: string): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
  }

  async #stream(hand: Hand): Promise<void> {
    while (!this.#isOver) {
      const streaming = this.#streams.once(hand, () => this.#isOver);
      this.#under.add(streaming);
      this.#count(await streaming.finally(() => this.#under.delete(streaming)));
      await sleep(REST_MS);
    }
  }

  #send(accounts: Account[], hand: Hand, flag?: typeof BACKFILL): Promise<boolean> {
    const sending = this.#post(accounts, hand, flag);
    this.#under.add(sending);
    this.#requests++;
    return sending.finally(() => {
      this.#under.delete(sending);
      this.#requests--;
    });
  }

  /** @returns whether it was taken */
  async #post(accounts: Account[], { random, choice }: Hand, flag?: typeof BACKFILL): Promise<boolean> {
    if (accounts.length === 0) return false;
    const before = new Set(accounts.filter(({ isPromised }) => isPromised));
    const encoded = encode(
      accounts.map(({ event }) => event),
      random
    );
    const url = new URL(this.#url);
    if (flag !== undefined) url.searchParams.set(flag, 'true');
    const answer = await postOnce({ url, agent: this.#agent }, encoded).catch(() => null);
    this.#count(answer === null ? 'no answer' : String(answer.status));
    if (answer?.status === 200 || answer?.status === 207) {
      this.#ledger.answered(accounts, before, BatchAnswer.parse(JSON.parse(answer.text)));
      return true;
    }
    if (flag === BACKFILL) this.#ledger.failedBackfill(accounts, choice);
    else if (answer === null) this.#ledger.unanswered(accounts, choice);
    else this.#ledger.refused(accounts, choice);
    if (answer !== null && answer.status !== 503)
      this.#ledger.complaints.push(`a sound request was answered ${answer.status}: ${answer.text.slice(0, 200)}`);
    return false;
  }
}
