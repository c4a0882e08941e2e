/** Runs the benchmarks and prints them as ratios; with `--write` keeps them in `bench/RESULTS.md`. */
import type { Comparison } from "./compare.ts";
import { discoveryBench } from "./discovery_bench.ts";
import { dispatchBench } from "./dispatch_bench.ts";
import { hookspecBench } from "./hookspec_bench.ts";
import { lifecycleBench } from "./lifecycle_bench.ts";
import { resourceBench } from "./resource_bench.ts";
import { sandboxBench } from "./sandbox_bench.ts";
import { startupBench } from "./startup_bench.ts";

const benches = {
  startup: startupBench,
  discovery: discoveryBench,
  sandbox: sandboxBench,
  dispatch: dispatchBench,
  lifecycle: lifecycleBench,
  resource: resourceBench,
  hookspec: hookspecBench,
};

const asked = Deno.args.filter((arg) => !arg.startsWith("--"));
const names = asked.length > 0 ? asked : Object.keys(benches);
const rows: Comparison[] = [];
for (const name of names) {
  if (!Object.hasOwn(benches, name)) {
    throw new Error(`no benchmark "${name}"; there are ${Object.keys(benches).join(", ")}`);
  }
  rows.push(...await benches[name as keyof typeof benches]());
}

const table = [
  "| what | floor | ours | ratio | at most | null ratio | verdict |",
  "| --- | --- | --- | --- | --- | --- | --- |",
  ...rows.map(({ name, unit, floor, ours, ratio, limit, nullRatio }) => {
    const sound = nullRatio >= 0.9 && nullRatio <= 1.1;
    const verdict = sound ? ratio <= limit ? "holds" : "MISSED" : "void";
    const numbers = [
      `${floor.toFixed(2)} ${unit}`,
      `${ours.toFixed(2)} ${unit}`,
      ratio.toFixed(ratio < 0.1 ? 3 : 2),
      limit,
      nullRatio.toFixed(2),
    ];
    return `| ${[name, ...numbers, verdict].join(" | ")} |`;
  }),
].join("\n");
console.log(table);

if (Deno.args.includes("--write")) {
  const { os, arch } = Deno.build;
  const page = `# Results

Repeat with \`deno task bench --write\`. Ratios of medians over interleaved rounds of one run; the null ratio is the
floor against itself, and a row is void when it leaves 0.9 to 1.1. Where a row says what ours adds to its floor, the
ratio is that difference to what it may be.

Machine: ${os} ${arch}, ${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}, V8 ${Deno.version.v8}.

${table}

## What the numbers do not say by themselves

- **Start-up** misses its target. What it takes beyond the floor is spent in three places: loading the package, some 25 ms,
  of which most go to opening its many small modules (bundled into one file, the same code loads in 8); finding, reading and
  checking the first manifest with code that has not run before, some 8 ms; and the plugin's process, some 10 ms more than an
  empty one, most of it for a cache folder of its own that is empty and for the plugin's TypeScript. A warm or shared cache
  folder would give plugins a place to meet, so it stays empty and its own.
- **1 MB of bytes and a stream** miss their targets by a tenth or two. What is left is not in one place: the host is idle
  for two thirds of the time. Bytes are copied where a call promises that its caller may go on using its own; the bare
  pipe keeps no such promise. The bare stream is a loop that knows no back-pressure and no iterator.
- **The MCP SDK** was measured at 154 µs a call when it is cold. Warm it takes a sixth of that, so that a thirtieth would be
  less than the bare pipe takes.
- **Fifty at once** is bound by the two cores. Of what a plugin's process takes beyond a bare one, some 2 ms are the
  plugin's TypeScript, the rest the guest, loading, setup and the look at its folder.
- **A chain of trusted plugins, unchecked, and a notify** miss their peer. tapable generates code in which every plugin has
  a call site of its own, which V8 inlines: calling ten different hooks takes 85 ns there and 210 in a loop. State, deadline
  and count of all ten are some 0.14 of the ratio. The checked chain's ratio flatters: a value on its way from one plugin to
  the next is checked once, and the bare loop checks it twice; against one that checks once it is 1.2 to 1.3.
- **Capability** among 1,000 plugins is on its limit: a bare look-up over the same classes has 1.33, for the caches.
- **A resource of the host** costs a message there and back, as a hook does, and is measured against one and against the
  bare pipe. A decorator adds one more function on the host's side, which the message drowns.
- **A resource in the scope** costs one function more than the bare object, some 20 ns, which asks whether the plugin has
  been torn down. Where its calls are reported, each is timed and kept, some half a microsecond, and sent with up to 999
  others; the host's work with the batch is not in that number.
- **A checked tool call** runs three compiled schemas: the hook's input, the function's arguments, the answer. What it adds
  to them is the look whether input and answer are plain objects, and finding the function; to a whole call it adds the
  schemas, the same once more for what goes with them, and a function around the hook.
- **Fuzzing** is no timing claim: \`deno task fuzz\` puts 200,000 random, mutated and generated manifests through
  \`parseManifest\` and fails on anything but a manifest or \`ManifestInvalid\`, or on one that takes over 250 ms.
`;
  await Deno.writeTextFile(new URL("RESULTS.md", import.meta.url), page);
}
