/**
 * Calls into a plugin's process against what its pipe allows, and against the peers that a host would use instead. The
 * bare pipes do no more than the work: JSON lines with an id, one promise a call, all calls of a turn in one write.
 */
import { PluginRegistry } from "@dagstack/plugin-system";
import { compare, type Comparison } from "./compare.ts";
import { BareCalls, BarePipe, echoBytes, takeLines } from "./peers/bare_pipe.ts";
import { ComlinkCalls } from "./peers/comlink_calls.ts";
import { McpCalls } from "./peers/mcp_calls.ts";
import { makeSamplePlugins, type Sample, silent } from "./sample_plugins.ts";
import { sandboxStartBench } from "./sandbox_start_bench.ts";

const ROUNDS = 30;
const TEXT = "Hello, dagstack!";
const BYTES = new Uint8Array(1_000_000).fill(7);
const ITEMS = 100_000;
/** Lines that the bare stream puts into one write: as many as a frame of ours holds, half of what a reader allows. */
const BATCH = 512;
/** What the host's memory may grow by while a stream of any length passes, in MB. */
const STREAM_MB = 64;

type Call = (value: string) => Promise<unknown>;

export async function sandboxBench(): Promise<Comparison[]> {
  const folder = await Deno.makeTempDir();
  try {
    return [...await callRows(folder), ...await sandboxStartBench(folder)];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function callRows(folder: string): Promise<Comparison[]> {
  await using registry = new PluginRegistry({ logger: silent, sandbox: "process" });
  await registry.discover(await makeSamplePlugins(`${folder}/one`, 1));
  await registry.setupAll();
  const plugin = registry.getPlugin<Sample>("bench", "plugin-0");
  const echo: Call = (value) => plugin.echo(value);
  await using bare = new BareCalls();
  const bareEcho: Call = (value) => bare.call(value);
  using comlink = new ComlinkCalls();
  const comlinkEcho: Call = (value) => comlink.call(value);
  await using mcp = new McpCalls();
  await using bytesPipe = new BarePipe("bytes");
  await using linesPipe = new BarePipe("stream", `${BATCH}`);
  const lateness = new Lateness(), growth = new Growth();
  const upTo = (limit: number) => ({ rounds: ROUNDS, limit });

  const rows = [
    await compare("a call, one after the other", "µs", bursts(bareEcho, 1, 200), bursts(echo, 1, 200), upTo(1.3)),
    await compare(
      "1,000 calls in flight",
      "µs",
      bursts(bareEcho, 1000),
      () => lateness.during(bursts(echo, 1000)),
      upTo(1.6),
    ),
    await compare(
      "1,000 calls in flight, against comlink",
      "µs",
      bursts(comlinkEcho, 1000),
      bursts(echo, 1000),
      upTo(0.166),
    ),
    await compare(
      "100 calls in flight, against the MCP SDK",
      "µs",
      () => mcp.inFlight(100),
      bursts(echo, 100),
      upTo(0.033),
    ),
    await compare(
      "1 MB of bytes there and back",
      "ms",
      timed(10, async () => checkBytes(await echoBytes(bytesPipe, BYTES))),
      timed(10, async () => checkBytes(await plugin.echo(BYTES))),
      upTo(1.5),
    ),
    await compare(
      `a stream of ${ITEMS} items`,
      "ms",
      timed(1, () => takeLines(linesPipe, ITEMS)),
      timed(1, () => growth.during(() => takeItems(plugin))),
      upTo(2),
    ),
  ];
  rows[1]!.name += ` (event loop up to ${lateness.worstMs.toFixed(0)} ms late)`;
  return [...rows, growth.row()];
}

/** Microseconds a call, when so many are in flight at once. */
function bursts(call: Call, count: number, times = 20): () => Promise<number> {
  return async () => {
    const start = performance.now();
    for (let time = 0; time < times; time++) {
      const answers: Promise<unknown>[] = [];
      for (let i = 0; i < count; i++) answers.push(call(TEXT));
      for (const answer of await Promise.all(answers)) if (answer !== TEXT) throw new Error("that is no echo");
    }
    return (performance.now() - start) * 1000 / (count * times);
  };
}

/** Milliseconds that a piece of work takes, of several in a row. */
function timed(times: number, work: () => Promise<void>): () => Promise<number> {
  return async () => {
    const start = performance.now();
    for (let time = 0; time < times; time++) await work();
    return (performance.now() - start) / times;
  };
}

function checkBytes(answer: unknown): void {
  const whole = answer instanceof Uint8Array && answer.byteLength === BYTES.byteLength;
  if (!whole || answer.at(-1) !== BYTES.at(-1)) throw new Error("that is no echo");
}

async function takeItems(plugin: { items(count: number): Promise<AsyncIterable<{ index: number }>> }): Promise<void> {
  let taken = 0;
  for await (const { index } of await plugin.items(ITEMS)) if (index === taken) taken++;
  if (taken !== ITEMS) throw new Error(`${taken} items came in order, expected ${ITEMS}`);
}

/** How late a timer of 5 ms is at worst while something runs. */
class Lateness {
  worstMs = 0;

  async during<T>(work: () => Promise<T>): Promise<T> {
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      this.worstMs = Math.max(this.worstMs, now - last - 5);
      last = now;
    }, 5);
    try {
      return await work();
    } finally {
      clearInterval(timer);
    }
  }
}

/** How much the host's memory grows at worst while something runs, seen every 5 ms. */
class Growth {
  #worstMb = 0;

  async during(work: () => Promise<void>): Promise<void> {
    const rss = () => Deno.memoryUsage().rss / 1e6;
    const before = rss();
    const look = () => this.#worstMb = Math.max(this.#worstMb, rss() - before);
    const timer = setInterval(look, 5);
    try {
      await work();
      look();
    } finally {
      clearInterval(timer);
    }
  }

  row(): Comparison {
    const [floor, ours] = [STREAM_MB, this.#worstMb];
    const name = `growth of the host during a stream, against ${STREAM_MB} MB`;
    return { name, unit: "MB", floor, ours, ratio: ours / floor, nullRatio: 1, limit: 1 };
  }
}
