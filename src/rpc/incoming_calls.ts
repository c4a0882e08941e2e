import type { Metadata } from "../context/mod.ts";
import { PluginRegistryError, type ProtocolError } from "../errors.ts";
import { STOP_CHAIN, stopChainError } from "../stop_chain.ts";
import { type CallContext, givenUp, LazyCallContext } from "./call_context.ts";
import { CallTable } from "./call_table.ts";
import { ERROR, RESULT } from "./messages.ts";
import { RESERVED_CALLS } from "./outgoing_calls.ts";
import type { Outbox } from "./outbox.ts";
import type { ReceivedStream } from "./received_stream.ts";
import { returnEarly } from "./sent_stream.ts";
import type { SentStreams } from "./sent_streams.ts";
import { isStream, isThenable, whenSettled } from "./shapes.ts";
import { encodeStream, encodeValue, weigh } from "./values.ts";

/** Answers the calls to one target. */
export type CallHandler = (method: string, args: unknown[], call: CallContext) => unknown;

/** What the calls of the other end need. */
export interface IncomingCallsOptions {
  outbox: Outbox;
  sent: SentStreams;
  /** How many calls may wait for an answer. */
  limit: number;
  /** How many bytes of arguments may wait until our answers are read. */
  maxDeferredBytes: number;
  malformed: (why: string) => ProtocolError;
  peer: string;
}

/** A call that is being handled. */
export interface CallUnderWay {
  readonly method: string;
  readonly metadata: Metadata | undefined;
  /** `performance.now()` at which it arrived, or could at last be begun. */
  readonly since: number;
}

/** `performance.now()`, shared by the calls that arrive together. */
interface Arrival {
  at: number;
}

const now = performance.now.bind(performance);

/** A call of the other end. */
export class IncomingCall extends LazyCallContext {
  readonly id: number;
  readonly method: string;
  /** The streams among its arguments. */
  readonly streams: readonly ReceivedStream[] | undefined;
  /** Who works on it, from when it is clear that the answer takes time. */
  handler: CallHandler | undefined = undefined;
  arrival: Arrival | undefined = undefined;

  constructor(
    id: number,
    method: string,
    metadata?: Metadata,
    streams?: readonly ReceivedStream[],
  ) {
    super(metadata);
    this.id = id;
    this.method = method;
    this.streams = streams;
  }
}

interface DeferredCall {
  call: IncomingCall;
  handler: CallHandler;
  args: unknown[];
  bytes: number;
}

/** The calls that the other end makes and that are not answered yet. */
export class IncomingCalls {
  readonly #options: IncomingCallsOptions;
  readonly #waiting = new CallTable<IncomingCall>();
  #deferred: DeferredCall[] = [];
  #deferredBytes = 0;
  /** How many calls were refused since the outbox was last full: their answers wait there. */
  #refused = 0;
  #closed = false;
  /** When the calls that are being taken arrived; nobody looks at the clock before the first of them. */
  #arrival: Arrival | undefined;

  /** @param options Where answers go, and the limits. */
  constructor(options: IncomingCallsOptions) {
    this.#options = options;
  }

  /** What is taken from now on has arrived together: one look at the clock does for all, for it costs half a call. */
  arrive(): void {
    this.#arrival = undefined;
  }

  /** Handles a call; later, when the other end does not read what we answer. */
  take(call: IncomingCall, handler: CallHandler, args: unknown[]): void {
    const { limit, outbox, malformed } = this.#options;
    if (this.#waiting.size + this.#refused >= limit + RESERVED_CALLS) {
      throw malformed(`it makes more than ${limit} calls at once`);
    }
    if (this.#deferred.length > 0 || outbox.full) this.#defer(call, handler, args);
    else this.#handle(call, handler, args);
  }

  /** Aborts the signal of a call. It is still answered, once, so that both ends agree on what waits. */
  cancel(id: number): void {
    const call = this.#waiting.get(id);
    if (call === undefined) return; // its answer is on the way
    if (call.aborted) throw this.#options.malformed("a call is cancelled twice");
    call.abort(givenUp(call.method));
    const at = this.#deferred.findIndex((one) => one.call === call);
    if (at >= 0) this.#deferredBytes -= this.#deferred.splice(at, 1)[0]!.bytes;
    if (at >= 0) this.#succeed(call, undefined);
  }

  /** What a handler works on. */
  underWay(handler: CallHandler): CallUnderWay[] {
    return this.#waiting.all().filter((call) => call.handler === handler).map(({ method, metadata, arrival }) => ({
      method,
      metadata,
      since: arrival!.at,
    }));
  }

  /** Handles what was deferred, as far as there is room for answers. */
  resume(): void {
    this.#refused = 0;
    this.#arrival = undefined;
    const { outbox } = this.#options;
    for (let next = this.#deferred[0]; next !== undefined && !outbox.full; next = this.#deferred[0]) {
      this.#deferred.shift();
      this.#deferredBytes -= next.bytes;
      this.#waiting.remove(next.call); // it is added again if its answer takes time
      this.#handle(next.call, next.handler, next.args);
    }
  }

  /** Aborts the signals of all. */
  close(reason: Error): void {
    this.#closed = true;
    this.#deferred = [];
    for (const call of this.#waiting.clear()) call.abort(reason);
  }

  #defer(call: IncomingCall, handler: CallHandler, args: unknown[]): void {
    const bytes = weigh(args);
    const { maxDeferredBytes, peer } = this.#options;
    if (this.#deferredBytes + bytes > maxDeferredBytes) {
      this.#refused++;
      const state = `${this.#deferredBytes} bytes of calls wait until ${peer} reads its answers`;
      this.#fail(call, new PluginRegistryError(`Cannot call "${call.method}": ${state}`));
      return;
    }
    this.#deferredBytes += bytes;
    this.#deferred.push({ call, handler, args, bytes });
    this.#waiting.add(call);
  }

  #handle(call: IncomingCall, handler: CallHandler, args: unknown[]): void {
    try {
      const arrival = this.#arrival ??= { at: now() };
      const result = handler(call.method, args, call);
      if (isThenable(result)) {
        call.handler = handler;
        call.arrival = arrival;
        this.#waiting.add(call);
        whenSettled(result, (value) => this.#succeed(call, value), (error) => this.#fail(call, error));
      } else this.#succeed(call, result);
    } catch (error) {
      this.#fail(call, error);
    }
  }

  #succeed(call: IncomingCall, value: unknown): void {
    const { outbox } = this.#options;
    const { id } = call;
    if (this.#closed || call.aborted) {
      if (isStream(value)) returnEarly(value);
      value = undefined;
    }
    try {
      if (value === undefined) outbox.sendNumbers([RESULT, id]);
      else if (value === STOP_CHAIN) return this.#fail(call, stopChainError());
      else {
        const what = "result of hook ";
        if (isStream(value)) {
          outbox.send(`[${RESULT},${id},`, encodeStream(this.#open(value, call)), "]", what, call.method);
          this.#waiting.remove(call);
          return; // its arguments are needed until the stream ends
        }
        outbox.send(`[${RESULT},${id},`, encodeValue(value, what, call.method), "]", what, call.method);
      }
      this.#end(call);
    } catch (error) {
      this.#fail(call, error);
    }
  }

  #open(value: AsyncIterable<unknown>, call: IncomingCall): number {
    return this.#options.sent.open(value, `result of hook "${call.method}"`, (stopped) => {
      if (stopped !== undefined) call.abort(stopped);
      this.#end(call);
    });
  }

  #fail(call: IncomingCall, error: unknown): void {
    if (call.aborted) this.#options.outbox.sendNumbers([RESULT, call.id]);
    else this.#options.outbox.sendError(ERROR, call.id, error);
    this.#end(call);
  }

  #end(call: IncomingCall): void {
    this.#waiting.remove(call);
    if (call.streams !== undefined) { for (const stream of call.streams) stream.stopUnread(); }
  }
}
