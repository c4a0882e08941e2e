import { join } from "../path/mod.ts";
import { CACHED_FOLDERS } from "./fill_cache.ts";
import type { LockedPackages } from "./lock_packages.ts";

/**
 * Makes a process's own throw-away `DENO_DIR` see locked packages. Deno writes into that folder on the plugin's behalf
 * without asking for permission (compiled code, `caches`, `localStorage`), so it is one per process; what is linked
 * into it is only read under `--frozen --cached-only` (measured).
 *
 * @param locked The packages.
 * @param denoDir The process's `DENO_DIR`: an existing folder, in which nothing of Deno's is yet.
 */
export async function linkPackages(locked: Pick<LockedPackages, "folder">, denoDir: string): Promise<void> {
  for (const name of CACHED_FOLDERS) {
    // NB: Windows lets everybody make junctions, but symlinks only administrators.
    await Deno.symlink(join(locked.folder, name), join(denoDir, name), { type: "junction" });
  }
}
