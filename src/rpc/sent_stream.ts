import { END, ITEM } from "./messages.ts";
import type { Outbox } from "./outbox.ts";
import { isThenable, whenSettled } from "./shapes.ts";
import { encodeValue } from "./values.ts";

const asyncIterator: typeof Symbol.asyncIterator = Symbol.asyncIterator;
const { isSafeInteger } = Number;

/** One stream: pulls its iterator as far as the reader's credit reaches. */
export class SentStream {
  readonly #outbox: Outbox;
  readonly #id: number;
  readonly #source: AsyncIterable<unknown>;
  readonly #what: string;
  readonly #onEnd: (stopped?: Error) => void;
  #iterator: AsyncIterator<unknown> | undefined;
  #credit = 0;
  #maxBytes = 0;
  /** Sizes of the items that are sent and not yet acknowledged. */
  #sizes: number[] = [];
  #bytes = 0;
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(
    outbox: Outbox,
    id: number,
    source: AsyncIterable<unknown>,
    what: string,
    onEnd: (stopped?: Error) => void,
  ) {
    this.#outbox = outbox;
    this.#id = id;
    this.#source = source;
    this.#what = `item of ${what}`;
    this.#onEnd = onEnd;
  }

  /** Adds credit. Says whether it can be right. */
  credit(items: number, bytes: unknown): boolean {
    if (this.#maxBytes === 0) {
      if (!isSafeInteger(bytes) || (bytes as number) <= 0) return false;
      this.#maxBytes = bytes as number;
      this.#credit = items;
      whenSettled(this.#run(), undefined, ignore);
    } else {
      if (items > this.#sizes.length || bytes !== undefined) return false;
      for (let i = 0; i < items; i++) this.#bytes -= this.#sizes[i]!;
      this.#sizes.splice(0, items);
      this.#credit += items;
      this.resume();
    }
    return true;
  }

  resume(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Ends it, whoever wants that: `error` is for the reader, `returning` says that the iterator is not at its end. */
  end(error: unknown, returning: boolean, stopped?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.resume();
    if (error === undefined) this.#outbox.sendNumbers([END, this.#id]);
    else this.#outbox.sendError(END, this.#id, error);
    this.#onEnd(stopped);
    if (returning) returnEarly(this.#source, this.#iterator);
  }

  async #run(): Promise<void> {
    let returning = false;
    try {
      const iterator = this.#iterator = this.#source[asyncIterator]();
      while (!this.#ended) {
        if (this.#credit === 0 || this.#bytes >= this.#maxBytes || this.#outbox.full) {
          await new Promise<void>((resolve) => this.#wake = resolve);
          continue;
        }
        returning = false;
        const { done, value } = await iterator.next();
        if (this.#ended) return;
        if (done === true) return this.end(undefined, false);
        returning = true;
        this.#send(value);
      }
    } catch (error) {
      this.end(error ?? new Error(`thrown value: ${error}`), returning);
    }
  }

  #send(value: unknown): void {
    this.#credit--;
    let size = 0;
    if (value === undefined) this.#outbox.sendNumbers([ITEM, this.#id]);
    else {
      size = this.#outbox.sendItem(this.#id, encodeValue(value, this.#what), this.#what);
    }
    this.#sizes.push(size);
    this.#bytes += size;
  }
}

/**
 * Tells a source that nobody reads it to its end, as leaving a `for await` would.
 *
 * @param source What was to be read.
 * @param iterator Its iterator, if it has been begun.
 */
export function returnEarly(source: AsyncIterable<unknown>, iterator?: AsyncIterator<unknown>): void {
  try {
    const returned: unknown = (iterator ?? source[asyncIterator]()).return?.();
    if (isThenable(returned)) whenSettled(returned, undefined, ignore);
  } catch {
    return; // as in `ignore`
  }
}

/** NB: the stream has ended for its reader, so there is nobody to tell what goes wrong. */
function ignore(): void {}
