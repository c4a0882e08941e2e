/** Starts a host program on a pseudo-terminal, where nobody answers, and says whether anybody was asked anything. */
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import { type HostReport, type HostSpec, INPUT, REPORT_MARK, silentReport } from "./host_spec.ts";

/** Copies a terminal's output to stdout; what is typed comes from stdin. */
const PTY = `
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
os.write(fd, ${JSON.stringify(INPUT + "\n")}.encode())
end = time.time() + 12
while time.time() < end:
    if fd not in select.select([fd], [], [], 0.2)[0]:
        continue
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
    if b"Allow?" in data:
        time.sleep(0.3)
        os.kill(pid, 9)
        break
else:
    os.kill(pid, 9)
`;

const [folder, ...rest] = Deno.args as [string, string];
const spec: HostSpec = JSON.parse(Deno.readTextFileSync(join(folder, "spec.json")));
const flags = spec.tier === "worker" ? ["--unstable-worker-options"] : [];
const main = fromFileUrl(new URL("host_main.ts", import.meta.url));
const host = ["run", "--quiet", "--no-check", "-A", ...flags, main, folder, ...rest];
const text = await onTerminal();
const line = text.split(/\r?\n/).find((own) => own.includes(REPORT_MARK));
const asked = /Deno requests|Allow\?|\[y\/n/.test(text);
if (line === undefined) {
  const harms = [asked ? "user asked" : "host freezes"];
  tell(silentReport(harms));
} else {
  const report: HostReport = JSON.parse(line.slice(line.indexOf(REPORT_MARK) + REPORT_MARK.length));
  if (asked) report.harms.push("user asked");
  tell(report);
}

/** What a terminal shows while the host runs on it. */
async function onTerminal(): Promise<string> {
  try {
    const args = ["-c", PTY, Deno.execPath(), ...host];
    const { stdout } = await new Deno.Command("python3", { args, stdin: "null", stderr: "inherit" }).output();
    return new TextDecoder().decode(stdout);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.error("There is no python3 here, which makes the pseudo-terminal of this case");
    Deno.exit(1);
  }
}

function tell(report: HostReport): void {
  console.log(REPORT_MARK + JSON.stringify(report));
}
