import { ManifestInvalid } from "../errors.ts";
import { validateManifest } from "../manifest/mod.ts";
import { CORE_VERSION, parseCoreVersion } from "../version/mod.ts";
import type { Finding } from "./options.ts";
import type { Subject } from "./subject.ts";

/** The manifest holds what SPEC section 2 says, and admits this core. */
export function checkManifest({ manifest, plugin }: Subject): Finding[] {
  try {
    validateManifest({ plugin: manifest }, plugin);
  } catch (error) {
    if (error instanceof ManifestInvalid) return [manifestFinding(error, plugin)];
    throw error;
  }
  const range = parseCoreVersion(manifest.core_version);
  if (typeof range === "function" && range(CORE_VERSION)) return [];
  return [{
    violation: "ManifestInvalid",
    check: "manifest",
    plugin,
    message: `core_version is "${manifest.core_version}", the core is ${CORE_VERSION}`,
    fix: `widen core_version so that it admits ${CORE_VERSION}, or check with the core it is meant for`,
  }];
}

/** The finding for a manifest that cannot be used at all. */
export function manifestFinding(error: Error, plugin: string): Finding {
  const finding: Finding = {
    violation: error instanceof ManifestInvalid ? "ManifestInvalid" : error.name,
    check: "manifest",
    plugin,
    message: error.message,
    fix: "correct the named fields; docs/manifest.md lists what each may hold",
  };
  if (error instanceof ManifestInvalid) finding.location = error.source;
  return finding;
}
