import type { Clock } from "./clock.ts";

/** A {@linkcode Clock} that stands still until it is told otherwise, for tests. */
export class FrozenClock implements Clock {
  readonly #startMs: number;
  // Whole nanoseconds: sums of fractions of milliseconds would not come out even.
  #nowNs: bigint;
  #elapsedNs = 0n;

  /**
   * Makes a clock.
   *
   * @param at The moment it shows: a date, ISO 8601 text, or milliseconds since 1970. @default 2020-01-01T00:00:00.000Z
   * @throws {RangeError} If that is no moment.
   */
  constructor(at: Date | string | number = "2020-01-01T00:00:00.000Z") {
    this.#startMs = momentOf(at);
    this.#nowNs = nanoseconds(this.#startMs);
  }

  /** The moment it shows; a date of the caller's own. */
  now(): Date {
    return dateOf(this.#nowNs);
  }

  /** Nanoseconds by which it was advanced since it was made. */
  monotonicNs(): bigint {
    return this.#elapsedNs;
  }

  /**
   * Lets time pass.
   *
   * @param ms Milliseconds, at least 0; fractions count, down to a nanosecond.
   * @throws {RangeError} If it is negative or no number: time does not go back, use `set` for a clock put right.
   */
  advance(ms: number): void {
    if (typeof ms !== "number" || !(ms >= 0 && ms < Infinity)) {
      throw new RangeError(`Cannot advance the clock by ${ms} ms: a time is a number of at least 0`);
    }
    const ns = this.#nowNs + nanoseconds(ms);
    momentOf(dateOf(ns));
    this.#elapsedNs += ns - this.#nowNs;
    this.#nowNs = ns;
  }

  /**
   * Puts the clock to another moment, also back, as somebody does who puts a clock right: `monotonicNs` takes no notice.
   *
   * @param at The moment.
   * @throws {RangeError} If that is no moment.
   */
  set(at: Date | string | number): void {
    this.#nowNs = nanoseconds(momentOf(at));
  }

  /** Puts it back to what it was when it was made, as between two runs of a test. */
  reset(): void {
    this.#nowNs = nanoseconds(this.#startMs);
    this.#elapsedNs = 0n;
  }
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.trunc(ms)) * 1_000_000n + BigInt(Math.round((ms % 1) * 1e6));
}

function dateOf(ns: bigint): Date {
  const inMs = ((ns % 1_000_000n) + 1_000_000n) % 1_000_000n; // also before 1970 the moment that has begun
  return new Date(Number((ns - inMs) / 1_000_000n));
}

function momentOf(at: Date | string | number): number {
  const ms = new Date(at).getTime();
  if (Number.isNaN(ms)) throw new RangeError(`Cannot set the clock to "${at}": that is no moment`);
  return ms;
}
