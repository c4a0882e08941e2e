import { PluginContext } from "../context/mod.ts";
import { checkBoundaryValue } from "../json.ts";
import { loadManifest, type Manifest } from "../manifest/mod.ts";
import { PluginRegistry } from "../registry/mod.ts";
import { crossing } from "./crossing.ts";
import { ownRecords, type TestContextOptions, testSurroundings } from "./doubles.ts";
import { MemoryLogger } from "./memory_logger.ts";
import { capturing, type PluginSource } from "./plugin_source.ts";
import { type RunningPlugin, runningPlugin } from "./running_plugin.ts";
import { reference } from "./test_manifest.ts";

/** How a plugin is run. */
export interface RunPluginOptions extends Omit<TestContextOptions, "manifest"> {
  /**
   * The plugin's manifest, the path or `file:` URL of its file, or some of its fields. The plugin then gets the resources
   * that it declares, and no others; its `config_schema` is kept.
   *
   * @default one that declares all resources there are
   */
  manifest?: Manifest | Readonly<Record<string, unknown>> | string | URL;
  /**
   * Whether arguments, results and configuration are held to what crosses a boundary, as in a sandbox: one that could
   * not is a `SerializationError`, and what arrives is a copy.
   *
   * @default true, unless the manifest says `in_process_only`
   */
  strict?: boolean;
  /** Milliseconds that a hook may take. @default 30000 */
  hookTimeoutMs?: number;
}

/**
 * Sets a plugin up as a registry would, in this isolate, with doubles in place of the world.
 *
 * What a manifest promises is kept: resources, configuration, limits of time. Deno's permissions are this process's own:
 * what a plugin must not reach is seen in a sandbox, which `runContractSuite` puts it into.
 *
 * @param plugin Its class, or a factory, or an object.
 * @param options Its surroundings; none are needed.
 * @returns The plugin, after its `setup`; disposing of it calls its `teardown`.
 * @throws {ManifestInvalid} If a manifest is given that is not sound.
 * @throws {ConfigInvalid} If the configuration is not what `config_schema` or the class's `configSchema` say.
 * @throws {PluginUnavailable} If it cannot be set up; the cause is what its `setup` threw.
 *
 * @example
 * ```ts
 * import { runPlugin } from "@dagstack/plugin-system/testing";
 * import { assertEquals } from "@std/assert";
 *
 * class Greeter {
 *   greet(name: string) {
 *     return `Hello, ${name}!`;
 *   }
 * }
 *
 * await using greeter = await runPlugin(Greeter);
 * assertEquals(await greeter.hooks.greet("dagstack"), "Hello, dagstack!");
 * ```
 */
export async function runPlugin<T extends object>(
  plugin: PluginSource<T>,
  options: RunPluginOptions = {},
): Promise<RunningPlugin<T>> {
  const { manifest: given, strict: asked, hookTimeoutMs, config = {}, dependencies = {}, ...others } = options;
  const read = typeof given === "string" || given instanceof URL ? await loadManifest(given) : given;
  const surroundings = testSurroundings({ ...others, dependencies, ...(read === undefined ? {} : { manifest: read }) });
  const manifest = here(surroundings.manifest);
  const { doubles, resources } = surroundings;
  const { kind, name } = manifest;
  const strict = asked ?? !manifest.in_process_only;
  if (strict) {
    checkBoundaryValue(config, `configuration of plugin "${kind}/${name}"`);
    for (const [own, resource] of Object.entries(resources)) {
      if (!IN_SCOPE.has(own) && typeof resource === "object" && resource !== null) resources[own] = crossing(resource);
    }
  }
  const registry = new PluginRegistry({
    logger: new MemoryLogger(), // what it says of itself is of no interest
    strict,
    health: false,
    ...(hookTimeoutMs === undefined ? {} : { hookTimeoutMs }),
  });
  const context = new PluginContext({
    config: { [kind]: { [name]: strict ? structuredClone(config) : config } },
    logger: ownRecords(doubles.logs, manifest),
    registry,
    resources,
    eventBus: doubles.events,
  });
  const { source, instance } = capturing(plugin);
  try {
    for (const [id, double] of Object.entries(dependencies)) {
      const { runtime, core_version } = manifest;
      await registry.registerModule(double, { runtime, core_version, ...reference(id) });
    }
    await registry.registerModule(source, manifest);
    await registry.setupAll(context, { onFailure: "rollback" });
  } catch (error) {
    await registry.teardownAll().catch(() => {}); // the first thing that went wrong is the one to tell
    throw error;
  }
  const { metadata, signal } = options;
  const carried = { ...(metadata === undefined ? {} : { metadata }), ...(signal === undefined ? {} : { signal }) };
  return runningPlugin(doubles, { registry, manifest, instance, strict, carried });
}

/** What lives in a plugin's scope wherever that is, so that nothing crosses when it is used. */
const IN_SCOPE: ReadonlySet<string> = new Set(["clock", "rng", "env", "http_client", "tmpdir"]);

/** Pools are for sandboxes; here the plugin's hooks run as they are. */
function here(manifest: Manifest): Manifest {
  return manifest.execution_model.endsWith("_cpu_bound") ? { ...manifest, execution_model: "async" } : manifest;
}
