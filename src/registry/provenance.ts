import type { PackageOrigin } from "../packages/mod.ts";
import type { Publishers } from "./provenance_publishers.ts";

/** Where a plugin comes from, and who says that it may run. What its manifest says of that proves nothing. */
export interface Provenance {
  /** Whether something says so; until it is loaded nothing is known of its content, and nothing does. */
  trusted: boolean;
  /**
   * What says so: a grant of the host's pins its content; or it is a package of a trusted publisher, unchanged since it
   * was checked; or it is the host's own code.
   */
  by?: "grants" | "publisher" | "host";
  /** The package that it was fetched as, for example `npm:@acme/ocr`. */
  package?: string;
  /** The package's version. */
  version?: string;
  /** The scope of the package with its registry, for example `npm:@acme`, trusted or not. */
  publisher?: string;
  /** Whether its files are those that the registry's checksum was of. */
  checksumVerified?: boolean;
}

/** What is known of a plugin when it is judged. */
export interface ProvenanceFacts {
  /** Whether its code is the host's own. */
  isHostCode: boolean;
  /** The package that it was fetched as. */
  origin: PackageOrigin | undefined;
  /** The hash of its folder, once that is known. */
  contentHash: string | undefined;
  /** The content that a grant pins. */
  grantedHash: string | undefined;
  publishers: Publishers;
}

/** Judges a plugin. */
export function provenanceOf(facts: ProvenanceFacts): Provenance {
  const { isHostCode, origin, contentHash, grantedHash, publishers } = facts;
  if (isHostCode) return { trusted: true, by: "host" };
  const known = contentHash !== undefined;
  const checksumVerified = known && contentHash === origin?.contentHash;
  const from: Partial<Provenance> = {};
  if (origin !== undefined) {
    const { registry, name, version } = origin;
    const publisher = publisherOf(origin);
    Object.assign(from, { package: `${registry}:${name}`, version, checksumVerified });
    if (publisher !== undefined) from.publisher = publisher;
  }
  if (known && contentHash === grantedHash) return { trusted: true, by: "grants", ...from };
  if (checksumVerified && publishers.include(from.publisher)) return { trusted: true, by: "publisher", ...from };
  return { trusted: false, ...from };
}

/** The scope of a package with its registry. */
function publisherOf({ registry, name }: PackageOrigin): string | undefined {
  const scope = /^(@[^/]+)\//.exec(name)?.[1];
  return scope === undefined ? undefined : `${registry}:${scope}`;
}
