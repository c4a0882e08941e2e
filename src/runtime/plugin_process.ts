import { PermissionExceeded } from "../errors.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { LockedPackages } from "../packages/mod.ts";
import {
  type ChosenLimits,
  type GuestHost,
  hasUlimit,
  type LaunchOptions,
  openProcessHost,
  type PermissionScope,
  type ResolvedEntryPoint,
  scopeFlags,
} from "../sandbox/mod.ts";
import { hostPath, readVariables } from "./host_permissions.ts";
import type { Hosting } from "./hosting.ts";

/** A plugin that is to live in a process. */
export interface ProcessMember {
  manifest: Manifest;
  entry: ResolvedEntryPoint;
  /** Its fresh folder. */
  folder: string | undefined;
}

/** What a process is made for. */
export interface PluginProcessOptions {
  /** What errors call it. */
  name: string;
  members: readonly ProcessMember[];
  /** What all of them may do. */
  permissions: PermissionScope;
  packages: LockedPackages | undefined;
  limits: ChosenLimits;
  /** Workers of its own. @default 0 */
  workers?: number;
  inspect?: LaunchOptions["inspect"];
  /** Takes what the process prints while it is debugged. */
  onStderr?: (line: string) => void;
}

/** A process, and the cache folder that was made for it. */
export interface PluginProcess {
  host: GuestHost;
  cacheDir: string | undefined;
}

/**
 * Starts a process for one plugin, or for the plugins of a group.
 *
 * @throws {SandboxUnavailable} If none can be started; nothing is left of it then.
 */
export async function openPluginProcess(options: PluginProcessOptions, hosting: Hosting): Promise<PluginProcess> {
  const { permissions, members, limits, packages } = options;
  const folders = members.flatMap(({ folder }) => folder ?? []);
  const cacheDir = packages === undefined
    ? await hosting.folders.tryMake("cache")
    : await linkedCache(packages, options.name, hosting);
  const env = { ...packages?.env, ...readVariables(permissions.env) };
  if (permissions.run.length > 0) env.PATH = hostPath(); // Deno looks programs up before it grants them
  const fileMb = Math.min(
    limits.fileMb,
    ...members.map(({ manifest }) => manifest.resources.tmpdir.quota_mb ?? Infinity),
  );
  try {
    const host = openProcessHost({
      name: options.name,
      killAfterMs: hosting.killAfterMs,
      watcher: hosting.watcher,
      ...(options.onStderr === undefined ? {} : { onStderr: options.onStderr }),
      launch: {
        denoPath: hosting.denoPath,
        scopeFlags: scopeFlags({ ...permissions, read: [...permissions.read, ...packages?.read ?? []] }, folders),
        env,
        cwd: members[0]!.entry.pluginDir,
        limits: { ...limits, fileMb },
        ulimit: hasUlimit(),
        workers: options.workers ?? 0,
        ...(cacheDir === undefined ? {} : { cacheDir }),
        ...(packages === undefined ? {} : { packages }),
        ...(folders[0] === undefined ? {} : { tmpdir: folders[0] }),
        ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
      },
    });
    return { host, cacheDir };
  } catch (error) {
    await hosting.folders.remove(cacheDir);
    throw error;
  }
}

/** A cache folder of the process's own that holds its plugin's packages. */
async function linkedCache(packages: LockedPackages, plugin: string, hosting: Hosting): Promise<string> {
  const cacheDir = await hosting.folders.make("cache", plugin);
  const { linkPackages } = await import("../packages/mod.ts");
  try {
    await linkPackages(packages, cacheDir);
    return cacheDir;
  } catch (cause) {
    await hosting.folders.remove(cacheDir);
    if (!(cause instanceof Deno.errors.NotCapable)) throw cause;
    // NB: Deno takes a symlink for a way to everywhere, and asks for both permissions without a list.
    throw new PermissionExceeded(plugin, [{
      permission: "packages",
      value: "its packages",
      field: "resources.packages.specifiers",
      refusedBy: "host",
      remedy: "start the host with --allow-read and --allow-write, both without a list: linking a cache takes them",
    }], { cause });
  }
}
