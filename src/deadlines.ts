/** Something that must be over by a moment. */
export interface Deadline {
  /** `performance.now()` at which it expires. */
  at: number;
  /** Called once, when it expires. */
  expire: () => void;
}

/**
 * Many deadlines over one timer: a timer for each call would cost more than the call. Deadlines expire up to one tick
 * late. The timer runs only while something waits, and keeps the program alive only as long.
 */
export class Deadlines implements Disposable {
  readonly #tickMs: number;
  readonly #waiting = new Set<Deadline>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param tickMs How often to look, in milliseconds. @default 50 */
  constructor(tickMs = 50) {
    this.#tickMs = tickMs;
  }

  /**
   * Adds a deadline.
   *
   * @param ms Milliseconds from now.
   * @param expire Called once when they are over, unless removed before.
   * @returns The deadline, to be removed.
   */
  add(ms: number, expire: () => void): Deadline {
    const deadline = { at: performance.now() + ms, expire };
    this.#waiting.add(deadline);
    if (this.#timer === undefined) this.#timer = setInterval(() => this.#sweep(), this.#tickMs);
    else if (this.#waiting.size === 1) this.#timer.ref();
    return deadline;
  }

  /** Takes a deadline back. May be called twice. */
  remove(deadline: Deadline): void {
    if (this.#waiting.delete(deadline) && this.#waiting.size === 0 && this.#timer !== undefined) {
      this.#timer.unref();
    }
  }

  #sweep(): void {
    if (this.#waiting.size === 0) return this[Symbol.dispose]();
    const now = performance.now();
    for (const deadline of this.#waiting) {
      if (deadline.at > now) continue;
      this.#waiting.delete(deadline);
      deadline.expire();
    }
  }

  /** Stops the timer. What waits does not expire any more. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }
}
