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
  reject(error: unknown): void;
}

/** A call that waits for its answer. */
interface WaitingCall {
  readonly id: number;
  readonly waiter: Waiter;
  /** Nobody waits any more; its one answer is still to come. */
  cancelled: boolean;
  /** Leaves the signal alone from now on. */
  unlisten: (() => void) | undefined;
  /** The stream that was its answer, which the signal can still end. */
  stream: ReceivedStream | undefined;
}

const { apply } = Reflect;
const { addEventListener, removeEventListener } = EventTarget.prototype;

/** The calls that this end has made and that are not answered yet. */
export class OutgoingCalls {
  readonly #options: OutgoingCallsOptions;
  readonly #waiting = new CallTable<WaitingCall>();

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
   */
  wait(id: number, waiter: Waiter, signal?: AbortSignal, streams?: readonly number[]): void {
    const call: WaitingCall = { id, waiter, cancelled: false, unlisten: undefined, stream: undefined };
    this.#waiting.add(call);
    this.#options.onBusy(1);
    if (signal !== undefined) this.#listen(call, signal, streams);
  }

  /**
   * Takes an answer.
   *
   * @throws {ProtocolError} If nobody waits for it.
   */
  succeed(id: unknown, value: unknown): void {
    const call = this.#answered(id);
    if (value instanceof ReceivedStream) {
      if (call.cancelled) value.stop();
      else if (call.unlisten !== undefined) {
        call.stream = value;
        value.onEnd = call.unlisten;
      }
    } else call.unlisten?.();
    if (!call.cancelled) call.waiter.resolve(value);
  }

  /**
   * Takes an error for an answer.
   *
   * @throws {ProtocolError} If nobody waits for it.
   */
  fail(id: unknown, error: Error): void {
    const call = this.#answered(id);
    call.unlisten?.();
    if (!call.cancelled) call.waiter.reject(error);
  }

  /** Rejects all. */
  close(reason: Error): void {
    for (const call of this.#waiting.clear()) {
      if (call.cancelled) continue;
      call.unlisten?.();
      call.waiter.reject(reason);
      this.#options.onBusy(-1);
    }
  }

  #listen(call: WaitingCall, signal: AbortSignal, streams: readonly number[] = []): void {
    const { outbox, sent, onBusy } = this.#options;
    const abort = () => {
      const { reason } = signal;
      if (call.stream !== undefined) call.stream.stop({ error: reason });
      else {
        call.cancelled = true;
        call.waiter.reject(reason);
        onBusy(-1);
        outbox.sendNumbers([CANCEL, call.id]);
      }
      for (const stream of streams) sent.fail(stream, reason);
    };
    if (signal.aborted) return abort(); // since the call was begun: reading its arguments may run anything
    apply(addEventListener, signal, ["abort", abort, { once: true }]);
    call.unlisten = () => apply(removeEventListener, signal, ["abort", abort]);
  }

  #answered(id: unknown): WaitingCall {
    const call = this.#waiting.get(id);
    if (call === undefined) throw this.#options.malformed("an answer that nobody waits for");
    this.#waiting.remove(call);
    if (!call.cancelled) this.#options.onBusy(-1);
    return call;
  }
}
