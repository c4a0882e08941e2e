/** Something that must be over by a moment. It is its own place in the list, so that nothing is made for it. */
export interface Deadline {
  /** `performance.now()` at which it expires; while no sweep has seen it, its milliseconds, negated. */
  at: number;
  /** Called once, when it expires. */
  expire(): void;
  /** Kept by {@linkcode Deadlines}. */
  previous?: Deadline | undefined;
  /** Kept by {@linkcode Deadlines}; there while it stands in the list. */
  next?: Deadline | undefined;
}

/**
 * Many deadlines over one timer: a timer for each call would cost more than the call, and so would a look at the clock.
 * The first sweep that sees a deadline gives it its moment, so that deadlines expire up to two ticks late, and never
 * early. The timer runs only while something waits that can expire, and keeps the program alive up to a tick longer.
 */
export class Deadlines implements Disposable {
  readonly #tickMs: number;
  /** The ends of the list: it begins and ends at this one, which never expires. */
  readonly #ends: Deadline = { at: Infinity, expire() {} };
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param tickMs How often to look, in milliseconds. @default 50 */
  constructor(tickMs = 50) {
    this.#tickMs = tickMs;
    this.#ends.previous = this.#ends.next = this.#ends;
  }

  /**
   * Adds a deadline.
   *
   * @param ms Milliseconds from now.
   * @param expire Called once when they are over, unless removed before.
   * @returns The deadline, to be removed.
   */
  add(ms: number, expire: () => void): Deadline {
    const deadline: Deadline = { at: 0, expire };
    this.put(deadline, ms);
    return deadline;
  }

  /**
   * As {@linkcode Deadlines.add}, for what is a deadline itself and is not in the list. One of `Infinity` stands there
   * and never expires.
   */
  put(deadline: Deadline, ms: number): void {
    const ends = this.#ends;
    const last = ends.previous!;
    deadline.at = -ms;
    deadline.previous = last;
    deadline.next = ends;
    last.next = ends.previous = deadline;
    if (this.#timer === undefined) this.#wake(ms);
  }

  /** Gives a deadline that stands in the list another limit, from now; without effect on one that does not. */
  reset(deadline: Deadline, ms: number): void {
    if (deadline.next === undefined) return;
    deadline.at = -ms;
    if (this.#timer === undefined) this.#wake(ms);
  }

  /** Takes a deadline back. May be called twice. */
  remove(deadline: Deadline): void {
    const { previous, next } = deadline;
    if (previous === undefined || next === undefined) return;
    previous.next = next;
    next.previous = previous;
    deadline.previous = deadline.next = undefined;
  }

  /** All that stand in the list, oldest first. The list must not change meanwhile. */
  *[Symbol.iterator](): Generator<Deadline> {
    for (let one = this.#ends.next!; one !== this.#ends; one = one.next!) yield one;
  }

  #wake(ms: number): void {
    if (ms !== Infinity) this.#timer = setInterval(() => this.#sweep(), this.#tickMs);
  }

  #sleep(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #sweep(): void {
    const now = performance.now();
    const due: Deadline[] = []; // first, for what one does when it expires may change the list
    let waits = false;
    for (const one of this) {
      if (one.at <= 0) one.at = now - one.at;
      else if (one.at <= now) due.push(one);
      if (one.at !== Infinity) waits = true;
    }
    if (!waits) return this.#sleep();
    for (const deadline of due) {
      const { at, next } = deadline;
      if (next === undefined || at <= 0 || at > now) continue; // another has removed it, or given it more time
      this.remove(deadline);
      deadline.expire();
    }
  }

  /** Stops the timer. What waits does not expire any more. */
  [Symbol.dispose](): void {
    this.#sleep();
    for (let one = this.#ends.next!; one !== this.#ends;) {
      const { next } = one;
      one.previous = one.next = undefined;
      one = next!;
    }
    this.#ends.previous = this.#ends.next = this.#ends;
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
