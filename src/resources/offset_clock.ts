import { type Clock, SystemClock } from "./clock.ts";

/** A {@linkcode Clock} that goes with another one, earlier or later by a fixed time. */
export class OffsetClock implements Clock {
  readonly #offsetMs: number;
  readonly #clock: Clock;

  /**
   * Makes a clock.
   *
   * @param offsetMs Milliseconds later than the other; negative for earlier.
   * @param clock The other. @default the system's
   * @throws {RangeError} If the offset is no whole number of milliseconds.
   */
  constructor(offsetMs: number, clock: Clock = new SystemClock()) {
    if (!Number.isSafeInteger(offsetMs)) {
      throw new RangeError(`Cannot offset a clock by ${offsetMs} ms: an offset is a whole number`);
    }
    this.#offsetMs = offsetMs;
    this.#clock = clock;
  }

  /** The other clock's moment, and the offset. */
  now(): Date {
    return new Date(this.#clock.now().getTime() + this.#offsetMs);
  }

  /** The other clock's; an offset changes no duration. */
  monotonicNs(): bigint {
    return this.#clock.monotonicNs();
  }
}
