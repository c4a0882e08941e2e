import type { Next, WrappedCall } from "../context/mod.ts";
import type { CallOptions, StartedCall, Waiter } from "../rpc/mod.ts";
import { isStopChainError, STOP_CHAIN } from "../stop_chain.ts";
import { OWN } from "./instance.ts";
import type { PluginScope } from "./scope.ts";

/**
 * Calls a hook of a scope.
 *
 * @returns What it gives; `STOP_CHAIN` also where it had to cross a boundary.
 */
export function callHook(
  scope: PluginScope,
  hook: string,
  args: readonly unknown[],
  options?: CallOptions,
): Promise<unknown> {
  return promised(scope, (waiter) => scope.start(hook, args, waiter, options));
}

/** Calls a method of the plugin that the registry calls itself and that is no hook, if `LoadedPlugin.methods` names it. */
export function callMethod(
  scope: PluginScope,
  method: "health" | "matches" | "resourceReport",
  args: readonly unknown[] = [],
  options?: CallOptions,
): Promise<unknown> {
  return callHook(scope, OWN + method, args, options);
}

/** Calls middleware's `wrap`. @returns What it gives. */
export function callWrap(scope: PluginScope, call: WrappedCall, next: Next, options?: CallOptions): Promise<unknown> {
  return promised(scope, (waiter) => scope.startWrap(call, next, waiter, options));
}

function promised(scope: PluginScope, start: (waiter: Waiter) => StartedCall | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    start({
      resolve,
      reject: (error) => isStopChainError(error) ? resolve(STOP_CHAIN) : reject(scope.explain(error)),
    });
  });
}
