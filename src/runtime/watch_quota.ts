import { join } from "../path/mod.ts";
import type { GuestHost } from "../sandbox/mod.ts";

const LOOK_EVERY_MS = 500;

/**
 * Keeps `resources.tmpdir.quota_mb`: looks at a plugin's fresh folder twice a second, and ends the plugin that has put
 * more into it. A single file is kept smaller by the kernel (`ulimit -f`), where that holds.
 *
 * @param folder The folder, if the plugin has one.
 * @param quotaMb What may be in it, in MiB, if that is limited.
 * @param hosts Whose folder it is; watching ends when they have.
 */
export function watchQuota(
  folder: string | undefined,
  quotaMb: number | undefined,
  hosts: readonly GuestHost[],
): void {
  if (folder === undefined || quotaMb === undefined) return;
  const quota = quotaMb * 1024 * 1024;
  let looking = false;
  const timer = setInterval(async () => {
    if (looking) return;
    looking = true;
    const bytes = await sizeOf(folder, quota).catch(() => Infinity);
    looking = false;
    if (bytes <= quota) return;
    const reason = bytes === Infinity
      ? `tmpdir quota (${quotaMb} MB): its temporary folder cannot be looked through (resources.tmpdir.quota_mb)`
      : `tmpdir quota (${quotaMb} MB): its temporary folder holds more (resources.tmpdir.quota_mb)`;
    for (const host of hosts) host.end(reason);
  }, LOOK_EVERY_MS);
  Deno.unrefTimer(timer);
  Promise.all(hosts.map(({ ended }) => ended.promise)).then(() => clearInterval(timer));
}

/** Bytes in a folder, counted until they are more than enough. A folder that the plugin has closed is opened first. */
async function sizeOf(folder: string, enough: number): Promise<number> {
  let bytes = 0;
  try {
    for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory) bytes += await sizeOf(path, enough - bytes);
      else if (isFile) bytes += (await Deno.lstat(path).catch(ifGone))?.size ?? 0;
      if (bytes > enough) break;
    }
    return bytes;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return bytes; // files come and go while it looks
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    const { mode } = await Deno.lstat(folder);
    if (((mode ?? 0) & 0o700) === 0o700) throw error;
    await Deno.chmod(folder, 0o700);
    return await sizeOf(folder, enough);
  }
}

function ifGone(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
