/**
 * From the start of a host to the first answer of its one plugin, against a bare script that starts one empty Deno
 * child and reads a line from it. Both are whole processes, timed from outside, in interleaved rounds.
 */
import { fromFileUrl } from "@std/path/from-file-url";
import { compare, type Comparison } from "./compare.ts";

const project = new URL("../", import.meta.url);

const FLOOR = `
const child = new Deno.Command(Deno.execPath(), {
  args: ["run", "--no-config", "--no-lock", "data:text/javascript,console.log(1)"], stdout: "piped",
}).spawn();
const reader = child.stdout.getReader();
await reader.read();
reader.releaseLock();
await child.stdout.cancel();
await child.status;
console.log("answered");
`;

const HOST = `
import { PluginContext, PluginRegistry } from "@dagstack/plugin-system";
const registry = new PluginRegistry();
await registry.discover("plugins/fixed-chunker");
await registry.setupAll(new PluginContext({ registry }));
await registry.getPlugin("chunker", "fixed").chunk("Hello, dagstack!", 5);
console.log("answered");
await registry.teardownAll();
`;

export async function startupBench(): Promise<Comparison[]> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/floor.ts`, FLOOR);
    await Deno.writeTextFile(`${folder}/host.ts`, HOST);
    const run = (file: string, flags: string[]) => () =>
      toFirstLine(["run", "--no-prompt", ...flags, `${folder}/${file}`]);
    const config = ["--config", fromFileUrl(new URL("deno.json", project))];
    const floor = run("floor.ts", ["--allow-run", "--allow-read", ...config]);
    const ours = run("host.ts", ["--allow-run", "--allow-read", "--allow-write", ...config]);
    return [
      await compare("a host with one plugin, to its first answer", "ms", floor, ours, { rounds: 40, limit: 1.5 }),
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Milliseconds from the start of a process to its first line. */
async function toFirstLine(args: string[]): Promise<number> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  const ms = performance.now() - start;
  reader.releaseLock();
  await child.stdout.cancel();
  if (!(await child.status).success) throw new Error("the measured process failed");
  return ms;
}
