import { join } from "../path/mod.ts";

/**
 * A plugin's content hash: SHA-256 over the sorted list of relative path and SHA-256 of each file (SPEC section 6).
 * A symlink counts with where it points.
 *
 * @param folder The plugin's folder.
 * @returns In hexadecimal.
 */
export async function hashFolder(folder: string): Promise<string> {
  const lines: string[] = [];
  const walk = async (path: string, prefix: string): Promise<void> => {
    for await (const { name, isDirectory, isSymlink } of Deno.readDir(path)) {
      const own = join(path, name);
      if (isDirectory) await walk(own, `${prefix}${name}/`);
      else {
        const content = isSymlink ? new TextEncoder().encode(await Deno.readLink(own)) : await Deno.readFile(own);
        lines.push(`${prefix}${name}\0${await sha256(content as Uint8Array<ArrayBuffer>)}\n`);
      }
    }
  };
  await walk(folder, "");
  return await sha256(new TextEncoder().encode(lines.sort().join("")));
}

/**
 * SHA-256 of bytes.
 *
 * @returns In hexadecimal.
 */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
