import { isBelow, relative, SEPARATOR } from "../path/mod.ts";

const PASSED_BY: ReadonlySet<string> = new Set([".git", ".hg", ".svn", "node_modules", ".DS_Store", "4913"]);

/** One plugin's folder, and what a watcher knows of it. */
export class WatchedFolder {
  /** With symlinks resolved; `undefined` while there is no folder. */
  real: string | undefined;
  /** What was loaded, or tried last; `undefined` until it is known. */
  hash: string | undefined;
  /** Whether something changed before the first hash was known, which may hold the change or not. */
  changedEarly = false;
  /** Whether it is being looked at or loaded. */
  busy = false;
  /** Whether to look again after that. */
  again = false;
  /** What it waits with. */
  timer: ReturnType<typeof setTimeout> | undefined;
  /** When the first change came that is not looked at yet. */
  since: number | undefined;
  /** Which folder it is: another may come to lie under the same name, and events of the old one say nothing of it. */
  #identity: string | undefined;

  /** @param id The plugin; @param folder Its folder, as given. */
  constructor(readonly id: string, readonly folder: string) {}

  /**
   * Sees which folder it is.
   *
   * @returns Whether it is another than before, or is not there any more, or again.
   */
  identify(): boolean {
    const before = this.#identity;
    this.real = this.#identity = undefined;
    try {
      const real = Deno.realPathSync(this.folder);
      const { isDirectory, dev, ino, birthtime } = Deno.statSync(real);
      if (!isDirectory) return before !== undefined;
      this.real = real;
      this.#identity = `${dev}:${ino}:${birthtime?.getTime()}:${real}`;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return this.#identity !== before;
  }

  /** It was removed or renamed: its inode may be given to the next folder of its name, which would look like the same. */
  left(): void {
    this.#identity = "left";
  }

  /** Whether a change of a path is one of this plugin. */
  concerns(path: string): boolean {
    if (this.real === undefined || !isBelow(this.real, path)) return false;
    return !relative(this.real, path).split(SEPARATOR).some(isPassedBy);
  }
}

/** Whether a file or folder of this name is none of the plugin's: what version control, packages and editors leave. */
export function isPassedBy(name: string): boolean {
  return PASSED_BY.has(name) || name.endsWith("~") || name.startsWith(".#") || /^\..*\.sw[a-z]$|^#.*#$/.test(name);
}
