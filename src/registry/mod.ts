/** The one place where plugins are found, started, called and stopped. Row 7. */
export { discover } from "./discover.ts";
export type { DiscoveryReport } from "./discovery_report.ts";
export type { PluginRegistryOptions, SandboxChoice } from "./options.ts";
export type { DiscoverOptions, DiscoverPackagesOptions } from "./registrar.ts";
export { type GetPluginOptions, PluginRegistry, type SetupAllOptions } from "./plugin_registry.ts";
export type { CallTimings } from "./call_ledger.ts";
export type {
  CallArguments,
  DispatchArguments,
  DispatchResult,
  HookInput,
  HookName,
  HookOf,
  HookOutput,
  HookTypes,
  KindName,
  KindTypes,
} from "./typed_kinds.ts";
export type { HealthPolicy } from "./health.ts";
export type { HookDeclarations } from "./hook_table.ts";
export type { HookValidation } from "./hookspecs.ts";
export type { StartOptions } from "./lifecycle.ts";
export type { LoadedPluginEntry } from "./loaded_plugin.ts";
export type { PluginState, StateChange } from "./states.ts";
export type { PluginStatus, RegistryStatus } from "./status.ts";
export type { RestartPolicy } from "./supervisor.ts";
export type { WatchOptions } from "./watch.ts";
export type { GrantedPermissions, PluginGrant, PluginGrants } from "./grants.ts";
export type { AgreeOptions } from "./grants_admission.ts";
export type { GrantsChoice, GrantsOptions } from "./grants_options.ts";
export type { PendingGrant } from "./grants_pending.ts";
export type { Provenance } from "./provenance.ts";
