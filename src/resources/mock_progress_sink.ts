import type { JsonValue } from "../json.ts";
import { type ProgressEvent, type ProgressUpdate, takeEvent, takeUpdate } from "./progress_report.ts";
import type { ProgressSink } from "./progress_sink.ts";

/** A {@linkcode ProgressSink} that remembers, for tests. What it remembers is its own, and frozen. */
export class MockProgressSink implements ProgressSink {
  readonly #reports: (ProgressUpdate | ProgressEvent)[] = [];

  /** All that was reported, in order. */
  get reports(): readonly (ProgressUpdate | ProgressEvent)[] {
    return Object.freeze([...this.#reports]);
  }

  /** The updates among them. */
  get updates(): readonly ProgressUpdate[] {
    return Object.freeze(this.#reports.filter((report) => "percent" in report));
  }

  /** The events among them. */
  get events(): readonly ProgressEvent[] {
    return Object.freeze(this.#reports.filter((report) => "type" in report));
  }

  /** Remembers how far the work is. */
  async update(percent: number, message: string, payload?: JsonValue): Promise<void> {
    await this.#remember(() => takeUpdate(percent, message, payload));
  }

  /** Remembers what happened. */
  async event(type: string, payload?: JsonValue): Promise<void> {
    await this.#remember(() => takeEvent(type, payload));
  }

  /** Forgets everything, as between two runs of a test. */
  clear(): void {
    this.#reports.length = 0;
  }

  #remember(take: () => ProgressUpdate | ProgressEvent): Promise<void> {
    this.#reports.push(take());
    return Promise.resolve();
  }
}
