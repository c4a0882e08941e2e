import { type Logger, loggerTo } from "./logger.ts";

/**
 * A host's logger, made harmless: one that throws or rejects must not decide what becomes of a plugin. `console` is
 * given messages as data, for it takes a `%` in the first argument as its own.
 *
 * @param logger The host's.
 */
export function safeLogger(logger: Logger): Logger {
  return loggerTo((level, message, fields) => {
    try {
      const own = fields === undefined ? [] : [fields];
      const result: unknown = logger === console
        ? console[level]("%s", message, ...own)
        : logger[level](message, ...own as [Record<string, unknown>?]);
      if (result instanceof Promise) result.catch(() => {});
    } catch {
      return; // there is nowhere to say that the log itself is broken
    }
  });
}
