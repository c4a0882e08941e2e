import { resolveEntryPoint } from "../discovery/mod.ts";
import { PackageError, RuntimeNotSupported, VersionIncompatible } from "../errors.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { PackageOrigin } from "../packages/mod.ts";
import { dirname } from "../path/mod.ts";
import { type Hosting, scopeOf } from "../runtime/mod.ts";
import { CORE_VERSION, parseCoreVersion } from "../version/mod.ts";
import { CallLedger } from "./call_ledger.ts";
import { compileConfigSchema } from "./config_schema.ts";
import { admitKind } from "./admit_kind.ts";
import type { Hookspecs } from "./hookspecs.ts";
import { chooseSandbox, type PluginRegistryOptions } from "./options.ts";
import type { PluginRecord } from "./record.ts";

/** What a plugin is registered from. */
export interface Registration {
  manifest: Manifest;
  /** What errors and `status()` call its source. */
  source: string;
  /** The manifest file, when there is one; its folder is the plugin's. */
  file?: string;
  /** Whether the manifest was given as a value: the file need not be there. */
  fromValue?: boolean;
  /** The host's own code for it: a class, a factory or an object. */
  module?: unknown;
  /** The package that its files were fetched and checked as. */
  origin?: PackageOrigin;
}

/**
 * Checks a plugin before it is registered, in the order of SPEC section 2: kind, kind_api_version, core_version, runtime, entry point, and what
 * has to be waited for, `config_schema`. Nothing of it runs.
 *
 * @param registration What is to be registered.
 * @param options The registry's.
 * @param hosting Where its packages are kept.
 * @param hookspecs What the host registered of kinds.
 * @returns Its record; not registered yet.
 * @throws {KindUnknown | VersionIncompatible | RuntimeNotSupported | ManifestInvalid | PluginLoadError} If it cannot be registered.
 */
export async function prepareRecord(
  registration: Registration,
  options: PluginRegistryOptions,
  hosting: Hosting,
  hookspecs: Hookspecs,
): Promise<PluginRecord> {
  const record = checkRegistration(registration, options, hookspecs);
  await completeRecord(record, options, hosting);
  return record;
}

/**
 * The part of {@linkcode prepareRecord} that needs no waiting: all but `config_schema`.
 *
 * @throws {VersionIncompatible | RuntimeNotSupported | PluginLoadError} If it cannot be registered.
 */
export function checkRegistration(
  registration: Registration,
  options: PluginRegistryOptions,
  hookspecs: Hookspecs,
): PluginRecord {
  const { manifest, source, file, module } = registration;
  admitKind(manifest, source, hookspecs);
  const id = `${manifest.kind}/${manifest.name}`;
  const range = parseCoreVersion(manifest.core_version);
  if (typeof range !== "function" || !range(CORE_VERSION)) {
    throw new VersionIncompatible(
      id,
      manifest.core_version,
      `Cannot register plugin "${id}" of "${source}": core_version is "${manifest.core_version}", ` +
        `the core is ${CORE_VERSION}`,
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
    registration,
    calls: new CallLedger(),
    generation: 0,
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
 * Does what takes waiting, where that is not done yet: compiles `config_schema`, and resolves and locks the packages
 * that the plugin may import.
 *
 * @throws {ManifestInvalid} If `config_schema` is no JSON Schema.
 * @throws {PackageError} If a package cannot be had.
 */
export async function completeRecord(
  record: PluginRecord,
  options: PluginRegistryOptions,
  hosting: Hosting,
): Promise<void> {
  const { manifest, source } = record;
  if (manifest.config_schema !== undefined) record.checkConfig ??= await compileConfigSchema(manifest, source);
  const specifiers = record.packages === undefined ? grantedPackages(record, hosting) : [];
  if (specifiers.length === 0) return;
  const { lockPackages } = await import("../packages/mod.ts"); // most plugins have none
  const { dir, registries } = options.packages ?? {};
  record.packages = await lockPackages({
    specifiers,
    pluginDir: record.entry!.pluginDir,
    dir: dir ?? await hosting.folders.make("packages", record.id),
    denoPath: hosting.denoPath,
    plugin: record.id,
    ...(registries === undefined ? {} : { registries }),
  }).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotCapable)) throw cause;
    const reason = `the host may not keep it: ${cause.message} (listed by plugin "${record.id}")`;
    throw new PackageError(specifiers.join(", "), reason, { cause, plugin: record.id });
  });
}

/** What a plugin may import from registries. Of one that asks for too much, its start says why: nothing is fetched. */
function grantedPackages({ manifest, entry, sandbox, trusted }: PluginRecord, hosting: Hosting): readonly string[] {
  if (sandbox !== "process" || entry === undefined || manifest.resources.packages.specifiers.length === 0) return [];
  try {
    return scopeOf(manifest, entry, trusted, hosting).packages;
  } catch {
    return [];
  }
}
