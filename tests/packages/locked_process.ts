/** A process that is started with locked packages, the way a plugin's scope is. */
import { join } from "@std/path/join";
import { toFileUrl } from "@std/path/to-file-url";
import { linkPackages, type LockedPackages } from "../../src/packages/mod.ts";
import { deno } from "../support.ts";

/** What {@linkcode runLocked} runs. */
export interface LockedRun {
  locked: LockedPackages;
  pluginDir: string;
  /** What the plugin's module is; it prints. */
  code: string;
  /** More flags. */
  flags?: string[];
  env?: Record<string, string>;
  /** The process's `DENO_DIR`. @default a fresh one, removed afterwards */
  denoDir?: string;
}

/** Writes a module into the plugin's folder, runs it as a plugin's is, and returns what it printed, by line. */
export async function runLocked({ locked, pluginDir, code, flags = [], env = {}, denoDir }: LockedRun) {
  const name = `run-${crypto.randomUUID()}.ts`;
  await Deno.writeTextFile(join(pluginDir, name), code);
  const own = denoDir ?? await Deno.makeTempDir();
  if (denoDir === undefined) await linkPackages(locked, own);
  const map = JSON.stringify({ scopes: locked.importScopes });
  try {
    const { stdout, stderr } = await deno([
      "run",
      "--quiet",
      "--no-prompt",
      "--no-config",
      ...locked.flags,
      "--ignore-env",
      `--import-map=data:application/json,${encodeURIComponent(map)}`,
      `--allow-read=${[pluginDir, ...locked.read].join(",")}`,
      ...flags,
      "data:text/javascript,await import(Deno.args[0])",
      toFileUrl(join(pluginDir, name)).href,
    ], { cwd: pluginDir, clearEnv: true, env: { ...locked.env, ...env, DENO_DIR: own } });
    return stdout.trimEnd().split("\n").concat(stderr === "" ? [] : [stderr]);
  } finally {
    if (denoDir === undefined) await Deno.remove(own, { recursive: true });
    await Deno.remove(join(pluginDir, name));
  }
}

/** Imports each by a variable, each in a process of its own, and says what came of it. */
export async function tryImports(
  run: Omit<LockedRun, "code">,
  specifiers: string[],
): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  for (const specifier of specifiers) {
    const [line] = await runLocked({
      ...run,
      code: `const specifier: string = ${JSON.stringify(specifier)};
        try { const m = await import(specifier); console.log(JSON.stringify(m.default ?? { ...m })); }
        catch (error) { console.log("refused: " + (error as Error).message.split("\\n")[0]); }`,
    });
    outcomes[specifier] = line!;
  }
  return outcomes;
}
