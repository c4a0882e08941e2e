/** What was found where a file of a store should be. */
export type FoundFile =
  /** Opened; the caller closes it. */
  | { file: Deno.FsFile; info: Deno.FileInfo }
  /** Something that is no file of the store, and what it is. */
  | { foreign: string }
  /** Nothing. */
  | undefined;

/** A file may be replaced between the look at it and its opening as often as this. */
const ATTEMPTS = 100;

/**
 * Opens a file, never through a symlink: one that somebody put into the folder could lead anywhere.
 *
 * @param path Its path.
 * @param options What for. @default reading
 * @returns The file, what else is there, or `undefined`.
 */
export async function openRegularFile(path: string, options: Deno.OpenOptions = { read: true }): Promise<FoundFile> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await lookAt(path);
    if (before === undefined) return undefined;
    if (!before.isFile) return { foreign: kindOf(before) };
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, options);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue; // replaced or removed meanwhile: look again
      throw error;
    }
    try {
      const info = await file.stat();
      if (info.ino === before.ino && info.dev === before.dev) return { file, info };
    } catch (error) {
      file.close();
      throw error;
    }
    file.close(); // another file was renamed to its place meanwhile; it gets the same look
  }
  throw new Error(`Cannot open "${path}": it is replaced faster than it can be opened`);
}

/** What lies at a path, a symlink as itself; `undefined` when nothing does. */
export async function lookAt(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** A word for what is no regular file. */
export function kindOf(info: Deno.FileInfo): string {
  return info.isSymlink ? "a symlink" : info.isDirectory ? "a folder" : info.isFile ? "a file" : "a device or pipe";
}
