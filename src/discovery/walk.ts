import { DiscoveryError } from "../errors.ts";
import { holdsManifest, MANIFEST_FILES } from "../manifest/mod.ts";
import { fromFileUrl, globToRegExp, isBelow, relative, resolve, SEPARATOR } from "../path/mod.ts";

/** What a walk passes by, unless told otherwise (SPEC section 4). */
export const DEFAULT_IGNORE: readonly string[] = [
  "node_modules",
  ".git",
  ".hg",
  ".svn",
  ".venv",
  "venv",
  "__pycache__",
  ".mypy_cache",
  ".pytest_cache",
  ".ruff_cache",
  ".tox",
  "dist",
  "build",
];

/** How to walk. */
export interface WalkOptions {
  /** Whether to look into folders of folders. Without it, only the root and the folders in it are looked at. @default true */
  recursive?: boolean;
  /**
   * Globs (`*`, `**`, `?`) of folders to pass by. One without a slash means a folder of that name anywhere; one with a
   * slash means a path from the root.
   *
   * @default DEFAULT_IGNORE
   */
  ignore?: readonly string[];
  /** Whether symlinked folders may lead out of the root. Inside it they are followed, each folder once. @default false */
  followOutside?: boolean;
}

/** What a walk found. */
export interface WalkResult {
  /** Manifest files, sorted by path. */
  manifests: string[];
  /** Folders that could not be read, and why. */
  unreadable: { path: string; error: Error }[];
}

interface Folder {
  path: string;
  /** With symlinks resolved. */
  real: string;
  /** Whether it was reached by a symlink. */
  link: boolean;
}

/** How many folders are read at once. */
const CONCURRENCY = 32;

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
  const { recursive = true, ignore = DEFAULT_IGNORE, followOutside = false } = options;
  if (shown === "") throw new DiscoveryError(shown, "no folder is named");
  if (root instanceof URL && root.protocol !== "file:") {
    throw new DiscoveryError(shown, "only a file: URL names a folder");
  }
  const top = resolve(root instanceof URL ? fromFileUrl(root) : root);
  await checkRoot(top, shown);
  const ignored = new IgnoredFolders(top, ignore);
  const result: WalkResult = { manifests: [], unreadable: [] };
  const realTop = await Deno.realPath(top);

  /** Looks into one folder: notes its manifest, or gives the folders in it. */
  const look = async ({ path: folder, real }: Folder, depth: number): Promise<Folder[]> => {
    const names = new Set<string>();
    const folders: Folder[] = [];
    const links: string[] = [];
    try {
      for await (const { name, isDirectory, isSymlink } of Deno.readDir(folder)) {
        if (isDirectory) {
          if (!ignored.has(folder, name)) {
            folders.push({ path: below(folder, name), real: below(real, name), link: false });
          }
        } else if (MANIFEST_FILES.includes(name)) names.add(name);
        else if (isSymlink && !ignored.has(folder, name)) links.push(below(folder, name));
      }
    } catch (error) {
      if (depth === 0) throw new DiscoveryError(shown, reason(error, top), { cause: error });
      // A folder that is gone by now was none of this walk's.
      if (!(error instanceof Deno.errors.NotFound)) result.unreadable.push({ path: folder, error: error as Error });
      return [];
    }
    const manifest = await manifestAmong(folder, names);
    if (manifest !== undefined) {
      result.manifests.push(manifest);
      return [];
    }
    if (!recursive && depth > 0) return [];
    for (const path of links) {
      const target = await Deno.realPath(path).catch(() => undefined); // dangling, or where the host may not look
      if (target === undefined || !(followOutside || isBelow(realTop, target))) continue;
      if (await isFolder(target)) folders.push({ path, real: target, link: true });
    }
    return folders;
  };

  // Level by level and sorted, so that of two ways to one folder the same one is always taken: the shorter, real folders
  // before links, then by name.
  const seen = new Set([realTop]);
  let level: Folder[] = [{ path: top, real: realTop, link: false }];
  for (let depth = 0; level.length > 0; depth++) {
    const found: Folder[] = [];
    for (let i = 0; i < level.length; i += CONCURRENCY) {
      found.push(...(await Promise.all(level.slice(i, i + CONCURRENCY).map((folder) => look(folder, depth)))).flat());
    }
    found.sort((a, b) => Number(a.link) - Number(b.link) || (a.path < b.path ? -1 : 1));
    level = found.filter(({ real }) => !seen.has(real) && seen.add(real));
  }
  result.manifests.sort();
  result.unreadable.sort((a, b) => a.path < b.path ? -1 : 1);
  return result;
}

/** The folder's manifest by precedence. A `deno.json` or `package.json` is one only if it holds one. */
async function manifestAmong(folder: string, names: ReadonlySet<string>): Promise<string | undefined> {
  for (const name of MANIFEST_FILES) {
    if (!names.has(name)) continue;
    const path = below(folder, name);
    if (name.startsWith("dagstack.") || await holdsManifest(path)) return path;
  }
  return undefined;
}

class IgnoredFolders {
  readonly #top: string;
  /** Names without wildcards, which are almost all. */
  readonly #names = new Set<string>();
  readonly #patterns: { glob: string; whole: boolean; pattern?: RegExp }[] = [];

  constructor(top: string, ignore: readonly string[]) {
    this.#top = top;
    for (const pattern of ignore) {
      const glob = pattern.replace(/\/+$/, "");
      if (/[*?[{/\\!+@]/.test(glob)) this.#patterns.push({ glob, whole: glob.includes("/") });
      else this.#names.add(glob);
    }
  }

  has(folder: string, name: string): boolean {
    if (this.#names.has(name)) return true;
    if (this.#patterns.length === 0) return false;
    const path = relative(this.#top, below(folder, name)).replaceAll("\\", "/");
    return this.#patterns.some((own) => {
      own.pattern ??= globToRegExp(own.glob, { extended: true, globstar: true });
      return own.pattern.test(own.whole ? path : name);
    });
  }
}

/** A name in a folder; both come from the system and need no normalising. */
function below(folder: string, name: string): string {
  return folder.endsWith(SEPARATOR) ? folder + name : folder + SEPARATOR + name;
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}

async function checkRoot(top: string, shown: string): Promise<void> {
  let info: Deno.FileInfo;
  try {
    // Asked of Deno first: whoever sits at a terminal must not be asked instead.
    const { state } = Deno.permissions.querySync({ name: "read", path: top });
    if (state !== "granted") throw new Deno.errors.NotCapable(`the host may not read ${top}`);
    info = await Deno.stat(top);
  } catch (error) {
    throw new DiscoveryError(shown, reason(error, top), { cause: error });
  }
  if (!info.isDirectory) throw new DiscoveryError(shown, "it is a file, expected a folder");
}

function reason(error: unknown, top: string): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such folder";
  if (error instanceof Deno.errors.NotCapable) return `the host may not read it; start it with --allow-read=${top}`;
  return error instanceof Error ? error.message : String(error);
}
