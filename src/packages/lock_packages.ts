import { hashFolder, sha256 } from "../folder_hash.ts";
import { join, resolve, toFileUrl } from "../path/mod.ts";
import {
  chooseRegistries,
  hostAndPort,
  readDownloadVariables,
  registryEnvironment,
  withoutCredentials,
} from "./download_environment.ts";
import { fillCache } from "./fill_cache.ts";
import { importsOf, parseListedPackages } from "./listed_package.ts";
import { hasPackages, type LockFile, readLockFile } from "./lock_file.ts";
import type { RegistryUrls } from "./registry_client.ts";

/** The packages that one plugin may load, and how Deno is made to load these and no others. */
export interface LockedPackages {
  /** The folder that holds them, and nothing else. Several processes of the plugin share it; none may write there. */
  folder: string;
  /** The lock. */
  lockFile: string;
  /**
   * Flags of `deno run` that stand in place of `--no-npm --no-remote --no-lock --cached-only`. The scope adds
   * `--ignore-env`: npm code probes variables, and takes a refusal for a crash.
   */
  flags: readonly string[];
  /** The `scopes` of the process's import map: the packages by their bare names, for the plugin's own files. */
  importScopes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Variables that the process needs; those that the plugin was granted may stand above them. */
  env: Readonly<Record<string, string>>;
  /** What the scope may read besides: files of npm packages, some of which read their own data. */
  read: readonly string[];
}

/** How to lock packages. */
export interface LockPackagesOptions {
  /** What the manifest lists: `npm:name@range`, `jsr:@scope/name@range`. */
  specifiers: readonly string[];
  /** The plugin's folder: absolute, symlinks resolved. */
  pluginDir: string;
  /** The plugin's content hash. @default computed from its folder */
  contentHash?: string;
  /** Where the caches of all plugins lie. */
  dir: string;
  /** The Deno program. */
  denoPath: string;
  /** Where to fetch from. @default `NPM_CONFIG_REGISTRY` and `JSR_URL`, else npm and JSR */
  registries?: RegistryUrls;
  /** The host's variables; of these, only what a download needs is used. @default those that the host may read */
  env?: Readonly<Record<string, string>>;
  /** As `kind/name`, for errors. */
  plugin: string;
  /** How long the download may take, in milliseconds. @default 120,000 */
  timeoutMs?: number;
  /** Ends the download. */
  signal?: AbortSignal;
}

/**
 * Resolves a plugin's packages, locks them and fetches them into a cache, once for each content of the plugin: as long
 * as its files, its list, the registries and Deno stay the same, the same lock holds and nothing is asked of a
 * registry. A changed plugin is resolved anew.
 *
 * No two plugins share a cache: code in a process may import any file of its cache's npm folder by its path, whatever
 * the lock says (measured), so that folder must hold what the plugin lists, what that depends on, and nothing else.
 *
 * @param options The plugin and what it lists.
 * @returns What its processes are started with.
 * @throws {PackageError} If a package cannot be resolved or fetched; nothing is left behind then.
 * @throws {RangeError} If nothing is listed: then `--no-npm --no-remote --no-lock --cached-only` is right.
 */
export async function lockPackages(options: LockPackagesOptions): Promise<LockedPackages> {
  const { plugin, pluginDir, denoPath, signal, timeoutMs = 120_000 } = options;
  if (options.specifiers.length === 0) throw new RangeError(`Cannot lock packages of "${plugin}": it lists none`);
  if (!(timeoutMs > 0)) throw new RangeError(`Cannot wait "${timeoutMs}" ms: a limit is above 0`);
  signal?.throwIfAborted();
  const listed = parseListedPackages(options.specifiers, plugin);
  const variables = options.env ?? readDownloadVariables();
  const registries = chooseRegistries(options.registries ?? {}, variables);
  const key = JSON.stringify([
    FORMAT,
    Deno.version.deno,
    denoPath,
    withoutCredentials(registries),
    listed.map(({ requirement }) => requirement),
    options.contentHash ?? await hashFolder(pluginDir),
  ]);
  await Deno.mkdir(resolve(options.dir), { recursive: true });
  const dir = await Deno.realPath(resolve(options.dir)); // Deno names modules by their real path
  const folder = join(dir, `locked-${await sha256(new TextEncoder().encode(key))}`);
  const lockFile = join(folder, "deno.lock");
  const fill = { listed, registries, variables, denoPath, plugin, timeoutMs, ...(signal && { signal }) };
  const lock = await readLockFile(lockFile).catch(async (error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await fillCache(folder, fill);
    return await readLockFile(lockFile);
  });
  return {
    folder,
    lockFile,
    flags: lockFlags(lockFile, lock, registries.jsr),
    importScopes: { [`${toFileUrl(pluginDir).href}/`]: importsOf(listed) },
    env: registryEnvironment(withoutCredentials(registries), folder),
    read: hasPackages(lock.npm) ? [join(folder, "npm")] : [],
  };
}

/** Part of the key: raised when what a folder holds changes its meaning. */
const FORMAT = 1;

/**
 * Nothing is ever asked of a registry or any other server. The lock goes by what is asked for: another range of a listed
 * package is refused, and so is a dependency of one by its own name.
 *
 * NB: a process that asked for something that is cached and not locked is refused every package from then on (measured).
 */
function lockFlags(lockFile: string, lock: LockFile, jsr: string): string[] {
  return [
    "--cached-only",
    "--frozen",
    `--lock=${lockFile}`,
    ...(hasPackages(lock.npm) ? [] : ["--no-npm"]),
    // NB: --no-remote would refuse JSR's modules too, which are https: underneath.
    hasPackages(lock.jsr) ? `--allow-import=${hostAndPort(jsr)}` : "--no-remote",
  ];
}
