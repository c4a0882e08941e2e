import { PluginRegistryError, type ProtocolError } from "../errors.ts";
import { CREDIT, STOP } from "./messages.ts";
import type { Outbox } from "./outbox.ts";
import { weigh } from "./values.ts";

/** How far a producer may be ahead of its reader. */
const WINDOW_ITEMS = 2048;
const WINDOW_BYTES = 1024 * 1024;

const asyncIterator: typeof Symbol.asyncIterator = Symbol.asyncIterator;

/** A stream that the other end sends. It can be iterated once; disposing of it, or leaving the loop, stops it. */
export interface RemoteStream extends AsyncIterable<unknown>, AsyncDisposable {
  /** How many items have arrived, while a reader waits for the next; `undefined` while none does; `-1` at its end. */
  readonly waitingAfter: number | undefined;
  /**
   * Begins to read. Nothing was produced before.
   *
   * @throws {PluginRegistryError} If it was iterated before.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<unknown>;
}

/** What all streams that this end receives share. */
export interface ReceivedStreamsOptions {
  outbox: Outbox;
  /** How many streams may be open. */
  limit: number;
  /** Who sends them, for errors. */
  peer: string;
  malformed: (why: string) => ProtocolError;
  /** Told when somebody begins (1) and ends (-1) to wait for a stream. */
  onBusy: (change: number) => void;
}

interface Reader {
  resolve: (result: IteratorResult<unknown>) => void;
  reject: (error: unknown) => void;
}

/** One stream: keeps what has arrived until it is read, and gives credit as it is. */
export class ReceivedStream implements RemoteStream {
  readonly #options: ReceivedStreamsOptions;
  readonly #id: number;
  /** Told when there is nothing more to read. */
  onEnd: (() => void) | undefined;
  #items: unknown[] = [];
  #weights: number[] = [];
  #next = 0;
  #bytes = 0;
  #readers: Reader[] = [];
  #iterated = false;
  #ended = false;
  #error: { error: unknown } | undefined;
  /** How many more items the other end may send. */
  #credit = 0;
  /** What was read and not yet acknowledged. */
  #read = 0;
  #arrived = 0;
  #readBytes = 0;

  constructor(options: ReceivedStreamsOptions, id: number) {
    this.#options = options;
    this.#id = id;
  }

  get waitingAfter(): number | undefined {
    if (this.#ended) return -1;
    return this.#readers.length > 0 ? this.#arrived : undefined;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<unknown> {
    if (this.#iterated) {
      throw new PluginRegistryError(`Cannot iterate stream of ${this.#options.peer}: it has been iterated before`);
    }
    this.#iterated = true;
    if (!this.#ended) {
      this.#options.onBusy(1);
      this.#credit = WINDOW_ITEMS;
      this.#options.outbox.sendNumbers([CREDIT, this.#id, WINDOW_ITEMS, WINDOW_BYTES]);
    }
    const iterator: AsyncIterableIterator<unknown> = {
      next: () => this.#readOne(),
      return: (value?: unknown) => {
        this.stop();
        return Promise.resolve({ done: true, value });
      },
      throw: (error?: unknown) => {
        this.stop();
        return Promise.reject(error);
      },
      [asyncIterator]: () => iterator,
    };
    return iterator;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    return Promise.resolve();
  }

  /** Takes an item that arrived. Says whether there was credit for it. */
  take(value: unknown): boolean {
    if (this.#credit-- <= 0) return false;
    this.#arrived++;
    if (this.#ended) return true; // it was on its way when the stream was stopped
    if (this.#bytes >= WINDOW_BYTES) return false;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      this.#read++;
      reader.resolve({ done: false, value });
      return true;
    }
    const weight = weigh(value);
    this.#items.push(value);
    this.#weights.push(weight);
    this.#bytes += weight;
    return true;
  }

  /** Ends it: what has arrived can still be read, then comes the error. */
  end(error: { error: unknown } | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    if (this.#iterated) this.#options.onBusy(-1);
    for (const reader of this.#readers.splice(0)) this.#finish(reader);
    if (this.#items.length === 0) this.onEnd?.();
  }

  /** Wants no more, whatever has arrived; readers get the error, or see the end. */
  stop(error?: { error: unknown }): void {
    this.#items = [];
    this.#weights = [];
    this.#next = this.#bytes = 0;
    if (this.#ended) {
      this.#error = error;
      this.onEnd?.();
      return;
    }
    this.#options.outbox.sendNumbers([STOP, this.#id]);
    this.end(error);
  }

  /** Stops it unless somebody reads it. */
  stopUnread(): void {
    if (this.#iterated || this.#ended) return;
    const message = `Cannot iterate stream of ${this.#options.peer}: the call that brought it has ended`;
    this.stop({ error: new PluginRegistryError(message) });
  }

  #readOne(): Promise<IteratorResult<unknown>> {
    if (this.#next < this.#items.length) {
      const value = this.#items[this.#next];
      const weight = this.#weights[this.#next++]!;
      if (this.#next === this.#items.length || this.#next === WINDOW_ITEMS) {
        this.#items.splice(0, this.#next);
        this.#weights.splice(0, this.#next);
        this.#next = 0;
        if (this.#ended && this.#items.length === 0) this.onEnd?.();
      }
      this.#bytes -= weight;
      this.#readBytes += weight;
      if (++this.#read >= WINDOW_ITEMS / 2 || this.#readBytes >= WINDOW_BYTES / 2) this.#acknowledge();
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve, reject) => {
      const reader = { resolve, reject };
      if (this.#ended) this.#finish(reader);
      else {
        this.#readers.push(reader);
        if (this.#read > 0) this.#acknowledge(); // the producer may wait, too
      }
    });
  }

  #finish(reader: Reader): void {
    const failed = this.#error;
    this.#error = undefined;
    if (failed === undefined) reader.resolve({ done: true, value: undefined });
    else reader.reject(failed.error);
  }

  /** Gives new credit for what was read. */
  #acknowledge(): void {
    if (this.#ended) return;
    this.#credit += this.#read;
    this.#options.outbox.sendNumbers([CREDIT, this.#id, this.#read]);
    this.#read = this.#readBytes = 0;
  }
}
