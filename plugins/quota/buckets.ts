import type { Limit } from "./limit.ts";
import { SlidingWindow, type Slot } from "./sliding_window.ts";

/** The windows of one limit, one for each of those whose calls are counted. */
export class Buckets {
  readonly limit: Limit;
  readonly #maxKeys: number;
  /** In the order of their last call, the oldest first. */
  readonly #windows = new Map<string, SlidingWindow>();

  /** @param limit What is counted. @param maxKeys How many windows there may be. */
  constructor(limit: Limit, maxKeys: number) {
    this.limit = limit;
    this.#maxKeys = maxKeys;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#windows.size;
  }

  /** How many calls of a key the window holds. */
  used(key: string, nowMs: number): number {
    return this.#windows.get(key)?.used(nowMs) ?? 0;
  }

  /**
   * How long a call must wait.
   *
   * @returns Milliseconds; 0 when it may be made now.
   */
  waitMs(key: string, nowMs: number): number {
    this.#forget(nowMs);
    const window = this.#windows.get(key);
    if (window !== undefined && window.used(nowMs) < this.limit.max) return 0;
    if (window === undefined && this.#windows.size < this.#maxKeys) return 0;
    // A new one that finds no place waits for the oldest to be forgotten: to forget it now would set its count to 0.
    const [oldest] = this.#windows.values();
    return Math.max(1, Math.ceil(((window ?? oldest)?.freeAtMs() ?? nowMs) - nowMs));
  }

  /** Counts a call. @returns Takes that back. */
  take(key: string, nowMs: number): () => void {
    const window = this.#windows.get(key) ?? new SlidingWindow(this.limit.window_sec * 1000);
    this.#windows.delete(key);
    this.#windows.set(key, window);
    const slot: Slot = window.take(nowMs);
    return () => {
      window.giveBack(slot);
      if (window.freeAtMs() === undefined && this.#windows.get(key) === window) this.#windows.delete(key);
    };
  }

  /** Drops those that have made no call within the window. */
  #forget(nowMs: number): void {
    for (const [key, window] of this.#windows) {
      if (window.used(nowMs) > 0) return; // those after it have called later
      this.#windows.delete(key);
    }
  }
}
