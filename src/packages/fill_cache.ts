import { PackageError } from "../errors.ts";
import { dirname, join } from "../path/mod.ts";
import { downloadEnvironment, hostAndPort } from "./download_environment.ts";
import type { ListedPackage } from "./listed_package.ts";
import { type LockFile, readLockFile } from "./lock_file.ts";
import type { RegistryUrls } from "./registry_client.ts";
import { runDeno } from "./run_deno.ts";

/** What a cache is filled with. */
export interface FillOptions {
  listed: readonly ListedPackage[];
  registries: Required<RegistryUrls>;
  /** The host's variables that a download needs. */
  variables: Readonly<Record<string, string>>;
  denoPath: string;
  /** As `kind/name`. */
  plugin: string;
  timeoutMs: number;
  signal?: AbortSignal;
}

/** What is kept of Deno's own cache folder: the packages. Everything else in it is made anew by whoever lacks it. */
export const CACHED_FOLDERS: readonly string[] = ["npm", "remote"];

/**
 * Has Deno resolve, lock and download packages, in a draft beside the folder, and renames that into place: the folder
 * is there whole or not at all, however many hosts do this at once. Nothing of a package runs: Deno runs npm's
 * lifecycle scripts only under `--allow-scripts` and in a `node_modules` folder; here is neither.
 *
 * @param folder Where it is to be.
 * @param options What with.
 * @throws {PackageError} If something cannot be resolved or downloaded, or is not what its checksum says.
 */
export async function fillCache(folder: string, options: FillOptions): Promise<void> {
  const parent = dirname(folder);
  await Deno.mkdir(parent, { recursive: true });
  const draft = await Deno.makeTempDir({ dir: parent, prefix: "draft-" });
  try {
    const home = join(draft, "work");
    await Deno.mkdir(home);
    const lockFile = await download(home, options);
    const ready = join(draft, "ready");
    await Deno.mkdir(ready);
    for (const name of CACHED_FOLDERS) {
      await Deno.mkdir(join(home, name), { recursive: true });
      await Deno.rename(join(home, name), join(ready, name));
    }
    await Deno.rename(lockFile, join(ready, "deno.lock"));
    await Deno.rename(ready, folder).catch(async (error) => {
      // Another host was faster. What it found is as good: whoever comes later uses that, too.
      if (!(await Deno.stat(folder).then(() => true, () => false))) throw error;
    });
  } finally {
    await Deno.remove(draft, { recursive: true });
  }
}

async function download(home: string, options: FillOptions): Promise<string> {
  const lockFile = join(home, "deno.lock");
  const config = join(home, "deno.json");
  const imports = Object.fromEntries(options.listed.map(({ requirement }, index) => [`listed-${index}`, requirement]));
  // A workspace of its own: one in a folder above could take this one in, and get a node_modules folder from it.
  await Deno.writeTextFile(config, JSON.stringify({ workspace: [], nodeModulesDir: "none", imports }));
  const allowImport = `--allow-import=${hostAndPort(options.registries.jsr)}`;
  const flags = ["--quiet", `--lock=${lockFile}`, `--config=${config}`, allowImport];
  await run(["install", ...flags], home, options);
  // NB: "deno install" of Deno 2.9.6 says nothing and exits with 0 when JSR does not know a package, or is not there.
  const lock = await readLockFile(lockFile).catch(() => undefined);
  const missing = options.listed.filter(({ from, name }) => !names(lock, from).has(name));
  if (missing.length > 0) {
    const entry = join(home, "entry.js");
    await Deno.writeTextFile(
      entry,
      missing.map(({ requirement }) => `import ${JSON.stringify(requirement)};\n`).join(""),
    );
    await run(["cache", ...flags, entry], home, options);
    throw failure(options, missing, "Deno does not lock it");
  }
  // NB: without a checksum Deno 2.9.6 takes what comes.
  for (const part of [lock!.npm, lock!.jsr]) {
    const unchecked = Object.entries(part).find(([, { integrity }]) => typeof integrity !== "string");
    if (unchecked) throw failure(options, options.listed, `the registry names no checksum for ${unchecked[0]}`);
  }
  return lockFile;
}

function names(lock: LockFile | undefined, from: "npm" | "jsr"): Set<string> {
  return new Set(Object.keys(lock?.[from] ?? {}).map((id) => id.slice(0, id.indexOf("@", 1))));
}

async function run(args: string[], home: string, options: FillOptions): Promise<void> {
  const { registries, variables, listed } = options;
  let said: string | undefined;
  try {
    said = await runDeno(args, { ...options, cwd: home, env: downloadEnvironment(variables, registries, home) });
  } catch (cause) {
    const { denoPath } = options;
    if (cause instanceof Deno.errors.NotCapable) {
      throw failure(options, listed, `the host may not start Deno; start it with --allow-run=${denoPath}`, cause);
    }
    if (cause instanceof Deno.errors.NotFound) {
      throw failure(
        options,
        listed,
        `there is no Deno at "${denoPath}"; name its path with the denoPath option`,
        cause,
      );
    }
    throw cause;
  }
  if (said === undefined) return;
  const concerned = listed.filter(({ name }) => mentions(said, name));
  throw failure(options, concerned.length > 0 ? concerned : listed, said);
}

/** Whether a text names a package, and not one whose name only begins or ends alike. */
function mentions(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w@./-])${RegExp.escape(name)}(?![\\w/-])`).test(text);
}

function failure(options: FillOptions, listed: readonly ListedPackage[], why: string, cause?: Error): PackageError {
  const { plugin } = options;
  const specifiers = listed.map(({ specifier }) => specifier).join(", ");
  return new PackageError(specifiers, `${why} (listed by plugin "${plugin}")`, { plugin, ...(cause && { cause }) });
}
