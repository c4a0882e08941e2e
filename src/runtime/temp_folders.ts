import { PermissionExceeded, PluginUnavailable } from "../errors.ts";
import { resolve } from "../path/mod.ts";
import { hostHolds } from "./host_permissions.ts";

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
   * @throws {PluginUnavailable} If there is no such place, or nothing can be written there.
   */
  async make(purpose: string, plugin: string): Promise<string> {
    const value = this.#parent ?? "the system's folder for temporary files";
    try {
      if (!this.#mayWrite()) throw new Deno.errors.NotCapable(`the host may not write to ${value}`);
      const path = `${await this.#rootFolder()}/${purpose}-${++this.#count}`;
      await Deno.mkdir(path);
      return path;
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotCapable)) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new PluginUnavailable(plugin, `no fresh folder can be made in ${value} (option tempDir): ${reason}`, {
          cause,
        });
      }
      const remedy = this.#parent === undefined
        ? "start the host with --allow-write for it, or name another with the tempDir option"
        : `start the host with --allow-write=${this.#parent}`;
      throw new PermissionExceeded(
        plugin,
        [{ permission: "write", value, field: "resources: tmpdir", refusedBy: "host", remedy }],
        { cause },
      );
    }
  }

  /** Asked of Deno before anything is made: whoever sits at a terminal must not be asked instead. */
  #mayWrite(): boolean {
    const path = this.#parent === undefined ? systemTempDir() : resolve(this.#parent);
    // NB: also when it is partial: Deno keeps programs that may be run from being written, and one may lie there.
    return Deno.permissions.querySync({ name: "write", path }).state === "granted";
  }

  /** As {@linkcode make}, but `undefined` where none can be made. */
  async tryMake(purpose: string): Promise<string | undefined> {
    return await this.make(purpose, "").catch(() => undefined); // whoever can do without it asks this way
  }

  /**
   * Removes folders that were made here.
   *
   * @returns What could not be removed. Never rejects: one plugin's leavings must not harm another.
   */
  async remove(...paths: (string | undefined)[]): Promise<Error[]> {
    const failures: Error[] = [];
    for (const path of paths) {
      if (path === undefined) continue;
      try {
        await removeAll(path);
      } catch (cause) {
        failures.push(new Error(`Cannot remove temporary folder "${path}": ${(cause as Error).message}`, { cause }));
      }
    }
    return failures;
  }

  /** Removes everything that was made here. @returns What could not be removed. */
  async close(): Promise<Error[]> {
    globalThis.removeEventListener("unload", this.#removeAtExit);
    const root = await this.#root?.catch(() => undefined);
    this.#root = undefined;
    return await this.remove(root);
  }

  /** {@linkcode TempFolders.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #rootFolder(): Promise<string> {
    this.#root ??= this.#makeRoot();
    try {
      return await this.#root;
    } catch (error) {
      this.#root = undefined;
      throw error;
    }
  }

  async #makeRoot(): Promise<string> {
    const options: Deno.MakeTempOptions = { prefix: "dagstack-" };
    if (this.#parent !== undefined) {
      options.dir = resolve(this.#parent);
      await Deno.mkdir(options.dir, { recursive: true });
    }
    this.#madeRoot = await Deno.makeTempDir(options);
    // A host that forgets teardown, or exits before it, leaves nothing behind all the same.
    globalThis.addEventListener("unload", this.#removeAtExit);
    return this.#madeRoot;
  }

  #madeRoot: string | undefined;

  readonly #removeAtExit = (): void => {
    try {
      Deno.removeSync(this.#madeRoot!, { recursive: true });
    } catch {
      return; // the program ends; there is nobody left to tell
    }
  };
}

/** Where Deno makes temporary folders: only where the host may know it, else the usual place. */
function systemTempDir(): string {
  if (Deno.build.os === "windows") {
    return (hostHolds("env", "TEMP") ? Deno.env.get("TEMP") : undefined) ?? "C:\\Windows\\Temp";
  }
  return (hostHolds("env", "TMPDIR") ? Deno.env.get("TMPDIR") : undefined) ?? "/tmp";
}

/** NB: a plugin may have made a folder of its own unreadable; then it is opened first. */
async function removeAll(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    await openFolders(path);
    await Deno.remove(path, { recursive: true });
  }
}

async function openFolders(path: string): Promise<void> {
  await Deno.chmod(path, 0o700);
  for await (const { name, isDirectory } of Deno.readDir(path)) if (isDirectory) await openFolders(`${path}/${name}`);
}
