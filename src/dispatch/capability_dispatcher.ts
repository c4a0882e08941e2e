import { PreparedCapability } from "./capability.ts";
import type { DispatchOptions } from "./filter.ts";
import { PreparedCache } from "./prepared_cache.ts";
import type { DispatchTarget } from "./target.ts";

/**
 * Calls the plugin of a kind that can take the input: whose `supports_languages`, `supports_extensions`, `supports_mime_types`
 * and `capabilities` fit its `language`, `extension`, `mime_type` and `capabilities`, and whose own `matches`, where it has one,
 * says `true`. Of several the first by priority, then name; of none the fallback.
 *
 * @typeParam I The input
 * @typeParam O A plugin's result
 *
 * @example
 * ```ts
 * import { CapabilityDispatcher, PluginContext, PluginRegistry } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * class Python {
 *   parse({ text }: { text: string; language: string }): string {
 *     return `python: ${text}`;
 *   }
 * }
 * class Plain {
 *   parse({ text }: { text: string; language: string }): string {
 *     return `plain: ${text}`;
 *   }
 * }
 *
 * const base = { kind: "parser", runtime: "in_process", core_version: ">=0.1.0,<1.0.0" };
 * const registry = new PluginRegistry();
 * await registry.registerModule(Python, {
 *   ...base,
 *   name: "python",
 *   entry_point: "plugin:Python",
 *   supports_languages: ["python"],
 * });
 * await registry.registerModule(Plain, {
 *   ...base,
 *   name: "plain",
 *   entry_point: "plugin:Plain",
 *   fallback: true,
 * });
 * await registry.setupAll(new PluginContext());
 * try {
 *   const parsers = new CapabilityDispatcher<{ text: string; language: string }, string>("parser");
 *   const plugins = registry.getLoadedPlugins();
 *   assertEquals(await parsers.dispatch(plugins, "parse", { text: "x = 1", language: "Python" }), "python: x = 1");
 *   assertEquals(await parsers.dispatch(plugins, "parse", { text: "x := 1", language: "go" }), "plain: x := 1");
 * } finally {
 *   await registry.teardownAll();
 * }
 * ```
 */
export class CapabilityDispatcher<I, O> {
  /** The kind whose plugins are called. */
  readonly kind: string;
  readonly #prepared: PreparedCache<PreparedCapability>;

  /**
   * Names the kind.
   *
   * @param kind The kind whose plugins are called.
   */
  constructor(kind: string) {
    this.kind = kind;
    this.#prepared = new PreparedCache((hook, plugins) => new PreparedCapability(kind, hook, plugins));
  }

  /**
   * Calls the one that can.
   *
   * @param plugins Running plugins, of any kind. Keep the list, as long as it holds the same.
   * @param hook The hook, by its hookspec name; a plugin may also have it in camelCase.
   * @param input The hook's one argument.
   * @param options Of this dispatch.
   * @returns The plugin's result.
   * @throws {KindUnknown} If no plugin of the kind is among them, whatever the filter admits.
   * @throws {DispatchMismatch} If the hook is declared to be dispatched by another class.
   * @throws {HookUnknown} If none of them has the hook.
   * @throws {NoCapabilityMatch} If none takes the input, and there is no fallback.
   * @throws {AmbiguousPlugin} If a fallback is needed, and several are declared.
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
