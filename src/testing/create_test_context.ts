import {
  createPluginView,
  frozenMetadata,
  loggerTo,
  NO_METADATA,
  NO_SERVICES,
  type PluginContext,
  withCallFields,
} from "../context/mod.ts";
import { PluginRegistryError, PluginUnavailable } from "../errors.ts";
import { type TestContextOptions, type TestDoubles, testSurroundings } from "./doubles.ts";
import { reference } from "./test_manifest.ts";

/** A context for one plugin, and the doubles that it is made of. */
export interface TestContext extends TestDoubles {
  /** What to hand to the plugin's `setup`. */
  readonly context: PluginContext;
}

/**
 * Makes a context with doubles: time stands still, chance is seeded, and nothing is reached.
 *
 * For a test that makes the plugin itself and calls its methods. `runPlugin` also does what a registry does around them.
 *
 * @param options The plugin's surroundings; none are needed.
 * @returns The context, and the doubles by name.
 * @throws {ManifestInvalid} If a manifest is given that is not sound.
 * @throws {PluginUnavailable} If the manifest requires a resource that there is no double for.
 *
 * @example
 * ```ts
 * import { createTestContext } from "@dagstack/plugin-system/testing";
 * import type { PluginContext } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * class Stamper {
 *   setup(context: PluginContext) {
 *     this.#context = context;
 *   }
 *   #context?: PluginContext;
 *   stamp = (text: string) => `${this.#context!.resources.clock.now().toISOString()} ${text}`;
 * }
 *
 * const { context, clock } = createTestContext({ at: "2026-01-01T10:00:00Z" });
 * const stamper = new Stamper();
 * stamper.setup(context);
 * clock.advance(1500);
 * assertEquals(stamper.stamp("hello"), "2026-01-01T10:00:01.500Z hello");
 * ```
 */
export function createTestContext(options: TestContextOptions = {}): TestContext {
  const { manifest, doubles, resources } = testSurroundings(options);
  const plugin = `${manifest.kind}/${manifest.name}`;
  const { required, optional } = manifest.resources;
  const declared = [...required, ...optional];
  const missing = required.find((name) => resources[name] === undefined && !PERMISSIONS.has(name));
  if (missing !== undefined) {
    throw new PluginUnavailable(
      plugin,
      `there is no double for the required resource "${missing}"; give one with ` +
        `createTestContext({ resources: { ${missing}: … } })`,
    );
  }
  const { logs, events } = doubles;
  const { dependencies = {}, metadata, signal } = options;
  const context = createPluginView({
    plugin,
    manifest,
    config: options.config ?? {},
    logger: loggerTo((level, message, fields) => logs[level](message, withCallFields(fields))),
    resources: new Map(Object.entries(resources).filter(([name]) => declared.includes(name))),
    dependencies: Object.keys(dependencies).map(reference),
    services: {
      ...NO_SERVICES,
      callPlugin: async (kind, name, hook, args) => await callDouble(dependencies[`${kind}/${name}`]!, hook, args),
    },
    eventBus: events,
    outside: { metadata: frozenMetadata(metadata ?? NO_METADATA), ...(signal === undefined ? {} : { signal }) },
  });
  return { context, ...doubles };
}

/** Resources that are permissions, and inject nothing. */
const PERMISSIONS: ReadonlySet<string> = new Set(["filesystem", "subprocess", "packages"]);

function callDouble(plugin: object, hook: string, args: unknown[]): unknown {
  const method: unknown = Reflect.get(plugin, hook);
  if (typeof method === "function") return Reflect.apply(method, plugin, args);
  throw new PluginRegistryError(`Cannot call hook "${hook}": the dependency has none of that name`);
}
