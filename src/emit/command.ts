import { parseArgs } from "node:util";

import { PluginRegistryError } from "../errors.ts";
import { loadHookspec } from "../hookspec/mod.ts";
import { nearestName } from "../near.ts";
import { dirname, join } from "../path/mod.ts";
import { EMIT_TARGETS, emitFiles, type EmitTarget } from "./emit_files.ts";

/** How the command is called. */
const USAGE = `Writes types, OpenRPC, Markdown and a mock from hookspecs.

  deno run -RW -E -S=cpus jsr:@dagstack/plugin-system/emit <hookspec.yaml>... [options]

  --out <folder>    write to <folder>/<kind>/v<major>.* (else beside each hookspec)
  --only <targets>  some of ${EMIT_TARGETS.join(",")}
  --check           write nothing; fail if a file is missing or differs
  --help            say this
`;

/** Where a command speaks. */
export interface CommandOutput {
  /** What was done. */
  log(text: string): void;
  /** What went wrong. */
  error(text: string): void;
}

/**
 * Runs the command `emit`.
 *
 * @param args Its arguments.
 * @param output Where it speaks.
 * @returns Its exit code: 1 when it could not be done, or with `--check` when a file is out of date.
 */
export async function runEmitCommand(args: readonly string[], output: CommandOutput): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        out: { type: "string" },
        only: { type: "string", multiple: true },
        check: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help === true || positionals.length === 0) {
      (values.help === true ? output.log : output.error)(USAGE);
      return values.help === true ? 0 : 1;
    }
    const only = chosenTargets(values.only);
    const files = new Map<string, string>();
    for (const source of positionals) {
      for (const [path, text] of await filesOf(source, values.out, only)) {
        if (files.has(path)) throw new PluginRegistryError(`Cannot emit "${source}": another hookspec gives "${path}"`);
        files.set(path, text);
      }
    }
    return values.check === true ? await check(files, output) : await write(files, output);
  } catch (error) {
    const isExpected = error instanceof PluginRegistryError || error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable || (error as { code?: unknown })?.code !== undefined;
    if (!isExpected) throw error;
    output.error((error as Error).message);
    return 1;
  }
}

function chosenTargets(only: readonly string[] | undefined): readonly EmitTarget[] {
  const names = only?.flatMap((list) => list.split(",")).map((name) => name.trim()) ?? EMIT_TARGETS;
  return names.map((name) => {
    const target = EMIT_TARGETS.find((one) => one === name);
    if (target !== undefined) return target;
    const near = nearestName(name, EMIT_TARGETS);
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    throw new PluginRegistryError(`Cannot emit "${name}": expected some of ${EMIT_TARGETS.join(", ")}${hint}`);
  });
}

async function filesOf(source: string, out: string | undefined, only: readonly EmitTarget[]) {
  const hookspec = await loadHookspec(source);
  const path = source.replaceAll("\\", "/");
  const stem = path.split("/").at(-1)!.replace(/\.(ya?ml|json)$/, "");
  const major = `v${hookspec.kind_api_version.split(".")[0]}`;
  const files = await emitFiles(hookspec, { source: path, only, stem: out === undefined ? stem : major });
  const folder = out === undefined ? dirname(path) : join(out, hookspec.kind);
  return [...files].map(([name, text]): [string, string] => [join(folder, name), text]);
}

async function write(files: ReadonlyMap<string, string>, output: CommandOutput): Promise<number> {
  for (const [path, text] of files) {
    if (await readIfThere(path) === text) continue;
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, text);
    output.log(`written: ${path}`);
  }
  return 0;
}

async function check(files: ReadonlyMap<string, string>, output: CommandOutput): Promise<number> {
  const stale: string[] = [];
  for (const [path, text] of files) if (await readIfThere(path) !== text) stale.push(path);
  if (stale.length === 0) return 0;
  output.error(`Out of date: ${stale.join(", ")}\nRun the same command without --check`);
  return 1;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
