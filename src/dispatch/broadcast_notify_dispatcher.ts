import { PreparedNotify } from "./broadcast_notify.ts";
import type { DispatchOptions } from "./filter.ts";
import { PreparedCache } from "./prepared_cache.ts";
import type { DispatchTarget } from "./target.ts";

/**
 * Tells all plugins of a kind at once, and wants no answers. A plugin that fails is reported to its registry, which logs it,
 * and keeps nothing from the others.
 *
 * @typeParam I The input
 *
 * @example
 * ```ts
 * import { BroadcastNotifyDispatcher, PluginContext, PluginRegistry } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * const heard: string[] = [];
 * class Listener {
 *   told({ news }: { news: string }): void {
 *     heard.push(news);
 *   }
 * }
 *
 * const base = { kind: "listener", runtime: "in_process", core_version: ">=0.1.0,<1.0.0" };
 * const registry = new PluginRegistry();
 * await registry.registerModule(Listener, {
 *   ...base,
 *   name: "ear",
 *   entry_point: "plugin:Listener",
 * });
 * await registry.setupAll(new PluginContext());
 * try {
 *   const listeners = new BroadcastNotifyDispatcher<{ news: string }>("listener");
 *   await listeners.dispatch(registry.getLoadedPlugins(), "told", { news: "it rains" });
 *   assertEquals(heard, ["it rains"]);
 * } finally {
 *   await registry.teardownAll();
 * }
 * ```
 */
export class BroadcastNotifyDispatcher<I> {
  /** The kind whose plugins are called. */
  readonly kind: string;
  readonly #prepared: PreparedCache<PreparedNotify>;

  /**
   * Names the kind.
   *
   * @param kind The kind whose plugins are called.
   */
  constructor(kind: string) {
    this.kind = kind;
    this.#prepared = new PreparedCache((hook, plugins) => new PreparedNotify(kind, hook, plugins));
  }

  /**
   * Tells all.
   *
   * @param plugins Running plugins, of any kind. Keep the list, as long as it holds the same.
   * @param hook The hook, by its hookspec name; a plugin may also have it in camelCase.
   * @param input The hook's one argument.
   * @param options Of this dispatch.
   * @returns When all have ended.
   * @throws {KindUnknown} If no plugin of the kind is among them, or the filter admits none.
   * @throws {DispatchMismatch} If the hook is declared to be dispatched by another class.
   * @throws {HookUnknown} If none of them has the hook.
   */
  dispatch(
    plugins: readonly DispatchTarget[],
    hook: string,
    input: I,
    options?: DispatchOptions,
  ): Promise<void> {
    return this.#prepared.dispatch(plugins, hook, input, options) as Promise<void>;
  }
}
