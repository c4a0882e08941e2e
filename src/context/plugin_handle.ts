/**
 * What `getPlugin` returns: every hook of a plugin, each returning a promise, whatever the plugin runs in. Lifecycle
 * methods are left out (SPEC section 6). A hook that a plugin may lack can be called too: the call then rejects with
 * `HookUnknown`.
 *
 * @typeParam T The plugin's interface, such as `ToolPlugin` of `@dagstack/plugin-system/kinds/tool`
 */
export type PluginHandle<T> = {
  readonly [
    K in keyof T as K extends "setup" | "teardown" | "health" | "matches" ? never
      : NonNullable<T[K]> extends (...args: never[]) => unknown ? K
      : never
  ]-?: NonNullable<T[K]> extends (...args: infer Args) => infer Result ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};
