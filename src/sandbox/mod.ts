/** Where plugins run: permission scopes, and the hosts that keep them. Row 5. */
import type { GuestHost } from "./guest_link.ts";
import type { WorkerHostOptions } from "./worker_host.ts";

export { callHook, callMethod, callWrap } from "./call_scope.ts";
export type { GuestHost } from "./guest_link.ts";
export type { LifecycleSpec } from "./guest_protocol.ts";
export { LIFECYCLE_METHODS, OWN } from "./instance.ts";
export { hasUlimit, type HeldLimits, heldLimits } from "./launcher.ts";
export {
  checkLimits,
  chooseLimits,
  type ChosenLimits,
  type LimitsChoice,
  type PluginLimits,
  PROCESS_LIMITS,
  strictestLimits,
} from "./limits.ts";
export { type NoneScopeOptions, openNoneScope } from "./none_scope.ts";
export {
  computeScope,
  type HostPermission,
  type PermissionScope,
  type Policy,
  scopeFlags,
  type ScopeRequest,
  type ScopeResult,
  unionOfScopes,
} from "./permissions.ts";
export { walkPluginFolder } from "./plugin_folder.ts";
export { PoolScope } from "./pool_scope.ts";
export { openProcessHost, type ProcessHostOptions } from "./process_host.ts";
export { isolationFlags, type LaunchOptions } from "./process_launch.ts";
export type {
  Ending,
  KillDelays,
  LoadedPlugin,
  OpenScopeOptions,
  PluginIdentity,
  PluginLog,
  PluginScope,
  PluginSetup,
  ResolvedEntryPoint,
  Sandbox,
} from "./scope.ts";
export type { StartedCall, Waiter } from "../rpc/mod.ts";
export { SlotScope } from "./slot_scope.ts";
export { Watcher } from "./watcher.ts";

/** See `worker_host.ts`, which loads when it is used: most hosts never do. */
export async function openWorkerHost(options: WorkerHostOptions): Promise<GuestHost> {
  return (await import("./worker_host.ts")).openWorkerHost(options);
}

/** The module of the workers of a pool inside a plugin's process. */
export async function poolModule(): Promise<string> {
  return (await import("./worker_host.ts")).POOL_MODULE;
}
