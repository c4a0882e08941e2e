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
  return choice.plugins?.[`${kind}/${name}`] ?? choice.kinds?.[kind] ?? choice.default ?? "process";
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
  if (hookTimeoutMs !== undefined && !(hookTimeoutMs > 0)) {
    throw new RangeError(`Cannot make registry: hookTimeoutMs is ${hookTimeoutMs}, expected more than 0`);
  }
}
