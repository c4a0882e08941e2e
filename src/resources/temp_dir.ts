import { IN_SCOPE, type InScope, type ScopeData } from "./in_scope.ts";

/** A fresh folder, as a resource (SPEC section 8). The host removes it after teardown. */
export interface TempDir {
  /** The folder's absolute path. */
  readonly path: string;
  /**
   * Makes an empty file.
   *
   * @param name One path segment.
   * @param suffix Appended to the name, for example `.json`. @default ""
   * @returns The file's absolute path.
   * @throws {RangeError} If the name is no single path segment.
   * @throws {Deno.errors.AlreadyExists} If there is one of that name.
   */
  createFile(name: string, suffix?: string): Promise<string>;
  /**
   * Makes a folder.
   *
   * @param name One path segment.
   * @returns The folder's absolute path.
   * @throws {RangeError} If the name is no single path segment.
   * @throws {Deno.errors.AlreadyExists} If there is one of that name.
   */
  createSubdir(name: string): Promise<string>;
}

/** A folder that exists already. */
export class FolderTempDir implements TempDir, InScope {
  /** The folder's absolute path. */
  readonly path: string;

  /**
   * Wraps a folder.
   *
   * @param path An existing, empty folder.
   */
  constructor(path: string) {
    this.path = path;
  }

  /** Makes an empty file. */
  async createFile(name: string, suffix = ""): Promise<string> {
    const path = this.#inside(name + suffix);
    (await Deno.open(path, { write: true, createNew: true })).close();
    return path;
  }

  /** Makes a folder. */
  async createSubdir(name: string): Promise<string> {
    const path = this.#inside(name);
    await Deno.mkdir(path);
    return path;
  }

  #inside(segment: string): string {
    if (segment === "" || segment === "." || segment === ".." || /[/\\\0]/.test(segment)) {
      throw new RangeError(`Cannot create ${JSON.stringify(segment)} in tmpdir: a name is one path segment`);
    }
    return `${this.path}/${segment}`;
  }

  /** @ignore */
  [IN_SCOPE](): ScopeData {
    return { type: "temp_dir", path: this.path };
  }
}
