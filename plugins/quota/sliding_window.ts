/** Calls that are remembered together. */
export interface Slot {
  firstMs: number;
  /** They leave the window when the last of them does. */
  lastMs: number;
  count: number;
}

/** Calls nearer to each other than this part of the window are remembered together. */
const PARTS = 64;

/**
 * Counts calls in a window that slides. No window of that length ever holds more than `max`; because near calls are
 * remembered together, a place may become free later than it could, by a 64th of the window at most. That is what keeps
 * the memory the same, however large `max` is.
 */
export class SlidingWindow {
  #slots: Slot[] = [];
  #used = 0;
  readonly #windowMs: number;

  /** @param windowMs Its length. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** How many calls it holds. */
  used(nowMs: number): number {
    for (let first = this.#slots[0]; first !== undefined && this.#endOf(first) <= nowMs; first = this.#slots[0]) {
      this.#used -= first.count;
      first.count = 0;
      this.#slots.shift();
    }
    return this.#used;
  }

  /** Counts a call. @returns What {@linkcode SlidingWindow.giveBack} takes. */
  take(nowMs: number): Slot {
    this.#used++;
    const last = this.#slots.at(-1);
    if (last !== undefined && last.count > 0 && nowMs - last.firstMs < this.#windowMs / PARTS) {
      last.count++;
      last.lastMs = nowMs;
      return last;
    }
    if (last?.count === 0) this.#slots.pop();
    const slot: Slot = { firstMs: nowMs, lastMs: nowMs, count: 1 };
    this.#slots.push(slot);
    return slot;
  }

  /** Counts a call no longer, if it still does. */
  giveBack(slot: Slot): void {
    if (slot.count === 0) return; // it has left the window
    slot.count--;
    this.#used--;
  }

  /** When the first place becomes free; `undefined` when all are. */
  freeAtMs(): number | undefined {
    const first = this.#slots.find(({ count }) => count > 0);
    return first === undefined ? undefined : this.#endOf(first);
  }

  #endOf({ lastMs }: Slot): number {
    return lastMs + this.#windowMs;
  }
}
