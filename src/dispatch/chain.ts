import { DispatchMismatch, HookTimeout } from "../errors.ts";
import { STOP_CHAIN } from "../stop_chain.ts";
import { admitted, type DispatchOptions } from "./filter.ts";
import { orderForChain } from "./order.ts";
import { idOf, type PreparedDispatch, type Stage, stagesFor } from "./stages.ts";
import type { DispatchTarget, Waiter } from "./target.ts";

/** A chain, made ready. */
export class PreparedChain implements PreparedDispatch {
  readonly #kind: string;
  readonly #hook: string;
  readonly #stages: readonly Stage[];
  readonly #misplaced: boolean;

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
    new ChainRun(stages, input, waiter, options).run();
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

/** One chain under way. The same object waits for each plugin in turn. */
class ChainRun implements Waiter {
  readonly #stages: readonly Stage[];
  readonly #waiter: Waiter;
  readonly #options: DispatchOptions | undefined;
  readonly #startedAt: number;
  #value: unknown;
  #next = 0;
  #starting = false;
  #answeredAtOnce = false;

  constructor(stages: readonly Stage[], input: unknown, waiter: Waiter, options: DispatchOptions | undefined) {
    this.#stages = stages;
    this.#value = input;
    this.#waiter = waiter;
    this.#options = options;
    this.#startedAt = options?.timeoutMs === undefined ? 0 : performance.now();
  }

  /** A loop: plugins that answer at once do not make the stack deeper. */
  run(): void {
    const stages = this.#stages;
    while (this.#next < stages.length) {
      let options = this.#options;
      if (options !== undefined) {
        if (options.signal?.aborted === true) return this.#waiter.reject(options.signal.reason);
        if (options.timeoutMs !== undefined && this.#next > 0) {
          options = this.#remaining(options, options.timeoutMs);
          if (options === undefined) return;
        }
      }
      const { target, hook } = stages[this.#next++]!;
      this.#answeredAtOnce = false;
      this.#starting = true;
      target.start(hook, [this.#value], this, options);
      this.#starting = false;
      if (!this.#answeredAtOnce) return;
    }
    this.#waiter.resolve(this.#value);
  }

  resolve(value: unknown): void {
    if (value === STOP_CHAIN) return this.#waiter.resolve(this.#value);
    this.#value = value;
    if (this.#starting) this.#answeredAtOnce = true;
    else this.run();
  }

  reject(error: unknown): void {
    this.#waiter.reject(error);
  }

  /** The limit is the whole chain's: each plugin has what those before left. */
  #remaining(options: DispatchOptions, timeoutMs: number): DispatchOptions | undefined {
    const elapsed = performance.now() - this.#startedAt;
    if (elapsed < timeoutMs) return { ...options, timeoutMs: timeoutMs - elapsed };
    const { target, hook } = this.#stages[this.#next]!;
    const { kind, name } = target.manifest;
    this.#waiter.reject(new HookTimeout("hook", timeoutMs, elapsed, { plugin: `${kind}/${name}`, hook }));
  }
}
