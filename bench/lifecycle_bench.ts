/**
 * Start and stop of many plugins. The levels are held against bare timers; the memory is the host's after it has
 * collected its garbage, against the same after the first round.
 */
import { PluginRegistry } from "@dagstack/plugin-system";
import { compare, type Comparison } from "./compare.ts";
import { reloadBench } from "./reload_bench.ts";
import { makeSamplePlugins, silent } from "./sample_plugins.ts";
import { manifestOf } from "./trusted_plugins.ts";

const LEVELS = 50, IN_LEVEL = 20, SETUP_MS = 10;
const SANDBOXED = 200, MEMORY_ROUNDS = 10;
/** How often memory is looked at, and how long it is left alone before each look. */
const LOOKS = 5, SETTLE_MS = 200;

export async function lifecycleBench(): Promise<Comparison[]> {
  const folder = await Deno.makeTempDir();
  try {
    return [await levelsRow(), await memoryRow(`${folder}/many`), ...await reloadBench(`${folder}/reloaded`)];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function levelsRow(): Promise<Comparison> {
  const bare = async () => {
    const start = performance.now();
    for (let level = 0; level < LEVELS; level++) {
      await Promise.all(Array.from({ length: IN_LEVEL }, () => wait(SETUP_MS)));
    }
    return performance.now() - start;
  };
  const name = `setupAll of ${LEVELS * IN_LEVEL} plugins in ${LEVELS} levels, each waiting ${SETUP_MS} ms`;
  return compare(name, "ms", bare, startLevels, { rounds: 9, limit: 1.5 });
}

async function startLevels(): Promise<number> {
  await using registry = new PluginRegistry({ logger: silent });
  let ready = 0;
  class Waiting {
    async setup(): Promise<void> {
      await wait(SETUP_MS);
      ready++;
    }
  }
  for (let level = 0; level < LEVELS; level++) {
    for (let i = 0; i < IN_LEVEL; i++) {
      const depends_on = level === 0 ? [] : [`plugin-${level - 1}-${i}`];
      await registry.registerModule(Waiting, { ...manifestOf(`plugin-${level}-${i}`), depends_on });
    }
  }
  const start = performance.now();
  await registry.setupAll();
  const ms = performance.now() - start;
  if (ready !== LEVELS * IN_LEVEL) throw new Error(`${ready} plugins were set up`);
  return ms;
}

/** One registry for all rounds, so that what it keeps of stopped plugins is seen. */
async function memoryRow(folder: string): Promise<Comparison> {
  await using registry = new PluginRegistry({ logger: silent, sandbox: "process" });
  await registry.discover(await makeSamplePlugins(folder, SANDBOXED));
  const seen: number[] = [];
  for (let round = 0; round < MEMORY_ROUNDS; round++) {
    await registry.setupAll();
    const up = registry.status().plugins.filter(({ state }) => state === "active").length;
    if (up !== SANDBOXED) throw new Error(`${up} of ${SANDBOXED} plugins have started`);
    await registry.teardownAll();
    seen.push(await settledMemory());
  }
  const floor = seen[0]!, ours = seen.at(-1)!;
  const name = `memory of the host after ${MEMORY_ROUNDS} rounds of ${SANDBOXED} plugins, against after one`;
  return { name, unit: "MB", floor, ours, ratio: ours / floor, nullRatio: 1, limit: 1.1 };
}

/** Resident memory after a collection of garbage, in MB; the smallest of several looks. */
async function settledMemory(): Promise<number> {
  const collect = Reflect.get(globalThis, "gc") as (() => void) | undefined;
  if (collect === undefined) throw new Error("run with --v8-flags=--expose-gc");
  let smallest = Infinity;
  for (let look = 0; look < LOOKS; look++) {
    await wait(SETTLE_MS);
    collect();
    smallest = Math.min(smallest, Deno.memoryUsage().rss / 1e6);
  }
  return smallest;
}
