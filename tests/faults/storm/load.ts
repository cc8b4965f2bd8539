/** Producers that never stop: requests of all sizes and encodings, sent again until they are promised. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { BatchAnswer, StreamAnswer } from '#lib/contracts/ingest.ts';
import { createRandom, type Random } from '#ingest/simulator/random.ts';
import { createWorld } from '#ingest/simulator/world.ts';
import { API_KEY } from '../../support/ingest.ts';
import type { Ledger, StormEvent } from './ledger.ts';

/** answers of a request each, in no hurry */
const LANES = 5;
/** beside them a backfill, and a stream that is opened again whenever it broke */
const BACKFILL = 'backfill';
const STREAM_PARTS_MAX = 40;
const STREAM_PAUSE_MAX_MS = 120;
const SIZES = [1, 1, 1, 2, 5, 20, 80];
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
    scale: 0.25
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

export class Load {
  readonly #url: URL;
  readonly #ledger: Ledger;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: LANES + 2 });
  readonly #lanes: Promise<void>[] = [];
  readonly #under = new Set<Promise<unknown>>();
  #isOver = false;
  /** requests by what became of them */
  readonly outcomes: Record<string, number> = {};

  constructor(url: string, ledger: Ledger) {
    this.#url = new URL('/v1/events', url);
    this.#ledger = ledger;
  }

  start(seed: string): void {
    for (let lane = 0; lane < LANES; lane++) this.#lanes.push(this.#run(createRandom(`${seed}/lane ${lane}`)));
    this.#lanes.push(
      this.#run(createRandom(`${seed}/backfill`), BACKFILL),
      this.#stream(createRandom(`${seed}/stream`))
    );
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** requests without an answer yet */
  get inFlight(): number {
    return this.#under.size;
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
    const waits: number[] = [];
    const under: Promise<void>[] = [];
    let refused = 0;
    const began = performance.now();
    for (let due = began; due < began + forMs; due += 1_000 / perSecond) {
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      under.push(
        this.#send(this.#ledger.take(1), random).then((isTaken) => {
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
    const deadline = performance.now() + withinMs;
    while (this.#ledger.waiting > 0) {
      if (performance.now() > deadline) throw new Error(`${this.#ledger.waiting} events were not taken in the end`);
      await this.#send(this.#ledger.takeWaiting(300), random);
    }
  }

  /** Copies of what was promised: each must be known. */
  async repeat(count: number, random: Random): Promise<void> {
    for (let left = count; left > 0; left -= 300) await this.#send(this.#ledger.copies(Math.min(300, left)), random);
  }

  async #run(random: Random, flag?: typeof BACKFILL): Promise<void> {
    while (!this.#isOver) {
      const isTaken = await this.#send(this.#ledger.take(random.pick(SIZES)), random, flag);
      await sleep(isTaken ? random.int(0, PAUSE_MAX_MS) : REST_MS);
    }
  }

  #count(outcome: string): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
  }

  async #stream(random: Random): Promise<void> {
    while (!this.#isOver) {
      const streaming = this.#streamOnce(random);
      this.#under.add(streaming);
      const outcome = await streaming.finally(() => this.#under.delete(streaming));
      this.#count(outcome);
      await sleep(REST_MS);
    }
  }

  /** One endless body until it breaks, or has been long enough. @returns what became of it */
  async #streamOnce(random: Random): Promise<string> {
    const sent: { readonly account: ReturnType<Ledger['take']>[number]; readonly wasPromised: boolean }[] = [];
    let [through, text] = [0, ''];
    const url = new URL(this.#url);
    url.searchParams.set('stream', 'true');
    const body = request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${API_KEY}` }
    });
    const ended = new Promise<string>((settle) => {
      body.on('error', () => settle('streams broken'));
      body.on('response', (response) => {
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          const lines = text.split('\n');
          text = lines.pop() ?? '';
          for (const line of lines) {
            const answer = StreamAnswer.safeParse(JSON.parse(line));
            if (response.statusCode !== 200 || !answer.success) continue;
            const { stored, items = [], through: next } = answer.data;
            const codes = new Map(items.map(({ index, code }) => [index - through, code]));
            this.#ledger.streamed(sent.slice(through, next), { stored, items: codes });
            through = next;
          }
        });
        response.on('error', () => settle('streams broken'));
        response.on('end', () =>
          settle(response.statusCode === 200 ? 'streams ended' : `streams refused ${response.statusCode}`)
        );
      });
    });
    for (let part = 0; part < STREAM_PARTS_MAX && !this.#isOver && !body.destroyed; part++) {
      const accounts = this.#ledger.take(random.pick(SIZES));
      sent.push(...accounts.map((account) => ({ account, wasPromised: account.isPromised })));
      body.write(accounts.map(({ event }) => `${event.text}\n`).join(''));
      await sleep(random.int(0, STREAM_PAUSE_MAX_MS));
    }
    body.end();
    const outcome = await Promise.race([ended, sleep(ANSWER_MAX_MS, 'streams given up')]);
    body.destroy();
    this.#ledger.unanswered(sent.slice(through).map(({ account }) => account));
    return outcome;
  }

  #send(accounts: ReturnType<Ledger['take']>, random: Random, flag?: typeof BACKFILL): Promise<boolean> {
    const sending = this.#post(accounts, random, flag);
    this.#under.add(sending);
    return sending.finally(() => this.#under.delete(sending));
  }

  /** @returns whether it was taken */
  async #post(accounts: ReturnType<Ledger['take']>, random: Random, flag?: typeof BACKFILL): Promise<boolean> {
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
    if (answer === null) {
      this.#ledger.unanswered(accounts);
      return false;
    }
    if (answer.status === 200 || answer.status === 207) {
      this.#ledger.answered(accounts, before, BatchAnswer.parse(JSON.parse(answer.text)));
      return true;
    }
    this.#ledger.refused(accounts);
    if (answer.status !== 503)
      this.#ledger.complaints.push(`a sound request was answered ${answer.status}: ${answer.text.slice(0, 200)}`);
    return false;
  }
}
