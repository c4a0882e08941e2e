import type { LogLevel } from "../context/mod.ts";
import { weigh } from "../rpc/mod.ts";
import { MAX_LOG_RECORD } from "./guest_protocol.ts";
import type { PluginLog } from "./scope.ts";

const WINDOW_MS = 1000;
/** What a record counts besides its text. */
const OVERHEAD = 64;

/** Hands a plugin's records on until they are too many for one second; then drops and counts them, and says so. */
export class LogBudget {
  readonly #log: PluginLog;
  readonly #bytesPerSecond: number;
  #left: number;
  #windowEnds = 0;
  #dropped = 0;

  /** @param log Where records go; @param bytesPerSecond How much of them. */
  constructor(log: PluginLog, bytesPerSecond: number) {
    this.#log = log;
    this.#bytesPerSecond = bytesPerSecond;
    this.#left = bytesPerSecond;
  }

  /** Takes a record. */
  write(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    const now = performance.now();
    if (now >= this.#windowEnds) {
      this.#tellDropped();
      this.#windowEnds = now + WINDOW_MS;
      this.#left = this.#bytesPerSecond;
    }
    const cut = cutRecord(message);
    // Fields are weighed and not written, and only while there is room: bytes would be twelve times as long as text.
    const size = OVERHEAD + cut.length + (fields === undefined || this.#left <= 0 ? 0 : weigh(fields));
    if (this.#left <= 0 || size > this.#left) {
      this.#left = 0; // what follows is dropped too, so that records keep their order
      if (this.#dropped++ === 0) this.#log("warn", `log records are dropped: ${this.#limitText()}`);
      return;
    }
    this.#left -= size;
    this.#log(level, cut, fields);
  }

  /** Tells of what was dropped last. */
  close(): void {
    this.#tellDropped();
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    const what = `${this.#dropped} log record${this.#dropped === 1 ? " was" : "s were"} dropped`;
    this.#dropped = 0;
    this.#log("warn", `${what}: ${this.#limitText()}`);
  }

  #limitText(): string {
    return `the limit is ${this.#bytesPerSecond} bytes a second (limits.logBytesPerSecond)`;
  }
}

/** Room for what a cut record says of itself: it is cut in the guest, and the host must not cut it again. */
const SAID_OF_CUT = 40;

/** A record's text, cut where it is too long, and saying so. */
export function cutRecord(message: string): string {
  if (message.length <= MAX_LOG_RECORD + SAID_OF_CUT) return message;
  return `${message.slice(0, MAX_LOG_RECORD)}… (${message.length - MAX_LOG_RECORD} more characters)`;
}
