import { type FaultCase, plugin } from "./case.ts";
import { ways } from "./ways.ts";

const NONE_READS = { harms: ["secret seen"] };

/** Files and modules. */
export const fileCases: FaultCase[] = [
  {
    id: "outside-imports",
    title: "static imports of a module and of JSON outside the plugin's folder",
    rows: [22, 23],
    publicCases: [11],
    plugins: [
      plugin("module", `fault() { return secret; }`, { head: `import { secret } from "../../secret/secret.ts";` }),
      plugin("json", `fault() { return data; }`, {
        head: `import data from "../../secret/secret.json" with { type: "json" };`,
      }),
      plugin("text", `fault() { return data; }`, {
        head: `import data from "../../secret/secret.txt" with { type: "text" };`,
      }),
    ],
    expect: {
      process: { says: "PluginLoadError", refused: true },
      worker: { says: "PluginLoadError", refused: true },
      none: NONE_READS,
    },
  },
  {
    id: "outside-files",
    title: "files outside are read with Deno, `node:fs`, `fetch` and dynamic imports",
    rows: [22, 23],
    publicCases: [11],
    plugins: [
      ways("reads", {
        deno: `return Deno.readTextFileSync("{{folder}}/secret/secret.txt")`,
        relative: `return Deno.readTextFile("../../secret/secret.txt")`,
        node: `return readFileSync("{{folder}}/secret/secret.txt", "utf8")`,
        fetch: `return (await fetch("file://{{folder}}/secret/secret.txt")).text()`,
        dynamic: `return (await import("../../secret/secret.ts")).secret`,
        variable: `const url = "file://{{folder}}/secret/secret.ts"; return (await import(url)).secret`,
        json:
          `const url = "file://{{folder}}/secret/secret.json"; return (await import(url, { with: { type: "json" } })).default.secret`,
      }, `import { readFileSync } from "node:fs";`),
    ],
    expect: {
      process: { says: /"deno":"NotCapable".*"node":"NotCapable"/ },
      worker: { says: /"deno":"NotCapable".*"node":"NotCapable"/ },
      none: NONE_READS,
    },
  },
  {
    id: "symlink",
    title: "the plugin's folder holds a symlink that leads out, or nowhere",
    rows: [24],
    publicCases: [12],
    plugins: [
      plugin("file", `fault() { return Deno.readTextFileSync("{{plugin}}/data/link.txt"); }`, {
        files: { "data/own.txt": "own" },
        symlinks: { "data/link.txt": "{{folder}}/secret/secret.txt" },
      }),
      plugin("folder", `fault() { return Deno.readTextFileSync("{{plugin}}/link/secret.txt"); }`, {
        symlinks: { link: "{{folder}}/secret" },
      }),
      plugin("dangling", `fault() { return "runs"; }`, { symlinks: { later: "{{folder}}/later" } }),
    ],
    expect: {
      process: { refused: true, says: { file: "data/link.txt", folder: "link", dangling: "later" } },
      worker: { refused: true, says: { file: "data/link.txt", folder: "link", dangling: "later" } },
      none: NONE_READS,
    },
  },
  {
    id: "hard-link",
    title: "the plugin's folder holds a hard link to a file outside",
    rows: [24],
    plugins: [
      plugin("linked", `fault() { return Deno.readTextFileSync("{{plugin}}/linked.txt"); }`, {
        hardLinks: { "linked.txt": "{{folder}}/secret/secret.txt" },
      }),
    ],
    expect: {
      process: { refused: true, says: "linked.txt", note: "unless the host allows hard links" },
      worker: { refused: true, says: "linked.txt", note: "the same" },
      none: NONE_READS,
    },
  },
  {
    id: "path-tricks",
    title: "`..`, encoded and doubled slashes, `file://localhost`, a folder with the same beginning, /proc",
    rows: [25],
    plugins: [
      ways("tricks", {
        dots: `return Deno.readTextFileSync("{{plugin}}/../../secret/secret.txt")`,
        encoded: `return Deno.readTextFileSync(new URL("file://{{plugin}}/%2e%2e/%2e%2e/secret/secret.txt"))`,
        slash: `return Deno.readTextFileSync(new URL("file://{{plugin}}/..%2f..%2fsecret/secret.txt"))`,
        host: `return Deno.readTextFileSync(new URL("file://localhost{{folder}}/secret/secret.txt"))`,
        doubled: `return Deno.readTextFileSync("/{{folder}}//secret//secret.txt")`,
        prefix: `return Deno.readTextFileSync("{{plugin}}2/plugin.ts")`,
        upper: `return Deno.readTextFileSync("{{plugin}}".toUpperCase() + "/plugin.ts")`,
        environ: `return Deno.readTextFileSync("/proc/self/environ")`,
        cmdline: `return Deno.readTextFileSync("/proc/self/cmdline")`,
        root: `return Deno.readTextFileSync("/proc/self/root{{folder}}/secret/secret.txt")`,
        cwd: `return Deno.readTextFileSync("/proc/self/cwd/../../secret/secret.txt")`,
        parent: `return Deno.readTextFileSync("/proc/" + Deno.ppid + "/environ")`,
      }),
    ],
    expect: {
      process: { says: /"dots":"NotCapable".*"environ":"NotCapable"/ },
      worker: { says: /"dots":"NotCapable".*"environ":"NotCapable"/ },
      none: NONE_READS,
    },
  },
  {
    id: "remote-modules",
    title: "`npm:`, `jsr:`, `https:` and `http:` imports",
    rows: [26, 27],
    options: { hookTimeoutMs: 8000 },
    plugins: [
      ways("imports", {
        npm: `const s = "npm:ajv@8.17.1"; return typeof (await import(s)).default`,
        jsr: `const s = "jsr:@std/assert"; return typeof (await import(s)).assert`,
        https: `const s = "https://example.com/x.ts"; return typeof (await import(s))`,
        http: `const s = "http://127.0.0.1:{{port}}/x.ts"; return typeof (await import(s))`,
      }),
    ],
    expect: {
      process: { says: /"npm":"\w*Error","jsr":"\w*Error","https":"\w*Error","http":"\w*Error"/ },
      worker: {
        says: /"npm":"\w*Error","jsr":"\w*Error","https":"\w*Error","http":"\w*Error"/,
        note: "a thread of `node:worker_threads` loads npm: packages all the same; start the host with --no-npm",
      },
      none: { mayHarm: ["loopback reached"], note: "whatever the host may import" },
    },
  },
  {
    id: "code-from-text",
    title: "code made of text: `data:`, `blob:`, `eval`, `new Function`, WebAssembly, `node:vm`",
    rows: [28],
    plugins: [
      ways("makes", {
        data:
          `const s = "data:text/javascript,export default Deno.readTextFileSync('{{folder}}/secret/secret.txt')"; return (await import(s)).default`,
        blob:
          `const url = URL.createObjectURL(new Blob(["export default Deno.readTextFileSync('{{folder}}/secret/secret.txt')"], { type: "text/javascript" })); return (await import(url)).default`,
        eval: `return (0, eval)("Deno.readTextFileSync('{{folder}}/secret/secret.txt')")`,
        function: `return new Function("return Deno.readTextFileSync('{{folder}}/secret/secret.txt')")()`,
        vm: `return runInThisContext("Deno.readTextFileSync('{{folder}}/secret/secret.txt')")`,
        works: `return eval("1 + 1")`,
      }, `import { runInThisContext } from "node:vm";`),
    ],
    expect: {
      process: { says: /"eval":"NotCapable".*"works":"2"/, note: "it runs, and may do no more" },
      worker: { says: /"eval":"NotCapable".*"works":"2"/, note: "the same" },
      none: NONE_READS,
    },
  },
  {
    id: "node-builtins",
    title: "`node:fs`, `net`, `http`, `child_process`, `dlopen`, `inspector`, SQLite's ATTACH",
    rows: [29],
    plugins: [
      ways(
        "node",
        {
          fs: `return fs.readFileSync("{{folder}}/secret/secret.txt", "utf8")`,
          write: `return fs.writeFileSync("{{folder}}/canary/canary.txt", "changed")`,
          net:
            `return new Promise((resolve, reject) => net.connect({{port}}, "127.0.0.1", () => resolve("connected")).on("error", reject))`,
          http:
            `return new Promise((resolve, reject) => http.get("http://127.0.0.1:{{port}}/", resolve).on("error", reject))`,
          child: `return child.execFileSync("/bin/cat", ["{{folder}}/secret/secret.txt"])`,
          dlopen: `return Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }).symbols.getpid()`,
          inspector: `return inspector.open(0)`,
          attach:
            `return new DatabaseSync(":memory:").exec("ATTACH DATABASE '{{folder}}/canary/attached.db' AS a; CREATE TABLE a.t (x)")`,
        },
        `import fs from "node:fs"; import net from "node:net"; import http from "node:http";
        import child from "node:child_process"; import inspector from "node:inspector"; import { DatabaseSync } from "node:sqlite";`,
      ),
    ],
    expect: {
      process: { says: /"fs":"NotCapable".*"child":"NotCapable","dlopen":"NotCapable"/ },
      worker: { says: /"fs":"NotCapable".*"child":"NotCapable","dlopen":"NotCapable"/ },
      none: {
        harms: ["secret seen", "loopback reached", "canary changed"],
        mayHarm: ["terminal controlled", "host does not end", "host freezes"],
      },
    },
  },
  {
    id: "node-worker",
    title: "a worker of `node:worker_threads`, or a web Worker that asks for more permissions",
    rows: [30],
    options: { hookTimeoutMs: 5000 },
    plugins: [
      ways("node", {
        node:
          `const code = "const fs = require('node:fs'); let r; try { r = fs.readFileSync('{{folder}}/secret/secret.txt', 'utf8'); } catch (e) { r = e.name; } require('node:worker_threads').parentPort.postMessage(r);";
          const worker = new NodeWorker(code, { eval: true });
          try { return await new Promise((resolve, reject) => worker.on("message", resolve).on("error", reject)); } finally { worker.terminate(); }`,
      }, `import { Worker as NodeWorker } from "node:worker_threads";`),
      ways("web", {
        web:
          `const code = "let r; try { r = Deno.readTextFileSync('{{folder}}/secret/secret.txt'); } catch (e) { r = e.name; } postMessage(r);";
          const worker = new Worker("data:text/javascript," + encodeURIComponent(code), { type: "module", deno: { permissions: { read: true } } } as WorkerOptions);
          try { return await new Promise((resolve, reject) => { worker.onmessage = (e) => resolve(e.data); worker.onerror = (e) => { e.preventDefault(); reject(e); }; }); } finally { worker.terminate(); }`,
      }),
    ],
    expect: {
      process: {
        says: { node: /"node":"(NotCapable|\w*Error)"/, web: "exit code 70" },
        note: "to ask for more ends the plugin",
      },
      worker: { says: "gives {" },
      none: { ...NONE_READS, mayHarm: ["host exits with code 70"] },
    },
  },
];
