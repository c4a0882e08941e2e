import { openRegularFile } from "./regular_file.ts";
import { StoreError, type StoreOperation } from "./store_error.ts";

/** The name of a folder's lock. The file is empty and stays: whoever removed it would lock another one than the next. */
export const LOCK_NAME = ".lock";

/** Longer than this, in milliseconds, nobody holds a lock who is alive and well. */
const LIMIT_MS = 30_000;

/**
 * Does something while no other process, nor another store of this one, does something of the kind in the same folder.
 * The system lets go of the lock when the process dies.
 *
 * @param operation What is asked of which store.
 * @param folder The folder; it is there.
 * @param work What is done. It is short.
 * @returns What it returns.
 * @throws {StoreError} If somebody else holds the lock for 30 seconds, or something else lies in the lock's place.
 */
export async function withFolderLock<T>(
  operation: StoreOperation,
  folder: string,
  work: () => Promise<T>,
): Promise<T> {
  using file = await openLock(operation, `${folder}/${LOCK_NAME}`);
  const start = performance.now();
  // Asked again and again rather than waited for: a wait in the system could not be given up.
  for (let pauseMs = 1; !await file.tryLock(true); pauseMs = Math.min(2 * pauseMs, 16)) {
    if (performance.now() - start > LIMIT_MS) {
      throw new StoreError(operation, `another process has held "${folder}/${LOCK_NAME}" for ${LIMIT_MS} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return await work();
}

async function openLock(operation: StoreOperation, path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  const found = await openRegularFile(path, { write: true }); // NB: on NFS only who may write can lock
  if (found !== undefined && "file" in found) return found.file;
  const reason = found === undefined ? "was removed meanwhile" : `is none of the store's: it is ${found.foreign}`;
  throw new StoreError(operation, `file "${path}" ${reason}`);
}
