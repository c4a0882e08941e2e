import { PermissionExceeded } from "../errors.ts";
import { resolve } from "../path/mod.ts";

/** Fresh folders for plugins, all below one of the registry's own. */
export class TempFolders implements AsyncDisposable {
  readonly #parent: string | undefined;
  #root: Promise<string> | undefined;
  #count = 0;

  /** @param parent Where to make them. @default the system's folder for temporary files */
  constructor(parent?: string) {
    this.#parent = parent;
  }

  /**
   * Makes a fresh folder.
   *
   * @param purpose Part of its name.
   * @param plugin Who it is for, for the error.
   * @throws {PermissionExceeded} If the host may not write there.
   */
  async make(purpose: string, plugin: string): Promise<string> {
    try {
      const root = await (this.#root ??= this.#makeRoot());
      const path = `${root}/${purpose}-${++this.#count}`;
      await Deno.mkdir(path);
      return path;
    } catch (cause) {
      this.#root = undefined;
      if (!(cause instanceof Deno.errors.NotCapable)) throw cause;
      const value = this.#parent ?? "the system's folder for temporary files";
      throw new PermissionExceeded(plugin, [{
        permission: "write",
        value,
        field: "resources: tmpdir",
        refusedBy: "host",
        remedy: "start the host with --allow-write for it, or name another with the tempDir option",
      }], { cause });
    }
  }

  /** As {@linkcode make}, but `undefined` where the host may not write. */
  async tryMake(purpose: string): Promise<string | undefined> {
    try {
      return await this.make(purpose, "");
    } catch (error) {
      if (error instanceof PermissionExceeded) return undefined;
      throw error;
    }
  }

  /** Removes folders that were made here. */
  async remove(...paths: (string | undefined)[]): Promise<void> {
    for (const path of paths) if (path !== undefined) await Deno.remove(path, { recursive: true }).catch(ignoreMissing);
  }

  /** Removes everything that was made here. */
  async close(): Promise<void> {
    const root = this.#root;
    this.#root = undefined;
    if (root !== undefined) await this.remove(await root.catch(() => undefined));
  }

  /** {@linkcode TempFolders.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #makeRoot(): Promise<string> {
    const options: Deno.MakeTempOptions = { prefix: "dagstack-" };
    if (this.#parent !== undefined) {
      options.dir = resolve(this.#parent);
      await Deno.mkdir(options.dir, { recursive: true });
    }
    return await Deno.makeTempDir(options);
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
