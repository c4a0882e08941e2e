import { PluginLoadError } from "../errors.ts";
import { type Manifest, parseEntryPoint } from "../manifest/mod.ts";

/**
 * What of a module is the plugin.
 *
 * @param module A class, a factory or an object is it itself; of a module namespace it is the export that the
 * manifest's `entry_point` names, else the default export.
 * @param manifest The manifest.
 * @throws {PluginLoadError} If the module has no such export.
 */
export function exportOf(module: unknown, manifest: Manifest): unknown {
  const plugin = `${manifest.kind}/${manifest.name}`;
  if ((typeof module !== "object" && typeof module !== "function") || module === null) {
    throw new PluginLoadError(`Cannot load plugin "${plugin}": ${module} is no class, factory, object or module`, {
      plugin,
    });
  }
  if (Reflect.get(module, Symbol.toStringTag) !== "Module") return module;
  const exportName = parseEntryPoint(manifest.entry_point ?? "")?.exportName ?? "default";
  if (Object.hasOwn(module, exportName)) return Reflect.get(module, exportName);
  throw new PluginLoadError(`Cannot load plugin "${plugin}": the module has no export "${exportName}"`, { plugin });
}

/** Fills in the entry point of a manifest whose code is given rather than found. */
export function withEntryPoint(manifest: unknown): unknown {
  if (typeof manifest !== "object" || manifest === null) return manifest;
  const entry_point = "module:default";
  const wrapped: unknown = Reflect.get(manifest, "plugin");
  if (typeof wrapped === "object" && wrapped !== null) return { ...manifest, plugin: { entry_point, ...wrapped } };
  return { entry_point, ...manifest };
}
