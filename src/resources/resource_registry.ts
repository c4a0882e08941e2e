import { PluginRegistryError } from "../errors.ts";
import type { Manifest } from "../manifest/mod.ts";
import { refusalOf } from "./offers.ts";

/**
 * The resources of a host, by name; what they share with `new PluginContext({ resources })` and `setupAll({ resources })`.
 * Plugins see what is registered when they start.
 *
 * @example
 * ```ts
 * import { PluginContext, ResourceRegistry } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * const resources = new ResourceRegistry().register("counters", { inc: (_name: string) => {} });
 * assertEquals([resources.has("counters"), resources.has("db")], [true, false]);
 * const context = new PluginContext({ resources });
 * assertEquals(context.resources.has("counters"), true);
 * ```
 */
export class ResourceRegistry {
  readonly #resources = new Map<string, unknown>();

  /**
   * Registers a resource; one of the same name is replaced, for plugins that start later.
   *
   * @param name What manifests call it.
   * @param resource An object with methods.
   * @returns This, for the next.
   * @throws {PluginRegistryError} If it cannot be offered to plugins, with the reason.
   */
  register(name: string, resource: unknown): this {
    const reason = refusalOf(resource);
    if (reason !== undefined) throw new PluginRegistryError(`Cannot register resource "${name}": ${reason}`);
    this.#resources.set(name, resource);
    return this;
  }

  /** Whether a resource is registered. */
  has(name: string): boolean {
    return this.#resources.has(name);
  }

  /**
   * A resource.
   *
   * @throws {PluginRegistryError} If there is none of that name.
   */
  get<T = unknown>(name: string): T {
    if (!this.has(name)) throw new PluginRegistryError(`Cannot get resource "${name}": it is not registered`);
    return this.#resources.get(name) as T;
  }

  /** A resource, or `undefined`. */
  tryGet<T = unknown>(name: string): T | undefined {
    return this.#resources.get(name) as T | undefined;
  }

  /**
   * The resources that a manifest declares.
   *
   * @param manifest The manifest, or what matters of it.
   * @returns A registry of their own.
   * @throws {PluginRegistryError} If a required one is not registered.
   */
  scopeFor(manifest: { readonly name: string; readonly resources?: Partial<Manifest["resources"]> }): ResourceRegistry {
    const { required = [], optional = [] } = manifest.resources ?? {};
    const scope = new ResourceRegistry();
    for (const name of required) {
      if (this.has(name)) continue;
      throw new PluginRegistryError(
        `Cannot scope resources for plugin "${manifest.name}": it requires "${name}", which is not registered`,
      );
    }
    for (const name of [...required, ...optional]) {
      if (this.has(name)) scope.#resources.set(name, this.#resources.get(name));
    }
    return scope;
  }

  /** All of them, by name, as they are now. */
  toObject(): Record<string, unknown> {
    return Object.assign(Object.create(null), Object.fromEntries(this.#resources));
  }
}

/** A registry of the resources that a host names; one that it made itself stays what it is. */
export function asResourceRegistry(resources: ResourceRegistry | Readonly<Record<string, unknown>>): ResourceRegistry {
  if (resources instanceof ResourceRegistry) return resources;
  const registry = new ResourceRegistry();
  for (const [name, resource] of Object.entries(resources)) {
    if (resource !== undefined) registry.register(name, resource);
  }
  return registry;
}
