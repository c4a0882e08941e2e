/** Runs the benchmarks and prints them as ratios; with `--write` keeps them in `bench/RESULTS.md`. */
import type { Comparison } from "./compare.ts";
import { discoveryBench } from "./discovery_bench.ts";
import { startupBench } from "./startup_bench.ts";

const benches = { startup: startupBench, discovery: discoveryBench };

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
      ratio.toFixed(2),
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
floor against itself, and a row is void when it leaves 0.9 to 1.1.

Machine: ${os} ${arch}, ${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}, V8 ${Deno.version.v8}.

${table}
`;
  await Deno.writeTextFile(new URL("RESULTS.md", import.meta.url), page);
}
