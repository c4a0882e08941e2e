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

/**
 * Waits for one piece of work, and no longer than a limit. For what happens once; calls share {@linkcode Deadlines}.
 *
 * @param work What is waited for. It goes on when the limit is over.
 * @param ms The limit.
 * @param expired Makes the error of a limit that is over, from the milliseconds that have passed.
 * @returns What the work gives.
 */
export async function withLimit<T>(work: Promise<T>, ms: number, expired: (elapsedMs: number) => Error): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const start = performance.now();
  const timer = setTimeout(() => reject(expired(performance.now() - start)), ms);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
