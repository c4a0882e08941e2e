/**
 * Files that appear whole or not at all: written beside their place under a name nobody looks for, brought to the disk,
 * and only then put in their place. A process that dies on the way leaves such a file behind; the next one removes it.
 *
 * @module
 */

/** What the names of unfinished files start with. */
const UNFINISHED = ".tmp-";

/** Younger than this, in milliseconds, an unfinished file is left alone even if nobody holds it. */
const SWEEP_AGE_MS = 10_000;

/** How files are brought to their place. */
export interface AtomicFileOptions {
  /** Whether a value is on the disk, safe from a power cut, before it counts as written. A killed process never needs it. */
  durable: boolean;
}

/**
 * Writes a file of its own name in a folder, and puts it in its place.
 *
 * @param folder Where the unfinished file lies; on the same file system as its place.
 * @param write Writes its content.
 * @param place Puts it there, by `Deno.rename` or `Deno.link`. Only runs when all is written.
 * @returns What `place` returns.
 */
export async function writeAtomicFile<T>(
  folder: string,
  { durable }: AtomicFileOptions,
  write: (file: Deno.FsFile) => Promise<void>,
  place: (unfinished: string) => Promise<T>,
): Promise<T> {
  const path = `${folder}/${UNFINISHED}${crypto.randomUUID()}`;
  // A new file never follows a symlink. Group and others see nothing of the store, as of a private key.
  const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  try {
    try {
      await lock(file);
      await write(file);
      if (durable) await file.sync();
    } finally {
      file.close();
    }
    return await place(path);
  } finally {
    await Deno.remove(path).catch(() => {}); // renamed, it is gone; else the next process removes it
  }
}

/** Whether a name is that of an unfinished file. */
export function isUnfinished(name: string): boolean {
  return name.startsWith(UNFINISHED);
}

/**
 * Removes the unfinished files of processes that died: nobody has one open and locked, nor wrote to it lately.
 *
 * @param folder The folder.
 * @param ageMs How long ago the last write must be. @default 10 seconds
 */
export async function sweepUnfinished(folder: string, ageMs: number = SWEEP_AGE_MS): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    if (!isUnfinished(entry.name) || !entry.isFile) continue;
    const path = `${folder}/${entry.name}`;
    try {
      using file = await Deno.open(path);
      const { mtime } = await file.stat();
      if (mtime === null || Date.now() - mtime.getTime() < ageMs) continue;
      if (await file.tryLock(true)) await Deno.remove(path);
    } catch {
      continue; // another process removed it, or may; it takes space and nothing else
    }
  }
}

/**
 * Brings a folder's entries to the disk: names of files that were put into it or taken out.
 *
 * @param folder The folder.
 */
export async function syncFolder(folder: string, { durable }: AtomicFileOptions): Promise<void> {
  if (!durable || Deno.build.os === "windows") return; // NB: Windows opens no folders; it writes names through
  using file = await Deno.open(folder);
  await file.sync();
}

/** Says to other processes that the file has a writer. The system lets go when that dies. */
async function lock(file: Deno.FsFile): Promise<void> {
  try {
    await file.tryLock(true);
  } catch {
    return; // a file system without locks: nobody can take it for left behind there, so nobody removes it
  }
}
