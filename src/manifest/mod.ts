/** Manifests: one table of fields, and what reads it. Row 1. */
export { type EntryPoint, parseEntryPoint } from "./entry_point.ts";
export { FIELDS, MANIFEST_LIMITS } from "./fields.ts";
export { type Host, tryParseHost } from "./host.ts";
export { loadManifest, manifestPath } from "./load_manifest.ts";
export type { Manifest } from "./manifest_type.generated.ts";
export { parseManifest, type ParseManifestOptions, validateManifest } from "./parse_manifest.ts";
