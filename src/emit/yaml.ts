import type { Hookspec } from "../hookspec/mod.ts";

/**
 * Writes a hookspec as one YAML file, its schemas inside: for whoever wants to pass it on without its folder. Read by
 * `loadHookspec`, it gives the same hookspec again, and that the same text.
 *
 * @param hookspec The kind.
 */
export async function emitYaml(hookspec: Hookspec): Promise<string> {
  const { Document } = await import("yaml");
  // Text that an older YAML would take for something else is quoted; nothing is shared, and no line is broken.
  const document = new Document(structuredClone(hookspec), { compat: "yaml-1.1", aliasDuplicateObjects: false });
  return document.toString({ lineWidth: 0 });
}
