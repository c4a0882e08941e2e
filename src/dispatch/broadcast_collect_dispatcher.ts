import type { ErrorPolicy } from "../hookspec/mod.ts";
import { type CollectedResults, PreparedCollect } from "./broadcast_collect.ts";
import type { DispatchOptions } from "./filter.ts";
import { PreparedCache } from "./prepared_cache.ts";
import type { DispatchTarget } from "./target.ts";

/** Options of a {@linkcode BroadcastCollectDispatcher}. */
export interface BroadcastCollectDispatcherOptions {
  /**
   * What a failure does.
   *
   * @default What the hook's declaration says, else `"fail_fast"`
   */
  errorPolicy?: ErrorPolicy;
}

/**
 * Calls all plugins of a kind at once and collects their results, by priority, then name. Under `fail_fast` the first failure
 * ends it; under `best_effort` the results that came are given, with the failures beside them.
 *
 * @typeParam I The input
 * @typeParam O A plugin's result
 *
 * @example
 * ```ts
 * import { BroadcastCollectDispatcher, PluginContext, PluginRegistry } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * class Titles {
 *   search({ query }: { query: string }): string[] {
 *     return [`title of ${query}`];
 *   }
 * }
 * class Broken {
 *   search(): string[] {
 *     throw new Error("no index");
 *   }
 * }
 *
 * const base = { kind: "search", runtime: "in_process", core_version: ">=0.1.0,<1.0.0" };
 * const registry = new PluginRegistry();
 * await registry.registerModule(Titles, {
 *   ...base,
 *   name: "titles",
 *   entry_point: "plugin:Titles",
 * });
 * await registry.registerModule(Broken, {
 *   ...base,
 *   name: "broken",
 *   entry_point: "plugin:Broken",
 * });
 * await registry.setupAll(new PluginContext());
 * try {
 *   const search = new BroadcastCollectDispatcher<{ query: string }, string[]>("search", { errorPolicy: "best_effort" });
 *   const found = await search.dispatch(registry.getLoadedPlugins(), "search", { query: "deno" });
 *   assertEquals([...found], [["title of deno"]]);
 *   assertEquals(found.failures.map(({ plugin, error }) => [plugin, error.message]), [["search/broken", "no index"]]);
 * } finally {
 *   await registry.teardownAll();
 * }
 * ```
 */
export class BroadcastCollectDispatcher<I, O> {
  /** The kind whose plugins are called. */
  readonly kind: string;
  readonly #prepared: PreparedCache<PreparedCollect>;

  /**
   * Names the kind.
   *
   * @param kind The kind whose plugins are called.
   * @param options What a failure does.
   */
  constructor(kind: string, options: BroadcastCollectDispatcherOptions = {}) {
    this.kind = kind;
    const { errorPolicy } = options;
    this.#prepared = new PreparedCache((hook, plugins) => new PreparedCollect(kind, hook, plugins, errorPolicy));
  }

  /**
   * Calls all.
   *
   * @param plugins Running plugins, of any kind. Keep the list, as long as it holds the same.
   * @param hook The hook, by its hookspec name; a plugin may also have it in camelCase.
   * @param input The hook's one argument.
   * @param options Of this dispatch.
   * @returns Their results, with the failures beside them.
   * @throws {KindUnknown} If no plugin of the kind is among them, or the filter admits none.
   * @throws {DispatchMismatch} If the hook is declared to be dispatched by another class.
   * @throws {HookUnknown} If none of them has the hook.
   * @throws {BroadcastErrors} If one fails, under `fail_fast`.
   */
  dispatch(
    plugins: readonly DispatchTarget[],
    hook: string,
    input: I,
    options?: DispatchOptions,
  ): Promise<CollectedResults<O>> {
    return this.#prepared.dispatch(plugins, hook, input, options) as Promise<CollectedResults<O>>;
  }
}
