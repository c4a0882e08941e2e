/** Those who use one thing together: the scopes of one plugin, of which a pool has several. It ends with the last. */
export class Holders {
  readonly #thing: Disposable;
  #count = 0;

  /** @param thing What is disposed of when nobody holds it any more. */
  constructor(thing: Disposable) {
    this.#thing = thing;
  }

  /** Begins to hold it. @returns Gives it up; may be called twice. */
  hold(): () => void {
    let isHeld = true;
    this.#count++;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--this.#count === 0) this.#thing[Symbol.dispose]();
    };
  }
}
