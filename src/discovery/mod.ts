/** Finding plugins: walking folders for manifests, and manifests' entry points for files. Row 4. */
export {
  listManifestRegistry,
  parseRemotePlugins,
  REMOTE_PLUGINS_VARIABLE,
  type RemoteSource,
} from "./remote_sources.ts";
export { type FoundEntryPoint, resolveEntryPoint } from "./resolve_entry_point.ts";
export { DEFAULT_IGNORE, walkForManifests, type WalkOptions, type WalkResult } from "./walk.ts";
