import { ReceivedStream, type ReceivedStreamsOptions } from "./received_stream.ts";

const { isArray } = Array;
const { isSafeInteger } = Number;

/** All streams that the other end may still speak of. */
export class ReceivedStreams {
  readonly #options: ReceivedStreamsOptions;
  readonly #open = new Map<number, ReceivedStream>();
  #lastId = 0;

  /** @param options What they share. */
  constructor(options: ReceivedStreamsOptions) {
    this.#options = options;
  }

  /** Makes the stream of a number that has just arrived. */
  open(id: unknown): ReceivedStream {
    const { limit, malformed } = this.#options;
    if (!isSafeInteger(id) || (id as number) <= this.#lastId) {
      throw malformed("a stream's number is not above the last");
    }
    if (this.#open.size >= limit) throw malformed(`it opens more than ${limit} streams`);
    this.#lastId = id as number;
    const stream = new ReceivedStream(this.#options, id as number);
    this.#open.set(id as number, stream);
    return stream;
  }

  /** Takes several items. */
  items(id: unknown, values: unknown): void {
    if (!isArray(values)) throw this.#options.malformed("items are a list");
    for (let i = 0; i < values.length; i++) this.item(id, values[i]);
  }

  /** Takes an item. */
  item(id: unknown, value: unknown): void {
    if (this.#open.get(id as number)?.take(value) !== true) {
      throw this.#options.malformed("an item that no reader asked for");
    }
  }

  /** Takes the end of a stream, with the error that ended it. */
  end(id: unknown, error: Error | undefined): void {
    const stream = this.#open.get(id as number);
    if (stream === undefined) throw this.#options.malformed("the end of a stream that is not open");
    this.#open.delete(id as number);
    stream.end(error === undefined ? undefined : { error });
  }

  /** Ends all: what has arrived can still be read, then comes the reason. */
  close(error: Error): void {
    const streams = [...this.#open.values()];
    this.#open.clear();
    for (const stream of streams) stream.end({ error });
  }
}
