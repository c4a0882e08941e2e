import { type Metadata, runInCall, type RunningCall } from "../context/mod.ts";
import { givenUp, isStream, isThenable, LazyCallContext, type StartedCall, type Waiter } from "../rpc/mod.ts";
import { bindStream } from "./bind_stream.ts";
import { WRAP } from "./instance.ts";

const { apply } = Reflect;
const { addEventListener, removeEventListener } = EventTarget.prototype;

/** A call without a sandbox that carries something: it knows its metadata, and can be cancelled. */
export class NoneCall extends LazyCallContext implements RunningCall, StartedCall {
  declare readonly metadata: Metadata;
  readonly plugin: string;
  readonly outlives: boolean;
  readonly #hook: string;
  readonly #waiter: Waiter;
  #stand: "waiting" | "cancelled" | "streaming" | "over" = "waiting";
  #unlisten: (() => void) | undefined;

  /**
   * @param plugin Whose hook it is, as `kind/name`.
   * @param hook Its name.
   * @param metadata What it carries, frozen.
   * @param waiter Told of its end.
   */
  constructor(plugin: string, hook: string, metadata: Metadata, waiter: Waiter) {
    super(metadata);
    this.plugin = plugin;
    this.#hook = hook;
    this.outlives = hook === WRAP;
    this.#waiter = waiter;
  }

  /** Does the work. @param check Looks at what it gives. */
  run(work: () => unknown, check: ((result: unknown) => void) | undefined, signal: AbortSignal | undefined): void {
    if (signal !== undefined) this.#listen(signal);
    try {
      const result = runInCall(this, work);
      if (isThenable(result)) Promise.resolve(result).then((value) => this.#succeed(value, check), this.#fail);
      else this.#succeed(result, check);
    } catch (error) {
      this.#fail(error);
    }
  }

  cancel(reason: unknown): void {
    if (this.#stand === "waiting") {
      this.#stand = "cancelled";
      this.#unlisten?.();
      this.abort(givenUp(this.#hook));
      this.#waiter.reject(reason, true);
    } else if (this.#stand === "streaming") {
      this.#stand = "over";
      this.#unlisten?.();
      this.abort(givenUp(this.#hook));
    }
  }

  #listen(signal: AbortSignal): void {
    const abort = () => this.cancel(signal.reason);
    apply(addEventListener, signal, ["abort", abort, { once: true }]);
    this.#unlisten = () => apply(removeEventListener, signal, ["abort", abort]);
  }

  #succeed(value: unknown, check: ((result: unknown) => void) | undefined): void {
    try {
      check?.(value);
    } catch (error) {
      return this.#fail(error);
    }
    if (this.#stand === "cancelled") return this.#late();
    if (isStream(value)) this.#stand = "streaming"; // its signal can still be aborted
    else {
      this.#stand = "over";
      this.#unlisten?.();
    }
    this.#waiter.resolve(isGenerator(value) ? bindStream(this, value) : value);
  }

  readonly #fail = (error: unknown): void => {
    if (this.#stand === "cancelled") return this.#late();
    this.#stand = "over";
    this.#unlisten?.();
    this.#waiter.reject(error);
  };

  #late(): void {
    this.#stand = "over";
    this.#waiter.late?.();
  }
}

/** NB: any other stream is an object of the plugin's own, which the caller is to get as it is. */
function isGenerator(value: unknown): boolean {
  return isStream(value) && Reflect.get(value, Symbol.toStringTag) === "AsyncGenerator";
}
