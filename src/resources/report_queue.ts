import type { ResourceCall, TakeReport } from "./decorator.ts";
import { MAX_BATCH } from "./resource_report.ts";

/** Failures of one taker are told at most so often. */
const FAILURE_MS = 1000;

/** What a queue needs. */
export interface ReportQueueOptions {
  /** Who is told. */
  take: (calls: readonly ResourceCall[], dropped: number) => unknown;
  /** Hears that it failed, and how many calls were lost by that since the last time: at most once per second. */
  failed: (lost: number, error: unknown) => void;
}

/**
 * Tells one taker of one plugin's calls, one report at a time: a plugin that calls in a loop must not make more reports
 * than the taker gets done. What comes meanwhile is merged into the next report, and beyond its size counted.
 */
export class ReportQueue {
  readonly #options: ReportQueueOptions;
  #calls: readonly ResourceCall[] = [];
  #dropped = 0;
  #isTelling = false;
  #lost = 0;
  #quietUntil = -Infinity;

  /** @param options Who is told. */
  constructor(options: ReportQueueOptions) {
    this.#options = options;
  }

  /** Tells of calls now, or as soon as the report that is under way is done. Never throws. */
  readonly add: TakeReport = (calls, dropped) => {
    const room = MAX_BATCH - this.#calls.length;
    this.#calls = this.#calls.length === 0 && calls.length <= room ? calls : [...this.#calls, ...calls.slice(0, room)];
    this.#dropped += dropped + Math.max(0, calls.length - room);
    this.#tell();
  };

  #tell(): void {
    while (!this.#isTelling && (this.#calls.length > 0 || this.#dropped > 0)) {
      const calls = this.#calls;
      const dropped = this.#dropped;
      this.#calls = [];
      this.#dropped = 0;
      try {
        const taking = this.#options.take(calls, dropped);
        if (taking instanceof Promise) this.#wait(taking, calls.length);
      } catch (error) {
        this.#fail(calls.length, error);
      }
    }
  }

  #wait(taking: Promise<unknown>, count: number): void {
    this.#isTelling = true;
    const goOn = () => {
      this.#isTelling = false;
      this.#tell();
    };
    taking.then(goOn, (error) => {
      this.#fail(count, error);
      goOn();
    });
  }

  #fail(count: number, error: unknown): void {
    this.#lost += count;
    const now = performance.now();
    if (now < this.#quietUntil) return;
    this.#quietUntil = now + FAILURE_MS;
    const lost = this.#lost;
    this.#lost = 0;
    this.#options.failed(lost, error);
  }
}
