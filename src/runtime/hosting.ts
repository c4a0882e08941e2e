import { type KillDelays, type LimitsChoice, type Policy, Watcher } from "../sandbox/mod.ts";
import { GroupProcesses } from "./group_processes.ts";
import type { TempFolders } from "./temp_folders.ts";

/** One plugin that somebody debugs. Its deadlines are off. */
export interface InspectChoice {
  /** As `kind/name`. It must run in a process of its own. */
  plugin: string;
  /** Where the debugger may connect. @default "127.0.0.1:9229" */
  address?: string;
  /** Whether nothing of it runs before a debugger is there. @default false */
  wait?: boolean;
}

/** What a host says of the scopes of its plugins. */
export interface HostingOptions {
  /** What plugins may have at most (SPEC section 8). @default whatever their manifests list */
  policy?: Policy;
  /** What plugins may use at most: memory, CPU time, files, calls, messages, logs. */
  limits?: LimitsChoice;
  /** Milliseconds until the process or worker of a plugin must have started. @default 10000 */
  readyTimeoutMs?: number;
  /** Milliseconds between SIGTERM and SIGKILL. @default { fault: 300, teardown: 5000 } */
  killAfterMs?: Partial<KillDelays>;
  /** Plugins that the host trusts equally, as `kind/name` by the name of their group: each group shares one process. @default {} */
  groups?: Readonly<Record<string, readonly string[]>>;
  /** Workers or processes for each plugin whose `execution_model` is bound to the CPU. @default navigator.hardwareConcurrency */
  poolSize?: number;
  /** One plugin that is being debugged; its deadlines are off. */
  inspect?: InspectChoice;
  /** Whether files with several names (hard links) may stand in a plugin's folder. @default false */
  allowHardLinks?: boolean;
  /**
   * Whether plugins without a sandbox are held to what crosses a boundary too: their arguments and results are checked,
   * as a sandbox does. @default false
   */
  strict?: boolean;
  /** The Deno program for process scopes; a host built by `deno compile` must name one. @default Deno.execPath() */
  denoPath?: string;
}

/** What the scopes of one registry have in common. */
export interface Hosting {
  /** The Deno program that runs processes. */
  readonly denoPath: string;
  policy: Policy | undefined;
  limits: LimitsChoice | undefined;
  killAfterMs: KillDelays;
  readyTimeoutMs: number;
  poolSize: number;
  allowHardLinks: boolean;
  strict: boolean;
  inspect: InspectChoice | undefined;
  folders: TempFolders;
  watcher: Watcher;
  groups: GroupProcesses;
}

/**
 * Fills in what a host does not say.
 *
 * @param options What it says.
 * @param folders Where the plugins' fresh folders are made.
 * @param warn Takes what an operator should know.
 */
export function createHosting(options: HostingOptions, folders: TempFolders, warn: (message: string) => void): Hosting {
  const denoPath = () => options.denoPath ?? Deno.execPath(); // asked when it is needed: it may be refused
  return {
    get denoPath() {
      return denoPath();
    },
    policy: options.policy,
    limits: options.limits,
    killAfterMs: { fault: 300, teardown: 5000, ...options.killAfterMs },
    readyTimeoutMs: options.readyTimeoutMs ?? 10_000,
    poolSize: options.poolSize ?? navigator.hardwareConcurrency,
    allowHardLinks: options.allowHardLinks ?? false,
    strict: options.strict ?? false,
    inspect: options.inspect,
    folders,
    watcher: new Watcher(
      denoPath,
      (reason) => warn(`Plugins that hang may outlive a host that is killed: there is no watcher, ${reason}`),
    ),
    groups: new GroupProcesses(options.groups),
  };
}
