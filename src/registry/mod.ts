/** The one place where plugins are found, started, called and stopped. Row 7. */
export { discover } from "./discover.ts";
export type { DiscoveryReport } from "./discovery_report.ts";
export type { PluginHandle } from "./handle.ts";
export type { PluginRegistryOptions, SandboxChoice } from "./options.ts";
export type { DiscoverOptions, DiscoverPackagesOptions } from "./registrar.ts";
export {
  type GetPluginOptions,
  type LoadedPluginEntry,
  PluginRegistry,
  type SetupAllOptions,
} from "./plugin_registry.ts";
export type { PluginState } from "./record.ts";
export type { PluginStatus, RegistryStatus } from "./status.ts";
export type { RestartPolicy } from "./supervisor.ts";
