import type { Logger, LogLevel } from "../context/mod.ts";

/** One log record. */
export interface LogRecord {
  /** How urgent it is. */
  readonly level: LogLevel;
  /** What it says. */
  readonly message: string;
  /** What it says it about, where it does. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/**
 * A {@linkcode Logger} that remembers, for tests.
 *
 * @example
 * ```ts
 * import { MemoryLogger } from "@dagstack/plugin-system/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const logs = new MemoryLogger();
 * logs.warn("slow", { ms: 90 });
 * assertEquals(logs.records, [{ level: "warn", message: "slow", fields: { ms: 90 } }]);
 * assertEquals(logs.messages("warn"), ["slow"]);
 * ```
 */
export class MemoryLogger implements Logger {
  readonly #records: LogRecord[] = [];

  /** All records, in order. */
  get records(): readonly LogRecord[] {
    return [...this.#records];
  }

  /**
   * What was said.
   *
   * @param level Only on this level. @default all levels
   */
  messages(level?: LogLevel): string[] {
    return this.#records.filter((record) => level === undefined || record.level === level)
      .map(({ message }) => message);
  }

  /** Remembers a record for whoever looks for a fault. */
  debug(message: string, fields?: Record<string, unknown>): void {
    this.#take("debug", message, fields);
  }

  /** Remembers a record of the normal course. */
  info(message: string, fields?: Record<string, unknown>): void {
    this.#take("info", message, fields);
  }

  /** Remembers a warning. */
  warn(message: string, fields?: Record<string, unknown>): void {
    this.#take("warn", message, fields);
  }

  /** Remembers a failure. */
  error(message: string, fields?: Record<string, unknown>): void {
    this.#take("error", message, fields);
  }

  /** Forgets everything, as between two runs of a test. */
  clear(): void {
    this.#records.length = 0;
  }

  #take(level: LogLevel, message: string, fields: Record<string, unknown> | undefined): void {
    this.#records.push(fields === undefined ? { level, message } : { level, message, fields: { ...fields } });
  }
}
