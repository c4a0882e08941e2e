import { PluginLoadError } from "../errors.ts";
import { parseEntryPoint } from "../manifest/mod.ts";
import { isAbsolute, isBelow, join, toFileUrl } from "../path/mod.ts";

/** An entry point, found. */
export interface FoundEntryPoint {
  /** `file:` URL of the module, symlinks resolved. */
  url: string;
  /** The export's name. */
  exportName: string;
  /** The plugin's folder: absolute, symlinks resolved. */
  pluginDir: string;
}

/**
 * Finds the file of an entry point and makes sure that it lies inside the plugin's folder (SPEC section 5). Nothing
 * is imported.
 *
 * NB: three looks at the file system that take microseconds; waiting for another thread would take ten times as long.
 *
 * @param pluginDir The folder of the manifest.
 * @param entryPoint `module:Export`.
 * @param plugin As `kind/name`, for errors.
 * @returns The entry point.
 * @throws {PluginLoadError} If there is no such file, or its real path lies outside the folder.
 */
export function resolveEntryPoint(
  pluginDir: string,
  entryPoint: string,
  plugin: string,
): FoundEntryPoint {
  const refuse = (reason: string, cause?: unknown) =>
    new PluginLoadError(`Cannot load plugin "${plugin}": entry_point "${entryPoint}" ${reason}`, { plugin, cause });
  const parsed = parseEntryPoint(entryPoint);
  if (parsed === undefined) throw refuse("is none");
  const outside = "lies outside the plugin's folder";
  if (isAbsolute(parsed.candidates[0]!)) throw refuse(outside);
  if (/(^|\/)\.\.(\/|$)/.test(parsed.candidates[0]!)) throw refuse(`contains "..": what ${outside} is not loaded`);
  const root = Deno.realPathSync(pluginDir);
  if (root.includes(",")) {
    throw new PluginLoadError(
      `Cannot load plugin "${plugin}": its folder "${root}" has a comma in its name, which no Deno flag can hold; rename it`,
      { plugin },
    );
  }
  for (const candidate of parsed.candidates) {
    let real: string;
    try {
      real = Deno.realPathSync(join(root, candidate));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) continue;
      if (error instanceof Deno.errors.NotCapable) throw refuse(outside, error); // a symlink to where the host may not read
      throw refuse(`cannot be read: ${(error as Error).message}`, error);
    }
    if (!isBelow(root, real)) throw refuse(outside);
    if (!Deno.statSync(real).isFile) continue;
    return { url: toFileUrl(real).href, exportName: parsed.exportName, pluginDir: root };
  }
  const extension = /\.[mc]?[jt]sx?$/.test(entryPoint.split(":")[0]!)
    ? "; the extension is left out before a colon"
    : "";
  throw refuse(`names no file; looked for ${parsed.candidates.join(", ")}${extension}`);
}
