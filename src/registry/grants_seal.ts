import { PluginUnavailable } from "../errors.ts";
import { hashFolder } from "../folder_hash.ts";
import { join } from "../path/mod.ts";

/**
 * A plugin's folder at one moment, so that what is loaded can be held against what was looked at.
 *
 * The hash alone would not see a file that is exchanged while it is loaded and put back after: with it goes, for each
 * file and folder, what the system notes of every change and lets nobody set back (`ctime`).
 *
 * NB: where the system keeps no such time (Windows), only the hash is compared.
 */
export class SealedFolder {
  /** SHA-256 of the folder; see `hashFolder`. */
  readonly contentHash: string;
  readonly #folder: string;
  readonly #stamp: string;

  private constructor(folder: string, contentHash: string, stamp: string) {
    this.#folder = folder;
    this.contentHash = contentHash;
    this.#stamp = stamp;
  }

  /**
   * Looks at a folder.
   *
   * @param folder The plugin's folder: absolute, symlinks resolved.
   * @param within What else must be looked at together with the content, such as the manifest.
   */
  static async of(folder: string, within: () => Promise<void> = () => Promise.resolve()): Promise<SealedFolder> {
    const stamp = await stampOf(folder);
    await within();
    return new SealedFolder(folder, await hashFolder(folder), stamp);
  }

  /**
   * Makes sure that nothing has changed since.
   *
   * @param plugin As `kind/name`, for the error.
   * @throws {PluginUnavailable} If something has.
   */
  async mustBeUnchanged(plugin: string): Promise<void> {
    const contentHash = await hashFolder(this.#folder);
    const same = contentHash === this.contentHash && await stampOf(this.#folder) === this.#stamp;
    if (!same) throw new PluginUnavailable(plugin, "its folder was changed while it was loaded");
  }
}

async function stampOf(folder: string): Promise<string> {
  const lines: string[] = [];
  async function add(path: string): Promise<void> {
    const { ino, size, mtime, ctime, isDirectory } = await Deno.lstat(path);
    lines.push(`${path}\0${ino}\0${isDirectory ? "" : size}\0${mtime?.getTime()}\0${ctime?.getTime()}`);
    if (!isDirectory) return;
    for await (const { name } of Deno.readDir(path)) await add(join(path, name));
  }
  await add(folder);
  return lines.sort().join("\n");
}
