/** Finding plugins: walking folders for manifests, and manifests' entry points for files. Row 4. */
export { type FoundEntryPoint, resolveEntryPoint } from "./resolve_entry_point.ts";
export { DEFAULT_IGNORE, walkForManifests, type WalkOptions, type WalkResult } from "./walk.ts";
