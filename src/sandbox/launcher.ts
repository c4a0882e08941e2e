import { type ChosenLimits, PROCESS_LIMITS } from "./limits.ts";
import type { Sandbox } from "./scope.ts";

/** Which limits of a scope hold, and which do not and why. Part of `status()`. */
export interface HeldLimits {
  /** By name, in the units of `PluginLimits`. */
  readonly held: Readonly<Record<string, number>>;
  /** Limits that nothing keeps here, with the reason. */
  readonly notHeld: Readonly<Record<string, string>>;
}

/** A program and its arguments. */
export interface CommandLine {
  program: string;
  args: readonly string[];
}

const SHELL = "/bin/sh";

/**
 * What a Deno process that does nothing counts as data, in KiB: measured 554,000 on two cores, and 8,200 for each
 * thread beyond. A plugin's memory comes on top.
 */
const IDLE_KIB = 580_000;
const THREADS_PER_CORE_KIB = 2 * 8_400;
/** What V8 may need beyond its old space: young generation, code, stacks. */
const SLACK_MB = 96;

/**
 * Whether processes can be started under `ulimit`: on Linux, by a host that may run the system's shell. A host that may
 * run nothing but Deno starts it directly and does without (`status()` says so).
 */
export function hasUlimit(): boolean {
  if (Deno.build.os !== "linux") return false;
  return Deno.permissions.querySync({ name: "run", command: SHELL }).state === "granted";
}

/**
 * Puts a process under limits that the kernel keeps. The shell sets them and becomes the program, so that there is no
 * process between.
 *
 * @param command What to start.
 * @param limits Memory, CPU time and file size.
 * @param isolates How many heaps it has. @default 1
 * @returns What to start instead.
 */
export function underUlimit({ program, args }: CommandLine, limits: ChosenLimits, isolates = 1): CommandLine {
  const dataKib = IDLE_KIB + THREADS_PER_CORE_KIB * (navigator.hardwareConcurrency + isolates) +
    isolates * (limits.memoryMb + SLACK_MB) * 1024;
  const script = [
    "unset PWD OLDPWD SHLVL", // the shell's own: a scope's environment holds what it was given
    "ulimit -c 0",
    `ulimit -d ${dataKib}`,
    `ulimit -f ${limits.fileMb * 2048}`, // in blocks of 512 bytes
    // The kernel says SIGXCPU first; a process that does not listen gets SIGKILL a second later.
    ...(limits.cpuSeconds === Infinity
      ? []
      : [`ulimit -S -t ${limits.cpuSeconds}`, `ulimit -H -t ${limits.cpuSeconds + 1}`]),
    'exec "$@"',
  ].join(" && ");
  return { program: SHELL, args: ["-c", script, "sh", program, ...args] };
}

/**
 * Says which limits hold.
 *
 * @param limits The plugin's.
 * @param sandbox Where it runs.
 * @param ulimit Whether its process was started under `ulimit`.
 */
export function heldLimits(limits: ChosenLimits, sandbox: Sandbox, ulimit: boolean): HeldLimits {
  const { chosen: _, ...all } = limits;
  const held: Record<string, number> = {};
  const notHeld: Record<string, string> = {};
  for (const [name, value] of Object.entries(all)) {
    if (value === Infinity) continue;
    const reason = whyNotHeld(name, sandbox, ulimit);
    if (reason === undefined) held[name] = value;
    else notHeld[name] = reason;
    if (name === "memoryMb" && sandbox === "process" && !ulimit) held.heapMb = value; // V8 keeps its own
  }
  return { held, notHeld };
}

function whyNotHeld(name: string, sandbox: Sandbox, ulimit: boolean): string | undefined {
  if (sandbox === "none") return 'there are no limits without a sandbox; choose sandbox "process"';
  if (!(PROCESS_LIMITS as readonly string[]).includes(name)) return undefined;
  if (sandbox === "worker") return 'a worker shares the host\'s process; choose sandbox "process"';
  if (ulimit) return undefined;
  const why = Deno.build.os === "linux"
    ? `the host may not run ${SHELL}; start it with --allow-run=${SHELL} added`
    : `${Deno.build.os} has no such limits`;
  return name === "memoryMb" ? `only V8's heap is held to it: ${why}` : why;
}
