/** The parts of Deno's lock file that matter here. */
export interface LockFile {
  /** `name@version` to what is known of it. */
  npm: Record<string, { integrity?: unknown }>;
  /** `@scope/name@version` to what is known of it. */
  jsr: Record<string, { integrity?: unknown }>;
}

/**
 * Reads a lock file that Deno wrote.
 *
 * @param path The file.
 * @throws {Deno.errors.NotFound} If there is none.
 * @throws {SyntaxError} If it is no JSON.
 */
export async function readLockFile(path: string): Promise<LockFile> {
  const { npm = {}, jsr = {} }: Partial<LockFile> = JSON.parse(await Deno.readTextFile(path));
  return { npm, jsr };
}

/** Whether a part of a lock file names anything. */
export function hasPackages(part: LockFile["npm"]): boolean {
  return Object.keys(part).length > 0;
}
