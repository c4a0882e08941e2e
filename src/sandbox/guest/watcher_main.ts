/**
 * The watcher: a process that outlives its host only to end the host's plugins. Lines on stdin say which processes to
 * watch (`+123`) and which no longer (`-123`). When stdin ends, the host is dead, unless it said `end` before.
 */
const pids = new Set<number>();
let ended = false;

// What ends the host's process group must not end the watcher before it has done its work.
const ignored: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
for (const signal of ignored) Deno.addSignalListener(signal, () => {});

const decoder = new TextDecoder();
const buffer = new Uint8Array(4096);
let text = "";
for (let count = await Deno.stdin.read(buffer); count !== null; count = await Deno.stdin.read(buffer)) {
  text += decoder.decode(buffer.subarray(0, count), { stream: true });
  const lines = text.split("\n");
  text = lines.pop()!;
  for (const line of lines) {
    if (line === "end") ended = true;
    else if (line.startsWith("+")) pids.add(Number(line.slice(1)));
    else pids.delete(Number(line.slice(1)));
  }
}
if (!ended) {
  for (const pid of pids) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      continue; // it has ended by itself: so it does when its own stdin ends
    }
  }
}
Deno.exit(0);
