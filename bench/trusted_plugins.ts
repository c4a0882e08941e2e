// deno-lint-ignore-file require-await -- hooks are asynchronous, as those of plugins are, and have nothing to wait for
import { PluginRegistry, type PluginRegistryOptions } from "@dagstack/plugin-system";
import { silent } from "./sample_plugins.ts";

/** What the hooks are called with. */
export interface Query {
  text: string;
  tenant: string;
  tags: readonly string[];
  n: number;
}

/** A query like those of a search service. */
export const QUERY: Query = { text: "how to start dagstack?", tenant: "acme", tags: ["a", "b"], n: 3 };

/** A plugin whose hooks do next to nothing, so that what is seen is what it takes to call them. */
export interface Counting {
  answer(query: Query): Promise<number>;
  rewrite(query: Query): Promise<Query>;
  told(query: Query): Promise<void>;
}

/** A class of its own for each plugin, as plugins are; the bare loops call the same. */
export function countingClass(): new () => Counting {
  return class {
    #seen = 0;

    async answer(query: Query): Promise<number> {
      return query.n;
    }

    async rewrite(query: Query): Promise<Query> {
      return { ...query, n: query.n + 1 };
    }

    async told(query: Query): Promise<void> {
      this.#seen += query.n;
    }
  };
}

/** Instances of their own, for the bare loops and the peers. */
export function countingPlugins(count: number): Counting[] {
  return Array.from({ length: count }, () => new (countingClass())());
}

/**
 * A registry with plugins of kind `bench` that run in this isolate.
 *
 * @param count How many, named from `plugin-0`.
 * @param options Of the registry.
 * @param more What else the manifest of each says.
 */
export async function startTrusted(
  count: number,
  options: PluginRegistryOptions = {},
  more: (place: number) => Record<string, unknown> = () => ({}),
): Promise<PluginRegistry> {
  const registry = new PluginRegistry({ logger: silent, ...options });
  for (let place = 0; place < count; place++) {
    await registry.registerModule(countingClass(), { ...manifestOf(`plugin-${place}`), ...more(place) });
  }
  await registry.setupAll();
  return registry;
}

/** The fields that a manifest must have. */
export function manifestOf(name: string, kind = "bench"): Record<string, unknown> {
  return { name, kind, runtime: "in_process", core_version: ">=0.1.0,<1.0.0" };
}
