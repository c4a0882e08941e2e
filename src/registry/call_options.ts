import type { CallOptions } from "../dispatch/mod.ts";
import { checkMetadata, type Metadata } from "../rpc/mod.ts";

/**
 * Checks what a call brings besides its arguments. A call that has a signal or a limit is given metadata too, if only
 * empty ones: that is how its scope knows that there is something to follow.
 *
 * @param options As the caller gives them.
 * @param hook What is called, for the errors.
 * @returns What the call carries; `undefined` when that is nothing.
 * @throws {TypeError} If the signal is none.
 * @throws {RangeError} If the limit is no number of milliseconds.
 * @throws {SerializationError} If the metadata are not JSON.
 */
export function checkCallOptions(options: CallOptions | undefined, hook: string): CallOptions | undefined {
  if (options === undefined) return undefined;
  const { signal, timeoutMs, metadata } = options;
  if (signal === undefined && timeoutMs === undefined && metadata === undefined) return undefined;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`Cannot call "${hook}": signal is no AbortSignal`);
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    throw new RangeError(`Cannot call "${hook}": timeoutMs is ${timeoutMs}, expected more than 0`);
  }
  if (metadata !== undefined) checkMetadata(metadata, hook);
  const carried: CallOptions = { metadata: metadata ?? {} };
  if (signal !== undefined) carried.signal = signal;
  if (timeoutMs !== undefined) carried.timeoutMs = timeoutMs;
  return carried;
}

/**
 * What the next step of a call carries, once its limit has become a signal.
 *
 * @param metadata What goes with it; may be empty.
 * @param signal What ends it.
 * @returns Options; `undefined` when there is nothing to carry.
 */
export function carriedOptions(metadata: Metadata, signal: AbortSignal | undefined): CallOptions | undefined {
  if (signal !== undefined) return { metadata, signal };
  return Object.keys(metadata).length > 0 ? { metadata } : undefined;
}
