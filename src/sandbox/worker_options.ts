import childProcess from "node:child_process";

/**
 * Whether this process runs with Deno's `worker-options` feature, without which the use of a worker's permissions ends
 * the process with exit code 70. Nothing says so directly; `node:child_process` hands the unstable flags on to what it
 * forks, so that the list can be read off a fork that is stopped before it happens. Needs no permission.
 *
 * @returns `undefined` when it cannot be told.
 */
export function workerOptionsEnabled(): boolean | undefined {
  const ChildProcess: unknown = Reflect.get(childProcess, "ChildProcess");
  const prototype: unknown = typeof ChildProcess === "function" ? ChildProcess.prototype : undefined;
  if (typeof prototype !== "object" || prototype === null) return undefined;
  const spawn: unknown = Reflect.get(prototype, "spawn");
  if (typeof spawn !== "function") return undefined;
  const { get } = Deno.env;
  const stop = Symbol("stop");
  let args: unknown;
  try {
    Deno.env.get = () => undefined; // NB: fork() reads a variable, which may ask for a permission
    Reflect.set(prototype, "spawn", (options: { args?: unknown } | undefined) => {
      args = options?.args;
      throw stop;
    });
    childProcess.fork("probe.js", [], { env: {}, execPath: "deno", execArgv: [] });
  } catch (error) {
    if (error !== stop) return undefined;
  } finally {
    Reflect.set(prototype, "spawn", spawn);
    Deno.env.get = get;
  }
  if (!Array.isArray(args) || args[1] !== "run") return undefined;
  return args.includes("--unstable-worker-options");
}
