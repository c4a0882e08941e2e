import { escapeControl } from "../escape_control.ts";

/** How to run Deno to its end. */
export interface RunDenoOptions {
  denoPath: string;
  cwd: string;
  /** Its whole environment. */
  env: Record<string, string>;
  timeoutMs: number;
  signal?: AbortSignal;
}

/**
 * Runs Deno to its end, which comes: by itself, by the signal, or by the limit.
 *
 * @param args Its arguments.
 * @returns What it says is wrong, on one line; `undefined` when all went well.
 * @throws What the signal was aborted with, or why Deno cannot be started.
 */
export async function runDeno(args: string[], options: RunDenoOptions): Promise<string | undefined> {
  const { denoPath, cwd, env, timeoutMs, signal } = options;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal?.addEventListener("abort", abort);
  const timer = setTimeout(abort, timeoutMs);
  try {
    const { success, stderr } = await new Deno.Command(denoPath, {
      args,
      cwd,
      clearEnv: true,
      env,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      signal: stop.signal,
    }).output();
    signal?.throwIfAborted();
    if (success) return undefined;
    return stop.signal.aborted ? `it was not there within ${timeoutMs} ms` : shorten(new TextDecoder().decode(stderr));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** Deno's own message on one line, without stack, credentials, or advice that nobody can follow here. */
function shorten(stderr: string): string {
  const [, text = stderr] = /(?:^|\n)error: ([^]*)/.exec(stderr) ?? [];
  const line = text.split("\n").filter((part) => !/^\s+at /.test(part)).join(" ")
    .replace(/\s+(If you modified|To work around).*/, "")
    .replace(/\s*Caused by:\s*/g, ": ")
    .replace(/\s+/g, " ")
    .replace(/\/\/[^/\s@]+@/g, "//")
    .trim().replace(/\.$/, "");
  return escapeControl(line === "" ? "Deno says nothing" : line.length > 300 ? `${line.slice(0, 300)}…` : line);
}
