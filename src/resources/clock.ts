import { IN_SCOPE, type InScope, type ScopeData } from "./in_scope.ts";

/** Time, as a resource (SPEC section 8). */
export interface Clock {
  /** The present moment. */
  now(): Date;
  /** Nanoseconds since an arbitrary start; never goes back. */
  monotonicNs(): bigint;
}

/** The system's clock. */
export class SystemClock implements Clock, InScope {
  /** The present moment. */
  now(): Date {
    return new Date();
  }

  /** Nanoseconds since the scope began; never goes back. */
  monotonicNs(): bigint {
    return BigInt(Math.round(performance.now() * 1e6));
  }

  /** @ignore */
  [IN_SCOPE](): ScopeData {
    return { type: "system_clock" };
  }
}
