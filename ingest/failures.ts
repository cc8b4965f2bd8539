/** Deliveries that ClickHouse did not take, for people to see: each is repeated, so one alone is no loss. */
import type { Flow } from '#lib/contracts/flow.ts';

export class Failures {
  #total = 0;
  #since: number | null = null;
  #last: Flow['failures']['last'] = null;

  /** @param code ClickHouse's, or '' for a fault on our side; @param at epoch ms */
  note(step: string, code: string, at: number): void {
    this.#total += 1;
    this.#since ??= at;
    this.#last = { step, code, at };
  }

  /** Something was delivered to the end: what failed before is over. */
  end(): void {
    this.#since = null;
  }

  told(): Flow['failures'] {
    return { total: this.#total, since: this.#since, last: this.#last };
  }
}
