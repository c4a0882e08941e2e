import { assertEquals } from "@std/assert";
import { TIERS } from "./case.ts";
import { CASES } from "./cases.ts";
import { checkDocBlock } from "./doc_block.ts";
import { told } from "./judge.ts";
import { renderMatrix } from "./render_matrix.ts";
import { runMatrix } from "./run_matrix.ts";

/** `FAULTS=process/heap-bomb` runs what fits this pattern only. */
const ONLY = new RegExp(Deno.env.get("FAULTS") ?? "");

Deno.test("every row of the measured table and every public case is in the matrix", () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  const cited = (numbers: number[]) => [...new Set(numbers)].sort((a, b) => a - b);
  assertEquals(cited(CASES.flatMap(({ rows }) => rows)), upTo(43));
  assertEquals(cited(CASES.flatMap(({ publicCases = [] }) => publicCases)), upTo(20));
  assertEquals(new Set(CASES.map(({ id }) => id)).size, CASES.length);
});

Deno.test("the fault matrix: each fault harms in each tier what the table says, and nothing else", async (t) => {
  const runs = CASES.flatMap((fault) => TIERS.map((tier) => ({ fault, tier })))
    .filter(({ fault, tier }) => fault.expect[tier].notRun === undefined && ONLY.test(`${tier}/${fault.id}`))
    .sort((a, b) => TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier));
  const results = runMatrix(runs);
  const lags: string[] = [];
  for (const [i, { fault, tier }] of runs.entries()) {
    // NB: hosts of later steps run already, so a step cannot be held to its own resources; the test as a whole is.
    const step = { sanitizeOps: false, sanitizeResources: false, name: `${tier}: ${fault.title}` };
    await t.step({
      ...step,
      async fn() {
        const { wrong, seen } = await results[i]!;
        if (tier === "worker" && seen.report !== undefined) lags.push(`${fault.id} ${seen.report.worstLagMs}`);
        const said = seen.report === undefined
          ? ""
          : fault.plugins.map(({ name }) => told(seen.report!, name).slice(0, 1000));
        assertEquals(wrong, [], `${tier}/${fault.id}\n${said}\n${seen.stderr.slice(0, 1000)}`);
      },
    });
  }
  if (lags.length > 0) console.log(`Worst lag of a host's event loop beside workers, in ms: ${lags.join(", ")}`);
});

Deno.test("docs/sandbox.md holds the fault matrix as it is", async () => {
  await checkDocBlock("fault matrix", renderMatrix(CASES));
});
