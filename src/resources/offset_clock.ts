import { type Clock, SystemClock } from "./clock.ts";
import { IN_SCOPE, isInScope, type ScopeData } from "./in_scope.ts";

/**
 * A {@linkcode Clock} that goes with another one, earlier or later by a fixed time. It can be offered to sandboxes if the
 * other can.
 *
 * @example
 * ```ts
 * import { FrozenClock, OffsetClock } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * const tomorrow = new OffsetClock(24 * 3_600_000, new FrozenClock("2026-02-28T12:00:00Z"));
 * assertEquals(tomorrow.now().toISOString(), "2026-03-01T12:00:00.000Z");
 * ```
 */
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

  /** @ignore A getter, for a clock that goes with one of the host's own cannot live inside a scope. */
  get [IN_SCOPE](): (() => ScopeData) | undefined {
    // What stands before another object (`decorateMembers`) has its prototype, and no private fields.
    const clock = #clock in this ? this.#clock : undefined;
    if (!isInScope(clock)) return undefined;
    return () => ({ type: "offset_clock", offsetMs: this.#offsetMs, clock: clock[IN_SCOPE]() });
  }
}
