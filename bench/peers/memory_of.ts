/**
 * Reads from `/proc`. Deno itself reads there only with all permissions, so a shell does it: the benchmarks may run one.
 */
async function readProc(files: string): Promise<{ text: string; reader: number }> {
  const child = new Deno.Command("/bin/sh", { args: ["-c", `cat ${files} 2>&-`], stdout: "piped" }).spawn();
  return { text: await new Response(child.stdout).text(), reader: (await child.status, child.pid) };
}

/** The processes that this one has started and that run. */
export async function childPids(): Promise<number[]> {
  const { text, reader } = await readProc("/proc/[0-9]*/stat");
  // The name, in brackets, may hold anything; behind it stand the state and the parent.
  const entries = [...text.matchAll(/^(\d+) \(.*\) (\S) (\d+) /gm)];
  return entries.filter(([, , state, parent]) => Number(parent) === Deno.pid && state !== "Z")
    .map(([, pid]) => Number(pid)).filter((pid) => pid !== reader);
}

/** The memory that a process shares with no other, in MB. */
export async function privateMemory(pid: number): Promise<number> {
  const { text } = await readProc(`/proc/${pid}/smaps_rollup`);
  const kilobytes = [...text.matchAll(/^Private_\w+:\s+(\d+) kB$/gm)].map(([, number]) => Number(number));
  if (kilobytes.length === 0) throw new Error(`process ${pid} shows no memory`);
  return kilobytes.reduce((sum, part) => sum + part, 0) / 1000;
}
