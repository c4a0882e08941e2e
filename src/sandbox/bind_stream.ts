import { runInCall, type RunningCall } from "../context/mod.ts";
import { isStream } from "../rpc/mod.ts";

const asyncIterator: typeof Symbol.asyncIterator = Symbol.asyncIterator;

/**
 * Makes a stream run as part of the call that gave it: what is behind it runs when it is read, which is when the call
 * is over, and on behalf of whoever reads.
 *
 * @param call The call.
 * @param value What the call gave; anything but a stream stays as it is.
 */
export function bindStream(call: RunningCall, value: unknown): unknown {
  return isStream(value) ? { [asyncIterator]: () => boundIterator(call, value) } : value;
}

function boundIterator(call: RunningCall, stream: AsyncIterable<unknown>): AsyncIterableIterator<unknown> {
  const iterator = runInCall(call, () => stream[asyncIterator]());
  return {
    next: (...given) => runInCall(call, () => iterator.next(...given)),
    return: (value?: unknown) =>
      runInCall(call, () => iterator.return?.(value) ?? Promise.resolve({ done: true, value })),
    throw: (error?: unknown) => runInCall(call, () => iterator.throw?.(error) ?? Promise.reject(error)),
    [asyncIterator]() {
      return this;
    },
  };
}
