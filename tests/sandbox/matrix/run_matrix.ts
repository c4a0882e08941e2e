import type { Expected, FaultCase } from "./case.ts";
import type { Tier } from "./host_spec.ts";
import { judge } from "./judge.ts";
import { type Observation, runHost } from "./run_host.ts";

/** A case in a tier, run. */
export interface MatrixResult {
  /** What is not as it must be. */
  wrong: string[];
  seen: Observation;
}

/** How many hosts run at a time. */
const HOSTS = 2;

/**
 * Runs cases, a few hosts at a time.
 *
 * @param runs The cases, and in which tier.
 * @returns For each, its result, in the same order; each settles when it is there.
 */
export function runMatrix(runs: readonly { fault: FaultCase; tier: Tier }[]): Promise<MatrixResult>[] {
  const results = runs.map(() => Promise.withResolvers<MatrixResult>());
  let next = 0;
  const work = async () => {
    for (let at = next++; at < runs.length; at = next++) {
      const { fault, tier } = runs[at]!;
      await runCase(fault, tier).then(results[at]!.resolve, results[at]!.reject);
    }
  };
  for (let i = 0; i < HOSTS; i++) work();
  return results.map(({ promise }) => promise);
}

async function runCase(fault: FaultCase, tier: Tier): Promise<MatrixResult> {
  const { plugins, options = {}, endsBySignal = false } = fault;
  const own = fault.expect[tier];
  // Threads that Deno cannot stop share the cores with the host's own: only of processes is promptness promised.
  const mayHarm = tier === "process" ? own.mayHarm ?? [] : [...own.mayHarm ?? [], "loop stalls"];
  const expected: Expected = { ...own, mayHarm };
  const once = async (): Promise<MatrixResult> => {
    const seen = await runHost({ tier, options, plugins, endsBySignal }, fault.host);
    return { seen, wrong: judge(plugins, expected, seen) };
  };
  const first = await once();
  // A machine that is busy with other things makes any loop late; what is the plugin's doing happens twice.
  return first.wrong.length > 0 && first.wrong.every(isLateness) ? await once() : first;
}

function isLateness(text: string): boolean {
  return text === "harm: loop stalls" || text.startsWith("took ");
}
