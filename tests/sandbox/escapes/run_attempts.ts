import type { SpecPlugin, Tier } from "../matrix/host_spec.ts";
import { told } from "../matrix/judge.ts";
import { type Observation, runHost } from "../matrix/run_host.ts";
import type { Attempt } from "./attempt.ts";

/** What came of the attempts of one host. */
export interface AttemptRun {
  seen: Observation;
  /** By attempt: what the plugin gained, or `undefined`; and what was told. */
  outcomes: Map<Attempt, { gained: string | undefined; told: string }>;
}

/**
 * Runs attempts in one host: those that disturb nobody in one plugin, each of the others in one of its own.
 *
 * @param attempts Which.
 * @param tier Where the plugins run.
 * @returns What came of them.
 */
export async function runAttempts(attempts: readonly Attempt[], tier: Tier): Promise<AttemptRun> {
  const together = attempts.filter(({ alone }) => alone !== true);
  const plugins: SpecPlugin[] = attempts.filter(({ alone }) => alone === true).map((own) => pluginOf(own.id, [own]));
  if (together.length > 0) plugins.unshift(pluginOf("together", together));
  const seen = await runHost({ tier, options: { hookTimeoutMs: 1500 }, plugins });
  const outcomes: AttemptRun["outcomes"] = new Map();
  for (const attempt of attempts) {
    const name = attempt.alone === true ? attempt.id : "together";
    const call = seen.report?.hooks.find(({ plugin, hook }) => plugin === name && hook === attempt.id);
    const answer = parse(call?.result);
    if (answer !== undefined) outcomes.set(attempt, answer);
    else {
      const text = seen.report === undefined ? "" : told(seen.report, name);
      // An answer that is not the one of the code above is the plugin's own word about itself; it has no other.
      outcomes.set(attempt, { gained: undefined, told: text });
    }
  }
  return { seen, outcomes };
}

function pluginOf(name: string, attempts: readonly Attempt[]): SpecPlugin {
  const heads = [...new Set(attempts.flatMap(({ head }) => head === undefined ? [] : [head]))];
  const hooks = attempts.map(({ id, code }) =>
    `  async ${id}() {
    try {
      const gained: any = await (async () => { ${code} })();
      return { gained: gained === undefined ? null : String(gained).slice(0, 500), told: "nothing" };
    } catch (error) {
      return { gained: null, told: String((error as Error).name) + ": " + String((error as Error).message) };
    }
  }`
  );
  return {
    name,
    hooks: attempts.map(({ id }) => id),
    files: {
      "plugin.ts": `${
        heads.join("\n")
      }\nlet logger: any;\nexport class Sample {\n  setup(context: any) { logger = context.logger; }\n${
        hooks.join("\n")
      }\n}\n`,
    },
  };
}

function parse(result: string | undefined): { gained: string | undefined; told: string } | undefined {
  try {
    const { gained, told } = JSON.parse(result ?? "");
    return typeof told === "string" ? { gained: gained ?? undefined, told } : undefined;
  } catch {
    return undefined;
  }
}
