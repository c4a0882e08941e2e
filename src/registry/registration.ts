import { resolveEntryPoint } from "../discovery/mod.ts";
import { RuntimeNotSupported, VersionIncompatible } from "../errors.ts";
import type { Manifest } from "../manifest/mod.ts";
import { dirname } from "../path/mod.ts";
import { CORE_VERSION, parseCoreVersion } from "../version/mod.ts";
import { compileConfigSchema } from "./config_schema.ts";
import { chooseSandbox, type PluginRegistryOptions } from "./options.ts";
import type { PluginRecord } from "./record.ts";

/** What a plugin is registered from. */
export interface Registration {
  manifest: Manifest;
  /** What errors and `status()` call its source. */
  source: string;
  /** The manifest file, when there is one; its folder is the plugin's. */
  file?: string;
  /** The host's own code for it: a class, a factory or an object. */
  module?: unknown;
}

/**
 * Checks a plugin before it is registered, in the order of SPEC section 2: core_version, runtime, entry point, and what
 * has to be waited for, `config_schema`. Nothing of it runs.
 *
 * @param registration What is to be registered.
 * @param options The registry's.
 * @returns Its record; not registered yet.
 * @throws {VersionIncompatible | RuntimeNotSupported | ManifestInvalid | PluginLoadError} If it cannot be registered.
 */
export async function prepareRecord(
  registration: Registration,
  options: PluginRegistryOptions,
): Promise<PluginRecord> {
  const record = checkRegistration(registration, options);
  await completeRecord(record);
  return record;
}

/**
 * The part of {@linkcode prepareRecord} that needs no waiting: all but `config_schema`.
 *
 * @throws {VersionIncompatible | RuntimeNotSupported | PluginLoadError} If it cannot be registered.
 */
export function checkRegistration(
  { manifest, source, file, module }: Registration,
  options: PluginRegistryOptions,
): PluginRecord {
  const id = `${manifest.kind}/${manifest.name}`;
  const range = parseCoreVersion(manifest.core_version);
  if (typeof range !== "function" || !range(CORE_VERSION)) {
    throw new VersionIncompatible(
      `Cannot register plugin "${id}" of "${source}": core_version is "${manifest.core_version}", ` +
        `the core is ${CORE_VERSION}`,
      { plugin: id },
    );
  }
  if (![manifest.runtime].flat().includes("in_process")) {
    throw new RuntimeNotSupported(
      `Cannot register plugin "${id}" of "${source}": runtime is ${JSON.stringify(manifest.runtime)}, ` +
        `this registry runs "in_process"`,
      { plugin: id },
    );
  }
  const record: PluginRecord = {
    manifest,
    id,
    source,
    // The host's own code cannot be anywhere but in the host.
    sandbox: module !== undefined || manifest.in_process_only
      ? "none"
      : chooseSandbox(options.sandbox, manifest.kind, manifest.name),
    trusted: module !== undefined || (options.trusted?.includes(id) ?? false),
    state: "registered",
  };
  if (module !== undefined) record.module = module;
  else if (file !== undefined && manifest.entry_point !== undefined) {
    record.entry = resolveEntryPoint(dirname(file), manifest.entry_point, id);
  }
  return record;
}

/**
 * Compiles a plugin's `config_schema`, where that is not done yet.
 *
 * @throws {ManifestInvalid} If it is no JSON Schema.
 */
export async function completeRecord(record: PluginRecord): Promise<void> {
  const { manifest, source } = record;
  if (manifest.config_schema !== undefined) record.checkConfig ??= await compileConfigSchema(manifest, source);
}
