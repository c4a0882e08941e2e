import type { SpecPlugin, Tier } from "./host_spec.ts";
import type { RunHostOptions } from "./run_host.ts";

/** What must be seen in one tier. */
export interface Expected {
  /** Told to whoever called or started the plugin: must stand in the answer of each plugin, or of those named. */
  says?: Says | Record<string, Says>;
  /** What happens to the host, in the words of the host program. None: the fault is contained. */
  harms?: readonly string[];
  /** What may happen besides, depending on the machine. */
  mayHarm?: readonly string[];
  /** Within what time the host must know, in milliseconds from the call (from the start, when there is none). */
  withinMs?: number;
  /** Whether the plugin is not even started. */
  refused?: boolean;
  /** Why the case is not run in this tier. */
  notRun?: string;
  /** What a reader of the table should know. */
  note?: string;
}

/** A text that must be found. */
export type Says = string | RegExp;

/** A fault: plugins that misbehave in one way, and what must come of it. */
export interface FaultCase {
  /** Names it in test output. */
  id: string;
  title: string;
  /** Numbers in the list of attacks that the tiers were measured by. */
  rows: readonly number[];
  /** Numbers in the list of public cases. */
  publicCases?: readonly number[];
  plugins: SpecPlugin[];
  /** Options of the registry. */
  options?: Record<string, unknown>;
  /** How the host is started. */
  host?: RunHostOptions;
  endsBySignal?: boolean;
  expect: Record<Tier, Expected>;
}

/** The tiers, in the order of the table. */
export const TIERS: readonly Tier[] = ["process", "worker", "none"];

/**
 * Makes a plugin whose class has this body.
 *
 * @param name Its name.
 * @param body Members of the class.
 * @param more What else differs; by default its hook `fault` is called.
 */
export function plugin(name: string, body: string, more: Partial<SpecPlugin> & { head?: string } = {}): SpecPlugin {
  const { head = "", files = {}, ...rest } = more;
  return {
    name,
    hooks: ["fault"],
    ...rest,
    files: { "plugin.ts": `${head}\nexport class Sample {\n${body}\n}\n`, ...files },
  };
}

/** An expectation of a tier where the case would only end or freeze the test. */
export function notRun(reason: string): Expected {
  return { notRun: reason };
}
