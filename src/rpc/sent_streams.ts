import { PluginRegistryError, type ProtocolError } from "../errors.ts";
import type { Outbox } from "./outbox.ts";
import { SentStream } from "./sent_stream.ts";

/** A reader may ask for so many items ahead at most: their sizes are kept here until it has taken them. */
const MAX_CREDIT = 65_536;

const { isSafeInteger } = Number;

/** What all streams that this end sends have in common. */
export class SentStreams {
  readonly #outbox: Outbox;
  readonly #limit: number;
  readonly #malformed: (why: string) => ProtocolError;
  readonly #open = new Map<number, SentStream>();
  #lastId = 0;

  /**
   * @param outbox Where items leave.
   * @param limit How many streams may be open.
   * @param malformed Makes the error for what the reader must not say.
   */
  constructor(outbox: Outbox, limit: number, malformed: (why: string) => ProtocolError) {
    this.#outbox = outbox;
    this.#limit = limit;
    this.#malformed = malformed;
  }

  /**
   * Gives a stream its number. Nothing is read of it before the other end asks.
   *
   * @param source What is sent.
   * @param what Whose stream it is, for errors.
   * @param onEnd Told once, when it has ended; with a reason when the reader wants no more.
   * @throws {PluginRegistryError} If too many are open.
   */
  open(source: AsyncIterable<unknown>, what: string, onEnd?: (stopped?: Error) => void): number {
    if (this.#open.size >= this.#limit) {
      throw new PluginRegistryError(
        `Cannot pass ${what}: ${this.#open.size} streams are open, the limit is ${this.#limit}`,
      );
    }
    const id = ++this.#lastId;
    this.#open.set(
      id,
      new SentStream(this.#outbox, id, source, what, (stopped) => {
        this.#open.delete(id);
        onEnd?.(stopped);
      }),
    );
    return id;
  }

  /** Forgets a stream whose number was never sent. */
  forget(id: number): void {
    this.#open.delete(id);
  }

  /** Ends a stream early, telling the reader why. */
  fail(id: number, reason: unknown): void {
    this.#open.get(id)?.end(reason, true);
  }

  /** Takes the credit that the reader gives. */
  credit(id: unknown, items: unknown, bytes: unknown): void {
    const stream = this.#find(id);
    if (!isCount(items) || stream?.credit(items, bytes) === false) {
      throw this.#malformed("a credit that no reader can give");
    }
  }

  /** Ends a stream because the reader wants no more. */
  stop(id: unknown, reason: Error): void {
    this.#find(id)?.end(undefined, true, reason);
  }

  /** Goes on with what waited for the outbox. */
  resume(): void {
    for (const stream of [...this.#open.values()]) stream.resume();
  }

  /** Ends all; nobody can be told. */
  close(reason: Error): void {
    for (const stream of [...this.#open.values()]) stream.end(undefined, true, reason);
  }

  #find(id: unknown): SentStream | undefined {
    if (isSafeInteger(id) && id as number > 0 && id as number <= this.#lastId) return this.#open.get(id as number);
    throw this.#malformed("a stream that was never opened");
  }
}

function isCount(value: unknown): value is number {
  return isSafeInteger(value) && value as number > 0 && value as number <= MAX_CREDIT;
}
