/**
 * Discovery of many plugin folders against a floor that walks, reads, TOML-parses and resolves the same entry points
 * with the same concurrency; validation against the TOML parse that it follows; memory per registered plugin.
 */
import { PluginRegistry } from "@dagstack/plugin-system";
import { join } from "@std/path/join";
import { parse } from "@std/toml/parse";
import { listProblems } from "../src/manifest/problems.ts";
import { compare, type Comparison } from "./compare.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const CONCURRENCY = 32;

export async function discoveryBench(): Promise<Comparison[]> {
  const folder = await Deno.makeTempDir();
  try {
    const few = join(folder, "few"), many = join(folder, "many");
    await makePlugins(few, 1000);
    await makePlugins(many, 10_000);
    const timed = (work: () => Promise<unknown>) => async () => {
      const start = performance.now();
      await work();
      return performance.now() - start;
    };
    const discover = (root: string) =>
      timed(async () => {
        const { registered } = await new PluginRegistry({ logger: silent }).discover(root);
        if (registered.length === 0) throw new Error("nothing was registered");
      });
    const tenth = (measure: () => Promise<number>) => async () => await measure() / 10;
    const text = manifest(1);
    const repeat = (work: () => unknown) =>
      timed(() => {
        for (let i = 0; i < 300; i++) work();
        return Promise.resolve();
      });
    return [
      await compare("discovery of 1,000 folders", "ms", timed(() => floor(few)), discover(few), {
        rounds: 12,
        limit: 1.5,
      }),
      await compare("discovery of 10,000 folders, a tenth, against 1,000", "ms", discover(few), tenth(discover(many)), {
        rounds: 4,
        limit: 1.1,
      }),
      await compare(
        "TOML parse and validation of a manifest, 300 times, against the parse",
        "ms",
        repeat(() => parse(text)),
        repeat(() => listProblems(parse(text))),
        { rounds: 30, limit: 1.2 },
      ),
      await memory(many),
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function manifest(i: number): string {
  return `[plugin]
name = "plugin-${i}"
kind = "kind-${i % 10}"
runtime = "in_process"
core_version = ">=0.1.0,<1.0.0"
entry_point = "plugin:Sample"
version = "0.1.0"
description = "A plugin among many."
execution_model = "sync"

[plugin.resources]
required = ["clock", "http_client"]

[plugin.resources.http_client]
hosts = ["api.example.com"]
`;
}

async function makePlugins(root: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const folder = join(root, `p${i}`);
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(join(folder, "dagstack.toml"), manifest(i));
    await Deno.writeTextFile(join(folder, "plugin.ts"), "export class Sample {}");
  }
}

/** The same reads, parses and look-ups, and nothing else. */
async function floor(root: string): Promise<number> {
  const folders: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(root)) if (isDirectory) folders.push(join(root, name));
  const manifests: string[] = [];
  await inBatches(folders, async (folder) => {
    for await (const { name } of Deno.readDir(folder)) if (name === "dagstack.toml") manifests.push(join(folder, name));
  });
  let found = 0;
  await inBatches(manifests.sort(), async (path) => {
    const bytes = await Deno.readFile(path);
    const raw = parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as { plugin: { entry_point: string } };
    const folder = Deno.realPathSync(path.slice(0, path.lastIndexOf("/")));
    const entry = Deno.realPathSync(join(folder, `${raw.plugin.entry_point.split(":")[0]}.ts`));
    if (Deno.statSync(entry).isFile) found++;
  });
  return found;
}

async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < items.length; i += CONCURRENCY) await Promise.all(items.slice(i, i + CONCURRENCY).map(work));
}

/** Heap that stays after 10,000 plugins are registered, in kB a plugin, against the 20 that are allowed. */
async function memory(root: string): Promise<Comparison> {
  const gc = (globalThis as { gc?: () => void }).gc;
  const used = () => {
    gc?.();
    return Deno.memoryUsage().heapUsed;
  };
  const before = used();
  const registry = new PluginRegistry({ logger: silent });
  const count = await (async () => (await registry.discover(root)).registered.length)();
  const kilobytes = (used() - before) / count / 1000;
  if (registry.list().length !== count) throw new Error("the registry is gone");
  return {
    name: `memory of a registered plugin, against 20 kB${gc === undefined ? " (no gc)" : ""}`,
    unit: "kB",
    floor: 20,
    ours: kilobytes,
    ratio: kilobytes / 20,
    nullRatio: 1,
    limit: 1,
  };
}
