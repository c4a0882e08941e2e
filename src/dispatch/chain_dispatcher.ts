import { PreparedChain } from "./chain.ts";
import type { DispatchOptions } from "./filter.ts";
import { PreparedCache } from "./prepared_cache.ts";
import type { DispatchTarget } from "./target.ts";

/**
 * Passes a value through all plugins of a kind, in the order of {@linkcode orderForChain}: each is given what the one before it
 * returned. What one throws ends the chain; one that returns {@linkcode STOP_CHAIN} ends it with the value it was given.
 *
 * @typeParam I The input
 *
 * @example
 * ```ts
 * import { ChainDispatcher, PluginContext, PluginRegistry } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * class Trim {
 *   apply({ text }: { text: string }) {
 *     return { text: text.trim() };
 *   }
 * }
 * class Exclaim {
 *   apply({ text }: { text: string }) {
 *     return { text: `${text}!` };
 *   }
 * }
 *
 * const base = { kind: "filter", runtime: "in_process", core_version: ">=0.1.0,<1.0.0" };
 * const registry = new PluginRegistry();
 * await registry.registerModule(Trim, {
 *   ...base,
 *   name: "trim",
 *   entry_point: "plugin:Trim",
 *   tryfirst: true,
 * });
 * await registry.registerModule(Exclaim, {
 *   ...base,
 *   name: "exclaim",
 *   entry_point: "plugin:Exclaim",
 * });
 * await registry.setupAll(new PluginContext());
 * try {
 *   const filters = new ChainDispatcher<{ text: string }>("filter");
 *   assertEquals(await filters.dispatch(registry.getLoadedPlugins(), "apply", { text: " hello " }), { text: "hello!" });
 * } finally {
 *   await registry.teardownAll();
 * }
 * ```
 */
export class ChainDispatcher<T> {
  /** The kind whose plugins are called. */
  readonly kind: string;
  readonly #prepared: PreparedCache<PreparedChain>;

  /**
   * Names the kind.
   *
   * @param kind The kind whose plugins are called.
   */
  constructor(kind: string) {
    this.kind = kind;
    this.#prepared = new PreparedCache((hook, plugins) => new PreparedChain(kind, hook, plugins));
  }

  /**
   * Calls one after the other.
   *
   * @param plugins Running plugins, of any kind. Keep the list, as long as it holds the same.
   * @param hook The hook, by its hookspec name; a plugin may also have it in camelCase.
   * @param input The hook's one argument.
   * @param options Of this dispatch.
   * @returns What the last one returned.
   * @throws {KindUnknown} If no plugin of the kind is among them, or the filter admits none.
   * @throws {DispatchMismatch} If the hook is declared to be dispatched by another class, or a plugin is `in_process_only`.
   * @throws {HookUnknown} If none of them has the hook.
   */
  dispatch(
    plugins: readonly DispatchTarget[],
    hook: string,
    input: T,
    options?: DispatchOptions,
  ): Promise<T> {
    return this.#prepared.dispatch(plugins, hook, input, options) as Promise<T>;
  }
}
