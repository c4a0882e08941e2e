import { resolveEntryPoint } from "../discovery/mod.ts";
import { loadManifest, type Manifest, manifestPath } from "../manifest/mod.ts";
import { dirname } from "../path/mod.ts";
import type { ResolvedEntryPoint } from "../sandbox/mod.ts";
import type { ContractOptions, Samples } from "./options.ts";
import { makeSamples, readSamples } from "./samples.ts";

/** A plugin under check: its manifest, and where its code is. */
export interface Subject {
  /** As `kind/name`. */
  plugin: string;
  manifest: Manifest;
  entry: ResolvedEntryPoint;
  samples: Samples;
  /** Its section of the configuration. */
  config: Record<string, unknown>;
  pluginClass: (new () => object) | undefined;
}

/**
 * Finds what is to be checked.
 *
 * @returns The subject, or why there is none.
 * @throws {ManifestInvalid | PluginLoadError} If the manifest or its entry point is broken.
 */
export async function findSubject(options: ContractOptions): Promise<Subject | string> {
  const { manifest: given } = options;
  const manifest = typeof given === "string" || given instanceof URL ? await loadManifest(given) : given;
  const file = manifestPath(manifest);
  if (file === undefined) {
    return "the manifest was made in memory; load it with loadManifest so that its plugin is found";
  }
  const plugin = `${manifest.kind}/${manifest.name}`;
  if (manifest.entry_point === undefined) return "the manifest has no entry_point";
  const entry = resolveEntryPoint(dirname(file), manifest.entry_point, plugin);
  const samples = options.samples ?? await readSamples(dirname(file)) ?? await makeSamples(entry);
  const config = structuredClone({ ...options.config });
  return { plugin, manifest, entry, samples, config, pluginClass: options.pluginClass };
}
