/** What is kept in memory of a file that other processes may change too: looked at again each second, written back now and then. */

/** A change made anywhere is in force within 5 s; we look more often. */
const FOLLOW_EVERY_MS = 1_000;

export interface FollowOptions {
  /** changes with every write to the file, by whichever process */
  readonly version: () => number;
  /** reads the file anew */
  readonly load: () => void;
  /** writes what has gathered in memory */
  readonly record: () => void;
  readonly recordEveryMs: number;
  /** told when the file could not be read or written at that moment; it is tried again */
  readonly onTrouble: (error: unknown) => void;
}

export class FollowedStore {
  readonly #options: FollowOptions;
  readonly #timers: NodeJS.Timeout[];
  #version: number;
  /** a change of our own is not read yet */
  #isStale = false;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#version = options.version();
    options.load();
    this.#timers = [
      setInterval(() => this.attempt(() => this.follow()), FOLLOW_EVERY_MS),
      setInterval(() => this.attempt(options.record), options.recordEveryMs)
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** Looks whether another process has changed the file. */
  follow(): void {
    const version = this.#options.version();
    if (version === this.#version && !this.#isStale) return;
    this.#options.load();
    // only once it was read: else a moment's lock would hide a revocation for good
    this.#version = version;
    this.#isStale = false;
  }

  /** After a change of our own, which the version does not tell: in force at once, or when the file can be read again. */
  changed(): void {
    this.#isStale = true;
    this.attempt(() => this.follow());
  }

  /** A moment's lock by another process must not end the service. */
  attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#options.onTrouble(error);
    }
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.attempt(this.#options.record);
  }
}
