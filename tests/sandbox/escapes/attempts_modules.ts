import type { Attempt } from "./attempt.ts";

const variable = (specifier: string, pick = "default") => `const s = ${specifier}; return (await import(s)).${pick};`;
const REFUSED = /(TypeError|NotCapable|Error): /;

/** Ways through modules and code made of text. */
export const moduleAttempts: Attempt[] = [
  {
    id: "static_import",
    title: "a static import",
    head: `import { secret } from "../../secret/secret.ts";`,
    code: `return secret;`,
    alone: true,
    says: /PluginLoadError.*Requires read access/s,
  },
  {
    id: "static_json",
    title: "a static JSON import",
    head: `import json from "../../secret/secret.json" with { type: "json" };`,
    code: `return json.secret;`,
    alone: true,
    says: /PluginLoadError.*Requires read access/s,
  },
  {
    id: "static_text",
    title: "a static text import",
    head: `import text from "../../secret/secret.txt" with { type: "text" };`,
    code: `return text;`,
    alone: true,
    says: /PluginLoadError/,
  },
  {
    id: "re_export",
    title: "a re-export of everything",
    head: `export * from "../../secret/secret.ts";`,
    code: `return "loaded";`,
    alone: true,
    says: /PluginLoadError.*Requires read access/s,
  },
  {
    id: "literal_import",
    title: "a dynamic import of a literal",
    code: `return (await import("../../secret/secret.ts")).secret;`,
    says: REFUSED,
  },
  {
    id: "dynamic_import",
    title: "a dynamic import of a variable",
    code: variable(`"file://{{folder}}/secret/secret.ts"`, "secret"),
    says: REFUSED,
  },
  {
    id: "encoded_import",
    title: "a dynamic import with `%2e%2e`",
    code: variable(`"file://{{plugin}}/%2e%2e/%2e%2e/secret/secret.ts"`, "secret"),
    says: REFUSED,
  },
  {
    id: "json_import",
    title: "a dynamic import of JSON",
    code:
      `const s = "file://{{folder}}/secret/secret.json"; return (await import(s, { with: { type: "json" } })).default.secret;`,
    says: REFUSED,
  },
  {
    id: "text_import",
    title: "a dynamic import as text",
    code:
      `const s = "file://{{folder}}/secret/secret.txt"; return (await import(s, { with: { type: "text" } })).default;`,
    says: REFUSED,
  },
  {
    id: "wasm_import",
    title: "a WebAssembly module that imports a file outside",
    code:
      `const name = new TextEncoder().encode("file://{{folder}}/secret/secret.ts"); const size = (n: number) => n < 128 ? [n] : [n & 127 | 128, n >> 7]; const own = [1, ...size(name.length), ...name, 6, ...new TextEncoder().encode("secret"), 0, 0]; const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, ...size(own.length), ...own]; const s = "data:application/wasm;base64," + btoa(String.fromCharCode(...bytes)); return Object.keys(await import(s)).length;`,
    says: /Requires read access/,
  },
  {
    id: "require",
    title: "`createRequire`",
    head: `import { createRequire } from "node:module";`,
    code: `return createRequire("file://{{plugin}}/x.js")("{{folder}}/secret/secret.json").secret;`,
    says: REFUSED,
  },
  {
    id: "npm_import",
    title: "`npm:` of a package that is in the cache",
    code: variable(`"npm:ajv@8.17.1"`),
    says: /--no-npm|a worker has no packages/,
  },
  {
    id: "npm_eval",
    title: "`npm:` in code made of text",
    code: `return typeof (await (0, eval)("import('npm:ajv@8.17.1')")).default;`,
    says: REFUSED,
  },
  {
    id: "npm_data",
    title: "`npm:` in a `data:` module",
    code: variable(`"data:text/javascript,export { default } from 'npm:ajv@8.17.1'"`),
    says: REFUSED,
  },
  {
    id: "npm_require",
    title: "`npm:` by `createRequire`",
    head: `import { createRequire } from "node:module";`,
    code: `return typeof createRequire("file://{{plugin}}/x.js")("npm:ajv@8.17.1");`,
    says: REFUSED,
  },
  {
    id: "npm_blob",
    title: "`npm:` in a `blob:` module",
    code:
      `const url = URL.createObjectURL(new Blob(["export { default } from 'npm:ajv@8.17.1'"], { type: "text/javascript" })); return typeof (await import(url)).default;`,
    says: REFUSED,
  },
  {
    id: "npm_worker",
    title: "`npm:` in a worker of `node:worker_threads`",
    head: `import { Worker as NodeWorker } from "node:worker_threads";`,
    code:
      `const w = new NodeWorker("import('npm:ajv@8.17.1').then((m) => require('node:worker_threads').parentPort.postMessage(typeof m.default), () => require('node:worker_threads').parentPort.postMessage(null))", { eval: true }); try { return await new Promise((resolve, reject) => w.on("message", (m) => resolve(m ?? undefined)).on("error", reject)); } finally { w.terminate(); }`,
    says: /^nothing|Error/,
    worker: { escapes: true },
  },
  { id: "jsr_import", title: "`jsr:`", code: variable(`"jsr:@std/assert@1"`, "assert"), says: REFUSED },
  {
    id: "https_import",
    title: "`https:`",
    code: variable(`"https://example.com/x.ts?leak=1"`),
    says: /--no-remote|a worker has no packages/,
  },
  {
    id: "http_import",
    title: "`http:` on the loopback address",
    code: variable(`"http://127.0.0.1:{{port}}/x.ts?leak=1"`),
    says: REFUSED,
  },
  {
    id: "data_import",
    title: "a `data:` module that reads",
    code: variable(`"data:text/javascript,export default Deno.readTextFileSync('{{folder}}/secret/secret.txt')"`),
    says: /NotCapable/,
  },
  {
    id: "data_static",
    title: "a `data:` module with a static import outside",
    code: variable(`"data:text/javascript,export { secret as default } from 'file://{{folder}}/secret/secret.ts'"`),
    says: REFUSED,
  },
  {
    id: "blob_import",
    title: "a `blob:` module that reads",
    code:
      `const url = URL.createObjectURL(new Blob(["export default Deno.readTextFileSync('{{folder}}/secret/secret.txt')"], { type: "text/javascript" })); return (await import(url)).default;`,
    says: /NotCapable/,
  },
  {
    id: "main_module",
    title: "the guest's own module",
    code:
      `const s = Deno.mainModule; const own = Object.keys(await import(s)); return own.length > 0 ? own.join() : undefined;`,
    says: /^nothing|NotCapable|TypeError/,
  },
  {
    id: "eval",
    title: "`eval`",
    code: `return (0, eval)("Deno.readTextFileSync('{{folder}}/secret/secret.txt')");`,
    says: /NotCapable/,
  },
  {
    id: "function",
    title: "`new Function`",
    code: `return new Function("return Deno.readTextFileSync('{{folder}}/secret/secret.txt')")();`,
    says: /NotCapable/,
  },
  {
    id: "vm",
    title: "`node:vm`",
    head: `import vm from "node:vm";`,
    code: `return vm.runInThisContext("Deno.readTextFileSync('{{folder}}/secret/secret.txt')");`,
    says: /NotCapable/,
  },
  {
    id: "vm_context",
    title: "a fresh context of `node:vm`",
    head: `import vm from "node:vm";`,
    code:
      `return vm.runInNewContext("this.constructor.constructor('return Deno')().readTextFileSync('{{folder}}/secret/secret.txt')");`,
    says: /NotCapable|ReferenceError|TypeError/,
  },
  {
    id: "module_hooks",
    title: "`registerHooks` that loads from outside",
    head: `import { registerHooks } from "node:module";`,
    code:
      `registerHooks({ resolve: (s: string, c: unknown, next: any) => s === "x:secret" ? { url: "file://{{folder}}/secret/secret.ts", shortCircuit: true } : next(s, c) }); const s = "x:secret"; return (await import(s)).secret;`,
    says: REFUSED,
    alone: true,
  },
  {
    id: "host_names",
    title: "the package's own host: a registry inside the plugin",
    head: `import { PluginRegistry } from "@dagstack/plugin-system";`,
    code: `return new PluginRegistry();`,
    says: /only a host can/,
  },
];
