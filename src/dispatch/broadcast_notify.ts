import { BroadcastRun } from "./broadcast_run.ts";
import { admitted, type DispatchOptions } from "./filter.ts";
import { byPriority } from "./order.ts";
import { RunPool } from "./run_pool.ts";
import { type PreparedDispatch, type Stage, stagesFor } from "./stages.ts";
import type { DispatchTarget, Waiter } from "./target.ts";

/** A broadcast that wants no answers, made ready. */
export class PreparedNotify implements PreparedDispatch {
  readonly #kind: string;
  readonly #hook: string;
  readonly #stages: readonly Stage[];
  readonly #pool: RunPool<NotifyRun>;

  /**
   * Finds the plugins.
   *
   * @throws {KindUnknown | DispatchMismatch | HookUnknown} If there are none.
   */
  constructor(kind: string, hook: string, plugins: readonly DispatchTarget[]) {
    this.#kind = kind;
    this.#hook = hook;
    this.#stages = stagesFor(kind, hook, "broadcast_notify", byPriority(plugins));
    this.#pool = new RunPool((rest) => new NotifyRun(hook, this.#stages, rest));
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
    const run = stages === this.#stages ? this.#pool.take() : new NotifyRun(this.#hook, stages);
    run.start(input, waiter, options);
  }
}

/** One broadcast under way. */
class NotifyRun extends BroadcastRun {
  readonly #hook: string;
  readonly #stages: readonly Stage[];
  #waiter: Waiter | undefined = undefined;
  #signal: AbortSignal | undefined = undefined;
  #waiting = 0;

  constructor(hook: string, stages: readonly Stage[], rest?: (run: NotifyRun) => void) {
    super(stages, rest);
    this.#hook = hook;
    this.#stages = stages;
  }

  start(input: unknown, waiter: Waiter, options: DispatchOptions | undefined): void {
    this.#waiter = waiter;
    this.#signal = options?.signal;
    this.#waiting = this.#stages.length;
    this.call(input, options);
    this.closed();
  }

  get isOver(): boolean {
    return false;
  }

  protected forget(): void {
    this.#waiter = this.#signal = undefined;
  }

  took(): void {
    if (--this.#waiting === 0) this.#waiter!.resolve(undefined);
  }

  missed(place: number, error: unknown): void {
    if (this.#signal?.aborted !== true) this.#stages[place]!.target.failed?.(this.#hook, "notify", error);
    else if (this.#waiting > 0) { // the caller gave up: no plugin is to blame, and nobody waits for the rest
      this.#waiting = 0;
      return this.#waiter!.reject(this.#signal.reason);
    }
    this.took();
  }
}
