import api from "./guest/api.generated.txt" with { type: "text" };
import guest from "./guest/process_main.generated.txt" with { type: "text" };
import { dataUrl, PACKAGE } from "./data_url.ts";
import { underUlimit } from "./launcher.ts";
import { type ChosenLimits, guestSettings } from "./limits.ts";
import { telemetryEnvironment } from "./telemetry_environment.ts";

/** How a process comes by the packages that its plugin may import, and by no others. */
export interface PackageAccess {
  /** Flags in place of those that keep all packages out. */
  flags: readonly string[];
  /** The packages by their bare names, by the folder whose files may name them so. */
  importScopes: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** How a process scope is started. */
export interface LaunchOptions {
  /** The Deno program. */
  denoPath: string;
  /** The flags of its permissions. */
  scopeFlags: readonly string[];
  /** The values of the variables it may read. */
  env: Record<string, string>;
  /** A throw-away folder for Deno's own caches; without one Deno keeps them in memory, and starts 0.15 s later. */
  cacheDir?: string;
  /** Its own fresh folder, where `Deno.makeTempFile` then works too. */
  tmpdir?: string;
  /** Working folder. */
  cwd: string;
  limits: ChosenLimits;
  /** Whether the kernel is to keep the limits that it can. */
  ulimit: boolean;
  /** How many workers of its own it will have. @default 0 */
  workers?: number;
  /** What it may import from registries. */
  packages?: PackageAccess;
  /** Where a debugger may connect. */
  inspect?: { address: string; wait: boolean };
}

/**
 * Starts the guest in a process of its own, which can do nothing but what the flags say. The guest is text of this
 * package, started by a `data:` main module, so that packages from a registry need no import permission for it. Its text is
 * the first that must be written to the process ({@linkcode GUEST_TEXT}).
 *
 * @param options What it may do.
 * @returns The process; frames go through its stdin and stdout.
 * @throws {Deno.errors.NotCapable} If this process may not start Deno.
 */
export function launchGuest(options: LaunchOptions): Deno.ChildProcess {
  const env: Record<string, string> = {
    ...telemetryEnvironment(),
    ...options.env,
    // NB: without a folder that can be made, Deno falls back to caches in memory; without the variable it would use
    // the user's own cache folder.
    DENO_DIR: options.cacheDir ?? "/dev/null/none",
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  };
  if (options.tmpdir !== undefined) env.TMPDIR = options.tmpdir;
  const args = [
    "run",
    ...(options.inspect === undefined ? ["--quiet"] : []), // it would keep the debugger's address to itself
    ...isolationFlags(options.packages),
    `--v8-flags=--max-old-space-size=${options.limits.memoryMb}`,
    ...(options.inspect === undefined
      ? []
      : [`--inspect${options.inspect.wait ? "-wait" : ""}=${options.inspect.address}`]),
    ...options.scopeFlags,
    boot(options.limits),
  ];
  const direct = { program: options.denoPath, args };
  const command = options.ulimit ? underUlimit(direct, options.limits, 1 + (options.workers ?? 0)) : direct;
  return new Deno.Command(command.program, {
    args: [...command.args],
    clearEnv: true,
    env,
    cwd: options.cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

const NO_PACKAGES: PackageAccess = {
  flags: ["--no-npm", "--no-remote", "--no-lock", "--cached-only"],
  importScopes: {},
};

/**
 * The flags of every scope, whatever its permissions: no prompts, nothing from a registry or the network, no
 * configuration of whoever started the host, and the package by its name.
 *
 * @param packages What may be imported from registries. @default nothing
 */
export function isolationFlags(packages: PackageAccess = NO_PACKAGES): string[] {
  const map = packages === NO_PACKAGES ? IMPORT_MAP : importMap(packages.importScopes);
  return ["--no-prompt", "--no-config", ...packages.flags, `--import-map=${map}`];
}

/** What a guest is to be sent before anything else: its own text. */
export const GUEST_TEXT: Uint8Array = new TextEncoder().encode(guest);

/**
 * The main module: takes the guest's text from stdin, for a command line has limits (32 KiB on Windows), and evaluates
 * it. NB: as a module the same text would take a megabyte more, for Deno keeps what it knows of each module.
 */
function boot(limits: ChosenLimits): string {
  return dataUrl(
    "text/javascript",
    `import*as api from"${PACKAGE}";const t=new Uint8Array(${GUEST_TEXT.byteLength});` +
      `for(let o=0;o<t.length;){const n=Deno.stdin.readSync(t.subarray(o));if(n===null)Deno.exit(0);o+=n}` +
      `new Function("require","settings",new TextDecoder().decode(t)+"\\n//# sourceURL=data:guest")` +
      `(()=>api,${JSON.stringify(guestSettings(limits))})`,
  );
}

/** The package by its name, whatever a plugin's own configuration says: that has no effect on how it is loaded. */
function importMap(scopes: PackageAccess["importScopes"]): string {
  return dataUrl(
    "application/json",
    JSON.stringify({ imports: { [PACKAGE]: dataUrl("text/javascript", api) }, scopes }),
  );
}
const IMPORT_MAP = importMap({});
