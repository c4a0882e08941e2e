/**
 * Many plugins at once against as many bare Deno children. A bare child has the same flags, environment and pipes, and a
 * fresh empty cache folder of its own, which is made within the time measured; it is ready when it has answered one line.
 * Ours also goes through the shell that sets its limits, and reads, compiles and sets up the plugin's TypeScript. How they
 * end is not measured.
 */
import { PluginRegistry } from "@dagstack/plugin-system";
import { compare, type Comparison } from "./compare.ts";
import { startBareProcess } from "./peers/bare_process.ts";
import { childPids, privateMemory } from "./peers/memory_of.ts";
import { makeSamplePlugins, type Sample, silent } from "./sample_plugins.ts";

const MANY = 50;
/** Processes of a kind at a time whose memory is read, and how long they are left alone before. */
const IDLE = 4;
const SETTLE_MS = 100;

/** Processes that have started. */
interface Started extends AsyncDisposable {
  readyMs: number;
  pids: () => Promise<number[]>;
}

/** @param folder Where plugins and cache folders are made. */
export async function sandboxStartBench(folder: string): Promise<Comparison[]> {
  const many = await makeSamplePlugins(`${folder}/many`, MANY);
  const idle = await makeSamplePlugins(`${folder}/idle`, IDLE);
  const start = await compare(
    `${MANY} plugins at once, until they are ready`,
    "ms",
    () => timeOf(startBare(folder, MANY)),
    () => timeOf(startPlugins(many)),
    { rounds: 30, limit: 1.3 },
  );
  const besides = new Set<number>();
  const memory = await compare(
    "private memory of an idle plugin",
    "MB",
    () => memoryOf(startBare(folder, IDLE)),
    () => memoryOf(startPlugins(idle), besides),
    { rounds: 30, limit: 1.2 },
  );
  const watchers = besides.size === 0 ? "no watcher" : `watcher: ${Math.max(...besides).toFixed(1)} MB a registry`;
  memory.name += ` (${watchers})`;
  return [start, memory];
}

async function timeOf(starting: Promise<Started>): Promise<number> {
  await using started = await starting;
  return started.readyMs;
}

/** Mean private memory of the processes, in MB; what other children of this process have is added to `besides`. */
async function memoryOf(starting: Promise<Started>, besides = new Set<number>()): Promise<number> {
  await using started = await starting;
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const pids = await started.pids();
  const own = await Promise.all(pids.map(privateMemory));
  const others = (await childPids()).filter((pid) => !pids.includes(pid));
  for (const pid of others) besides.add(await privateMemory(pid));
  return own.reduce((sum, megabytes) => sum + megabytes, 0) / own.length;
}

async function startBare(folder: string, count: number): Promise<Started> {
  const start = performance.now();
  const children = await Promise.all(Array.from({ length: count }, () => startBareProcess(folder)));
  await Promise.all(children.map((child) => child.ask()));
  return {
    readyMs: performance.now() - start,
    pids: () => Promise.resolve(children.map(({ pid }) => pid)),
    [Symbol.asyncDispose]: async () => void await Promise.all(children.map((child) => child[Symbol.asyncDispose]())),
  };
}

async function startPlugins(root: string): Promise<Started> {
  const registry = new PluginRegistry({ logger: silent, sandbox: "process" });
  await registry.discover(root);
  const names = registry.list().map(({ name }) => name);
  const start = performance.now();
  await registry.setupAll();
  return {
    readyMs: performance.now() - start,
    pids: () => Promise.all(names.map((name) => registry.getPlugin<Sample>("bench", name).pid())),
    [Symbol.asyncDispose]: () => registry.teardownAll(),
  };
}
