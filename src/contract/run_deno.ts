import { SandboxUnavailable } from "../errors.ts";

/** What a run of Deno gave. */
export interface DenoOutput {
  /** The exit code; 124 when it was ended at the limit. */
  code: number;
  stdout: string;
  stderr: string;
}

/** How to run Deno. */
export interface RunDenoOptions {
  /** Sent to its stdin. */
  stdin?: string;
  /** The environment; nothing is inherited. @default {} */
  env?: Record<string, string>;
  /** Working folder. @default that of this process */
  cwd?: string;
  /** Milliseconds until it is killed. @default 60000 */
  timeoutMs?: number;
}

/**
 * Runs Deno to its end.
 *
 * @param args Its arguments.
 * @param options Input and limits.
 * @returns What it printed.
 * @throws {SandboxUnavailable} If this process may not start Deno.
 */
export async function runDeno(args: readonly string[], options: RunDenoOptions = {}): Promise<DenoOutput> {
  const denoPath = Deno.execPath();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(denoPath, {
      args: [...args],
      clearEnv: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...options.env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotCapable)) throw cause;
    throw new SandboxUnavailable(`Cannot run the contract suite: it starts Deno; allow --allow-run=${denoPath}`, {
      cause,
    });
  }
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, options.timeoutMs ?? 60_000);
  try {
    const writer = child.stdin.getWriter();
    const sent = writer.write(new TextEncoder().encode(options.stdin ?? "")).then(() => writer.close()).catch(() => {
      // NB: it may end without reading its input; its exit code says how that went
    });
    const { code, stdout, stderr } = await child.output();
    await sent;
    const decoder = new TextDecoder();
    return { code: late ? 124 : code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } finally {
    clearTimeout(timer);
  }
}
