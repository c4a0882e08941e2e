/**
 * Plugins for Deno, each in a scope that holds only the permissions its manifest asks for.
 *
 * A host points a {@linkcode PluginRegistry} at a folder; every folder inside with a `dagstack.toml` is a plugin. The
 * manifest's declared resources become Deno permissions, and the plugin's code is loaded inside exactly those.
 *
 * @module
 */

export {
  AmbiguousPlugin,
  BroadcastErrors,
  ConfigInvalid,
  DependencyCycle,
  DiscoveryError,
  DispatchMismatch,
  HookTimeout,
  HookUnknown,
  isAmbiguousPlugin,
  isBroadcastErrors,
  isConfigInvalid,
  isDependencyCycle,
  isDispatchMismatch,
  isKindUnknown,
  isManifestInvalid,
  isNoCapabilityMatch,
  isPluginLoadError,
  isPluginRegistryError,
  isPluginUnavailable,
  isRuntimeNotSupported,
  isTeardownErrors,
  isVersionIncompatible,
  KindUnknown,
  ManifestInvalid,
  type ManifestProblem,
  NoCapabilityMatch,
  PackageError,
  type PermissionDifference,
  PermissionExceeded,
  type PluginFailure,
  PluginLoadError,
  PluginRegistryError,
  type PluginRegistryErrorOptions,
  PluginUnavailable,
  ProtocolError,
  RuntimeNotSupported,
  SandboxUnavailable,
  SerializationError,
  TeardownErrors,
  type TimeoutPhase,
  VersionIncompatible,
} from "./src/errors.ts";
export type { BoundaryValue, JsonValue } from "./src/json.ts";
export { STOP_CHAIN } from "./src/stop_chain.ts";
export { CORE_VERSION, getCoreVersion } from "./src/version/mod.ts";
export {
  loadManifest,
  type Manifest,
  type ManifestFormat,
  parseManifest,
  type ParseManifestOptions,
  topoSort,
} from "./src/manifest/mod.ts";
export {
  type Clock,
  type Env,
  FetchHttpClient,
  type FetchHttpClientOptions,
  FolderTempDir,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  IN_SCOPE,
  type InScope,
  RandomRng,
  type Resources,
  type Rng,
  type ScopeData,
  SystemClock,
  type TempDir,
} from "./src/resources/mod.ts";
export {
  type InFlightCall,
  type Logger,
  type Metadata,
  type Next,
  type NextChange,
  PluginContext,
  type PluginContextOptions,
  type PluginLookup,
  type WrappedCall,
} from "./src/context/mod.ts";
export { DEFAULT_IGNORE, type WalkOptions } from "./src/discovery/mod.ts";
export {
  BroadcastCollectDispatcher,
  type BroadcastCollectDispatcherOptions,
  BroadcastNotifyDispatcher,
  type CallOptions,
  CapabilityDispatcher,
  ChainDispatcher,
  type CollectedResults,
  type DispatchClass,
  type DispatchFilter,
  type DispatchOptions,
  type DispatchTarget,
  type ErrorPolicy,
  type FilteredCall,
  type HookDeclaration,
  orderForChain,
  type RoutingPolicy,
  SingletonDispatcher,
  type SingletonDispatcherOptions,
  type Waiter,
} from "./src/dispatch/mod.ts";
export type { RegistryUrls } from "./src/packages/mod.ts";
export type {
  HeldLimits,
  KillDelays,
  LimitsChoice,
  PermissionScope,
  PluginLimits,
  Policy,
  Sandbox,
} from "./src/sandbox/mod.ts";
export type { HostingOptions, InspectChoice } from "./src/runtime/mod.ts";
export {
  ALL_CHECKS,
  type CheckName,
  type ContractOptions,
  ContractResult,
  type Finding,
  type Inconclusive,
  runContractSuite,
  type Samples,
} from "./src/contract/mod.ts";
export {
  type CallTimings,
  discover,
  type DiscoverOptions,
  type DiscoverPackagesOptions,
  type DiscoveryReport,
  type GetPluginOptions,
  type HealthPolicy,
  type HookDeclarations,
  type LoadedPluginEntry,
  type PluginHandle,
  PluginRegistry,
  type PluginRegistryOptions,
  type PluginState,
  type PluginStatus,
  type RegistryStatus,
  type RestartPolicy,
  type SandboxChoice,
  type SetupAllOptions,
  type StartOptions,
  type StateChange,
  type WatchOptions,
} from "./src/registry/mod.ts";
