/** A thing with a number. */
interface Numbered {
  readonly id: number;
}

/** So many calls in a row have a slot of their own. */
const SLOTS = 1024;

/**
 * What waits, by number. The numbers come upwards, so each has its slot in an array; only what waits while more than a
 * thousand others come and go gives way to a `Map`.
 *
 * NB: a `Map` alone costs more than the calls themselves once it is old: each time it grows or shrinks V8 leaves the
 * former table among the old objects, and until those are collected it keeps alive all calls that were in it.
 */
export class CallTable<T extends Numbered> {
  readonly #slots: (T | undefined)[] = [];
  readonly #others = new Map<number, T>();
  /** How many there are. */
  size = 0;

  /** Adds one; its number is not in use. */
  add(one: T): void {
    const slot = one.id % SLOTS;
    const former = this.#slots[slot];
    if (former !== undefined) this.#others.set(former.id, former);
    this.#slots[slot] = one;
    this.size++;
  }

  /** The one with a number. */
  get(id: unknown): T | undefined {
    if (typeof id !== "number") return undefined;
    const found = this.#slots[id % SLOTS];
    return found?.id === id ? found : this.#others.get(id);
  }

  /** Removes one, if it is there. */
  remove(one: T): void {
    const slot = one.id % SLOTS;
    if (this.#slots[slot] === one) this.#slots[slot] = undefined;
    else if (!this.#others.delete(one.id)) return;
    this.size--;
  }

  /** All, in the order of their numbers. */
  all(): T[] {
    const all = [...this.#others.values(), ...this.#slots].filter((one) => one !== undefined);
    return all.sort((a, b) => a.id - b.id);
  }

  /** Removes all, and gives them back in the order of their numbers. */
  clear(): T[] {
    const all = this.all();
    this.#slots.length = this.size = 0;
    this.#others.clear();
    return all;
  }
}
