import { sweepUnfinished } from "./atomic_file.ts";

/** The folder of a store: made when it is first used, and cleared of what dead processes left unfinished. */
export class StoreFolder {
  readonly #given: string | URL;
  #opening: Promise<string> | undefined;

  /**
   * @param folder As the host names it.
   * @throws {RangeError} If it has no name, or is a URL of no file.
   */
  constructor(folder: string | URL) {
    if (folder === "") throw new RangeError("Cannot open a store: its folder has no name");
    if (folder instanceof URL && folder.protocol !== "file:") {
      throw new RangeError(`Cannot open a store at "${folder}": a folder's URL starts with file:`);
    }
    this.#given = folder;
  }

  /** @returns Its absolute path, symlinks resolved: what it is now, it stays. */
  open(): Promise<string> {
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = undefined; // the next operation tries again
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<string> {
    // NB: with `recursive`, making a folder that is there asks for no more than permission to write.
    await Deno.mkdir(this.#given, { recursive: true, mode: 0o700 });
    const path = await Deno.realPath(this.#given);
    await sweepUnfinished(path);
    return path;
  }
}

/** How a folder is named in errors. */
export function nameOfFolder(folder: string | URL): string {
  return typeof folder === "string" ? folder : decodeURIComponent(folder.pathname);
}
