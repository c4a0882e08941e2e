import { StoreError, type StoreOperation } from "./store_error.ts";
import { checkKey } from "./store_key.ts";

/** What goes wrong in the caller's own stream; unwrapped before the caller sees it, so that no store takes the blame. */
export class SourceFailure extends Error {}

/** The operations of one store: refuses them when it is closed, and gives their faults a name. */
export class StoreOperations {
  /** Which store, for errors. */
  readonly store: string;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #open = new Set<Disposable>();
  #closed: Promise<void> | undefined;

  /** @param store Which store, for errors: `blob store "/var/blobs"`. */
  constructor(store: string) {
    this.store = store;
  }

  /** Aborted when the store closes. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Names an operation, for its checks and errors. */
  of(action: string, key: string): StoreOperation {
    return { action, key, store: this.store };
  }

  /**
   * Runs an operation.
   *
   * @param operation What it is called in errors.
   * @param work Does it.
   * @throws {StoreError} If the store is closed, or the system refuses.
   */
  async run<T>(operation: StoreOperation, work: () => T | Promise<T>): Promise<T> {
    this.checkOpen(operation);
    const running = Promise.try(work);
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw this.#explain(operation, error);
    } finally {
      this.#running.delete(running);
    }
  }

  /**
   * Runs an operation on one key.
   *
   * @throws {StoreError} If the key is none, the store is closed, or the system refuses.
   */
  async onKey<T>(action: string, key: string, work: (operation: StoreOperation) => T | Promise<T>): Promise<T> {
    const operation = this.of(action, key);
    checkKey(operation);
    return await this.run(operation, () => work(operation));
  }

  /** @throws {StoreError} If the store is closed. */
  checkOpen(operation: StoreOperation): void {
    if (this.#closed !== undefined) throw new StoreError(operation, "the store is closed");
  }

  /** Keeps what is to be disposed of when the store closes, unless it is let go before. @returns Lets it go. */
  hold(thing: Disposable): Disposable {
    this.#open.add(thing);
    return {
      [Symbol.dispose]: () => {
        if (this.#open.delete(thing)) thing[Symbol.dispose]();
      },
    };
  }

  /** Refuses what comes, cuts off streams, and waits until what runs has ended. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await null; // so that it is closed before any listener hears of it
    this.#closing.abort(new Error("the store was closed"));
    await Promise.allSettled(this.#running);
    for (const thing of this.#open) thing[Symbol.dispose]();
    this.#open.clear();
  }

  #explain(operation: StoreOperation, error: unknown): unknown {
    if (error instanceof SourceFailure) return error.cause;
    if (this.#closing.signal.aborted && error === this.#closing.signal.reason) {
      return new StoreError(operation, "the store was closed meanwhile", { cause: error });
    }
    return isSystemError(error) ? new StoreError(operation, error.message, { cause: error }) : error;
  }
}

function isSystemError(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof StoreError) return false;
  // NB: what the system refuses is a Deno error, or, as for a full disk, a plain Error whose message ends so.
  return Object.hasOwn(Deno.errors, error.name) || /\(os error \d+\)/.test(error.message);
}
