import { HttpError, type RequestName } from "./http_error.ts";

/** The time that one call has, and its caller's signal: what ends first ends it. */
export class CallTime implements Disposable {
  /** What the call is waiting for now, for errors. */
  phase = "waiting for an answer";
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #end: number;
  // A timer of its own rather than AbortSignal.timeout: it is gone when the answer is there.
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #abort = () => this.#controller.abort(this.#caller?.reason);

  /**
   * Begins.
   *
   * @param what The request, for errors.
   * @param timeoutMs How long it may take.
   * @param whose Where the limit stands, for errors.
   * @param caller The caller's signal.
   */
  constructor(what: RequestName, timeoutMs: number, whose: string, caller: AbortSignal | undefined) {
    this.#caller = caller;
    this.#end = performance.now() + timeoutMs;
    this.#timer = setTimeout(() => {
      const reason = `no whole answer within ${timeoutMs} ms (${whose}), while ${this.phase}`;
      this.#controller.abort(new HttpError(what, "timeout", reason));
    }, timeoutMs);
    caller?.addEventListener("abort", this.#abort, { once: true });
    if (caller?.aborted === true) this.#abort();
  }

  /** Aborted when the call is over; its reason is what the caller is told. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds that are left. */
  get leftMs(): number {
    return this.#end - performance.now();
  }

  /** Waits, unless the call ends before. */
  async wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    try {
      await this.orEnd(promise);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits for what no signal can end, unless the call ends before. */
  async orEnd<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const { signal } = this;
    const end = () => reject(signal.reason);
    signal.addEventListener("abort", end, { once: true });
    try {
      signal.throwIfAborted();
      return await Promise.race([work, promise]);
    } finally {
      signal.removeEventListener("abort", end);
      work.catch(() => {}); // it may fail after nobody waits for it any more
    }
  }

  /** Ends the clock, not the call. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener("abort", this.#abort);
  }
}
