import type { ErrorPolicy } from "../hookspec/mod.ts";
import { BroadcastErrors, type PluginFailure } from "../errors.ts";
import { BroadcastRun } from "./broadcast_run.ts";
import { admitted, type DispatchOptions } from "./filter.ts";
import { byPriority } from "./order.ts";
import { RunPool } from "./run_pool.ts";
import { asError, idOf, type PreparedDispatch, type Stage, stagesFor } from "./stages.ts";
import type { DispatchTarget, Waiter } from "./target.ts";

/**
 * What a `broadcast_collect` gives: the answers by priority of their plugins, then name; and beside them the failures,
 * which are there only under `best_effort`.
 */
export type CollectedResults<O> = O[] & {
  /** The plugins that failed, in the same order. Not enumerable, so that the results stay a plain list. */
  readonly failures: readonly PluginFailure[];
};

/** A collecting broadcast, made ready. */
export class PreparedCollect implements PreparedDispatch {
  readonly #kind: string;
  readonly #hook: string;
  readonly #policy: ErrorPolicy;
  readonly #stages: readonly Stage[];
  readonly #pool: RunPool<CollectRun>;

  /**
   * Finds the plugins.
   *
   * @param policy `fail_fast` unless the hook's declaration says otherwise.
   * @throws {KindUnknown | DispatchMismatch | HookUnknown} If there are none.
   */
  constructor(kind: string, hook: string, plugins: readonly DispatchTarget[], policy?: ErrorPolicy) {
    this.#kind = kind;
    this.#hook = hook;
    this.#stages = stagesFor(kind, hook, "broadcast_collect", byPriority(plugins));
    this.#policy = policy ?? declaredPolicy(this.#stages, hook) ?? "fail_fast";
    this.#pool = new RunPool((rest) => new CollectRun(kind, hook, this.#policy, this.#stages, rest));
  }

  /** Calls all. */
  start(input: unknown, waiter: Waiter, options?: DispatchOptions): void {
    let stages: readonly Stage[];
    try {
      options?.signal?.throwIfAborted();
      stages = admitted(this.#stages, this.#kind, this.#hook, input, options);
    } catch (error) {
      return waiter.reject(error);
    }
    const run = stages === this.#stages
      ? this.#pool.take()
      : new CollectRun(this.#kind, this.#hook, this.#policy, stages);
    run.start(input, waiter, options);
  }
}

function declaredPolicy(stages: readonly Stage[], hook: string): ErrorPolicy | undefined {
  return stages.map(({ target }) => target.declaration?.(hook)?.errorPolicy).find((policy) => policy !== undefined);
}

/** One collect under way. */
class CollectRun extends BroadcastRun {
  readonly #kind: string;
  readonly #hook: string;
  readonly #policy: ErrorPolicy;
  readonly #stages: readonly Stage[];
  #waiter: Waiter | undefined = undefined;
  #signal: AbortSignal | undefined = undefined;
  /** By the place of their stage; what failed leaves a hole. */
  #results: unknown[] = [];
  #failures: PluginFailure[] | undefined = undefined;
  /** One more than the plugins that have not answered, until all are started. */
  #waiting = 0;
  #starting = false;
  #over = true;

  constructor(
    kind: string,
    hook: string,
    policy: ErrorPolicy,
    stages: readonly Stage[],
    rest?: (run: CollectRun) => void,
  ) {
    super(stages, rest);
    this.#kind = kind;
    this.#hook = hook;
    this.#policy = policy;
    this.#stages = stages;
  }

  start(input: unknown, waiter: Waiter, options: DispatchOptions | undefined): void {
    const { length } = this.#stages;
    this.#waiter = waiter;
    this.#signal = options?.signal;
    this.#results = new Array(length);
    this.#failures = undefined;
    this.#waiting = length + 1;
    this.#starting = true;
    this.#over = false;
    this.call(input, options);
    this.#starting = false;
    if (this.#failures !== undefined && this.#policy === "fail_fast") this.#refuse();
    else this.#ended();
    this.closed();
  }

  get isOver(): boolean {
    return this.#over;
  }

  protected forget(): void {
    this.#waiter = this.#signal = this.#failures = undefined;
    this.#results = [];
  }

  took(place: number, value: unknown): void {
    if (this.#over) return;
    this.#results[place] = value;
    this.#stages[place]!.target.answered?.();
    this.#ended();
  }

  missed(place: number, thrown: unknown): void {
    if (this.#over) return;
    if (this.#signal?.aborted === true) { // then no plugin is to blame
      this.#over = true;
      return this.#waiter!.reject(this.#signal.reason);
    }
    const stage = this.#stages[place]!;
    stage.target.failed?.(this.#hook, this.#policy, thrown);
    this.#failures ??= new Array(this.#stages.length);
    this.#failures[place] = { plugin: idOf(stage), error: asError(thrown) };
    if (this.#policy === "best_effort") this.#ended();
    else if (!this.#starting) this.#refuse();
  }

  #refuse(): void {
    if (this.#over) return;
    this.#over = true;
    this.#waiter!.reject(new BroadcastErrors(this.#kind, this.#hook, withoutHoles(this.#failures!)));
  }

  #ended(): void {
    if (--this.#waiting > 0 || this.#over) return;
    this.#over = true;
    const waiter = this.#waiter!;
    if (this.#failures === undefined) return waiter.resolve(defineProperty(this.#results, "failures", NONE));
    const failures = { value: withoutHoles(this.#failures) };
    waiter.resolve(defineProperty(withoutHoles(this.#results), "failures", failures));
  }
}

const { defineProperty } = Object;

const NONE: PropertyDescriptor = { value: Object.freeze([]) };

const withoutHoles = <T>(list: readonly T[]): T[] => list.filter(() => true);
