/** The plugins of the public documentation's guides, registered as the host's own code. */
import { PluginRegistry } from "@dagstack/plugin-system";

/** A registry over plugins by `kind/name`; manifests as the guides write them in `dagstack.json`. */
export async function registryOf(
  plugins: Readonly<Record<string, { plugin: object; [field: string]: unknown }>>,
): Promise<PluginRegistry> {
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const registry = new PluginRegistry({ logger: quiet });
  for (const [id, { plugin, ...fields }] of Object.entries(plugins)) {
    const [kind, name] = id.split("/");
    await registry.registerModule(plugin, {
      plugin: { name, kind, runtime: "in_process", core_version: "^0.2", ...fields },
    });
  }
  return registry;
}
