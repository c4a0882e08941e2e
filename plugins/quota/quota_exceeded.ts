import type { WrappedCall } from "@dagstack/plugin-system";
import type { Limit } from "./limit.ts";

/** A call was refused, because a limit has no room for it. */
export class QuotaExceeded extends Error {
  /** Stable, whatever boundary it crosses. */
  readonly code = "QuotaExceeded";
  /** When it may be tried again, in milliseconds from now. */
  readonly retry_after_ms: number;
  /** The limit, as configured. */
  readonly limit: Limit;
  /** Says to middleware outside that the call was not let through. */
  readonly refused = true;

  /**
   * @param call The call.
   * @param limit What has no room.
   * @param retryAfterMs When it will have, unless others are first.
   * @param used How many calls it holds; fewer than its most when it has no room to count one more caller.
   */
  constructor({ kind, plugin, hook }: WrappedCall, limit: Limit, retryAfterMs: number, used: number) {
    const whose = limit.per === "none" ? "" : ` of this ${limit.per}`;
    const why = used < limit.max
      ? `too many different ${limit.per} are counted at once`
      : `${used} of ${limit.max} calls${whose} in ${limit.window_sec} s are used`;
    super(`Cannot call "${hook}" of plugin "${kind}/${plugin}": ${why}; try again in ${retryAfterMs} ms`);
    this.name = "QuotaExceeded";
    this.retry_after_ms = retryAfterMs;
    this.limit = limit;
  }
}
