/** A producer that streams: endless bodies, each until it breaks or has been long enough, sometimes broken off in the middle of a line. */
import { request, type ClientRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { StreamAnswer } from '#lib/contracts/ingest.ts';
import type { Random } from '#ingest/simulator/random.ts';
import { API_KEY } from '../../support/ingest.ts';
import type { Account, Ledger } from './ledger.ts';

const PARTS_MAX = 40;
const PAUSE_MAX_MS = 120;
const SIZES = [1, 1, 1, 2, 5, 20, 80];
const ANSWER_MAX_MS = 15_000;
const FLUSHED_MAX_MS = 1_000;

/** A lane's own luck, so that lanes do not draw from each other's. */
export interface Hand {
  /** sizes, encodings, pauses: drawn alike whatever is answered */
  readonly random: Random;
  /** which events, and which are left alone for good: hangs on the answers */
  readonly choice: Random;
}

/** One endless body and what of it was acknowledged. */
class OpenBody {
  readonly #ledger: Ledger;
  readonly #request: ClientRequest;
  readonly #sent: { readonly account: Account; readonly wasPromised: boolean }[] = [];
  #text = '';
  #through = 0;
  #isTaken = false;
  readonly ended: Promise<string>;

  constructor(url: URL, ledger: Ledger) {
    this.#ledger = ledger;
    this.#request = request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${API_KEY}` }
    });
    this.ended = new Promise((settle) => {
      this.#request.on('error', () => settle('streams broken'));
      this.#request.on('response', (response) => {
        this.#isTaken = response.statusCode === 200;
        response.setEncoding('utf8').on('data', (chunk: string) => this.#hear(chunk));
        response.on('error', () => settle('streams broken'));
        response.on('end', () => settle(this.#isTaken ? 'streams ended' : `streams refused ${response.statusCode}`));
      });
    });
  }

  get isOpen(): boolean {
    return !this.#request.destroyed;
  }
  /** lines without an acknowledgement */
  get isWaiting(): boolean {
    return this.isOpen && this.#sent.length > this.#through;
  }

  write(accounts: readonly Account[]): void {
    this.#sent.push(...accounts.map((account) => ({ account, wasPromised: account.isPromised })));
    this.#request.write(accounts.map(({ event }) => `${event.text}\n`).join(''));
  }

  /** @returns whether all that was written has left us, and somebody was there to take it */
  async writeHalf({ event }: Account, share: number): Promise<boolean> {
    const half = event.text.slice(0, Math.ceil(share * (event.text.length - 1)));
    const flushed = new Promise<boolean>((settle) => this.#request.write(half, (error) => settle(!error)));
    return (await Promise.race([flushed, sleep(FLUSHED_MAX_MS, false)])) && this.#isTaken;
  }

  async end(): Promise<string> {
    this.#request.end();
    return Promise.race([this.ended, sleep(ANSWER_MAX_MS, 'streams given up')]);
  }

  /** @returns the lines that nobody acknowledged: each may be there */
  leave(): Account[] {
    this.#request.destroy();
    return this.#sent.splice(this.#through).map(({ account }) => account);
  }

  #hear(chunk: string): void {
    this.#text += chunk;
    const lines = this.#text.split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) {
      const answer = StreamAnswer.safeParse(JSON.parse(line));
      if (!this.#isTaken || !answer.success || !this.isOpen) continue;
      const { stored, items = [], through } = answer.data;
      const codes = new Map(items.map(({ index, code }) => [index - this.#through, code]));
      this.#ledger.streamed(this.#sent.slice(this.#through, through), { stored, items: codes });
      this.#through = through;
    }
  }
}

export class StreamLane {
  readonly #url: URL;
  readonly #ledger: Ledger;
  readonly #open = new Set<OpenBody>();

  /** @param url of the events */
  constructor(url: URL, ledger: Ledger) {
    this.#url = new URL(url);
    this.#url.searchParams.set('stream', 'true');
    this.#ledger = ledger;
  }

  /** streams with lines that wait for their acknowledgement: an idle one is not under way */
  get waiting(): number {
    return [...this.#open].filter(({ isWaiting }) => isWaiting).length;
  }

  /** One endless body until it breaks, or has been long enough. @returns what became of it */
  async once({ random, choice }: Hand, isOver: () => boolean): Promise<string> {
    return this.#during(choice, async (body) => {
      for (let part = 0; part < PARTS_MAX && !isOver() && body.isOpen; part++) {
        body.write(this.#ledger.take(random.pick(SIZES), choice));
        await sleep(random.int(0, PAUSE_MAX_MS));
      }
      return body.end();
    });
  }

  /** Some lines, the half of another, and the producer is gone. @returns whether they reached the service */
  async breakOff({ random, choice }: Hand): Promise<boolean> {
    return this.#during(choice, async (body) => {
      for (let part = random.int(1, 4); part > 0; part--) {
        body.write(this.#ledger.take(random.pick(SIZES), choice));
        await sleep(random.int(0, PAUSE_MAX_MS));
      }
      const [account] = this.#ledger.take(1, choice);
      if (!account) return false;
      const hasReached = await body.writeHalf(account, random.next());
      // never sent whole: of it nothing may be there
      this.#ledger.refused([account], choice);
      return hasReached;
    });
  }

  async #during<T>(choice: Hand['choice'], use: (body: OpenBody) => Promise<T>): Promise<T> {
    const body = new OpenBody(this.#url, this.#ledger);
    this.#open.add(body);
    try {
      return await use(body);
    } finally {
      this.#open.delete(body);
      this.#ledger.unanswered(body.leave(), choice);
    }
  }
}
