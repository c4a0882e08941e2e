import type { Metadata } from "../context/mod.ts";

/** What a call brings besides its arguments. */
export interface CallContext {
  /** Aborted when the caller gives up, when it stops the stream that was its answer, or when the connection closes. */
  readonly signal: AbortSignal;
  /** What the caller sent beside the arguments, frozen at every depth; `undefined` when it sent nothing. */
  readonly metadata: Metadata | undefined;
}

/** The reason of a call's signal whose caller has given up. */
export function givenUp(method: string): Error {
  return new DOMException(`Cannot finish "${method}": the caller has given up`, "AbortError");
}

/** A {@linkcode CallContext} that makes its signal when somebody asks for it, for hardly any call needs one. */
export class LazyCallContext implements CallContext {
  readonly metadata: Metadata | undefined;
  #controller: AbortController | undefined;
  #reason: Error | undefined;

  /** @param metadata What came with the call. */
  constructor(metadata?: Metadata) {
    this.metadata = metadata;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Whether {@linkcode LazyCallContext.abort} was called. */
  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  /** Aborts the signal. Only the first time counts. */
  abort(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
