import { DiscoveryError } from "../errors.ts";
import { fromFileUrl, globToRegExp, join, relative, resolve } from "../path/mod.ts";

/** What a walk passes by, unless told otherwise (SPEC section 4). */
export const DEFAULT_IGNORE: readonly string[] = ["**/node_modules", "**/.git", "**/.svn", "**/.hg", "**/vendor"];

/** The name of a manifest file. */
export const MANIFEST_FILE = "dagstack.toml";

/** How to walk. */
export interface WalkOptions {
  /** Whether to look into folders of folders. @default true */
  recursive?: boolean;
  /** Globs of folders to pass by, relative to the root. @default DEFAULT_IGNORE */
  ignore?: readonly string[];
}

/** What a walk found. */
export interface WalkResult {
  /** Manifest files, sorted by path. */
  manifests: string[];
  /** Folders that could not be read, and why. */
  unreadable: { path: string; error: Error }[];
}

/**
 * Finds the manifests below a folder. A folder with a manifest is a leaf: its inside is not walked.
 *
 * @param root The folder: a path, or a `file:` URL.
 * @param options How to walk.
 * @returns Absolute paths, in an order that does not depend on the file system.
 * @throws {DiscoveryError} If the root is missing, is no folder, or cannot be read.
 */
export async function walkForManifests(root: string | URL, options: WalkOptions = {}): Promise<WalkResult> {
  const shown = String(root);
  const { recursive = true, ignore = DEFAULT_IGNORE } = options;
  const top = resolve(root instanceof URL ? fromFileUrl(root) : root);
  await checkRoot(top, shown);
  let ignored: RegExp[] | undefined; // made when the first folder is seen: most plugin folders have none
  const result: WalkResult = { manifests: [], unreadable: [] };

  const walk = async (folder: string, depth: number): Promise<void> => {
    const folders: string[] = [];
    try {
      for await (const entry of Deno.readDir(folder)) {
        if (entry.name === MANIFEST_FILE && !entry.isDirectory) {
          result.manifests.push(join(folder, entry.name));
          return;
        }
        if (entry.isDirectory) folders.push(join(folder, entry.name));
      }
    } catch (error) {
      if (depth === 0) throw new DiscoveryError(shown, reason(error), { cause: error });
      result.unreadable.push({ path: folder, error: error as Error });
      return;
    }
    if (!recursive && depth > 0) return;
    const inside = folders.filter((path) => {
      const own = relative(top, path).replaceAll("\\", "/");
      ignored ??= ignore.map((glob) => globToRegExp(glob, { extended: true, globstar: true }));
      return !ignored.some((pattern) => pattern.test(own));
    });
    await Promise.all(inside.map((path) => walk(path, depth + 1)));
  };

  await walk(top, 0);
  result.manifests.sort();
  result.unreadable.sort((a, b) => a.path < b.path ? -1 : 1);
  return result;
}

async function checkRoot(top: string, shown: string): Promise<void> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(top);
  } catch (error) {
    throw new DiscoveryError(shown, reason(error), { cause: error });
  }
  if (!info.isDirectory) throw new DiscoveryError(shown, "it is a file, expected a folder");
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such folder";
  if (error instanceof Deno.errors.NotCapable) return `the host may not read it; start it with --allow-read`;
  return error instanceof Error ? error.message : String(error);
}
