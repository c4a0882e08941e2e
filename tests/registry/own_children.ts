/** The processes that this test process has started, seen from outside the code under test. Linux only. */
import { assert } from "@std/assert";

/** The ids of this process's own children that live. Through a shell: Deno keeps /proc to itself. */
export function ownChildren(): number[] {
  const args = ["-c", "echo $$; cat /proc/[0-9]*/stat 2>/dev/null"];
  const { stdout } = new Deno.Command("/bin/sh", { args, stdout: "piped", stderr: "null" }).outputSync();
  const [shell, ...lines] = new TextDecoder().decode(stdout).trim().split("\n");
  return lines.flatMap((line) => {
    const [state, parent] = line.slice(line.lastIndexOf(")") + 2).split(" ");
    const pid = Number(line.split(" ")[0]);
    return state !== "Z" && Number(parent) === Deno.pid && pid !== Number(shell) ? [pid] : [];
  }).sort((a, b) => a - b);
}

/** Waits until something holds, and says what was waited for when it never does. */
export async function eventually(what: string, holds: () => boolean, limitMs = 10_000): Promise<void> {
  const start = performance.now();
  while (!holds()) {
    assert(performance.now() - start < limitMs, `${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
