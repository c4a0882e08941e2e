import type { Manifest } from "../manifest/mod.ts";

/** What `discover` found (SPEC section 4). */
export interface DiscoveryReport {
  /** Plugins that are registered now, sorted by the path of their manifest. */
  registered: {
    kind: string;
    name: string;
    /** The manifest file. */
    source: string;
    manifest: Manifest;
  }[];
  /** Manifests and folders that are not, and why. */
  failures: {
    /** The manifest file, or the folder that cannot be read. */
    source: string;
    error: Error;
  }[];
}
