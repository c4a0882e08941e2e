import type { DiscoveryReport } from "./discovery_report.ts";
import type { PluginRegistry } from "./plugin_registry.ts";
import type { DiscoverOptions } from "./registrar.ts";

/**
 * Registers every plugin below a folder; the same as `registry.discover(root, options)`, as the npm binding has it.
 *
 * @param registry Where to register.
 * @param root The folder: a path, or a `file:` URL.
 * @param options How to walk it.
 * @returns What was registered, and what was not and why.
 * @throws {DiscoveryError} If the root is missing, is no folder, or cannot be read.
 */
export function discover(
  registry: PluginRegistry,
  root: string | URL,
  options: DiscoverOptions = {},
): Promise<DiscoveryReport> {
  return registry.discover(root, options);
}
