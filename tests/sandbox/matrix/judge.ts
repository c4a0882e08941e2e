import type { Expected, Says } from "./case.ts";
import type { HookReport, HostReport, SpecPlugin } from "./host_spec.ts";
import type { Observation } from "./run_host.ts";

/**
 * Says what of an observation is not as it must be.
 *
 * @param plugins The plugins of the case.
 * @param expected What must be seen.
 * @param seen What was seen.
 * @returns One line for each difference.
 */
export function judge(plugins: readonly SpecPlugin[], expected: Expected, seen: Observation): string[] {
  const { harms = [], mayHarm = [] } = expected;
  const found: string[] = [];
  for (const harm of harms) if (!seen.harms.includes(harm)) found.push(`expected "${harm}", which did not happen`);
  for (const harm of seen.harms) {
    if (!harms.includes(harm) && !mayHarm.includes(harm)) found.push(`harm: ${harm}`);
  }
  const { report } = seen;
  if (report === undefined) return found;
  for (const { name } of plugins) {
    const says = typeof expected.says === "object" && !(expected.says instanceof RegExp)
      ? expected.says[name]
      : expected.says;
    if (says !== undefined && !holds(says, told(report, name))) found.push(`"${name}" should say ${says}`);
    const state = report.plugins.find((own) => own.name === name)?.state;
    if (expected.refused === true && state !== "unavailable" && state !== "not registered") {
      found.push(`"${name}" should be refused, is ${state}`);
    }
  }
  const { withinMs } = expected;
  const times = report.hooks.length === 0 ? [report.startMs] : report.hooks.map(({ ms }) => ms);
  for (const ms of times) {
    if (withinMs !== undefined && ms > withinMs) found.push(`took ${ms} ms, limit ${withinMs} ms`);
  }
  return found;
}

/** All that a host was told of a plugin. */
export function told(report: HostReport, name: string): string {
  const calls = report.hooks.filter(({ plugin }) => plugin === name).map(call);
  const own = report.plugins.find((plugin) => plugin.name === name);
  return [...calls, `${own?.state} ${own?.reason ?? ""}`, report.teardownError ?? ""].join("\n");
}

function call({ hook, error, result }: HookReport): string {
  return error === undefined
    ? `${hook} gives ${result}`
    : `${hook} rejects with ${error.name} (${error.code}): ${error.message}`;
}

function holds(says: Says, text: string): boolean {
  return typeof says === "string" ? text.includes(says) : says.test(text);
}
