import type { Logger } from "../context/mod.ts";
import type { RegistryUrls } from "../packages/mod.ts";
import type { HostingOptions } from "../runtime/mod.ts";
import { checkLimits, type Sandbox } from "../sandbox/mod.ts";
import type { GrantsChoice } from "./grants_options.ts";
import type { HealthPolicy } from "./health.ts";
import type { HookDeclarations } from "./hook_table.ts";
import type { HookValidation } from "./hookspecs.ts";
import type { RestartPolicy } from "./supervisor.ts";

/** One sandbox for all plugins, or a choice per kind and per plugin; the narrower choice wins. */
export type SandboxChoice = Sandbox | {
  /** For plugins that nothing else speaks of. @default "process" */
  default?: Sandbox;
  /** By kind. */
  kinds?: Readonly<Record<string, Sandbox>>;
  /** By `kind/name`. */
  plugins?: Readonly<Record<string, Sandbox>>;
};

/** How to make a registry. */
export interface PluginRegistryOptions extends HostingOptions {
  /** Where plugins run (SPEC section 9). @default "process" */
  sandbox?: SandboxChoice;
  /**
   * What the host has agreed to, plugin by plugin: the path or `file:` URL of a grants file, or grants. With it, a plugin
   * whose content or permissions are not agreed to does not start. @default nothing is pinned
   */
  grants?: GrantsChoice;
  /** Plugins that may run without a sandbox, as `kind/name`. @default [] */
  trusted?: readonly string[];
  /** Where discovery and lifecycle are logged until `setupAll` brings the context's logger. @default console */
  logger?: Logger;
  /** Milliseconds that a hook may take. @default 30000 */
  hookTimeoutMs?: number;
  /** Whether plugins that end by themselves are started again. @default false */
  restart?: RestartPolicy | false;
  /** How the health of plugins that have a `health` method is polled; `false` never asks. @default every 30 seconds */
  health?: HealthPolicy | false;
  /** Milliseconds that calls under way are waited for before a teardown or a reload gives them up. @default 5000 */
  drainTimeoutMs?: number;
  /** How hooks are dispatched, by kind, then hook. @default every hook is a singleton */
  hooks?: HookDeclarations;
  /**
   * What becomes of inputs and outputs that their hookspec does not allow: `strict` fails the call, `warn` logs them,
   * `off` does not look. Kinds without a hookspec are not looked at. @default "strict"
   */
  hookValidation?: HookValidation;
  /** Where packages that plugins may import are kept, and where they are fetched from. */
  packages?: {
    /** The folder; kept for the next run. @default a temporary one */
    dir?: string;
    /** The registries. @default the public ones, or those that the environment names */
    registries?: RegistryUrls;
  };
  /** Where plugins' temporary folders are made. @default the system's folder for temporary files */
  tempDir?: string;
}

/** Which sandbox a plugin gets. */
export function chooseSandbox(choice: SandboxChoice | undefined, kind: string, name: string): Sandbox {
  if (choice === undefined) return "process";
  if (typeof choice === "string") return choice;
  const own = (table: Readonly<Record<string, Sandbox>> = {}, key: string) =>
    Object.hasOwn(table, key) ? table[key] : undefined;
  return own(choice.plugins, `${kind}/${name}`) ?? own(choice.kinds, kind) ?? choice.default ?? "process";
}

/**
 * Refuses options that mean nothing, before anything is made of them.
 *
 * @throws {RangeError} At the first option that is out of range, by name.
 */
export function checkOptions(options: PluginRegistryOptions): void {
  const { sandbox, trusted = [] } = options;
  const chosen = sandbox === undefined || typeof sandbox === "string"
    ? [sandbox]
    : [sandbox.default, ...Object.values(sandbox.kinds ?? {}), ...Object.values(sandbox.plugins ?? {})];
  for (const value of chosen) {
    if (value !== undefined && !SANDBOXES.includes(value)) {
      throw new RangeError(`Cannot make registry: sandbox is "${value}", expected "process", "worker" or "none"`);
    }
  }
  const { hookValidation } = options;
  if (hookValidation !== undefined && !VALIDATIONS.includes(hookValidation)) {
    throw new RangeError(
      `Cannot make registry: hookValidation is "${hookValidation}", expected "strict", "warn" or "off"`,
    );
  }
  checkIds("trusted", trusted);
  checkPolicy(options.policy);
  checkLimits(options.limits);
  checkGroups(options.groups);
  if (options.inspect !== undefined) checkIds("inspect.plugin", [options.inspect.plugin]);
  const { killAfterMs = {}, poolSize } = options;
  const restart = options.restart === false ? {} : options.restart ?? {};
  const health = options.health === false ? {} : options.health ?? {};
  const durations = {
    hookTimeoutMs: options.hookTimeoutMs,
    readyTimeoutMs: options.readyTimeoutMs,
    "killAfterMs.fault": killAfterMs.fault,
    "killAfterMs.teardown": killAfterMs.teardown,
    "restart.backoffMs": restart.backoffMs,
    "restart.maxBackoffMs": restart.maxBackoffMs,
    "health.intervalMs": health.intervalMs,
    "health.timeoutMs": health.timeoutMs,
    drainTimeoutMs: options.drainTimeoutMs,
  };
  for (const [name, value] of Object.entries(durations)) {
    if (value === undefined) continue;
    const endless = name === "hookTimeoutMs" || name === "readyTimeoutMs"; // the others are timers' own
    if (!(value > 0 && (value <= MAX_MS || (endless && value === Infinity)))) {
      throw outOfRange(name, value, `more than 0 and at most ${MAX_MS}${endless ? ", or Infinity" : ""}`);
    }
  }
  for (
    const [name, value] of Object.entries({ poolSize, "restart.max": restart.max, "health.failures": health.failures })
  ) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      throw outOfRange(name, value, "a whole number, 1 or more");
    }
  }
}

/** What a timer can wait, in milliseconds. */
const MAX_MS = 2 ** 31 - 1;
const VALIDATIONS: readonly unknown[] = ["strict", "warn", "off"];
const SANDBOXES: readonly string[] = ["process", "worker", "none"];

function outOfRange(name: string, value: unknown, expected: string): RangeError {
  return new RangeError(`Cannot make registry: ${name} is ${value}, expected ${expected}`);
}

function checkIds(name: string, ids: readonly string[]): void {
  for (const id of ids) {
    if (!/^[^/]+\/[^/]+$/.test(id)) {
      throw new RangeError(`Cannot make registry: ${name} names "${id}", expected "kind/name"`);
    }
  }
}

function checkGroups(groups: PluginRegistryOptions["groups"] = {}): void {
  const seen = new Map<string, string>();
  for (const [group, ids] of Object.entries(groups)) {
    checkIds(`groups.${group}`, ids);
    for (const id of ids) {
      const other = seen.get(id);
      if (other !== undefined) {
        throw new RangeError(`Cannot make registry: groups "${other}" and "${group}" both name "${id}"`);
      }
      seen.set(id, group);
    }
  }
}

const POLICY: Readonly<Record<string, readonly string[]>> = {
  tmpdir: [],
  http_client: ["hosts"],
  env: ["variables"],
  filesystem: ["read", "write"],
  subprocess: ["programs"],
  packages: ["specifiers"],
};

function checkPolicy(policy: unknown): void {
  if (policy === undefined) return;
  const refuse = (key: string, expected: string) =>
    new RangeError(`Cannot make registry: policy${key}, expected ${expected}`);
  if (typeof policy !== "object" || policy === null) throw refuse(` is ${policy}`, "an object");
  for (const [key, value] of Object.entries(policy)) {
    const lists = Object.hasOwn(POLICY, key) ? POLICY[key]! : undefined;
    if (lists === undefined) throw refuse(` names "${key}"`, `only ${Object.keys(POLICY).join(", ")}`);
    if (value === undefined || typeof value === "boolean") continue;
    const expected = `true, false${lists.length === 0 ? "" : ` or { ${lists.join(", ")} }`}`;
    if (typeof value !== "object" || value === null) throw refuse(`.${key} is ${JSON.stringify(value)}`, expected);
    for (const [list, items] of Object.entries(value)) {
      if (!lists.includes(list)) throw refuse(`.${key} names "${list}"`, expected);
      if (!Array.isArray(items)) throw refuse(`.${key}.${list} is ${JSON.stringify(items)}`, "a list");
    }
    if (key !== "filesystem" && !lists.every((list) => Array.isArray(Reflect.get(value, list)))) {
      throw refuse(`.${key} lacks ${lists[0]}`, expected);
    }
  }
}
