import { admitted, type DispatchOptions } from "./filter.ts";
import { byPriority } from "./order.ts";
import { type PreparedDispatch, type Stage, stagesFor } from "./stages.ts";
import type { DispatchTarget, Waiter } from "./target.ts";

/** A broadcast that wants no answers, made ready. */
export class PreparedNotify implements PreparedDispatch {
  readonly #kind: string;
  readonly #hook: string;
  readonly #stages: readonly Stage[];

  /**
   * Finds the plugins.
   *
   * @throws {KindUnknown | DispatchMismatch | HookUnknown} If there are none.
   */
  constructor(kind: string, hook: string, plugins: readonly DispatchTarget[]) {
    this.#kind = kind;
    this.#hook = hook;
    this.#stages = stagesFor(kind, hook, "broadcast_notify", byPriority(plugins));
  }

  /** Calls all; the waiter hears `undefined` when all have ended, however. */
  start(input: unknown, waiter: Waiter, options?: DispatchOptions): void {
    let stages: readonly Stage[];
    try {
      options?.signal?.throwIfAborted();
      stages = admitted(this.#stages, this.#kind, this.#hook, input, options);
    } catch (error) {
      return waiter.reject(error);
    }
    const run = new NotifyRun(this.#hook, stages.length, waiter, options?.signal);
    const args = [input];
    for (const { target, hook } of stages) target.start(hook, args, new Told(run, target), options);
  }
}

/** One broadcast under way. */
class NotifyRun {
  readonly #hook: string;
  readonly #waiter: Waiter;
  readonly #signal: AbortSignal | undefined;
  #waiting: number;

  constructor(hook: string, plugins: number, waiter: Waiter, signal: AbortSignal | undefined) {
    this.#hook = hook;
    this.#waiting = plugins;
    this.#waiter = waiter;
    this.#signal = signal;
  }

  fail(target: DispatchTarget, error: unknown): void {
    if (this.#signal?.aborted !== true) target.failed?.(this.#hook, "notify", error);
    else if (this.#waiting > 0) { // the caller gave up: no plugin is to blame, and nobody waits for the rest
      this.#waiting = 0;
      return this.#waiter.reject(this.#signal.reason);
    }
    this.ended();
  }

  ended(): void {
    if (--this.#waiting === 0) this.#waiter.resolve(undefined);
  }
}

/** Waits for one plugin of a broadcast. */
class Told implements Waiter {
  readonly #run: NotifyRun;
  readonly #target: DispatchTarget;

  constructor(run: NotifyRun, target: DispatchTarget) {
    this.#run = run;
    this.#target = target;
  }

  resolve(): void {
    this.#run.ended();
  }

  reject(error: unknown): void {
    this.#run.fail(this.#target, error);
  }
}
