import { type Manifest, validateManifest } from "../manifest/mod.ts";
import { CORE_VERSION } from "../version/mod.ts";

/** What a test manifest is made for. */
export interface TestManifestOptions {
  /** Resources that a manifest which nobody gave declares. */
  resources: readonly string[];
  /** Plugins that it depends on, as `kind/name`. */
  dependencies: readonly string[];
  /** Environment variables that it lists. */
  variables: readonly string[];
}

/** What a manifest needs that a test does not care for. */
const BASE = { name: "plugin", kind: "test", runtime: "in_process", core_version: `>=${CORE_VERSION}` };

/**
 * The manifest of a plugin under test: the given one, with what it lacks; or one that declares all there is.
 *
 * @param given Its value, or some of its fields, with or without the `plugin` wrapper.
 * @param options What there is, for a manifest that nobody gave.
 * @returns The manifest.
 * @throws {ManifestInvalid} If the given fields are not sound.
 */
export function testManifest(
  given: Manifest | Readonly<Record<string, unknown>> | undefined,
  { resources, dependencies, variables }: TestManifestOptions,
): Manifest {
  const wrapped: unknown = given === undefined ? undefined : Reflect.get(given, "plugin");
  const own = typeof wrapped === "object" && wrapped !== null ? wrapped : given ?? {
    depends_on: dependencies.map(reference),
    resources: { required: [...resources], ...(variables.length === 0 ? {} : { env: { variables: [...variables] } }) },
  };
  return validateManifest({ plugin: { ...BASE, entry_point: "module:default", ...own } }, "manifest of the test");
}

/** `kind/name`, taken apart. */
export function reference(id: string): { kind: string; name: string } {
  const [kind = "", name = ""] = id.split("/");
  return { kind, name };
}
