import { ProtocolError, SerializationError } from "../errors.ts";
import { MAX_DEPTH } from "../json.ts";
import { encodeFrame, FrameDecoder } from "./frame.ts";
import { decodeError, encodeError } from "./remote_error.ts";
import { Attachments, decodeValue, encodeArguments, type EncodedValue, encodeValue } from "./values.ts";

/**
 * The messages of the protocol, each an array whose first element is its kind. A frame's text is an array of them:
 * what is sent in one turn of the event loop shares a frame. A value may be followed by its patches (`values.ts`).
 */
const CALL = 0; // [CALL, id, target, method, args, patches?]
const RESULT = 1; // [RESULT, id, value?, patches?]; without a value the result is `undefined`
const ERROR = 2; // [ERROR, id, error record]
const NOTIFY = 3; // [NOTIFY, 0, target, method, args, patches?]

/** Answers the calls to one target. */
export type CallHandler = (method: string, args: unknown[]) => unknown;

/** How to open a {@linkcode Connection}. */
export interface ConnectionOptions {
  /** Puts bytes on the wire. While a returned promise is pending, what is sent meanwhile is gathered. */
  write: (frame: Uint8Array) => void | Promise<void>;
  /** Who is at the other end, for messages and stacks: `plugin "chunker/fixed"`. */
  peer: string;
  /** The largest message accepted or sent, in bytes. @default 16 MiB */
  maxBytes?: number;
  /** Told once when the other end breaks the protocol. The connection is closed by then. */
  onViolation?: (error: ProtocolError) => void;
  /** Told when calls begin to wait for an answer (`true`) and when none waits any more (`false`). */
  onBusy?: (busy: boolean) => void;
  /** Which lines of a stack of this side are worth sending with an error. @default all */
  keepFrame?: (line: string) => boolean;
}

/** 16 MiB. */
export const DEFAULT_MAX_BYTES: number = 16 * 1024 * 1024;

interface WaitingCall {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

interface OutgoingMessage {
  text: string;
  attachments: readonly Uint8Array[];
  bytes: number;
}

const { parse, stringify } = JSON;
const { isArray } = Array;
const { isSafeInteger } = Number;
const microtask = queueMicrotask;
const encoder = new TextEncoder();
const nothing: EncodedValue = { text: "", attachments: [] };

/**
 * One end of a conversation in which both ends may call. It owns no channel: bytes go out through `write` and come in
 * through {@linkcode Connection.receive}, so that processes, workers and an in-memory pair share it.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #maxBytes: number;
  readonly #decoder: FrameDecoder;
  readonly #handlers = new Map<number, CallHandler>();
  readonly #waiting = new Map<number, WaitingCall>();
  #lastId = 0;
  #outgoing: OutgoingMessage[] = [];
  #flushing = false;
  #closed: Error | undefined;

  /** @param options The channel and its limits. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    if (!(this.#maxBytes > 0)) {
      throw new RangeError(`Cannot open connection: maxBytes is ${this.#maxBytes}, expected more than 0`);
    }
    this.#decoder = new FrameDecoder(this.#maxBytes + 2); // the two brackets around a frame's messages
  }

  /**
   * Answers the other end's calls to a target.
   *
   * @param target What is called.
   * @param handler Gives the result, or throws.
   */
  serve(target: number, handler: CallHandler): void {
    this.#handlers.set(target, handler);
  }

  /**
   * Calls a method at the other end. Calls made in one turn share a frame; answers may come in any order.
   *
   * @param target What to call.
   * @param method Its method.
   * @param args Arguments: JSON values, bytes, or `undefined`.
   * @returns The result.
   * @throws {SerializationError} If an argument cannot cross.
   */
  call(target: number, method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const id = ++this.#lastId;
    try {
      const what = `hook "${method}"`;
      this.#enqueue(`[${CALL},${id},${target},${stringify(method)},`, encodeArguments(args, what), what);
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      if (this.#waiting.size === 1) this.#options.onBusy?.(true);
    });
  }

  /**
   * Calls a method at the other end and wants no answer. Dropped when the connection is closed.
   *
   * @throws {SerializationError} If an argument cannot cross.
   */
  notify(target: number, method: string, args: readonly unknown[]): void {
    if (this.#closed !== undefined) return;
    this.#enqueue(`[${NOTIFY},0,${target},${stringify(method)},`, encodeArguments(args, `"${method}"`), `"${method}"`);
  }

  /**
   * Takes what arrived. Never throws: a violation closes the connection and is told to `onViolation`.
   *
   * @param chunk Bytes in pieces of any size; must not be changed afterwards.
   */
  receive(chunk: Uint8Array): void {
    if (this.#closed !== undefined) return;
    try {
      this.#decoder.push(chunk, ({ json, binary }) => this.#receiveFrame(json, binary));
    } catch (cause) {
      const error = cause instanceof ProtocolError ? cause : this.#malformed("it cannot be handled", cause);
      this.close(error);
      this.#options.onViolation?.(error);
    }
  }

  /** Rejects what waits for an answer, and every later call, with `reason`. May be called twice. */
  close(reason: Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#outgoing = [];
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const call of waiting) call.reject(reason);
    if (waiting.length > 0) this.#options.onBusy?.(false);
  }

  #receiveFrame(json: string, binary: Uint8Array): void {
    let messages: unknown;
    try {
      messages = parse(json);
    } catch (cause) {
      throw this.#malformed("its text is not JSON", cause);
    }
    if (nestsDeeper(json, MAX_DEPTH + FRAME_DEPTH)) {
      throw this.#malformed(`it is nested deeper than ${MAX_DEPTH} levels`);
    }
    if (!isArray(messages)) throw this.#malformed("a frame is an array of messages");
    const attachments = new Attachments(binary);
    for (const message of messages) {
      if (this.#closed !== undefined) return;
      if (!isArray(message)) throw this.#malformed("a message is an array");
      this.#receiveMessage(message, attachments);
    }
    if (attachments.remaining > 0) throw this.#malformed("raw bytes that no message speaks of");
  }

  #receiveMessage(message: unknown[], attachments: Attachments): void {
    const [kind, id, target, method] = message;
    switch (kind) {
      case RESULT: {
        const value = decodeValue(message, 2, attachments); // first: a bad answer must leave the call waiting for close()
        this.#answered(id).resolve(value);
        return;
      }
      case ERROR:
        this.#answered(id).reject(decodeError(message[2], this.#options.peer));
        return;
      case CALL:
      case NOTIFY: {
        const handler = this.#handlers.get(target as number);
        const args = decodeValue(message, 4, attachments);
        if (handler === undefined || !isSafeInteger(id) || typeof method !== "string" || !isArray(args)) {
          throw this.#malformed("a call needs a number, a target, a method and arguments");
        }
        if (kind === CALL) this.#answer(id as number, handler, method, args);
        else this.#take(handler, method, args);
        return;
      }
      default:
        throw this.#malformed("no such kind of message");
    }
  }

  #answered(id: unknown): WaitingCall {
    const call = this.#waiting.get(id as number);
    if (call === undefined) throw this.#malformed("an answer that nobody waits for");
    this.#waiting.delete(id as number);
    if (this.#waiting.size === 0) this.#options.onBusy?.(false);
    return call;
  }

  #answer(id: number, handler: CallHandler, method: string, args: unknown[]): void {
    try {
      const result = handler(method, args);
      if (isThenable(result)) {
        Promise.resolve(result).then((value) => this.#succeed(id, method, value), (error) => this.#fail(id, error));
      } else this.#succeed(id, method, result);
    } catch (error) {
      this.#fail(id, error);
    }
  }

  /** NB: a notification has nobody to tell of an error, and a peer's notification must not break this end. */
  #take(handler: CallHandler, method: string, args: unknown[]): void {
    try {
      const result = handler(method, args);
      if (isThenable(result)) Promise.resolve(result).catch(() => {});
    } catch {
      return;
    }
  }

  #succeed(id: number, method: string, value: unknown): void {
    if (this.#closed !== undefined) return;
    const what = `result of hook "${method}"`;
    try {
      if (value === undefined) this.#enqueue(`[${RESULT},${id}`, nothing, what);
      else this.#enqueue(`[${RESULT},${id},`, encodeValue(value, what), what);
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #fail(id: number, error: unknown): void {
    if (this.#closed !== undefined) return;
    const head = `[${ERROR},${id},`;
    const record = encodeError(error, this.#options.keepFrame);
    try {
      this.#enqueue(head, { text: stringify(record), attachments: [] }, "error");
    } catch {
      const brief = stringify({ name: record.name, message: record.message.slice(0, 100) });
      this.#enqueue(head, { text: brief, attachments: [] }, "error");
    }
  }

  #enqueue(head: string, { text, attachments }: EncodedValue, what: string): void {
    const message = `${head}${text}]`;
    // UTF-8 takes at most 3 bytes per UTF-16 unit; only long texts are worth counting exactly.
    let bytes = message.length * 3;
    if (bytes > 65_536 || bytes > this.#maxBytes) bytes = encoder.encode(message).byteLength;
    for (const attachment of attachments) bytes += attachment.byteLength;
    if (bytes > this.#maxBytes) {
      throw new SerializationError("$", `${bytes} bytes, the limit is ${this.#maxBytes} bytes`, { what });
    }
    this.#outgoing.push({ text: message, attachments, bytes });
    if (!this.#flushing) {
      this.#flushing = true;
      this.#flushWhenQuiet(0);
    }
  }

  /** Waits a microtask at a time until one adds nothing: the answers of async hooks settle over several. */
  #flushWhenQuiet(before: number): void {
    microtask(() => {
      const queued = this.#outgoing.length;
      if (queued > before && queued < 1024) this.#flushWhenQuiet(queued);
      else this.#flush();
    });
  }

  #flush(): void {
    while (this.#outgoing.length > 0) {
      const written = this.#options.write(this.#nextFrame());
      if (written !== undefined) {
        written.then(() => this.#flush(), () => {}); // NB: the channel's owner sees a broken pipe, and closes
        return;
      }
    }
    this.#flushing = false;
  }

  /** All that is queued, or as much of it as one frame may hold. */
  #nextFrame(): Uint8Array {
    let count = 0;
    let bytes = 0;
    for (const message of this.#outgoing) {
      bytes += message.bytes + 1;
      if (count > 0 && bytes > this.#maxBytes) break;
      count++;
    }
    const messages = count === this.#outgoing.length ? this.#outgoing : this.#outgoing.slice(0, count);
    this.#outgoing = count === this.#outgoing.length ? [] : this.#outgoing.slice(count);
    return encodeFrame(`[${messages.map(({ text }) => text).join(",")}]`, messages.flatMap((m) => m.attachments));
  }

  #malformed(why: string, cause?: unknown): ProtocolError {
    return new ProtocolError(`Cannot understand message from ${this.#options.peer}: ${why}`, { cause });
  }
}

/** Levels of a frame around a value: the frame, its message, the argument list, and some for errors and causes. */
const FRAME_DEPTH = 32;

/** Whether brackets in a JSON text nest deeper than a limit: readers of the value would recurse as deep. */
function nestsDeeper(json: string, limit: number): boolean {
  if (json.length < 2 * limit) return false;
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const unit = json.charCodeAt(i);
    if (unit === 0x22) {
      i = json.indexOf('"', i + 1);
      while (isEscaped(json, i)) i = json.indexOf('"', i + 1);
    } else if (unit === 0x5b || unit === 0x7b) {
      if (++depth > limit) return true;
    } else if (unit === 0x5d || unit === 0x7d) depth--;
  }
  return false;
}

/** Whether an odd number of backslashes stands before a place. */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text.charCodeAt(before - 1) === 0x5c) before--;
  return (at - before) % 2 === 1;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
