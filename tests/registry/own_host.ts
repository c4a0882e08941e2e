/** A host over plugins that tests write down as values: the host's own code, without a sandbox. */
import type { PluginRegistryOptions, StartOptions, StateChange } from "@dagstack/plugin-system";
import { TestHost } from "../support.ts";

/** What a manifest needs besides kind and name. */
export const BASE = { runtime: "in_process", core_version: ">=0.1.0,<1.0.0" };

/** A plugin, and the fields of its manifest that matter. */
export interface OwnPlugin {
  /** A class, a factory or an object. */
  plugin: object;
  /** Fields of the manifest. */
  [field: string]: unknown;
}

/** Plugins by `kind/name`. */
export type OwnPlugins = Readonly<Record<string, OwnPlugin>>;

/** A host that also remembers every change of state. */
export class OwnHost extends TestHost {
  /** All changes so far. */
  readonly changes: StateChange[] = [];

  /** Registers plugins, and starts nothing. */
  static async of(plugins: OwnPlugins, options: PluginRegistryOptions = {}): Promise<OwnHost> {
    const host = new OwnHost(options);
    host.registry.onStateChange((change) => host.changes.push(change));
    for (const [id, { plugin, ...fields }] of Object.entries(plugins)) {
      const [kind, name] = id.split("/");
      await host.registry.registerModule(plugin, { ...BASE, kind, name, ...fields });
    }
    return host;
  }

  /** Registers plugins and starts them. */
  static async running(
    plugins: OwnPlugins,
    options: PluginRegistryOptions = {},
    start: StartOptions = {},
  ): Promise<OwnHost> {
    const host = await OwnHost.of(plugins, options);
    await host.registry.setupAll({}, start);
    return host;
  }

  /** State of each plugin, as `kind/name state`, sorted. */
  get states(): string[] {
    return this.registry.status().plugins.map(({ kind, name, state }) => `${kind}/${name} ${state}`);
  }

  /** What happened to a plugin, as `from>to`. */
  moves(id: string): string[] {
    return this.changes.filter(({ plugin }) => plugin === id).map(({ from, to }) => `${from}>${to}`);
  }

  /** Numbers of a plugin's calls. */
  calls(id: string) {
    return this.registry.status().plugins.find(({ kind, name }) => `${kind}/${name}` === id)!.timings.calls;
  }
}

/** Waits, in milliseconds. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something holds; fails after 10 seconds. */
export async function until(holds: () => boolean, what = "what was waited for"): Promise<void> {
  for (const end = performance.now() + 10_000; !holds(); await sleep(5)) {
    if (performance.now() > end) throw new Error(`${what} did not come within 10 s`);
  }
}

/** Lets so many through together, and nobody before all are there; whoever is alone waits for ever. */
export function barrier(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  return () => {
    if (--count === 0) resolve();
    return promise;
  };
}
