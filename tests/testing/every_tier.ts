/** Every way in which a plugin can run: what holds for one must hold for all. */
import type { PluginRegistryOptions } from "@dagstack/plugin-system";

/** What is asked of the registry and of the manifest. */
export interface Tier {
  /** Options of the registry. */
  options: PluginRegistryOptions;
  /** Fields of the manifest. */
  fields: Record<string, string>;
}

const THREADS = { execution_model: '"thread_cpu_bound"' };
const PROCESSES = { execution_model: '"process_cpu_bound"' };

/** All of them, for plugin `thing/sample`. */
export const EVERY_TIER: Readonly<Record<string, Tier>> = {
  process: { options: {}, fields: {} },
  worker: { options: { sandbox: "worker" }, fields: {} },
  none: { options: { sandbox: "none", trusted: ["thing/sample"] }, fields: {} },
  "threads in a process": { options: { poolSize: 2 }, fields: THREADS },
  "threads in the host": { options: { sandbox: "worker", poolSize: 2 }, fields: THREADS },
  "a pool of processes": { options: { poolSize: 2 }, fields: PROCESSES },
};
