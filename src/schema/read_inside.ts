import { isAbsolute } from "@std/path/is-absolute";
import { relative } from "@std/path/relative";
import { SCHEMA_LIMITS } from "./limits.ts";

/** A file that was not read, and why in words. */
export interface NotRead {
  /** What was expected of it. */
  expected: string;
  /** What it is. */
  found: string;
}

/**
 * Reads a text file, up to the limit of a hookspec's files.
 *
 * @param path The file.
 * @param folder A real path; the file must lie beneath it when every symbolic link is followed.
 * @returns Its text, or why it was not read.
 */
export async function readInside(path: string | URL, folder?: string): Promise<string | NotRead> {
  try {
    const real = await Deno.realPath(path);
    if (folder !== undefined) {
      const inside = relative(folder, real);
      if (inside === "" || /^\.\.([/\\]|$)/.test(inside) || isAbsolute(inside)) {
        return { expected: "a file inside the hookspec's folder", found: "a link that leads out of it" };
      }
    }
    if (!(await Deno.stat(real)).isFile) return { expected: "a file", found: "something else of that name" };
    return decode(await readAtMost(real, SCHEMA_LIMITS.bytes + 1));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { expected: "a file that exists", found: "none of that name" };
    return { expected: "a file that can be read", found: error instanceof Error ? error.message : String(error) };
  }
}

async function readAtMost(path: string, limit: number): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(limit);
  let length = 0;
  while (length < limit) {
    const read = await file.read(bytes.subarray(length));
    if (read === null) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

function decode(bytes: Uint8Array): string | NotRead {
  if (bytes.length > SCHEMA_LIMITS.bytes) {
    return { expected: `a file of at most ${SCHEMA_LIMITS.bytes} bytes`, found: "more" };
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { expected: "text in UTF-8", found: "other bytes" };
  }
}
