import { LogProgressSink, type ProgressSink } from "../resources/mod.ts";
import type { Logger } from "./logger.ts";
import { TO_LOG } from "./offered_resources.ts";
import { type RunningCall, runningCall } from "./running_call.ts";

/** A plugin's `progress`: what it was given, or its own log. */
export function progressFrom(given: unknown, logger: Logger): ProgressSink {
  return given === undefined || given === TO_LOG ? new LoggedProgress(logger) : given as ProgressSink;
}

/** Progress in the log. Each call that carries something has a sink of its own, so that none takes another's turn. */
class LoggedProgress implements ProgressSink {
  readonly #logger: Logger;
  readonly #others: LogProgressSink;
  readonly #ofCalls = new WeakMap<RunningCall, LogProgressSink>();

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#others = new LogProgressSink(logger);
  }

  update(...report: Parameters<ProgressSink["update"]>): Promise<void> {
    return this.#sink().update(...report);
  }

  event(...report: Parameters<ProgressSink["event"]>): Promise<void> {
    return this.#sink().event(...report);
  }

  #sink(): LogProgressSink {
    const call = runningCall();
    if (call === undefined) return this.#others;
    let own = this.#ofCalls.get(call);
    if (own === undefined) this.#ofCalls.set(call, own = new LogProgressSink(this.#logger));
    return own;
  }
}
