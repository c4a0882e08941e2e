import { MAX_DEPTH } from "../json.ts";
import { LazyCallContext } from "./call_context.ts";
import { nestsDeeper } from "./depth.ts";
import { type Frame, FrameDecoder } from "./frame.ts";
import { type CallHandler, IncomingCall, type IncomingCalls } from "./incoming_calls.ts";
import { CALL, CANCEL, CREDIT, END, ERROR, ITEM, ITEMS, NOTIFY, RESULT, STOP } from "./messages.ts";
import { freezeMetadata } from "./metadata.ts";
import type { OutgoingCalls } from "./outgoing_calls.ts";
import { ReceivedStream } from "./received_stream.ts";
import type { ReceivedStreams } from "./received_streams.ts";
import { decodeError } from "./remote_error.ts";
import type { SentStreams } from "./sent_streams.ts";
import { isThenable, whenSettled } from "./shapes.ts";
import { Attachments, decodeValue } from "./values.ts";
import { isTooHeavy, MAX_MARKS } from "./weight.ts";

/** Who takes what arrives. */
export interface InboxOptions {
  /** The largest message, in bytes. */
  maxBytes: number;
  peer: string;
  handlers: ReadonlyMap<number, CallHandler>;
  outgoing: OutgoingCalls;
  incoming: IncomingCalls;
  sent: SentStreams;
  received: ReceivedStreams;
  malformed: (why: string, cause?: unknown) => Error;
  isClosed: () => boolean;
}

/** Levels of a frame around a value: the frame, its message, the argument list, and some for errors and causes. */
const FRAME_DEPTH = 32;

const { parse } = JSON;
const { isArray } = Array;
const { isSafeInteger } = Number;

/** What comes in: takes frames apart, and gives each message to whom it concerns. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #decoder: FrameDecoder;
  #lastCallId = 0;

  /** @param options Who takes what arrives. */
  constructor(options: InboxOptions) {
    this.#options = options;
    this.#decoder = new FrameDecoder(options.maxBytes + 2); // the two brackets around a frame's messages
  }

  /**
   * Takes bytes.
   *
   * @throws {ProtocolError} If the other end has broken the protocol.
   */
  push(chunk: Uint8Array): void {
    this.#decoder.push(chunk, this.#receiveFrame);
  }

  readonly #receiveFrame = ({ json, binary }: Frame): void => {
    if (this.#options.isClosed()) return;
    if (isTooHeavy(json)) throw this.#options.malformed(`it holds more than ${MAX_MARKS} values and keys`);
    let messages: unknown;
    try {
      messages = parse(json);
    } catch (cause) {
      throw this.#options.malformed("its text is not JSON", cause);
    }
    if (nestsDeeper(messages, MAX_DEPTH + FRAME_DEPTH)) {
      throw this.#options.malformed(`it is nested deeper than ${MAX_DEPTH} levels`);
    }
    if (!isArray(messages)) throw this.#options.malformed("a frame is an array of messages");
    const attachments = new Attachments(binary);
    this.#options.incoming.arrive();
    for (let i = 0; i < messages.length; i++) {
      const message: unknown = messages[i];
      if (!isArray(message)) throw this.#options.malformed("a message is an array");
      this.#receiveMessage(message, attachments);
      if (this.#options.isClosed()) return;
    }
    if (attachments.remaining > 0) throw this.#options.malformed("raw bytes that no message speaks of");
  };

  #receiveMessage(message: unknown[], attachments: Attachments): void {
    const id = message[1];
    switch (message[0]) {
      case RESULT:
        // Decoded first: a bad answer must leave the call waiting for close().
        this.#options.outgoing.succeed(id, decodeValue(message, 2, attachments, 0, this.#openStream));
        return;
      case ERROR:
        this.#options.outgoing.fail(id, decodeError(message[2], this.#options.peer));
        return;
      case CALL:
      case NOTIFY:
        this.#receiveCall(message, attachments);
        return;
      case CANCEL:
        if (!isSafeInteger(id) || (id as number) <= 0 || (id as number) > this.#lastCallId) {
          throw this.#options.malformed("it cancels a call that was never made");
        }
        this.#options.incoming.cancel(id as number);
        return;
      case ITEM:
        this.#options.received.item(id, decodeValue(message, 2, attachments));
        return;
      case ITEMS:
        this.#options.received.items(id, message[2]);
        return;
      case END:
        this.#options.received.end(id, message.length > 2 ? decodeError(message[2], this.#options.peer) : undefined);
        return;
      case CREDIT:
        this.#options.sent.credit(id, message[2], message[3]);
        return;
      case STOP:
        this.#options.sent.stop(
          id,
          new DOMException("Cannot send more of a stream: the reader wants no more", "AbortError"),
        );
        return;
      default:
        throw this.#options.malformed("no such kind of message");
    }
  }

  readonly #openStream = (id: unknown): ReceivedStream => this.#options.received.open(id);

  #receiveCall(message: unknown[], attachments: Attachments): void {
    const isCall = message[0] === CALL;
    const id = message[1];
    const method = message[3];
    const handler = this.#options.handlers.get(message[2] as number);
    const args = decodeValue(message, 4, attachments, 1, isCall ? this.#openStream : undefined);
    if (handler === undefined || !isSafeInteger(id) || typeof method !== "string" || !isArray(args)) {
      throw this.#options.malformed("a call needs a number, a target, a method and arguments");
    }
    if (!isCall) return this.#take(handler, method, args);
    if ((id as number) <= this.#lastCallId) throw this.#options.malformed("a call's number is not above the last");
    this.#lastCallId = id as number;
    // Streams arrive by patches; without those there is nothing to look for.
    const streams = message[5] === undefined ? undefined : args.filter((arg) => arg instanceof ReceivedStream);
    const metadata = message[6] === undefined ? undefined : freezeMetadata(message[6]);
    if (metadata === null) throw this.#options.malformed("metadata is an object");
    this.#options.incoming.take(new IncomingCall(id as number, method, metadata, streams), handler, args);
  }

  /** NB: a notification has nobody to tell of an error, and a peer's notification must not break this end. */
  #take(handler: CallHandler, method: string, args: unknown[]): void {
    try {
      const result = handler(method, args, new LazyCallContext());
      if (isThenable(result)) whenSettled(result, undefined, () => {});
    } catch {
      return;
    }
  }
}
