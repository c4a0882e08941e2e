import { DispatchMismatch } from "../errors.ts";
import { ChainRun } from "./chain_run.ts";
import { admitted, type DispatchOptions } from "./filter.ts";
import { orderForChain } from "./order.ts";
import { RunPool } from "./run_pool.ts";
import { idOf, type PreparedDispatch, type Stage, stagesFor } from "./stages.ts";
import type { DispatchTarget, Waiter } from "./target.ts";

/** A chain, made ready. */
export class PreparedChain implements PreparedDispatch {
  readonly #kind: string;
  readonly #hook: string;
  readonly #stages: readonly Stage[];
  readonly #misplaced: boolean;
  readonly #pool: RunPool<ChainRun>;

  /**
   * Finds the plugins.
   *
   * @throws {KindUnknown | DispatchMismatch | HookUnknown} If there are none.
   */
  constructor(kind: string, hook: string, plugins: readonly DispatchTarget[]) {
    this.#kind = kind;
    this.#hook = hook;
    this.#stages = stagesFor(kind, hook, "chain", orderForChain(plugins));
    this.#misplaced = this.#stages.some(inProcessOnly);
    this.#pool = new RunPool((rest) => new ChainRun(this.#stages, rest));
  }

  /** Calls the plugins one after the other, each with what the one before gave. */
  start(input: unknown, waiter: Waiter, options?: DispatchOptions): void {
    let stages: readonly Stage[];
    try {
      stages = admitted(this.#stages, this.#kind, this.#hook, input, options);
      if (this.#misplaced) this.#refuseInProcessOnly(stages);
    } catch (error) {
      return waiter.reject(error);
    }
    const run = stages === this.#stages ? this.#pool.take() : new ChainRun(stages);
    run.start(input, waiter, options);
  }

  #refuseInProcessOnly(stages: readonly Stage[]): void {
    const misplaced = stages.find(inProcessOnly);
    if (misplaced === undefined) return;
    const plugin = idOf(misplaced);
    const reason = `plugin "${plugin}" is in_process_only and cannot stand in a chain`;
    throw new DispatchMismatch(this.#kind, this.#hook, "in_process_only", "chain", { plugin, reason });
  }
}

const inProcessOnly = ({ target }: Stage) => target.manifest.in_process_only;
