import type { Clock } from "./clock.ts";
import { IN_SCOPE, type InScope, type ScopeData } from "./in_scope.ts";

/** How a {@linkcode FrozenClock} goes on from another. */
export interface FrozenClockOptions {
  /** Nanoseconds by which the other was advanced, from which `monotonicNs` goes on. @default 0n */
  elapsedNs?: bigint;
  /** Nanoseconds from 0 to 999,999 that the other was past its millisecond. @default 0 */
  fractionNs?: number;
}

/**
 * A {@linkcode Clock} that stands still until it is told otherwise, for tests.
 *
 * A plugin in a sandbox gets a clock of its own, which shows what this one shows when the plugin starts. What the host
 * does to its clock later is seen only by plugins without a sandbox, for those use this very object.
 */
export class FrozenClock implements Clock, InScope {
  // Whole nanoseconds: sums of fractions of milliseconds would not come out even.
  readonly #start: { nowNs: bigint; elapsedNs: bigint };
  #nowNs: bigint;
  #elapsedNs: bigint;

  /**
   * Makes a clock.
   *
   * @param at The moment it shows: a date, ISO 8601 text, or milliseconds since 1970. @default 2020-01-01T00:00:00.000Z
   * @param options What it goes on from.
   * @throws {RangeError} If that is no moment, or no time can have elapsed so.
   */
  constructor(at: Date | string | number = "2020-01-01T00:00:00.000Z", options: FrozenClockOptions = {}) {
    const { elapsedNs = 0n, fractionNs = 0 } = options;
    if (typeof elapsedNs !== "bigint" || elapsedNs < 0n) {
      throw new RangeError(`Cannot make a clock: elapsedNs is ${elapsedNs}, not a bigint of at least 0n`);
    }
    if (!(Number.isInteger(fractionNs) && fractionNs >= 0 && fractionNs < 1e6)) {
      throw new RangeError(`Cannot make a clock: fractionNs is ${fractionNs}, not a whole number from 0 to 999999`);
    }
    this.#nowNs = nanoseconds(momentOf(at)) + BigInt(fractionNs);
    this.#elapsedNs = elapsedNs;
    this.#start = { nowNs: this.#nowNs, elapsedNs };
  }

  /** The moment it shows; a date of the caller's own. */
  now(): Date {
    return dateOf(this.#nowNs);
  }

  /** Nanoseconds by which it was advanced. */
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
    this.#nowNs = this.#start.nowNs;
    this.#elapsedNs = this.#start.elapsedNs;
  }

  /** @ignore */
  [IN_SCOPE](): ScopeData {
    return {
      type: "frozen_clock",
      at: dateOf(this.#nowNs).getTime(),
      fractionNs: Number(fractionOf(this.#nowNs)),
      elapsedNs: `${this.#elapsedNs}`,
    };
  }
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.trunc(ms)) * 1_000_000n + BigInt(Math.round((ms % 1) * 1e6));
}

function dateOf(ns: bigint): Date {
  return new Date(Number((ns - fractionOf(ns)) / 1_000_000n));
}

/** How far past its millisecond a moment is; also before 1970 that is the one that has begun. */
function fractionOf(ns: bigint): bigint {
  return ((ns % 1_000_000n) + 1_000_000n) % 1_000_000n;
}

function momentOf(at: Date | string | number): number {
  const ms = new Date(at).getTime();
  if (Number.isNaN(ms)) throw new RangeError(`Cannot set the clock to "${at}": that is no moment`);
  return ms;
}
