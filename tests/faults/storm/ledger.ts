/** What was sent and what was promised, event by event: the other side of the account. */
import type { BatchAnswer } from '#lib/contracts/ingest.ts';
import type { Random } from '#ingest/simulator/random.ts';

export interface StormEvent {
  readonly source: string;
  readonly id: string;
  /** JSON of the whole event: a copy is the same to the byte */
  readonly text: string;
}

export interface Account {
  readonly event: StormEvent;
  isPromised: boolean;
  /** answered so at least once: then it stands there, whatever became of it */
  isQuarantined: boolean;
  /** requests whose answer never came */
  unanswered: number;
  /** never sent again: what the service said, or did not say, is the last word */
  isLeft: boolean;
  /** the backfill that it came with, when that one failed: parts of it may be there */
  failed: Failed | null;
}
/** What of a failed backfill was found there when it was sent again, and what was not. */
interface Failed {
  there: number;
  absent: number;
}
export type Entry = Readonly<Account>;

/** Refused as a whole, these are left alone for good: they must then be nowhere. Unanswered ones may be there, once. */
const LEFT_OF_REFUSED = 0.1;
const LEFT_OF_UNANSWERED = 0.03;
const COMPLAINTS_MAX = 20;

const keyOf = ({ source, id }: { readonly source: string; readonly id: string }): string => `${source}\0${id}`;

export class Ledger {
  readonly #accounts: Account[];
  readonly #byKey: Map<string, Account>;
  /** sent, and not yet promised */
  #again: Account[] = [];
  #promised: Account[] = [];
  readonly #failed: Failed[] = [];
  #next = 0;
  /** events put into requests, copies too */
  sent = 0;
  doubled = 0;
  forgotten = 0;
  readonly complaints: string[] = [];

  constructor(events: readonly StormEvent[]) {
    this.#accounts = events.map((event) => ({
      event,
      isPromised: false,
      isQuarantined: false,
      unanswered: 0,
      isLeft: false,
      failed: null
    }));
    this.#byKey = new Map(this.#accounts.map((account) => [keyOf(account.event), account]));
  }

  /** of distinct events */
  get acknowledged(): number {
    return this.#promised.length;
  }
  /** no new events are left: from here on there are only copies */
  get isExhausted(): boolean {
    return this.#next >= this.#accounts.length;
  }
  /** backfills that failed when a part of them was there already */
  get takenInPart(): number {
    return this.#failed.filter(({ there, absent }) => there > 0 && absent > 0).length;
  }
  get waiting(): number {
    return this.#again.length;
  }
  get entries(): readonly Entry[] {
    return this.#accounts;
  }
  find(source: string, id: string): Entry | undefined {
    return this.#byKey.get(keyOf({ source, id }));
  }

  /** The next request: what was not promised yet, copies of what was, and new events. @param random the caller's own */
  take(size: number, random: Random): Account[] {
    const taken = new Set<Account>();
    if (this.#again.length > 0 && random.chance(0.5))
      for (const account of this.#again.splice(0, size)) taken.add(account);
    while (taken.size < size) {
      if (this.#promised.length > 0 && random.chance(0.08)) taken.add(random.pick(this.#promised));
      const fresh = this.#accounts[this.#next];
      if (!fresh) break;
      this.#next++;
      taken.add(fresh);
    }
    return this.#send([...taken]);
  }

  /** What is left to be promised at the end. */
  takeWaiting(size: number): Account[] {
    return this.#send(this.#again.splice(0, size));
  }

  /** A sample of what was promised, to be asked for again. */
  copies(size: number, random: Random): Account[] {
    return this.#send([...new Set(Array.from({ length: size }, () => random.pick(this.#promised)))]);
  }

  #send(accounts: Account[]): Account[] {
    this.sent += accounts.length;
    return accounts;
  }

  /** @param before what was promised when the request was sent */
  answered(accounts: readonly Account[], before: ReadonlySet<Entry>, answer: BatchAnswer): void {
    const said = new Map(answer.items.map((item) => [item.index, item]));
    for (const [index, account] of accounts.entries()) {
      const item = said.get(index);
      if (!item) {
        if (before.has(account)) this.#complain('doubled', account, 'was promised before and stored again');
        this.#tally(account, 'absent');
        this.#promise(account);
      } else if (item.code === 'duplicate') {
        // of those refused nothing may be there, and a half line is none
        if (!account.isPromised && account.unanswered === 0)
          this.#complain('forgotten', account, 'called a duplicate though it was never taken');
        this.#tally(account, 'there');
        this.#promise(account);
      } else if (item.code === 'future_time' && !before.has(account)) {
        // its clock is behind: it waits in quarantine and comes again
        this.#quarantine(account);
      } else this.#complain('forgotten', account, `answered ${item.status} ${item.code} ${item.path}`);
    }
  }

  /** A part of a stream: its acknowledgement counts duplicates and does not name them. @param items by their place in the part */
  streamed(
    parts: readonly { readonly account: Account; readonly wasPromised: boolean }[],
    { stored, items }: { readonly stored: number; readonly items: ReadonlyMap<number, string> }
  ): void {
    const fresh = parts.filter(({ wasPromised }) => !wasPromised).length;
    if (stored > fresh) {
      this.doubled += stored - fresh;
      this.complaints.push(`a stream stored ${stored} of ${fresh} events that were not promised before`);
    }
    for (const [index, { account, wasPromised }] of parts.entries()) {
      const code = items.get(index);
      account.failed = null;
      if (code === undefined) this.#promise(account);
      else if (code === 'future_time' && !wasPromised) {
        this.#quarantine(account);
      } else this.#complain('forgotten', account, `answered ${code} in a stream`);
    }
  }

  /** @param random the caller's own */
  refused(accounts: readonly Account[], random: Random): void {
    this.#return(accounts, LEFT_OF_REFUSED, random);
  }

  /** Nothing of them is promised, and each may be there, once. */
  unanswered(accounts: readonly Account[], random: Random): void {
    for (const account of accounts) {
      account.unanswered++;
      account.failed = null;
    }
    this.#return(accounts, LEFT_OF_UNANSWERED, random);
  }

  /** A backfill is taken in parts: refused or without an answer, the first ones may be there. */
  failedBackfill(accounts: readonly Account[], random: Random): void {
    const failed: Failed = { there: 0, absent: 0 };
    this.#failed.push(failed);
    const isFirst = accounts.map(({ isPromised, unanswered }) => !isPromised && unanswered === 0);
    this.unanswered(accounts, random);
    // what was unanswered before may be there from then
    for (const [index, account] of accounts.entries()) if (isFirst[index]) account.failed = failed;
  }

  #tally(account: Account, as: keyof Failed): void {
    if (account.failed) account.failed[as]++;
    account.failed = null;
  }

  #return(accounts: readonly Account[], share: number, random: Random): void {
    for (const account of accounts) {
      if (account.isPromised || account.isLeft) continue;
      if (random.chance(share)) account.isLeft = true;
      else this.#again.push(account);
    }
  }

  #promise(account: Account): void {
    if (account.isPromised) return;
    account.isPromised = true;
    this.#promised.push(account);
  }

  #quarantine(account: Account): void {
    account.isQuarantined = true;
    this.#again.push(account);
  }

  #complain(kind: 'doubled' | 'forgotten', { event }: Account, what: string): void {
    this[kind]++;
    if (this.complaints.length < COMPLAINTS_MAX) this.complaints.push(`${event.source} ${event.id} ${what}`);
  }
}
