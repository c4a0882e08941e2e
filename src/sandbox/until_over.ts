const asyncIterator: typeof Symbol.asyncIterator = Symbol.asyncIterator;
const { apply } = Reflect;
const { addEventListener, removeEventListener } = EventTarget.prototype;

/**
 * A stream that ends when its time is over: what is behind it is told to stop, and whoever reads it is told why.
 *
 * @param stream The stream.
 * @param over Aborted when it must end.
 */
export function untilOver(stream: AsyncIterable<unknown>, over: AbortSignal): AsyncIterable<unknown> {
  return { [asyncIterator]: () => endingIterator(stream[asyncIterator](), over) };
}

function endingIterator(iterator: AsyncIterator<unknown>, over: AbortSignal): AsyncIterableIterator<unknown> {
  const waiting = new Set<(reason: unknown) => void>();
  const end = () => {
    for (const reject of waiting) reject(over.reason);
    waiting.clear();
    stop(iterator);
  };
  if (over.aborted) end();
  else apply(addEventListener, over, ["abort", end, { once: true }]);
  const leave = () => apply(removeEventListener, over, ["abort", end]);

  const step = (ask: () => Promise<IteratorResult<unknown>>) => {
    if (over.aborted) return Promise.reject(over.reason);
    return new Promise<IteratorResult<unknown>>((resolve, reject) => {
      waiting.add(reject);
      const failed = (error: unknown) => {
        waiting.delete(reject);
        leave();
        reject(error);
      };
      try {
        ask().then((given) => {
          waiting.delete(reject);
          if (given.done === true) leave();
          resolve(given);
        }, failed);
      } catch (error) {
        failed(error);
      }
    });
  };
  return {
    next: () => step(() => iterator.next()),
    return: (value?: unknown) => {
      leave();
      return step(() => iterator.return?.() ?? Promise.resolve({ done: true, value }));
    },
    [asyncIterator]() {
      return this;
    },
  };
}

/** What comes of it interests nobody any more. */
function stop(iterator: AsyncIterator<unknown>): void {
  try {
    iterator.return?.().catch(() => {});
  } catch {
    // one that throws at once has stopped, too
  }
}
