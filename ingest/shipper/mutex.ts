/** One at a time, in order of asking. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  async run<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(step, step);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
