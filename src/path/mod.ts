/**
 * Paths of this system, by `@std/path`. Row 0.
 *
 * NB: the functions of `@std/path` that choose the system themselves read `globalThis.process` to do so, which takes
 * Deno 2.9.6 some 11 ms: a quarter of the time from a host's start to its first answer.
 *
 * @module
 */

const path = Deno.build.os === "windows" ? await import("./windows.ts") : await import("./posix.ts");

export const { dirname, fromFileUrl, globToRegExp, isAbsolute, join, relative, toFileUrl } = path;

/** Makes a path absolute, from the working folder, and normal. */
export function resolve(own: string): string {
  return path.resolve(Deno.cwd(), own); // never without: then `@std/path` asks `globalThis.process` for the folder
}

/** What stands between two segments. */
export const SEPARATOR: "/" | "\\" = Deno.build.os === "windows" ? "\\" : "/";

/** Whether a path is a folder or lies below it; both absolute and normal. */
export function isBelow(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(SEPARATOR) ? folder : folder + SEPARATOR);
}
