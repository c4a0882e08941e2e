import { PluginLoadError } from "../errors.ts";
import { isBelow, join, relative } from "../path/mod.ts";

/** What a plugin's folder may be like. */
export interface FolderRules {
  /** Files, folders and links in it, at any depth. */
  maxFiles: number;
  /** Bytes of all files together. */
  maxBytes: number;
  /** Whether files may have other names elsewhere: a hard link to a secret looks like any file. */
  allowHardLinks: boolean;
}

const LEAVES = "is a symlink that leaves the plugin's folder";

/**
 * Walks a plugin's folder before anything of it runs. Deno's permissions follow symlinks, so a link that leaves the
 * folder would take the scope with it; and nobody should load a folder whose size nobody expects.
 *
 * @param pluginDir The folder: absolute, symlinks resolved.
 * @param rules What it may be like.
 * @param plugin As `kind/name`, for the error.
 * @returns The files' paths within the folder, in no particular order.
 * @throws {PluginLoadError} Naming the first path that breaks a rule.
 */
export async function walkPluginFolder(pluginDir: string, rules: FolderRules, plugin: string): Promise<string[]> {
  const refuse = (path: string, reason: string) =>
    new PluginLoadError(`Cannot load plugin "${plugin}": "${relative(pluginDir, path)}" ${reason}`, { plugin });
  const files: string[] = [];
  let count = 0;
  let bytes = 0;

  async function walk(folder: string): Promise<void> {
    const names: string[] = [];
    try {
      for await (const { name } of Deno.readDir(folder)) names.push(name);
    } catch (cause) {
      throw refuse(folder, `cannot be read: ${(cause as Error).message}`);
    }
    for (const name of names.sort()) {
      const path = join(folder, name);
      if (++count > rules.maxFiles) {
        throw refuse(path, `is one file too many in its folder: the limit is ${rules.maxFiles} (limits.folderFiles)`);
      }
      const info = await Deno.lstat(path);
      if (info.isSymlink) await checkLink(path);
      else if (info.isDirectory) await walk(path);
      else if (info.isFile) {
        bytes += info.size;
        if (bytes > rules.maxBytes) {
          throw refuse(path, `makes its folder larger than ${rules.maxBytes} bytes (limits.folderMb)`);
        }
        if (!rules.allowHardLinks && (info.nlink ?? 1) > 1) {
          throw refuse(
            path,
            `has ${info.nlink} names (hard links), so that it may be a file from elsewhere; copy it, or set the ` +
              `allowHardLinks option`,
          );
        }
        files.push(relative(pluginDir, path));
      }
    }
  }

  async function checkLink(path: string): Promise<void> {
    let target: string;
    try {
      target = await Deno.realPath(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw refuse(path, LEAVES); // to where the host may not read
      throw refuse(path, "is a symlink that leads nowhere");
    }
    if (!isBelow(pluginDir, target)) throw refuse(path, LEAVES);
  }

  await walk(pluginDir);
  return files;
}
