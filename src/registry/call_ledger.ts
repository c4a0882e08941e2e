import type { InFlightCall } from "../context/mod.ts";
import type { Deadlines } from "../deadlines.ts";
import { operationsIn } from "../dispatch/mod.ts";

/** What `status()` says of a plugin's calls. */
export interface CallTimings {
  /** Calls that were begun. */
  count: number;
  /** Calls that are under way. */
  inFlight: number;
  /** Calls that ended with an error of the plugin's. */
  failed: number;
  /** Calls that were not answered in time. */
  timedOut: number;
  /** Answers that came after their call was given up. None is applied. */
  late: number;
  /** The mean in milliseconds; in sandbox `none` of one call in 64, for a look at the clock costs half a call there. */
  meanMs?: number;
  /** The longest of those in milliseconds. */
  maxMs?: number;
}

/** In sandbox `none`, one of so many calls is timed. A power of two. */
const TIMED = 64;

/**
 * The calls of one plugin: how many are under way, and numbers about the others. Which they are stands in one list of all
 * that is under way, with the deadlines: to write each down here as well would cost every call, and few ever ask.
 */
export class CallLedger {
  /** Where its calls stand, once there are any. */
  #deadlines: Deadlines | undefined;
  #underWay = 0;
  #drained: (() => void)[] = [];
  #count = 0;
  #timed = 0;
  #totalMs = 0;
  #maxMs = 0;
  failed = 0;
  timedOut = 0;
  late = 0;

  /** How many are under way. */
  get size(): number {
    return this.#underWay;
  }

  /** Whether the next call is one to be timed, where not all are. */
  get timesNext(): boolean {
    return (this.#count & (TIMED - 1)) === 0;
  }

  /** Takes a call in. @param deadlines Where it stands. */
  enter(deadlines: Deadlines): void {
    this.#deadlines = deadlines;
    this.#count++;
    this.#underWay++;
  }

  /** Lets a call go. */
  leave(): void {
    if (--this.#underWay > 0 || this.#drained.length === 0) return;
    for (const drained of this.#drained.splice(0)) drained();
  }

  /** Notes how long a call took. */
  time(ms: number): void {
    this.#timed++;
    this.#totalMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** Settles when no call is under way. */
  drained(): Promise<void> {
    return this.#underWay === 0 ? Promise.resolve() : new Promise((resolve) => this.#drained.push(resolve));
  }

  /** Gives up all that is under way: callers are answered, and the plugin is told where it can be. */
  abort(reason: Error): void {
    for (const one of operationsIn(this.#deadlines ?? [])) one.abort(this, reason);
  }

  /** The calls under way, oldest first. */
  snapshot(): InFlightCall[] {
    return operationsIn(this.#deadlines ?? []).flatMap((one) => one.describe(this))
      .sort((a, b) => b.elapsedMs - a.elapsedMs);
  }

  /** Numbers about all calls. */
  timings(): CallTimings {
    const { failed, timedOut, late } = this;
    const times = this.#timed === 0 ? {} : { meanMs: this.#totalMs / this.#timed, maxMs: this.#maxMs };
    return { count: this.#count, inFlight: this.size, failed, timedOut, late, ...times };
  }

  /** Goes on from the numbers of the instance before. */
  continue(earlier: CallLedger): void {
    this.#count += earlier.#count;
    this.#timed += earlier.#timed;
    this.#totalMs += earlier.#totalMs;
    this.#maxMs = Math.max(this.#maxMs, earlier.#maxMs);
    this.failed += earlier.failed;
    this.timedOut += earlier.timedOut;
    this.late += earlier.late;
  }
}
