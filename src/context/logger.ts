/** Where records go. `console` is one (SPEC section 8a). */
export interface Logger {
  /** For whoever looks for a fault. */
  debug(message: string, fields?: Record<string, unknown>): void;
  /** What happens in the normal course. */
  info(message: string, fields?: Record<string, unknown>): void;
  /** What somebody should look at. */
  warn(message: string, fields?: Record<string, unknown>): void;
  /** What failed. */
  error(message: string, fields?: Record<string, unknown>): void;
}

/** The levels of a {@linkcode Logger}, least urgent first. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** All levels. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/**
 * A logger that adds the same fields to every record.
 *
 * @param logger Where the records go.
 * @param fields What is added; they win over a record's own of the same name, which would be another's.
 */
export function withFields(logger: Logger, fields: Record<string, unknown>): Logger {
  return loggerTo((level, message, own) => logger[level](message, { ...own, ...fields }));
}

/**
 * A logger that hands every record to one function.
 *
 * @param write Takes the record.
 */
export function loggerTo(write: (level: LogLevel, message: string, fields?: Record<string, unknown>) => void): Logger {
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
  };
}
