/** Manifests: one table of fields, and what reads it. Row 1. */
export { type EntryPoint, parseEntryPoint } from "./entry_point.ts";
export { FIELDS, MANIFEST_LIMITS, OPTIONAL_TABLES } from "./fields.ts";
export { type Host, tryParseHost } from "./host.ts";
export { holdsManifest, loadManifest, MANIFEST_FILES, manifestPath } from "./load_manifest.ts";
export type { Manifest } from "./manifest_type.generated.ts";
export { parseManifest, type ParseManifestOptions, validateManifest } from "./parse_manifest.ts";
export type { ManifestFormat } from "./read_text.ts";
export { type Dependency, dependencyLevels, resolveDependencies, topoSort } from "./topo_sort.ts";
