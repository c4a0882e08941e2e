const asyncIterator: typeof Symbol.asyncIterator = Symbol.asyncIterator;
const { apply } = Reflect;
const { then } = Promise.prototype;
const resolve = Promise.resolve.bind(Promise);

/** Whether a value is a promise, or acts like one. May throw what a getter of the value throws. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** Whether a value crosses as a stream: it can be iterated with `for await`, and is no promise. */
export function isStream(value: unknown): value is AsyncIterable<unknown> {
  if (typeof value !== "object" || value === null) return false;
  try {
    return typeof (value as { [asyncIterator]?: unknown })[asyncIterator] === "function" && !isThenable(value);
  } catch {
    return false; // it cannot be read; whoever encodes it says where
  }
}

/** Waits for a promise without looking up anything that a plugin may have replaced. */
export function whenSettled(
  promise: PromiseLike<unknown>,
  onValue: ((value: unknown) => void) | undefined,
  onError: (error: unknown) => void,
): void {
  apply(then, resolve(promise), [onValue, onError]); // NB: `resolve` wraps a subclass, whose own `then` must be called
}
