import { escapeControl } from "../escape_control.ts";
import type { ChosenLimits } from "./limits.ts";

/**
 * Why a process ended that was not told to. Whatever it printed is escaped: it goes to terminals and logs.
 *
 * @param status How it ended.
 * @param stderr The last of what it printed.
 * @param limits What it was allowed.
 */
export function describeEnd(status: Deno.CommandStatus, stderr: string, limits: ChosenLimits): string {
  const { signal, code } = status;
  // V8 says so and traps; what Deno itself allocates and cannot have aborts, and says so or nothing.
  const saysMemory = /out of memory|memory allocation of \d+ bytes failed/i.test(stderr);
  if ((signal !== null || code > 128) && (saysMemory || (signal === "SIGABRT" && stderr.trim() === ""))) {
    return `memory limit (${limits.memoryMb} MB): its process ran out of memory (limits.memoryMb)`;
  }
  const cpu = limits.cpuSeconds === Infinity ? undefined : `CPU limit (${limits.cpuSeconds} s, limits.cpuSeconds)`;
  const line = firstError(stderr);
  const detail = line === "" ? "" : `: ${line}`;
  if (signal === "SIGXCPU") return `${cpu ?? "CPU limit"}: its process has used it up`;
  if ((signal as string) === "SIGXFSZ") { // Deno's list of signals does not name it
    return `file limit (${limits.fileMb} MB): its process wrote a larger file (limits.fileMb)`;
  }
  if (signal !== null) {
    const maybe = signal === "SIGKILL" && cpu !== undefined ? `, by itself or by its ${cpu}` : "";
    return `killed: its process ended by ${signal}${maybe}${detail}`;
  }
  if (code === 0) return "exited early: its process ended without having been told to";
  return `crashed${detail === "" ? "" : detail} (exit code ${code})`;
}

/** The error that Deno printed, without its colours; else the first line. */
function firstError(stderr: string): string {
  // deno-lint-ignore no-control-regex -- colours are what must go
  const lines = stderr.replace(/\x1b\[[0-9;]*m/g, "").trim().split("\n").map(escapeControl);
  const line = lines.find((text) => text.startsWith("error:"))?.replace(/^error: (Uncaught )?/, "") ?? lines[0] ?? "";
  return line.slice(0, 500);
}
