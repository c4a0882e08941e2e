/** How many are kept: about as many as are under way at once. */
const KEPT = 16;

/** Things that are dear to make and can be used again. */
export class RunPool<R> {
  readonly #make: (rest: (run: R) => void) => R;
  readonly #idle: R[] = [];

  /** @param make Makes one, which says itself when nobody uses it any more. */
  constructor(make: (rest: (run: R) => void) => R) {
    this.#make = make;
  }

  /** One that nobody uses. */
  take(): R {
    return this.#idle.pop() ?? this.#make(this.#rest);
  }

  readonly #rest = (run: R): void => {
    if (this.#idle.length < KEPT) this.#idle.push(run);
  };
}
