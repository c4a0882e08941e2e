import { PackageError } from "../errors.ts";

/** One specifier of `[plugin.resources.packages]`. */
export interface ListedPackage {
  /** As the manifest writes it. */
  specifier: string;
  /** Its registry. */
  from: "npm" | "jsr";
  /** The package's name, with its scope. */
  name: string;
  /** Registry, name and version range, without a path inside the package: what is resolved and locked. */
  requirement: string;
}

const SPECIFIER = new RegExp(
  "^(?<from>npm|jsr):/?(?<name>(?:@[A-Za-z0-9._~-]+/)?[A-Za-z0-9][A-Za-z0-9._~-]*)" +
    "(?:@(?<range>[A-Za-z0-9.^~<>=*|+-]+))?(?:/[^?#]*)?$",
);

/**
 * Reads what a manifest lists. A range is a version, a range or a tag; an alias (`npm:a@npm:b`), a path or a URL in its
 * place is refused, since then the name would say nothing about what is loaded.
 *
 * @param specifiers As the manifest writes them.
 * @param plugin As `kind/name`, for the error.
 * @returns Each requirement once, sorted.
 * @throws {PackageError} If one is none.
 */
export function parseListedPackages(specifiers: readonly string[], plugin: string): ListedPackage[] {
  const listed = new Map<string, ListedPackage>();
  for (const specifier of specifiers) {
    const { from, name, range } = SPECIFIER.exec(specifier)?.groups ?? {};
    if (name === undefined || (from === "jsr" && !name.startsWith("@"))) {
      const expected = 'expected "npm:name@range" or "jsr:@scope/name@range"';
      throw new PackageError(specifier, `it is none; ${expected} (listed by plugin "${plugin}")`, { plugin });
    }
    const requirement = `${from}:${name}${range === undefined ? "" : `@${range}`}`;
    listed.set(requirement, { specifier, from: from as ListedPackage["from"], name, requirement });
  }
  return [...listed.values()].sort((a, b) => a.requirement < b.requirement ? -1 : 1);
}

/**
 * What the plugin's own files may write for a listed package beside its requirement: its bare name, a path below that,
 * and the name without a version. A name that is listed twice stays as it is.
 *
 * @param listed What the manifest lists.
 * @returns The part of an import map that holds for the plugin's folder.
 */
export function importsOf(listed: readonly ListedPackage[]): Record<string, string> {
  const imports: Record<string, string> = {};
  for (const { from, name, requirement } of listed) {
    if (listed.filter((other) => other.name === name).length > 1 || name === HOST_PACKAGE) continue;
    imports[name] = requirement;
    imports[`${name}/`] = `${requirement.replace(":", ":/")}/`;
    imports[`${from}:${name}`] = requirement;
  }
  return imports;
}

/** Always the host's own (SPEC section 5), whatever a manifest lists. */
const HOST_PACKAGE = "@dagstack/plugin-system";
