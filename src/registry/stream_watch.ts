import type { Deadline, Deadlines } from "../deadlines.ts";
import type { RemoteStream } from "../rpc/mod.ts";

/**
 * Looks after a stream from a sandbox: when a reader has waited through a whole limit and nothing has come, the plugin
 * has missed its deadline as it would with a call. Looks once a limit, so that items pay nothing.
 */
export class StreamWatch implements Deadline {
  at = 0;
  readonly #stream: RemoteStream;
  readonly #deadlines: Deadlines;
  readonly #limitMs: number;
  readonly #missed: () => void;
  #before: number | undefined;

  /** @param missed Told once, when the stream has stalled. */
  constructor(stream: RemoteStream, deadlines: Deadlines, limitMs: number, missed: () => void) {
    this.#stream = stream;
    this.#deadlines = deadlines;
    this.#limitMs = limitMs;
    this.#missed = missed;
    deadlines.put(this, limitMs);
  }

  expire(): void {
    const now = this.#stream.waitingAfter;
    if (now === -1) return;
    if (now !== undefined && now === this.#before) return this.#missed();
    this.#before = now;
    this.#deadlines.put(this, this.#limitMs);
  }
}

/** Whether a result is a stream from a sandbox. */
export function isRemoteStream(value: unknown): value is RemoteStream {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value && "waitingAfter" in value;
}
