import type { InFlightCall } from "../context/mod.ts";
import type { Deadlines } from "../deadlines.ts";
import { operationsIn } from "../dispatch/mod.ts";

/** What `status()` says of a plugin's calls. */
export interface CallTimings {
  /** Calls that were begun. */
  count: number;
  /** Calls that are under way. */
  inFlight: number;
  /** Calls whose hook threw. */
  failed: number;
  /** Calls that were not answered in time. */
  timedOut: number;
  /** Answers that came after their call was given up. None is applied. */
  late: number;
  /**
   * The mean in milliseconds; in sandbox `none` of one call in 64, and of one in 512 that a chain or a
   * broadcast makes, for a look at the clock costs more than a call there.
   */
  meanMs?: number;
  /** The longest of those in milliseconds. */
  maxMs?: number;
}

/** In sandbox `none`, one of so many calls is timed. Powers of two, the second a multiple of the first. */
const TIMED = 64, TIMED_DIRECTLY = 512;

/**
 * The calls of one plugin: how many are under way, and numbers about the others. Which they are stands in one list of all
 * that is under way, with the deadlines: to write each down here as well would cost every call, and few ever ask.
 */
export class CallLedger {
  /** Where its calls stand, once there are any. */
  deadlines: Deadlines | undefined;
  failed = 0;
  timedOut = 0;
  late = 0;
  #begun = 0;
  #ended = 0;
  #drained: (() => void)[] | undefined;
  #timed = 0;
  #totalMs = 0;
  #maxMs = 0;
  /** The calls of the instance before this one. */
  #earlier: CallLedger | undefined;

  /** How many are under way. */
  get size(): number {
    return this.#begun - this.#ended;
  }

  /** Whether the next call is one to be timed, where not all are. */
  get timesNext(): boolean {
    return (this.#begun & (TIMED - 1)) === 0;
  }

  /** Takes a call in. */
  enter(): void {
    this.#begun++;
  }

  /** Takes a direct call in. @returns Whether it has: one that is to be timed goes the long way, which has a clock. */
  enterDirectly(): boolean {
    if ((this.#begun & (TIMED_DIRECTLY - 1)) === 0) return false;
    this.#begun++;
    return true;
  }

  /** Lets a call go. */
  leave(): void {
    this.#ended++;
    if (this.#drained !== undefined && this.size === 0) this.#tellDrained(this.#drained);
  }

  #tellDrained(told: readonly (() => void)[]): void {
    this.#drained = undefined;
    for (const drained of told) drained();
  }

  /** Notes how long a call took. */
  time(ms: number): void {
    this.#timed++;
    this.#totalMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** Settles when no call is under way. */
  drained(): Promise<void> {
    return this.size === 0 ? Promise.resolve() : new Promise((resolve) => (this.#drained ??= []).push(resolve));
  }

  /** Gives up all that is under way: callers are answered, and the plugin is told where it can be. */
  abort(reason: Error): void {
    for (const one of operationsIn(this.deadlines ?? [])) one.abort(this, reason);
  }

  /** The calls under way, oldest first. */
  snapshot(): InFlightCall[] {
    return operationsIn(this.deadlines ?? []).flatMap((one) => one.describe(this))
      .sort((a, b) => b.elapsedMs - a.elapsedMs);
  }

  /** Numbers about all calls, those of earlier instances included, of which some may still be under way. */
  timings(): CallTimings {
    const sum = this.#sum();
    const { count, inFlight, failed, timedOut, late, timed, totalMs, maxMs } = sum;
    const times = timed === 0 ? {} : { meanMs: totalMs / timed, maxMs };
    return { count, inFlight, failed, timedOut, late, ...times };
  }

  /** Begins the calls of another instance. @returns Their ledger, which goes on from the numbers of this one. */
  successor(): CallLedger {
    const next = new CallLedger();
    next.#earlier = this;
    this.#forgetSettled();
    return next;
  }

  /** Takes in the numbers of an instance before that has none under way: reloads must not make a long chain. */
  #forgetSettled(): void {
    const earlier = this.#earlier;
    if (earlier === undefined || earlier.size > 0 || earlier.#earlier !== undefined) return;
    this.#begun += earlier.#begun;
    this.#ended += earlier.#ended;
    this.#timed += earlier.#timed;
    this.#totalMs += earlier.#totalMs;
    this.#maxMs = Math.max(this.#maxMs, earlier.#maxMs);
    this.failed += earlier.failed;
    this.timedOut += earlier.timedOut;
    this.late += earlier.late;
    this.#earlier = undefined;
  }

  #sum(): Sum {
    const own: Sum = {
      count: this.#begun,
      inFlight: this.size,
      failed: this.failed,
      timedOut: this.timedOut,
      late: this.late,
      timed: this.#timed,
      totalMs: this.#totalMs,
      maxMs: this.#maxMs,
    };
    if (this.#earlier === undefined) return own;
    const earlier = this.#earlier.#sum();
    for (const key of Object.keys(own) as (keyof Sum)[]) {
      own[key] = key === "maxMs" ? Math.max(own[key], earlier[key]) : own[key] + earlier[key];
    }
    return own;
  }
}

/** {@linkcode CallTimings}, as they can be added up. */
type Sum = Omit<Required<CallTimings>, "meanMs"> & { timed: number; totalMs: number };
