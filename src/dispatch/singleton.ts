import { AmbiguousPlugin, KindUnknown } from "../errors.ts";
import type { Manifest } from "../manifest/mod.ts";
import { activeVariable } from "./active_by_environment.ts";
import { admitted, type DispatchOptions } from "./filter.ts";
import { byPriority } from "./order.ts";
import { idOf, type PreparedDispatch, type Stage, stagesFor, startStage } from "./stages.ts";
import type { CallOptions, DispatchTarget, Waiter } from "./target.ts";

/**
 * The host's own choice among several plugins.
 *
 * @param candidates Their manifests, by priority, then name.
 * @param input The input of the dispatch.
 * @param options Of the dispatch.
 * @returns A plugin's name; `undefined` for no opinion.
 */
export type RoutingPolicy = (
  candidates: readonly Manifest[],
  input: unknown,
  options: CallOptions,
) => string | undefined;

/** What chooses the one plugin, beside its priority. */
export interface SingletonOptions {
  /** Is asked first. */
  route?: RoutingPolicy;
  /** Gives the name that the environment says, if any; is asked next. */
  active?: () => string | undefined;
}

/** A singleton dispatch, made ready. */
export class PreparedSingleton implements PreparedDispatch {
  readonly #kind: string;
  readonly #hook: string;
  readonly #options: SingletonOptions;
  readonly #stages: readonly Stage[];
  readonly #manifests: readonly Manifest[];

  /**
   * Finds the candidates.
   *
   * @throws {KindUnknown | DispatchMismatch | HookUnknown} If there are none.
   */
  constructor(kind: string, hook: string, plugins: readonly DispatchTarget[], options: SingletonOptions = {}) {
    this.#kind = kind;
    this.#hook = hook;
    this.#options = options;
    this.#stages = stagesFor(kind, hook, "singleton", byPriority(plugins));
    this.#manifests = this.#stages.map(manifestOf);
  }

  /**
   * Chooses the one that is called.
   *
   * @throws {AmbiguousPlugin} If several have the highest priority, and nothing else decides.
   * @throws {KindUnknown} If a name is given that is no candidate's, or the filter admits none.
   */
  select(input: unknown, options: DispatchOptions = {}): Stage {
    const stages = admitted(this.#stages, this.#kind, this.#hook, input, options);
    const { route, active } = this.#options;
    if (route !== undefined) {
      const manifests = stages === this.#stages ? this.#manifests : stages.map(manifestOf);
      const name = route(manifests, input, options);
      if (name !== undefined) return this.#named(name, "the routing policy", stages);
    }
    const name = active?.();
    if (name !== undefined) return this.#named(name, activeVariable(this.#kind), stages);
    return this.#highest(stages);
  }

  /** Calls the one chosen. */
  start(input: unknown, waiter: Waiter, options?: DispatchOptions): void {
    let stage: Stage;
    try {
      options?.signal?.throwIfAborted();
      stage = this.select(input, options);
    } catch (error) {
      return waiter.reject(error);
    }
    startStage(stage, input, waiter, options);
  }

  #named(name: string, by: string, stages: readonly Stage[]): Stage {
    const stage = stages.find(({ target }) => target.manifest.name === name);
    if (stage !== undefined) return stage;
    const names = stages.slice(0, 20).map(({ target }) => `"${target.manifest.name}"`).join(", ");
    throw new KindUnknown(
      `Cannot dispatch "${this.#hook}": ${by} names "${name}", the candidates of kind "${this.#kind}" are ${names}`,
    );
  }

  #highest(stages: readonly Stage[]): Stage {
    const [first, second] = stages;
    const priority = first!.target.manifest.priority;
    if (second?.target.manifest.priority !== priority) return first!;
    const tied = stages.filter(({ target }) => target.manifest.priority === priority).map(idOf);
    throw new AmbiguousPlugin(
      `Cannot dispatch "${this.#hook}" to one plugin of kind "${this.#kind}": ${tied.join(", ")} have priority ` +
        `${priority}; set ${activeVariable(this.#kind)}, a routing policy, or other priorities`,
      tied,
    );
  }
}

const manifestOf = ({ target }: Stage) => target.manifest;
