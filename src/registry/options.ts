import type { Logger } from "../context/mod.ts";
import type { Policy, Sandbox } from "../sandbox/mod.ts";

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
export interface PluginRegistryOptions {
  /** Where plugins run (SPEC section 9). @default "process" */
  sandbox?: SandboxChoice;
  /** Plugins that may run without a sandbox, as `kind/name`. @default [] */
  trusted?: readonly string[];
  /** What plugins may have at most (SPEC section 8). @default whatever their manifests list */
  policy?: Policy;
  /** Where discovery and lifecycle are logged until `setupAll` brings the context's logger. @default console */
  logger?: Logger;
  /** Milliseconds that a hook may take. @default 30000 */
  hookTimeoutMs?: number;
  /** The Deno program for process scopes; a host built by `deno compile` must name one. @default Deno.execPath() */
  denoPath?: string;
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
  const { sandbox, trusted = [], hookTimeoutMs } = options;
  const chosen = sandbox === undefined || typeof sandbox === "string"
    ? [sandbox]
    : [sandbox.default, ...Object.values(sandbox.kinds ?? {}), ...Object.values(sandbox.plugins ?? {})];
  for (const value of chosen) {
    if (value !== undefined && value !== "process" && value !== "none") {
      throw new RangeError(`Cannot make registry: sandbox is "${value}", expected "process" or "none"`);
    }
  }
  for (const plugin of trusted) {
    if (!/^[^/]+\/[^/]+$/.test(plugin)) {
      throw new RangeError(`Cannot make registry: trusted names "${plugin}", expected "kind/name"`);
    }
  }
  checkPolicy(options.policy);
  if (hookTimeoutMs !== undefined && !(hookTimeoutMs > 0)) {
    throw new RangeError(`Cannot make registry: hookTimeoutMs is ${hookTimeoutMs}, expected more than 0`);
  }
}

const POLICY: Readonly<Record<string, readonly string[]>> = {
  tmpdir: [],
  http_client: ["hosts"],
  env: ["variables"],
  filesystem: ["read", "write"],
  subprocess: ["programs"],
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
