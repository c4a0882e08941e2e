import { PluginRegistryError } from "./errors.ts";
import { join } from "./path/mod.ts";

/** What of a folder is hashed. */
export interface HashFolderOptions {
  /** Whether to leave out a file or folder of this name, at any depth. @default nothing is left out */
  skip?: (name: string) => boolean;
  /** Ends the hashing. */
  signal?: AbortSignal;
}

/** How many files are read at once. */
const CONCURRENCY = 16;

/** Above this a file is hashed as it is read. Below, the whole of it at once is faster by far. */
const WHOLE_BYTES = 1024 * 1024;

/**
 * A plugin's content hash: SHA-256 over the sorted list of relative path and SHA-256 of each file (SPEC section 6). One
 * entry is the path with `/`, a zero byte, the hash in hexadecimal, a line end; a symlink's has `link ` before the hash,
 * which is that of where it points, as written. What it leads to is not followed: inside the folder it has an entry of
 * its own, and a plugin's folder has no links out of it. Folders without files, modes and times do not count, nor does
 * what has no content of its own (sockets, pipes, devices).
 *
 * What vanishes while it reads counts as not there.
 *
 * @param folder The plugin's folder.
 * @param options What of it.
 * @returns In hexadecimal.
 * @throws {PluginRegistryError} If the folder, or anything in it, cannot be read; names it.
 */
export async function hashFolder(folder: string, options: HashFolderOptions = {}): Promise<string> {
  const { signal } = options;
  const found = await findEntries(folder, options);
  const lines: string[] = [];
  let next = 0;
  async function hashOneByOne(): Promise<void> {
    while (next < found.length) {
      signal?.throwIfAborted();
      const { path, isSymlink } = found[next++]!;
      const hash = await explained(
        folder,
        path,
        () => isSymlink ? hashLink(join(folder, path)) : hashFile(join(folder, path)),
      );
      if (hash !== undefined) lines.push(lineOf(path, hash));
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, found.length) }, hashOneByOne));
  } finally {
    next = found.length; // one has failed: the others begin nothing more
  }
  return await hashLines(lines);
}

/**
 * The content hash of files that are held in memory: what {@linkcode hashFolder} gives once they are in a folder.
 *
 * @param files By path within the folder, with `/`.
 * @returns In hexadecimal.
 */
export async function hashFiles(files: Iterable<readonly [string, Uint8Array<ArrayBuffer>]>): Promise<string> {
  const lines: string[] = [];
  for (const [path, bytes] of files) lines.push(lineOf(path, await sha256(bytes)));
  return await hashLines(lines);
}

function lineOf(path: string, hash: string): string {
  return `${path}\0${hash}\n`;
}

function hashLines(lines: string[]): Promise<string> {
  return sha256(new TextEncoder().encode(lines.sort(byCodePoint).join("")));
}

/**
 * SHA-256 of bytes.
 *
 * @returns In hexadecimal.
 */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

interface Entry {
  /** Within the folder, with `/`. */
  path: string;
  isSymlink: boolean;
}

async function findEntries(folder: string, { skip, signal }: HashFolderOptions): Promise<Entry[]> {
  const entries: Entry[] = [];
  const folders = [""];
  for (let prefix = folders.pop(); prefix !== undefined; prefix = folders.pop()) {
    signal?.throwIfAborted();
    const own = prefix;
    await explained(folder, own, async () => {
      for await (const { name, isDirectory, isFile, isSymlink } of Deno.readDir(join(folder, own))) {
        if (skip?.(name) === true) continue;
        if (isDirectory) folders.push(`${own}${name}/`);
        else if (isFile || isSymlink) entries.push({ path: own + name, isSymlink });
      }
    });
  }
  return entries;
}

async function hashLink(path: string): Promise<string> {
  return `link ${await sha256(new TextEncoder().encode(await Deno.readLink(path)))}`;
}

async function hashFile(path: string): Promise<string> {
  const { size } = await Deno.lstat(path);
  return size <= WHOLE_BYTES ? await sha256(await Deno.readFile(path)) : await hashLargeFile(path);
}

/** Web Crypto hashes in one piece only. Node's does not, but takes 15 ms to load, which few folders need. */
async function hashLargeFile(path: string): Promise<string> {
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const chunk = new Uint8Array(256 * 1024);
  for (let length = await file.read(chunk); length !== null; length = await file.read(chunk)) {
    hash.update(chunk.subarray(0, length));
  }
  return hash.digest("hex");
}

/** Does something with an entry of the folder; `undefined` when that is gone, which the folder itself may not be. */
async function explained<T>(folder: string, path: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound && path !== "") return undefined;
    const what = path === "" ? "it" : `"${path}"`;
    throw new PluginRegistryError(
      `Cannot hash folder "${folder}": ${what} cannot be read: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

/** The order of the UTF-8 bytes, which other languages and `sort` have too; JavaScript's own goes by UTF-16 units. */
function byCodePoint(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  if (at === a.length || at === b.length) return a.length - b.length;
  const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
  const surrogates = Number(isSurrogate(one)) - Number(isSurrogate(other));
  return surrogates === 0 ? one - other : surrogates;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
