import { LOCK_NAME } from "./folder_lock.ts";
import { kindOf, lookAt } from "./regular_file.ts";
import { StoreError, type StoreOperation } from "./store_error.ts";

/** A folder may be listed at the moment when one version takes another's place; then it is listed again. */
const LISTINGS = 3;

/** The name of a version's file: `v` and 16 digits. */
export function fileNameOfVersion(version: number): string {
  return `v${String(version).padStart(16, "0")}`;
}

/**
 * The versions in a key's folder.
 *
 * @param operation What is asked of which store.
 * @param folder The key's folder.
 * @returns In ascending order; empty when there are none, or no folder.
 * @throws {StoreError} If it is no folder, or holds what is none of the store's.
 */
export async function listVersions(operation: StoreOperation, folder: string): Promise<number[]> {
  for (let left = LISTINGS; left > 0; left--) {
    const info = await lookAt(folder);
    if (info === undefined) return [];
    if (!info.isDirectory) throw foreign(operation, folder, `it is ${kindOf(info)}`);
    const versions: number[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      if (name === LOCK_NAME || name.startsWith(".nfs")) continue; // NB: NFS keeps removed files under such a name
      const version = /^v\d{16}$/.test(name) ? Number(name.slice(1)) : 0;
      if (!Number.isSafeInteger(version) || version < 1) {
        throw foreign(operation, `${folder}/${name}`, "its name is none of a version");
      }
      versions.push(version);
    }
    if (versions.length > 0) return versions.sort((a, b) => a - b);
  }
  return [];
}

function foreign(operation: StoreOperation, path: string, reason: string): StoreError {
  return new StoreError(operation, `file "${path}" is none of the store's: ${reason}`);
}
