/** Where plugins run: permission scopes, and the hosts that keep them. Row 5. */
export { openNoneScope } from "./none_scope.ts";
export {
  computeScope,
  type PermissionScope,
  type Policy,
  scopeFlags,
  type ScopeRequest,
  type ScopeResult,
} from "./permissions.ts";
export type { LifecycleSpec } from "./guest_protocol.ts";
export { LIFECYCLE_METHODS } from "./instance.ts";
export { isolationFlags, type LaunchOptions } from "./process_launch.ts";
export { openProcessScope, type ProcessScopeOptions } from "./process_scope.ts";
export type {
  LoadedPlugin,
  OpenScopeOptions,
  PluginIdentity,
  PluginScope,
  PluginSetup,
  ResolvedEntryPoint,
  Sandbox,
} from "./scope.ts";
