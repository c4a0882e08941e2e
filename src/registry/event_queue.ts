import { PluginRegistryError } from "../errors.ts";
import { checkBoundaryValue } from "../json.ts";
import { weigh } from "../rpc/mod.ts";

/** What one plugin's subscriptions may keep waiting, all together. */
export class EventBudget {
  readonly #maxBytes: number;
  #bytes = 0;

  /** @param maxBytes What may wait. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes so many bytes, if they are to be had. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Gives bytes back. */
  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** How many events may wait for one subscriber. */
const MAX_WAITING = 10_000;

/**
 * The events of one subscription, as they wait to be read. What cannot cross into a sandbox, or finds no room, is dropped:
 * delivery is at most once. Ending it ends the subscription at once, also while somebody waits for the next event.
 */
export class EventQueue implements AsyncIterableIterator<unknown>, Disposable {
  readonly #budget: EventBudget;
  readonly #maxEventBytes: number;
  readonly #dropped: (why: Error) => void;
  readonly #onEnd: () => void;
  #waiting: { payload: unknown; bytes: number }[] = [];
  #reader: ((next: IteratorResult<unknown>) => void) | undefined;
  #ended = false;

  /**
   * @param budget What may wait.
   * @param maxEventBytes What one event may weigh.
   * @param dropped Told of each event that is lost.
   * @param onEnd Ends the subscription.
   */
  constructor(budget: EventBudget, maxEventBytes: number, dropped: (why: Error) => void, onEnd: () => void) {
    this.#budget = budget;
    this.#maxEventBytes = maxEventBytes;
    this.#dropped = dropped;
    this.#onEnd = onEnd;
  }

  /** Takes an event. */
  push(payload: unknown): void {
    if (this.#ended) return;
    try {
      const reader = this.#reader;
      const copy = this.#copy(payload);
      if (reader !== undefined) {
        this.#reader = undefined;
        return reader({ done: false, value: copy });
      }
      const bytes = weigh([copy]);
      if (this.#waiting.length >= MAX_WAITING || !this.#budget.take(bytes)) {
        throw new PluginRegistryError("too many events wait for it");
      }
      this.#waiting.push({ payload: copy, bytes });
    } catch (error) {
      this.#dropped(error as Error);
    }
  }

  /** The same value for every subscriber, wherever it runs, and nobody else's. */
  #copy(payload: unknown): unknown {
    checkBoundaryValue(payload, "event");
    const bytes = weigh([payload]);
    if (bytes > this.#maxEventBytes) {
      throw new PluginRegistryError(`an event of ${bytes} bytes is more than its limits.messageBytes allow`);
    }
    return structuredClone(payload);
  }

  next(): Promise<IteratorResult<unknown>> {
    const first = this.#waiting.shift();
    if (first !== undefined) {
      this.#budget.give(first.bytes);
      return Promise.resolve({ done: false, value: first.payload });
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#reader = resolve);
  }

  return(): Promise<IteratorResult<unknown>> {
    this[Symbol.dispose]();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.dispose](): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const { bytes } of this.#waiting) this.#budget.give(bytes);
    this.#waiting = [];
    this.#reader?.({ done: true, value: undefined });
    this.#onEnd();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
