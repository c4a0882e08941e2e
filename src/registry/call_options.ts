import type { CallOptions } from "../dispatch/mod.ts";
import { SerializationError } from "../errors.ts";
import { checkBoundaryValue, formatPath } from "../json.ts";

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
  if (metadata !== undefined) checkMetadata(metadata, `metadata of hook "${hook}"`);
  const carried: CallOptions = { metadata: metadata ?? {} };
  if (signal !== undefined) carried.signal = signal;
  if (timeoutMs !== undefined) carried.timeoutMs = timeoutMs;
  return carried;
}

function checkMetadata(metadata: unknown, what: string): void {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    throw new SerializationError("$", "no object", { what });
  }
  const [bytes] = checkBoundaryValue(metadata, what);
  if (bytes !== undefined) throw new SerializationError(formatPath(bytes.path), "Uint8Array", { what });
}
