import type { Metadata } from "../context/mod.ts";
import { PluginRegistryError, ProtocolError } from "../errors.ts";
import { Inbox } from "./inbox.ts";
import { type CallHandler, type CallUnderWay, IncomingCalls } from "./incoming_calls.ts";
import { CALL, NOTIFY } from "./messages.ts";
import { OutgoingCalls, type StartedCall, type Waiter } from "./outgoing_calls.ts";
import { metadataTail } from "./metadata.ts";
import { Outbox } from "./outbox.ts";
import { ReceivedStreams } from "./received_streams.ts";
import { SentStreams } from "./sent_streams.ts";
import { encodeArguments } from "./values.ts";

/** How to open a {@linkcode Connection}. */
export interface ConnectionOptions {
  /** Puts bytes on the wire. While a returned promise is pending, what is sent meanwhile is gathered. */
  write: (bytes: Uint8Array) => void | Promise<void>;
  /** Who is at the other end, for messages and stacks: `plugin "chunker/fixed"`. */
  peer: string;
  /** The largest message accepted or sent, in bytes. @default 16 MiB */
  maxBytes?: number;
  /**
   * How many calls may wait for an answer, and how many streams may be open, in each direction. Both ends must be told
   * the same: the other end's calls beyond it are a violation. @default 10,000
   */
  maxPending?: number;
  /**
   * From how many bytes that wait to be written on no more calls are made, and those of the other end wait.
   * @default 4 * maxBytes
   */
  maxQueuedBytes?: number;
  /** Told once when the other end breaks the protocol. The connection is closed by then, and what waits for an answer is rejected right after. */
  onViolation?: (error: ProtocolError) => void;
  /** Told when calls or readers of streams begin to wait (`true`) and when none waits any more (`false`). */
  onBusy?: (busy: boolean) => void;
  /** Which lines of a stack of this side are worth sending with an error. @default all */
  keepFrame?: (line: string) => boolean;
}

/** What a call may be given besides its arguments. */
export interface CallOptions {
  /** Gives up: the call rejects at once with the signal's reason, and the other end is told. Ends its streams, too. */
  signal?: AbortSignal | undefined;
  /** JSON values that travel beside the arguments. */
  metadata?: Metadata | undefined;
}

/** 16 MiB. */
export const DEFAULT_MAX_BYTES: number = 16 * 1024 * 1024;

/** How many calls may wait, and how many streams may be open, unless told otherwise. */
export const DEFAULT_MAX_PENDING: number = 10_000;

const noOptions: CallOptions = {};
const { stringify } = JSON;

/**
 * One end of a conversation in which both ends may call, and may answer or argue with streams. It owns no channel: bytes
 * go out through `write` and come in through {@linkcode Connection.receive}, so that processes, workers and an in-memory
 * pair share it. `messages.ts` lists what goes over the wire, and what of it is a violation.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #inbox: Inbox;
  readonly #handlers = new Map<number, CallHandler>();
  readonly #outbox: Outbox;
  readonly #outgoing: OutgoingCalls;
  readonly #incoming: IncomingCalls;
  readonly #sent: SentStreams;
  readonly #received: ReceivedStreams;
  #lastId = 0;
  /** The streams among the arguments of the call that is being made. */
  #opened: number[] | undefined;
  #busy = 0;
  #closed: Error | undefined;
  #quoted: [method: string, text: string] = ["", '""'];

  /** @param options The channel and its limits. */
  constructor(options: ConnectionOptions) {
    const { peer, write, keepFrame, maxBytes = DEFAULT_MAX_BYTES, maxPending: limit = DEFAULT_MAX_PENDING } = options;
    const { maxQueuedBytes = 4 * maxBytes } = options;
    for (const [name, value] of Object.entries({ maxBytes, maxPending: limit, maxQueuedBytes })) {
      if (!(value > 0)) throw new RangeError(`Cannot open connection: ${name} is ${value}, expected more than 0`);
    }
    const malformed = (why: string, cause?: unknown) => this.#malformed(why, cause);
    const onBusy = (change: number) => this.#changeBusy(change);
    const onDrain = () => {
      this.#incoming.resume();
      this.#sent.resume();
    };
    const outbox = new Outbox({ write, maxBytes, maxQueuedBytes, onDrain, keepFrame });
    const sent = new SentStreams(outbox, limit, malformed);
    this.#options = options;
    this.#outbox = outbox;
    this.#sent = sent;
    const received = this.#received = new ReceivedStreams({ outbox, limit, peer, malformed, onBusy });
    const outgoing = this.#outgoing = new OutgoingCalls({ outbox, sent, limit, malformed, peer, onBusy });
    const maxDeferredBytes = maxQueuedBytes;
    const incoming = this.#incoming = new IncomingCalls({ outbox, sent, limit, maxDeferredBytes, malformed, peer });
    const isClosed = () => this.#closed !== undefined;
    const handlers = this.#handlers;
    this.#inbox = new Inbox({ maxBytes, peer, handlers, outgoing, incoming, sent, received, malformed, isClosed });
  }

  /**
   * Answers the other end's calls to a target.
   *
   * @param target What is called.
   * @param handler Gives the result, or throws. An async iterable becomes a stream, pulled as the other end reads it.
   */
  serve(target: number, handler: CallHandler): void {
    this.#handlers.set(target, handler);
  }

  /**
   * The other end's calls to a target that are not answered yet, oldest first. Those that were answered at once have
   * never been among them.
   */
  underWay(target: number): CallUnderWay[] {
    const handler = this.#handlers.get(target);
    return handler === undefined ? [] : this.#incoming.underWay(handler);
  }

  /**
   * Calls a method at the other end. Calls made in one turn share a frame; answers may come in any order.
   *
   * @param target What to call.
   * @param method Its method.
   * @param args Arguments: JSON values, bytes, `undefined`, or async iterables.
   * @param options A signal to give up, and what travels beside the arguments.
   * @returns The result; a {@linkcode RemoteStream} when the handler gave an async iterable.
   * @throws {SerializationError} If an argument cannot cross.
   * @throws {PluginRegistryError} If too many calls wait already, or the other end does not read.
   */
  call(target: number, method: string, args: readonly unknown[], options: CallOptions = noOptions): Promise<unknown> {
    return new Promise((resolve, reject) => void this.start(target, method, args, { resolve, reject }, options));
  }

  /**
   * As {@linkcode Connection.call}, for who has a promise already: the waiter is told of the answer, or of any error.
   *
   * @returns The call, which can be cancelled; `undefined` when it was rejected at once.
   */
  start(
    target: number,
    method: string,
    args: readonly unknown[],
    waiter: Waiter,
    options: CallOptions = noOptions,
  ): StartedCall | undefined {
    const { signal, metadata } = options;
    if (this.#closed !== undefined || signal?.aborted === true) {
      waiter.reject(this.#closed ?? signal?.reason);
      return;
    }
    const id = this.#lastId + 1;
    const outer = this.#opened; // NB: reading the arguments may run getters, which may call
    let streams: number[] | undefined;
    this.#opened = undefined;
    try {
      this.#outgoing.check(method, target === 0);
      this.#lastId = id;
      const value = encodeArguments(args, "hook ", method, this.#sendStream);
      const tail = metadata === undefined ? "]" : metadataTail(metadata, value, method);
      this.#outbox.send(`[${CALL},${id},${target},${this.#quote(method)},`, value, tail, "hook ", method);
    } catch (error) {
      for (const stream of this.#opened ?? []) this.#sent.forget(stream);
      waiter.reject(error);
      return;
    } finally {
      streams = this.#opened;
      this.#opened = outer;
    }
    return this.#outgoing.wait(id, waiter, signal, streams);
  }

  readonly #sendStream = (stream: AsyncIterable<unknown>, method: string): number => {
    const id = this.#sent.open(stream, `argument of hook "${method}"`);
    (this.#opened ??= []).push(id);
    return id;
  };

  /**
   * Calls a method at the other end and wants no answer. Dropped when the connection is closed.
   *
   * @throws {SerializationError} If an argument cannot cross; streams cannot.
   * @throws {PluginRegistryError} If the other end does not read.
   */
  notify(target: number, method: string, args: readonly unknown[]): void {
    if (this.#closed !== undefined) return;
    if (this.#outbox.full) {
      const state = `it does not read, ${this.#outbox.queuedBytes} bytes wait for it`;
      throw new PluginRegistryError(`Cannot notify ${this.#options.peer} of "${method}": ${state}`);
    }
    const head = `[${NOTIFY},0,${target},${this.#quote(method)},`;
    this.#outbox.send(head, encodeArguments(args, "", method), "]", "", method);
  }

  /**
   * Takes what arrived. Never throws: a violation closes the connection and is told to `onViolation`.
   *
   * @param chunk Bytes in pieces of any size; must not be changed afterwards.
   */
  receive(chunk: Uint8Array): void {
    if (this.#closed !== undefined) return;
    try {
      this.#inbox.push(chunk);
    } catch (cause) {
      const error = cause instanceof ProtocolError ? cause : this.#malformed("it cannot be handled", cause);
      this.#closed = error;
      // First, for whoever is told of a rejected call may ask what has happened.
      this.#options.onViolation?.(error);
      this.#release(error);
    }
  }

  /**
   * Rejects what waits for an answer, and every later call, with `reason`; ends all streams, and aborts the signals of
   * calls that are being handled. May be called twice.
   */
  close(reason: Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#release(reason);
  }

  #release(reason: Error): void {
    this.#outbox.close();
    this.#outgoing.close(reason);
    this.#received.close(reason);
    this.#incoming.close(reason);
    this.#sent.close(reason);
  }

  #quote(method: string): string {
    if (this.#quoted[0] !== method) this.#quoted = [method, stringify(method)];
    return this.#quoted[1];
  }

  #changeBusy(change: number): void {
    const before = this.#busy;
    this.#busy += change;
    if (before === 0) this.#options.onBusy?.(true);
    else if (this.#busy === 0) this.#options.onBusy?.(false);
  }

  #malformed(why: string, cause?: unknown): ProtocolError {
    return new ProtocolError(`Cannot understand message from ${this.#options.peer}: ${why}`, { cause });
  }
}
