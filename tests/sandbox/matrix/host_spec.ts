/** What passes between the tests and the host program that they start: one JSON file in, one JSON line out. */

/** Where a plugin runs. */
export type Tier = "process" | "worker" | "none";

/** A plugin, and which of its hooks are called, one after the other. */
export interface SpecPlugin {
  name: string;
  /** By path below the plugin's folder. `{{folder}}`, `{{plugin}}` and `{{port}}` are filled in. */
  files: Record<string, string>;
  /** Fields of the manifest beside the required ones, as TOML values. */
  manifest?: Record<string, string>;
  /** What follows them, as TOML. */
  resources?: string;
  /** Symlinks to make, from a path below the plugin's folder to a target. */
  symlinks?: Record<string, string>;
  /** Hard links to make, the same way. */
  hardLinks?: Record<string, string>;
  hooks: string[];
  /** Whether to wait, after the last hook, until the registry has seen that the plugin is gone. */
  endsLater?: boolean;
}

/** What a host program is to do. */
export interface HostSpec {
  tier: Tier;
  /** Options of the registry, beside sandbox and trust. */
  options: Record<string, unknown>;
  plugins: SpecPlugin[];
  /** Whether the host sends itself SIGTERM at the end, while the plugins still run. */
  endsBySignal?: boolean;
}

/** What one call of a hook gave. */
export interface HookReport {
  plugin: string;
  hook: string;
  ms: number;
  /** What the call rejected with. */
  error?: { isError: boolean; name: string; code: string; message: string };
  /** What it resolved to, as JSON. */
  result?: string;
}

/** How a plugin is. */
export interface PluginReport {
  name: string;
  state: string;
  reason?: string;
}

/** What a host program saw. */
export interface HostReport {
  hooks: HookReport[];
  /** Before the teardown. */
  plugins: PluginReport[];
  /** The last records that the plugins logged, each cut short; and how much they logged in all. */
  logs: { last: string[]; records: number; longest: number };
  startMs: number;
  teardownMs: number;
  /** What the teardown failed with. */
  teardownError?: string;
  worstLagMs: number;
  memoryGrowthMb: number;
  /** What of the host itself is not as it was. */
  harms: string[];
}

/** Stands in every file, variable and argument that no plugin may see. */
export const SECRET = "the-secret-of-the-host-7391";
/** The line that the host finds on its stdin. */
export const INPUT = "a line for the host";
/** What its report begins with: on a terminal other text may stand around it. */
export const REPORT_MARK = "host report: ";

/** The report of a host that could not make its own. */
export function silentReport(harms: string[], hooks: HostReport["hooks"] = []): HostReport {
  return {
    hooks,
    plugins: [],
    logs: { last: [], records: 0, longest: 0 },
    startMs: 0,
    teardownMs: 0,
    worstLagMs: 0,
    memoryGrowthMb: 0,
    harms,
  };
}
