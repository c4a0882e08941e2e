/**
 * Reloads while calls never stop. No timing claim: a call that is lost, doubled, or answered by an instance older than
 * the reload that had been asked for when the call was made, ends the benchmark.
 */
import { type PluginHandle, PluginRegistry } from "@dagstack/plugin-system";
import type { Comparison } from "./compare.ts";
import { Births, Reloaded } from "./reloaded_plugin.ts";
import { silent } from "./sample_plugins.ts";
import { manifestOf } from "./trusted_plugins.ts";

/** Callers side by side; each makes its next call when the last is answered. */
const CALLERS = 16;
const RESOURCES = { required: ["births"] };

/** @param folder Where the plugin of the sandbox is made. */
export async function reloadBench(folder: string): Promise<Comparison[]> {
  const trusted = new PluginRegistry({ logger: silent });
  await trusted.registerModule(Reloaded, { ...manifestOf("reloaded"), resources: RESOURCES });
  const sandboxed = new PluginRegistry({ logger: silent, sandbox: "process" });
  await Deno.mkdir(folder, { recursive: true });
  await Deno.copyFile(new URL("reloaded_plugin.ts", import.meta.url), `${folder}/plugin.ts`);
  const manifest = { ...manifestOf("reloaded"), entry_point: "plugin:Reloaded", resources: RESOURCES };
  await Deno.writeTextFile(`${folder}/dagstack.json`, JSON.stringify(manifest));
  await sandboxed.discover(folder);
  return [await reloads(trusted, "none", 1000), await reloads(sandboxed, "process", 100)];
}

async function reloads(registry: PluginRegistry, sandbox: string, times: number): Promise<Comparison> {
  const births = new Births();
  await using own = registry;
  await own.setupAll({ resources: { births } });
  const calls = new Calls(own.getPlugin<Reloaded>("bench"));
  const callers = Array.from({ length: CALLERS }, () => calls.keepCalling());
  const start = performance.now();
  for (let i = 0; i < times; i++) {
    const reloaded = own.reload("bench", "reloaded");
    calls.newest++;
    await reloaded;
  }
  const ms = (performance.now() - start) / times;
  calls.over = true;
  await Promise.all(callers);
  const { made, straddled } = calls;
  const answered = calls.checked();
  if (births.count !== times + 1) throw new Error(`${births.count} instances were made by ${times} reloads`);
  const name = `calls during ${times} reloads in ${sandbox} (${ms.toFixed(1)} ms each; ` +
    `${straddled} calls answered after a later reload had begun): each answered once, none by a stale instance`;
  return { name, unit: "calls", floor: made, ours: answered, ratio: answered / made, nullRatio: 1, limit: 1 };
}

/** The calls that are made, and what must be true of their answers. */
class Calls {
  /** The oldest instance that may answer a call made now. */
  newest = 1;
  over = false;
  made = 0;
  /** Calls during which a reload began. */
  straddled = 0;
  readonly #plugin: PluginHandle<Reloaded>;
  /** The answers of each instance, by its own count. */
  readonly #served = new Map<number, Set<number>>();

  constructor(plugin: PluginHandle<Reloaded>) {
    this.#plugin = plugin;
  }

  async keepCalling(): Promise<void> {
    while (!this.over) {
      const least = this.newest;
      const asked = ++this.made;
      const { id, generation, served } = await this.#plugin.ask(asked);
      if (id !== asked) throw new Error(`call ${asked} was given the answer of call ${id}`);
      if (generation < least) throw new Error(`call ${asked} was answered by instance ${generation}, not ${least}`);
      if (this.newest > least) this.straddled++;
      const own = this.#served.get(generation) ?? new Set();
      if (own.has(served)) throw new Error(`call ${asked} was given an answer twice`);
      this.#served.set(generation, own.add(served));
      // Nothing else may need a turn of the event loop; what does must not wait for ever.
      if (asked % 64 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  /** How many calls were answered; an instance that counted more than were answered was called twice for one of them. */
  checked(): number {
    let answered = 0;
    for (const [generation, served] of this.#served) {
      const counted = Math.max(...served);
      if (counted !== served.size) {
        throw new Error(`instance ${generation} was called ${counted} times for ${served.size}`);
      }
      answered += served.size;
    }
    if (answered !== this.made) throw new Error(`${this.made} calls were made, ${answered} were answered`);
    return answered;
  }
}
