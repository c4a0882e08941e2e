import api from "./guest/api.generated.txt" with { type: "text" };
import guest from "./guest/process_main.generated.txt" with { type: "text" };

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
}

/**
 * Starts the guest in a process of its own, which can do nothing but what the flags say. The guest is text of this
 * package, started as a `data:` main module, so that packages from a registry need no import permission for it.
 *
 * @param options What it may do.
 * @returns The process; frames go through its stdin and stdout.
 * @throws {Deno.errors.NotCapable} If this process may not start Deno.
 */
export function launchGuest(options: LaunchOptions): Deno.ChildProcess {
  const env: Record<string, string> = {
    ...options.env,
    // NB: without a folder that can be made, Deno falls back to caches in memory; without the variable it would use
    // the user's own cache folder.
    DENO_DIR: options.cacheDir ?? "/dev/null/none",
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  };
  if (options.tmpdir !== undefined) env.TMPDIR = options.tmpdir;
  return new Deno.Command(options.denoPath, {
    args: [
      "run",
      "--quiet",
      ...isolationFlags(),
      ...options.scopeFlags,
      GUEST,
    ],
    clearEnv: true,
    env,
    cwd: options.cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/**
 * The flags of every scope, whatever its permissions: no prompts, nothing from a registry or the network, no
 * configuration of whoever started the host, and the package by its name.
 */
export function isolationFlags(): string[] {
  return [
    "--no-prompt",
    "--cached-only",
    "--no-npm",
    "--no-remote",
    "--no-config",
    "--no-lock",
    `--import-map=${IMPORT_MAP}`,
  ];
}

const GUEST = dataUrl("text/javascript", guest);
/** The package by its name, whatever a plugin's own configuration says: that has no effect on how it is loaded. */
const IMPORT_MAP = dataUrl(
  "application/json",
  JSON.stringify({ imports: { "@dagstack/plugin-system": dataUrl("text/javascript", api) } }),
);

/** Escapes only what a `data:` URL cannot hold: the text travels on a command line, whose length has limits. */
function dataUrl(type: string, text: string): string {
  return `data:${type},${text.trim().replace(/[%#\n\r\t]/g, encodeURIComponent)}`;
}
