import { PreparedCollect } from "./broadcast_collect.ts";
import { PreparedNotify } from "./broadcast_notify.ts";
import { PreparedCapability } from "./capability.ts";
import { PreparedChain } from "./chain.ts";
import { PreparedSingleton, type SingletonOptions } from "./singleton.ts";
import type { PreparedDispatch } from "./stages.ts";
import type { DispatchClass, ErrorPolicy } from "../hookspec/mod.ts";
import type { DispatchTarget } from "./target.ts";

/** What the classes can be told beside their plugins. */
export interface PrepareOptions extends SingletonOptions {
  /** Of a collect; the declaration's unless given. */
  errorPolicy?: ErrorPolicy;
}

/**
 * Makes a dispatch of any class ready.
 *
 * @param by The class.
 * @param kind The kind.
 * @param hook The hook, by its hookspec name.
 * @param plugins The running plugins.
 * @throws {KindUnknown} If none is of the kind.
 * @throws {DispatchMismatch} If the hook is declared to be dispatched by another class.
 * @throws {HookUnknown} If none has the hook.
 */
export function prepareDispatch(
  by: DispatchClass,
  kind: string,
  hook: string,
  plugins: readonly DispatchTarget[],
  options: PrepareOptions = {},
): PreparedDispatch {
  switch (by) {
    case "singleton":
      return new PreparedSingleton(kind, hook, plugins, options);
    case "broadcast_collect":
      return new PreparedCollect(kind, hook, plugins, options.errorPolicy);
    case "broadcast_notify":
      return new PreparedNotify(kind, hook, plugins);
    case "chain":
      return new PreparedChain(kind, hook, plugins);
    case "capability":
      return new PreparedCapability(kind, hook, plugins);
  }
}
