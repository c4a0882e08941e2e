/** Lets work on one key run in the order in which it came, one at a time; work on different keys runs side by side. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * Runs work when all that came before it for the same key has ended, well or not.
   *
   * @param key The key.
   * @param work The work.
   * @returns What it returns.
   */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const turn = before === undefined ? work() : before.then(work, work);
    this.#last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    }
  }
}
