import type { Attempt } from "./attempt.ts";

/** Ways through programs, native code, databases and the inspector. */
export const programAttempts: Attempt[] = [
  {
    id: "command",
    title: "`Deno.Command`",
    code: `return new Deno.Command("/bin/cat", { args: ["{{folder}}/secret/secret.txt"] }).outputSync().stdout.length;`,
    says: /NotCapable/,
  },
  {
    id: "deno_itself",
    title: "Deno itself, by its path",
    code: `return new Deno.Command(Deno.execPath(), { args: ["eval", "-A", "1"] }).outputSync().code;`,
    says: /NotCapable/,
  },
  {
    id: "child_process",
    title: "`node:child_process`",
    head: `import child from "node:child_process";`,
    code: `return child.execFileSync("/bin/cat", ["{{folder}}/secret/secret.txt"]).toString();`,
    says: /NotCapable/,
  },
  {
    id: "fork",
    title: "`fork` of `node:child_process`",
    head: `import child from "node:child_process";`,
    code:
      `return await new Promise((resolve, reject) => child.fork("{{plugin}}/plugin.ts").on("error", reject).on("spawn", () => resolve("forked")));`,
    says: /NotCapable|Error/,
    alone: true,
  },
  {
    id: "dlopen",
    title: "`Deno.dlopen`",
    code: `return Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }).symbols.getpid();`,
    says: /NotCapable/,
  },
  {
    id: "process_dlopen",
    title: "`process.dlopen`",
    head: `import process from "node:process";`,
    code: `process.dlopen({ exports: {} } as never, "libc.so.6"); return "loaded";`,
    says: /NotCapable|Error/,
  },
  {
    id: "unsafe_pointer",
    title: "a raw pointer",
    code: `return Deno.UnsafePointer.of(new Uint8Array(8)) === null ? undefined : "a pointer";`,
    says: /NotCapable/,
  },
  {
    id: "sqlite_attach",
    title: "SQLite's ATTACH",
    head: `import { DatabaseSync } from "node:sqlite";`,
    code:
      `const db = new DatabaseSync(":memory:"); db.exec("ATTACH DATABASE '{{folder}}/canary/attached.db' AS a; CREATE TABLE a.t (x)"); return "attached";`,
    says: /Error|NotCapable/,
  },
  {
    id: "sqlite_file",
    title: "an SQLite file",
    head: `import { DatabaseSync } from "node:sqlite";`,
    code: `new DatabaseSync("{{folder}}/canary/own.db").exec("CREATE TABLE t (x)"); return "made";`,
    says: /NotCapable/,
  },
  {
    id: "sqlite_vacuum",
    title: "SQLite's VACUUM INTO",
    head: `import { DatabaseSync } from "node:sqlite";`,
    code:
      `new DatabaseSync(":memory:").exec("VACUUM INTO '{{folder}}/canary/vacuum.db'"); return Deno.statSync("{{folder}}/canary/vacuum.db").size;`,
    says: /Error|NotCapable/,
  },
  {
    id: "sqlite_extension",
    title: "an SQLite extension",
    head: `import { DatabaseSync } from "node:sqlite";`,
    code:
      `const db = new DatabaseSync(":memory:", { allowExtension: true }); db.loadExtension("libc.so.6"); return "loaded";`,
    says: /Error|NotCapable/,
  },
  {
    id: "inspector",
    title: "an inspector that listens",
    head: `import inspector from "node:inspector";`,
    code: `inspector.open(0); return inspector.url();`,
    says: /NotCapable|Error|^nothing/,
  },
  {
    id: "inspector_session",
    title: "an inspector session on itself",
    head: `import inspector from "node:inspector";`,
    code: `const s = new inspector.Session(); s.connect(); return "connected";`,
    says: /NotCapable|Error/,
  },
  {
    id: "v8_flags",
    title: "V8's natives switched on while it runs",
    head: `import v8 from "node:v8";`,
    code:
      `v8.setFlagsFromString("--allow-natives-syntax"); try { new Function("return %GetOptimizationStatus(() => 1)"); } catch { return undefined; } return "natives";`,
    alone: true,
    says: /^nothing|Error/,
  },
  {
    id: "heap_snapshot",
    title: "a heap snapshot written to disk",
    head: `import v8 from "node:v8";`,
    code: `return v8.writeHeapSnapshot("{{folder}}/canary/heap.heapsnapshot");`,
    says: /NotCapable|Error/,
  },
];
