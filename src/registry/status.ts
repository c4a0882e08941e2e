import { maskText } from "../context/mod.ts";
import { type Manifest, resolveDependencies } from "../manifest/mod.ts";
import type { HeldLimits, PermissionScope, Sandbox } from "../sandbox/mod.ts";
import { CORE_VERSION } from "../version/mod.ts";
import type { CallTimings } from "./call_ledger.ts";
import { type Provenance, type ProvenanceFacts, provenanceOf } from "./provenance.ts";
import { Publishers } from "./provenance_publishers.ts";
import type { PluginRecord } from "./record.ts";
import type { PluginState } from "./states.ts";

/** What `status()` says of one plugin. JSON throughout. */
export interface PluginStatus {
  /** The plugin's kind. */
  kind: string;
  /** Its name. */
  name: string;
  /** Its own version. */
  version?: string;
  /** The manifest file. */
  source: string;
  /** What it is doing. */
  state: PluginState;
  /** Why it is not active: the error's code and message. */
  reason?: { code: string; message: string };
  /** What went wrong last, also when it is well again. */
  lastError?: { code: string; message: string };
  /** What it depends on, as `kind/name`; as its manifest writes it where no such plugin is registered. */
  dependsOn: string[];
  /** The version of its kind's hookspec that it goes by, where there is one and it is loaded. */
  hookspec?: string;
  /** Where it runs. */
  sandbox: Sandbox;
  /** What the sandbox keeps from the host, in words. */
  contains: string;
  /** Whether it may start programs: what they do is not sandboxed. */
  escapes_sandbox: boolean;
  /** Whether the host named it as trusted, so that it may do without a sandbox. Says nothing of where it comes from. */
  trusted: boolean;
  /** The tags that its manifest declares. */
  capabilities: string[];
  /** Where it comes from, and what says that it may run. */
  provenance: Provenance;
  /** What its scope holds; absent without a sandbox, and until it is started. */
  permissions?: PermissionScope;
  /** Which limits hold while it runs, and which do not and why. */
  limits?: HeldLimits;
  /** SHA-256 of its folder as it was loaded, or refused: over the sorted list of relative path and SHA-256 of each file. */
  contentHash?: string;
  /** The group whose process it shares. */
  group?: string;
  /** How often it was started again after it had failed. */
  restarts: number;
  /** How often it was reloaded. */
  generation: number;
  /** Milliseconds of its start, and what is known of its calls. */
  timings: { loadMs?: number; setupMs?: number; calls: CallTimings };
}

/** What `status()` says. */
export interface RegistryStatus {
  /** The version that `core_version` speaks of. */
  coreVersion: string;
  /** Sorted by kind, then name. */
  plugins: PluginStatus[];
}

const CONTAINS: Readonly<Record<Sandbox, string>> = {
  process: "a process of its own: files, network, environment, programs, crashes, exits and loops stay in it",
  worker: "files, environment variables, programs and listed hosts; no loop, memory, signal, exit or message flood, " +
    "no private address behind a listed name, and it keeps the host alive until it is torn down",
  none: "nothing: the plugin can do all that the host can",
};

/** Makes the status of all plugins. */
export function registryStatus(
  records: readonly PluginRecord[],
  groupOf: (id: string) => string | undefined,
): RegistryStatus {
  const manifests = records.map(({ manifest }) => manifest);
  const plugins = [...records].sort((a, b) => a.id < b.id ? -1 : 1)
    .map((record) => pluginStatus(record, manifests, groupOf(record.id)));
  return { coreVersion: CORE_VERSION, plugins };
}

function pluginStatus(
  record: PluginRecord,
  manifests: readonly Manifest[],
  group: string | undefined,
): PluginStatus {
  const { manifest, error, lastError, opened, secrets = [] } = record;
  const describe = (shown: Error) => ({ code: codeOf(shown), message: maskText(shown.message, secrets) });
  const timings: PluginStatus["timings"] = { calls: record.calls.timings() };
  if (record.loadMs !== undefined) timings.loadMs = record.loadMs;
  if (record.setupMs !== undefined) timings.setupMs = record.setupMs;
  return {
    kind: manifest.kind,
    name: manifest.name,
    ...(manifest.version === undefined ? {} : { version: manifest.version }),
    source: record.source,
    state: record.state,
    ...(error === undefined ? {} : { reason: describe(error) }),
    ...(lastError === undefined ? {} : { lastError: describe(lastError) }),
    dependsOn: resolveDependencies(manifest, manifests).map(({ id, written }) => id ?? written),
    ...(record.contract === undefined ? {} : { hookspec: record.contract.version }),
    sandbox: record.sandbox,
    contains: CONTAINS[record.sandbox],
    escapes_sandbox: record.sandbox === "none" || (opened?.permissions?.run.length ?? 0) > 0,
    trusted: record.trusted,
    capabilities: [...manifest.capabilities],
    provenance: { ...record.provenance ?? provenanceOf(unknownYet(record)) },
    ...(opened?.permissions === undefined ? {} : { permissions: opened.permissions }),
    ...(opened === undefined ? {} : { limits: opened.limits }),
    ...(record.contentHash === undefined ? {} : { contentHash: record.contentHash }),
    ...(group === undefined ? {} : { group }),
    restarts: record.restarts ?? 0,
    generation: record.generation,
    timings,
  };
}

/** Of a plugin that was not loaded nothing is known but what it was fetched as. */
function unknownYet({ module, registration: { origin } }: PluginRecord): ProvenanceFacts {
  const isHostCode = module !== undefined;
  return { isHostCode, origin, contentHash: undefined, grantedHash: undefined, publishers: new Publishers() };
}

function codeOf(error: Error): string {
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "string" ? code : error.name;
}
