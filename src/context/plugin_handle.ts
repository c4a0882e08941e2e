/**
 * What `getPlugin` returns: every hook of a plugin, each returning a promise, whatever the plugin runs in. Lifecycle
 * methods are left out (SPEC section 6).
 */
export type PluginHandle<T> = {
  readonly [
    K in keyof T as K extends "setup" | "teardown" | "health" | "matches" ? never
      : T[K] extends (...args: never[]) => unknown ? K
      : never
  ]: T[K] extends (...args: infer Args) => infer Result ? (...args: Args) => Promise<Awaited<Result>> : never;
};
