import { type FaultCase, notRun, plugin } from "./case.ts";

/** What belongs to a whole process: its end, its signals, its folder, its streams. */
export const processCases: FaultCase[] = [
  {
    id: "exit",
    title: "a hook exits: `Deno.exit`, `process.exit`, `self.close`",
    rows: [12],
    publicCases: [10],
    options: { hookTimeoutMs: 1000 },
    plugins: [
      plugin("deno", `fault() { Deno.exit(0); }`),
      plugin("node", `fault() { process.exit(0); }`, { head: `import process from "node:process";` }),
      plugin("self", `fault() { self.close(); return new Promise(() => {}); }`),
    ],
    expect: {
      process: { says: { deno: "exited early", node: "exited early", self: "" }, withinMs: 2000 },
      worker: { withinMs: 2000, says: /exited early|did not answer|no answer/, note: "only a deadline notices" },
      none: { harms: ["host exits early"] },
    },
  },
  {
    id: "exit-code",
    title: "a hook sets `Deno.exitCode` and `process.exitCode`",
    rows: [13],
    plugins: [
      plugin("codes", `fault() { Deno.exitCode = 77; process.exitCode = 78; return "set"; }`, {
        head: `import process from "node:process";`,
      }),
    ],
    expect: {
      process: { says: "set" },
      worker: { says: "set" },
      none: { says: "set", harms: ["host exits with code 78"] },
    },
  },
  {
    id: "kill",
    title: "a hook kills its own process, by `Deno.kill` or by `process.kill`",
    rows: [14],
    options: { hookTimeoutMs: 3000 },
    plugins: [
      plugin("deno", `fault() { Deno.kill(Deno.pid, "SIGKILL"); return new Promise(() => {}); }`),
      plugin("node", `fault() { process.kill(process.pid, "SIGKILL"); return new Promise(() => {}); }`, {
        head: `import process from "node:process";`,
      }),
    ],
    expect: {
      process: { says: "SIGKILL", withinMs: 1000 },
      worker: { harms: ["host killed by SIGKILL"], note: "Deno lets every worker signal its own process" },
      none: { harms: ["host killed by SIGKILL"] },
    },
  },
  {
    id: "kill-host",
    title: "a hook kills the host, or the whole process group",
    rows: [14],
    plugins: [
      plugin(
        "hunts",
        `parent() { Deno.kill(Deno.ppid, "SIGKILL"); }
        group() { Deno.kill(0, "SIGKILL"); }
        everyone() { Deno.kill(-1, "SIGTERM"); }`,
        { hooks: ["parent"] },
      ),
    ],
    expect: {
      process: { says: "NotCapable" },
      worker: { says: "NotCapable", note: "its own process is the host: see above" },
      none: notRun("it would kill the test"),
    },
  },
  {
    id: "signal-listeners",
    title: "a plugin listens to SIGTERM and SIGINT, and loops",
    rows: [15],
    options: { hookTimeoutMs: 500 },
    endsBySignal: true,
    plugins: [
      plugin(
        "listens",
        `listen() {
          for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) Deno.addSignalListener(signal, () => {});
          return "listening";
        }`,
        { hooks: ["listen"] },
      ),
    ],
    expect: {
      process: { says: "listening" },
      worker: { says: "listening", harms: ["signal swallowed"] },
      none: { says: "listening", harms: ["signal swallowed"] },
    },
  },
  {
    id: "deaf-to-signals",
    title: "a plugin that listens to SIGTERM loops in a hook",
    rows: [15],
    options: { hookTimeoutMs: 300 },
    plugins: [
      plugin("deaf", `fault() { Deno.addSignalListener("SIGTERM", () => {}); while (true); }`),
    ],
    expect: {
      process: { says: "no answer within 300 ms", withinMs: 1300, note: "SIGKILL follows" },
      worker: { says: "no answer within 300 ms", harms: ["core burns", "host does not end"] },
      none: notRun("the host's only thread would stand still"),
    },
  },
  {
    id: "chdir",
    title: "a hook changes the working folder to its own",
    rows: [16],
    plugins: [plugin("moves", `fault() { Deno.chdir("{{plugin}}"); return "moved"; }`)],
    expect: {
      process: { says: "moved" },
      worker: { says: "moved", harms: ["folder moved"], note: "needs only to read that folder" },
      none: { says: "moved", harms: ["folder moved"] },
    },
  },
  {
    id: "umask-and-environment",
    title: "a hook changes the umask, and sets and deletes variables",
    rows: [17],
    plugins: [
      plugin(
        "changes",
        `umask() { Deno.umask(0o777); }
        set() { Deno.env.set("FROM_PLUGIN", "1"); }
        drop() { Deno.env.delete("HOST_CANARY"); }
        node() { process.env.FROM_PLUGIN = "1"; delete process.env.HOST_CANARY; }`,
        { head: `import process from "node:process";`, hooks: ["umask", "set", "drop", "node"] },
      ),
    ],
    expect: {
      process: { says: "NotCapable" },
      worker: { says: "NotCapable" },
      none: { harms: ["umask changed", "environment changed"] },
    },
  },
];
