import { PluginRegistryError, type ProtocolError } from "../errors.ts";
import { CallTable } from "./call_table.ts";
import { CANCEL } from "./messages.ts";
import type { Outbox } from "./outbox.ts";
import { ReceivedStream } from "./received_stream.ts";
import type { SentStreams } from "./sent_streams.ts";

/** What the calls of this end need. */
export interface OutgoingCallsOptions {
  outbox: Outbox;
  sent: SentStreams;
  /** How many calls may wait for an answer. */
  limit: number;
  malformed: (why: string) => ProtocolError;
  peer: string;
  /** Told when a call begins (1) and ends (-1) to wait. */
  onBusy: (change: number) => void;
}

/** Calls to target 0, which starts and stops what all other calls are for, may be so many more than the others. */
export const RESERVED_CALLS = 64;

/** Who waits for the answer to a call: a promise's own functions, or something that costs less. */
export interface Waiter {
  resolve(value: unknown): void;
  /** @param early Whether the call was cancelled: whoever works on it has not answered yet, and `late` will tell. */
  reject(error: unknown, early?: boolean): void;
  /** Told once when a cancelled call is over after all: its answer has arrived, or none can come any more. */
  late?(): void;
}

/** A call that was begun. */
export interface StartedCall {
  /**
   * Gives up: the waiter is rejected with the reason, the other end is told, and the call's streams end. Without effect
   * once the call is over.
   */
  cancel(reason: unknown): void;
}

const { apply } = Reflect;
const { addEventListener, removeEventListener } = EventTarget.prototype;

/** Where a call stands. A cancelled one still has its one answer to come; of a streaming one the stream has not ended. */
type Stand = "waiting" | "cancelled" | "streaming" | "over";

/** A call, from when it is made until nothing of it can be ended any more. */
class OutgoingCall implements StartedCall {
  stand: Stand = "waiting";
  /** Leaves the signal alone from now on. */
  unlisten: (() => void) | undefined = undefined;
  /** The stream that was its answer. */
  stream: ReceivedStream | undefined = undefined;

  constructor(
    readonly id: number,
    readonly waiter: Waiter,
    /** Numbers of the streams among its arguments. */
    readonly streams: readonly number[] | undefined,
    readonly options: OutgoingCallsOptions,
  ) {}

  cancel(reason: unknown): void {
    const { stand, streams, options: { outbox, sent, onBusy } } = this;
    if (stand === "streaming") this.stream!.stop({ error: reason });
    else if (stand === "waiting") {
      this.stand = "cancelled";
      this.unlisten?.();
      this.waiter.reject(reason, true);
      onBusy(-1);
      outbox.sendNumbers([CANCEL, this.id]);
    } else return;
    if (streams !== undefined) { for (const stream of streams) sent.fail(stream, reason); }
  }

  /** Takes the stream that is its answer, which can be ended until it ends by itself. */
  streamed(stream: ReceivedStream): void {
    this.stand = "streaming";
    this.stream = stream;
    stream.onEnd = () => {
      this.stand = "over";
      this.stream = undefined;
      this.unlisten?.();
    };
  }
}

/** The calls that this end has made and that are not answered yet. */
export class OutgoingCalls {
  readonly #options: OutgoingCallsOptions;
  readonly #waiting = new CallTable<OutgoingCall>();

  /** @param options What they need. */
  constructor(options: OutgoingCallsOptions) {
    this.#options = options;
  }

  /**
   * Makes sure that a call may be made.
   *
   * @param method Its method.
   * @param reserved Whether it goes to target 0.
   *
   * @throws {PluginRegistryError} If too many wait, or what waits to be sent is too much.
   */
  check(method: string, reserved: boolean): void {
    const { limit, outbox, peer } = this.#options;
    const { size } = this.#waiting;
    if (reserved ? size < limit + RESERVED_CALLS : size < limit && !outbox.full) return;
    const state = size >= limit
      ? `${size} calls wait for an answer, the limit is ${limit}`
      : `it does not read, ${outbox.queuedBytes} bytes wait for it`;
    throw new PluginRegistryError(`Cannot call hook "${method}" of ${peer}: ${state}`);
  }

  /**
   * Waits for the answer to a call.
   *
   * @param id The call's number.
   * @param waiter Is told.
   * @param signal Gives up when it aborts.
   * @param streams Numbers of the streams among its arguments.
   * @returns The call.
   */
  wait(id: number, waiter: Waiter, signal?: AbortSignal, streams?: readonly number[]): StartedCall {
    const call = new OutgoingCall(id, waiter, streams, this.#options);
    this.#waiting.add(call);
    this.#options.onBusy(1);
    if (signal !== undefined) listen(call, signal);
    return call;
  }

  /**
   * Takes an answer.
   *
   * @throws {ProtocolError} If nobody waits for it.
   */
  succeed(id: unknown, value: unknown): void {
    const call = this.#answered(id);
    if (call === undefined) {
      if (value instanceof ReceivedStream) value.stop();
      return;
    }
    if (value instanceof ReceivedStream) call.streamed(value);
    else call.unlisten?.();
    call.waiter.resolve(value);
  }

  /**
   * Takes an error for an answer.
   *
   * @throws {ProtocolError} If nobody waits for it.
   */
  fail(id: unknown, error: Error): void {
    const call = this.#answered(id);
    call?.unlisten?.();
    call?.waiter.reject(error);
  }

  /** Rejects all. */
  close(reason: Error): void {
    for (const call of this.#waiting.clear()) {
      const { stand, waiter } = call;
      call.stand = "over";
      if (stand === "cancelled") {
        waiter.late?.();
        continue;
      }
      call.unlisten?.();
      waiter.reject(reason);
      this.#options.onBusy(-1);
    }
  }

  /** Takes a call out; `undefined` when it was cancelled, so that nobody waits for the answer. */
  #answered(id: unknown): OutgoingCall | undefined {
    const call = this.#waiting.get(id);
    if (call === undefined) throw this.#options.malformed("an answer that nobody waits for");
    this.#waiting.remove(call);
    const { stand } = call;
    call.stand = "over";
    if (stand === "cancelled") {
      call.waiter.late?.();
      return undefined;
    }
    this.#options.onBusy(-1);
    return call;
  }
}

function listen(call: OutgoingCall, signal: AbortSignal): void {
  if (signal.aborted) return call.cancel(signal.reason); // since the call was begun: reading its arguments may run anything
  const abort = () => call.cancel(signal.reason);
  apply(addEventListener, signal, ["abort", abort, { once: true }]);
  call.unlisten = () => apply(removeEventListener, signal, ["abort", abort]);
}
