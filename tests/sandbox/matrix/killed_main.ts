/** Starts a host program, kills it without warning while its plugin loops, and reports whether the plugin goes on. */
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import { type HostSpec, REPORT_MARK, silentReport } from "./host_spec.ts";

const [folder, ...rest] = Deno.args as [string, string];
const spec: HostSpec = JSON.parse(Deno.readTextFileSync(join(folder, "spec.json")));
const flags = spec.tier === "worker" ? ["--unstable-worker-options"] : [];
const main = fromFileUrl(new URL("host_main.ts", import.meta.url));
const host = new Deno.Command(Deno.execPath(), {
  args: ["run", "--quiet", "--no-check", "-A", ...flags, main, folder, ...rest],
  stdin: "null",
}).spawn();
const pidFile = join(folder, "canary/pid");
let pid = 0;
for (let tries = 0; pid === 0 && tries < 400; tries++) {
  await pause(25);
  try {
    pid = Number(Deno.readTextFileSync(pidFile));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
await pause(1500); // the registry's watcher starts a moment after the first plugin
host.kill("SIGKILL");
await host.status;
const killed = performance.now();
while (pid !== 0 && runs(pid) && performance.now() - killed < 8000) await pause(25);
const ms = Math.round(performance.now() - killed);
const harms = pid === 0 ? ["plugin did not start"] : [];
if (pid !== 0 && runs(pid)) {
  harms.push("process left");
  Deno.kill(pid, "SIGKILL");
}
const report = silentReport(harms, [{ plugin: "spins", hook: "fault", ms, result: "the host is dead" }]);
console.log(REPORT_MARK + JSON.stringify(report));

function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
