/** Every place that a plugin's code can be in, for suites that must see the same in all of them. */
import type { PluginRegistryOptions } from "@dagstack/plugin-system";
import { manifestText } from "../support.ts";

/** Options of a registry whose plugin `thing/sample` then runs there. */
export const WAYS = {
  process: {},
  worker: { sandbox: "worker" },
  none: { sandbox: "none", trusted: ["thing/sample"] },
  group: { groups: { together: ["thing/sample", "thing/other"] } },
  "thread pool": { poolSize: 2 },
  "process pool": { poolSize: 2 },
} satisfies Record<string, PluginRegistryOptions>;

/** One of them. */
export type Way = keyof typeof WAYS;

const MODELS: Partial<Record<Way, string>> = {
  "thread pool": "thread_cpu_bound",
  "process pool": "process_cpu_bound",
};

/** The files of a plugin `thing/sample` around the body of a class. */
export function plugin(body: string, resources: string, way: Way): Record<string, string> {
  const fields = { execution_model: JSON.stringify(MODELS[way] ?? "async") };
  return {
    "p/dagstack.toml": manifestText(fields, resources),
    "p/plugin.ts": `export class Sample {\n${body}\n}\n`,
  };
}

/** Waits until something holds, for at most 30 seconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!await holds()) {
    if (performance.now() > end) throw new Error("it did not come to hold");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
