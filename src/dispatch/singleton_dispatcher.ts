import { activeByEnvironment } from "./active_by_environment.ts";
import type { DispatchOptions } from "./filter.ts";
import { PreparedCache } from "./prepared_cache.ts";
import { PreparedSingleton, type RoutingPolicy } from "./singleton.ts";
import type { DispatchTarget } from "./target.ts";

/** Options of a {@linkcode SingletonDispatcher}. */
export interface SingletonDispatcherOptions {
  /** Chooses among several plugins; without it, or where it has no opinion, the environment and the priority do. */
  route?: RoutingPolicy;
}

/**
 * Calls one plugin of a kind: the one that the routing policy names, else `DAGSTACK_ACTIVE_<KIND>` of the environment (asked
 * when the list of plugins changes), else the one of the highest priority.
 *
 * @typeParam I The input
 * @typeParam O A plugin's result
 *
 * @example
 * ```ts
 * import { PluginContext, PluginRegistry, SingletonDispatcher } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * class Polite {
 *   greet({ name }: { name: string }): string {
 *     return `Good day, ${name}`;
 *   }
 * }
 *
 * const base = { kind: "greeter", runtime: "in_process", core_version: ">=0.1.0,<1.0.0" };
 * const registry = new PluginRegistry();
 * await registry.registerModule(Polite, {
 *   ...base,
 *   name: "polite",
 *   entry_point: "plugin:Polite",
 * });
 * await registry.setupAll(new PluginContext());
 * try {
 *   const greeters = new SingletonDispatcher<{ name: string }, string>("greeter");
 *   assertEquals(await greeters.dispatch(registry.getLoadedPlugins(), "greet", { name: "Ada" }), "Good day, Ada");
 * } finally {
 *   await registry.teardownAll();
 * }
 * ```
 */
export class SingletonDispatcher<I, O> {
  /** The kind whose plugins are called. */
  readonly kind: string;
  readonly #prepared: PreparedCache<PreparedSingleton>;

  /**
   * Names the kind.
   *
   * @param kind The kind whose plugins are called.
   * @param options What chooses among them.
   */
  constructor(kind: string, options: SingletonDispatcherOptions = {}) {
    this.kind = kind;
    const { route } = options;
    this.#prepared = new PreparedCache((hook, plugins) => {
      const active = activeByEnvironment(kind); // not asked at each call, which it would cost several times over
      return new PreparedSingleton(kind, hook, plugins, { route, active: () => active });
    });
  }

  /**
   * Calls the one plugin.
   *
   * @param plugins Running plugins, of any kind. Keep the list, as long as it holds the same.
   * @param hook The hook, by its hookspec name; a plugin may also have it in camelCase.
   * @param input The hook's one argument.
   * @param options Of this dispatch.
   * @returns The plugin's result.
   * @throws {KindUnknown} If no plugin of the kind is among them, the filter admits none, or a name is given that is none of theirs.
   * @throws {DispatchMismatch} If the hook is declared to be dispatched by another class.
   * @throws {HookUnknown} If none of them has the hook.
   * @throws {AmbiguousPlugin} If several have the highest priority, and nothing else decides.
   */
  dispatch(
    plugins: readonly DispatchTarget[],
    hook: string,
    input: I,
    options?: DispatchOptions,
  ): Promise<O> {
    return this.#prepared.dispatch(plugins, hook, input, options) as Promise<O>;
  }
}
