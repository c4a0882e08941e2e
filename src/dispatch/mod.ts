/** Five ways to call a hook, and middleware around calls: over any targets, without a registry. Row 4. */
export { activeByEnvironment, activeVariable } from "./active_by_environment.ts";
export { type FunctionListing, type ListedFunctions, PreparedByFunction, untilAborted } from "./by_function.ts";
export { type CollectedResults, PreparedCollect } from "./broadcast_collect.ts";
export { BroadcastCollectDispatcher, type BroadcastCollectDispatcherOptions } from "./broadcast_collect_dispatcher.ts";
export { PreparedNotify } from "./broadcast_notify.ts";
export { BroadcastNotifyDispatcher } from "./broadcast_notify_dispatcher.ts";
export { PreparedCapability } from "./capability.ts";
export { CapabilityDispatcher } from "./capability_dispatcher.ts";
export { PreparedChain } from "./chain.ts";
export { ChainDispatcher } from "./chain_dispatcher.ts";
export {
  begunAt,
  type DirectFunction,
  type DirectHook,
  type OpenHook,
  type Operation,
  operationsIn,
  promised,
} from "./direct.ts";
export type { DispatchFilter, DispatchOptions, FilteredCall } from "./filter.ts";
export { findHook } from "./find_hook.ts";
export { runWrapped, type Wrap } from "./middleware.ts";
export { byPriority, orderForChain } from "./order.ts";
export { prepareDispatch, type PrepareOptions } from "./prepare_dispatch.ts";
export { PreparedSingleton, type RoutingPolicy, type SingletonOptions } from "./singleton.ts";
export { SingletonDispatcher, type SingletonDispatcherOptions } from "./singleton_dispatcher.ts";
export type { PreparedDispatch, Stage } from "./stages.ts";
export type { CallOptions, DispatchTarget, HookDeclaration, Waiter } from "./target.ts";
export { wrapsFor, wrapsHook } from "./wraps_for.ts";
