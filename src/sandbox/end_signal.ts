/** The end of something, told once: at once to listeners, so that they know before anybody's call is rejected. */
export class EndSignal {
  /** Settles with the reason, when all is over. Never rejects. */
  readonly promise: Promise<string>;
  readonly #resolve: (reason: string) => void;
  #listeners: ((reason: string) => void)[] = [];
  #reason: string | undefined;

  /** Makes the signal of something that goes on. */
  constructor() {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.promise = promise;
    this.#resolve = resolve;
  }

  /** Whether the end has come. */
  get told(): boolean {
    return this.#reason !== undefined;
  }

  /** Calls a function when the end has come; at once, if it has. */
  listen(listener: (reason: string) => void): void {
    if (this.#reason === undefined) this.#listeners.push(listener);
    else listener(this.#reason);
  }

  /** Tells the listeners. Only the first reason counts. */
  tell(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(reason);
  }

  /** Tells the listeners, if that is not done, and settles the promise. */
  finish(reason: string): void {
    this.tell(reason);
    this.#resolve(this.#reason!);
  }
}
