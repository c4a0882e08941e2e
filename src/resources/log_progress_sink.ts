import { escapeControl } from "../escape_control.ts";
import type { JsonValue } from "../json.ts";
import { SystemClock } from "./clock.ts";
import { takeEvent, takeUpdate } from "./progress_report.ts";
import type { ProgressSink } from "./progress_sink.ts";

/** Where progress is written; any logger, also `console`, is one. */
export interface ProgressLogger {
  /** Takes a record. */
  info(message: string, fields?: Record<string, unknown>): void;
}

/** Settings of a {@linkcode LogProgressSink}. */
export interface LogProgressSinkOptions {
  /** Milliseconds between two updates in the log; the first, and the first at 1, are written at once. @default 1000 */
  intervalMs?: number;
  /** As many events are written in one interval. @default 20 */
  maxEvents?: number;
  /** Time. @default the system's clock */
  clock?: { monotonicNs(): bigint };
}

/**
 * A {@linkcode ProgressSink} that writes to a log, and no more than anybody can read: what comes faster is left out,
 * and counted in the next record (`skipped`). One sink is for one piece of work: two in one would take each other's turn.
 */
export class LogProgressSink implements ProgressSink {
  readonly #logger: ProgressLogger;
  readonly #clock: { monotonicNs(): bigint };
  readonly #intervalNs: bigint;
  readonly #maxEvents: number;
  #updatedAt: bigint | undefined;
  #complete = false;
  #skippedUpdates = 0;
  #eventsSince: bigint | undefined;
  #events = 0;
  #skippedEvents = 0;

  /**
   * Makes a sink.
   *
   * @param logger Where records go, as `info`.
   * @param options How many.
   * @throws {RangeError} If a limit is none.
   */
  constructor(logger: ProgressLogger, options: LogProgressSinkOptions = {}) {
    const { intervalMs = 1000, maxEvents = 20, clock = new SystemClock() } = options;
    for (const [name, value] of Object.entries({ intervalMs, maxEvents })) {
      if (!Number.isSafeInteger(value) || value < 0) {
        throw new RangeError(`Cannot limit progress records: ${name} is ${value}, no whole number of at least 0`);
      }
    }
    this.#logger = logger;
    this.#clock = clock;
    this.#intervalNs = BigInt(intervalMs) * 1_000_000n;
    this.#maxEvents = maxEvents;
  }

  /** Writes how far the work is, unless it did a moment ago. */
  update(percent: number, message: string, payload?: JsonValue): Promise<void> {
    return Promise.try(() => {
      const update = takeUpdate(percent, message, payload);
      const now = this.#clock.monotonicNs();
      const done = percent === 1 && !this.#complete;
      if (!done && this.#updatedAt !== undefined && now - this.#updatedAt < this.#intervalNs) {
        this.#skippedUpdates++;
        return;
      }
      const skipped = this.#skippedUpdates;
      this.#updatedAt = now;
      this.#complete = percent === 1;
      this.#skippedUpdates = 0;
      const { message: _shown, ...fields } = update;
      this.#write(`${shownPercent(percent)} % ${message}`, fields, skipped);
    });
  }

  /** Writes what happened, unless too much did. */
  event(type: string, payload?: JsonValue): Promise<void> {
    return Promise.try(() => {
      const event = takeEvent(type, payload);
      const now = this.#clock.monotonicNs();
      if (this.#eventsSince === undefined || now - this.#eventsSince >= this.#intervalNs) {
        this.#eventsSince = now;
        this.#events = 0;
      }
      if (this.#events >= this.#maxEvents) {
        this.#skippedEvents++;
        return;
      }
      this.#events++;
      const skipped = this.#skippedEvents;
      this.#skippedEvents = 0;
      this.#write(`event ${type}`, { ...event }, skipped);
    });
  }

  #write(message: string, fields: Record<string, unknown>, skipped: number): void {
    this.#logger.info(escapeControl(message), skipped === 0 ? fields : { ...fields, skipped });
  }
}

/** Never 100 before the end, nor 28 for 0.29, whose hundredfold is a little less than 29. */
function shownPercent(percent: number): number {
  return percent === 1 ? 100 : Math.min(99, Math.floor(percent * 100 + 1e-9));
}
