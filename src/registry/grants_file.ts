import { PluginRegistryError } from "../errors.ts";
import { dirname, fromFileUrl, isBelow, join, relative, resolve } from "../path/mod.ts";
import { hostHolds } from "../runtime/mod.ts";
import { formatGrants, type PluginGrant } from "./grants.ts";
import { parseGrants } from "./grants_parse.ts";

/** Milliseconds that another writer is waited for. */
const LOCK_TIMEOUT_MS = 10_000;
const LOOK_AGAIN_MS = 20;

/** A grants file, which several hosts and tools may read and write at once. */
export class GrantsFile {
  /** Its path: absolute. */
  readonly path: string;

  /** @param file A path, or a `file:` URL. */
  constructor(file: string | URL) {
    this.path = resolve(file instanceof URL ? fromFileUrl(file) : file);
  }

  /**
   * Reads it, here and now: nothing may happen between the look and what follows from it.
   *
   * @returns Grants by `kind/name`; `undefined` when there is no such file.
   * @throws {GrantsInvalid} If it is none.
   * @throws {PluginRegistryError} If it cannot be read.
   */
  read(): Map<string, PluginGrant> | undefined {
    this.#mustHold("read", this.path);
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(Deno.readFileSync(this.path));
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return undefined;
      throw new PluginRegistryError(`Cannot read grants "${this.path}": ${(cause as Error).message}`, { cause });
    }
    return parseGrants(text, this.path);
  }

  /**
   * Puts grants into it, and keeps the others that it holds. The file is there whole, before and after; what two
   * writers put in at once is both in it.
   *
   * @param grants Grants by `kind/name`.
   * @returns All that it holds now.
   * @throws {GrantsInvalid} If what is there is none; it is left as it is.
   * @throws {PluginRegistryError} If it cannot be written.
   */
  async put(grants: ReadonlyMap<string, PluginGrant>): Promise<Map<string, PluginGrant>> {
    const target = real(this.path); // a link to it stays one
    this.#mustHold("write", dirname(target));
    try {
      const lock = await FolderLock.open(join(dirname(target), `.${basename(target)}.lock`));
      try {
        const all = new Map([...this.read() ?? [], ...grants]);
        await replaceFile(target, formatGrants(all));
        return all;
      } finally {
        await lock.close();
      }
    } catch (cause) {
      if (cause instanceof PluginRegistryError) throw cause;
      throw new PluginRegistryError(`Cannot write grants "${this.path}": ${(cause as Error).message}`, { cause });
    }
  }

  /** Whether the file is a path, or lies below it; by real paths too. */
  liesBelow(path: string): boolean {
    const own = [this.path, join(real(dirname(this.path)), basename(this.path)), real(this.path)];
    return [path, real(path)].some((one) => own.some((file) => isBelow(one, file)));
  }

  /** Asked of Deno first: whoever sits at a terminal must not be asked instead. */
  #mustHold(permission: "read" | "write", path: string): void {
    if (hostHolds(permission, path)) return;
    const remedy = `start the host with --allow-${permission}=${path}`;
    throw new PluginRegistryError(`Cannot ${permission} grants "${this.path}": the host may not; ${remedy}`);
  }
}

function basename(path: string): string {
  return relative(dirname(path), path);
}

/** Symlinks resolved, where that is possible. */
function real(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path; // not there, or not for the host to see: then as it is written
  }
}

/** Written beside and renamed. */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = await Deno.makeTempFile({ dir: dirname(path), prefix: `.${basename(path)}.` });
  try {
    const { mode } = await Deno.stat(path).catch(() => ({ mode: 0o644 }));
    await Deno.writeTextFile(draft, text);
    if (mode !== null && Deno.build.os !== "windows") await Deno.chmod(draft, mode & 0o777);
    await Deno.rename(draft, path);
  } catch (error) {
    await Deno.remove(draft).catch(() => {}); // the first error is the one to tell
    throw error;
  }
}

/** A lock that the system lets go when its holder ends, however that ends. */
class FolderLock {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  static async open(path: string): Promise<FolderLock> {
    const end = performance.now() + LOCK_TIMEOUT_MS;
    for (;;) {
      const file = await Deno.open(path, { create: true, write: true });
      if (await file.tryLock(true) && await isSameFile(path, file)) return new FolderLock(path, file);
      file.close(); // somebody else has it, or has just removed it
      if (performance.now() > end) throw new Error(`another writer has held "${path}" for ${LOCK_TIMEOUT_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  async close(): Promise<void> {
    await Deno.remove(this.#path).catch(() => {}); // Windows keeps what is open; an empty file is no lock
    this.#file.close();
  }
}

/** Whether a path still leads to an open file. */
async function isSameFile(path: string, file: Deno.FsFile): Promise<boolean> {
  const [there, own] = [await Deno.stat(path).catch(() => undefined), await file.stat()];
  return there !== undefined && there.ino === own.ino && there.dev === own.dev;
}
