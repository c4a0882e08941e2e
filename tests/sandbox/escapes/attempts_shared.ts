import type { Attempt } from "./attempt.ts";

/** Ways through what is shared: storage, channels, workers, and the boundary itself. */
export const sharedAttempts: Attempt[] = [
  {
    id: "caches",
    title: "`caches` on the host's disk",
    code:
      `const c = await caches.open("mine"); await c.put("http://example.com/", new Response("x")); return undefined;`,
    says: /^nothing|Error/,
  },
  {
    id: "local_storage",
    title: "localStorage",
    code: `localStorage.setItem("k", "v"); return localStorage.getItem("k") === null ? undefined : undefined;`,
    says: /^nothing|Error/,
  },
  { id: "kv", title: "`Deno.openKv`", code: `return await (Deno as any).openKv();`, says: /TypeError/ },
  {
    id: "kv_path",
    title: "`Deno.openKv` with a path outside",
    code: `return await (Deno as any).openKv("{{folder}}/canary/kv");`,
    says: /TypeError/,
  },
  {
    id: "cron",
    title: "`Deno.cron`",
    code: `return (Deno as any).cron("n", "* * * * *", () => {});`,
    says: /TypeError/,
  },
  {
    id: "broadcast",
    title: "the host's BroadcastChannel",
    code: `new BroadcastChannel("host").postMessage("forged"); return undefined;`,
    says: /^nothing|Error/,
  },
  {
    id: "broadcast_node",
    title: "the same by `node:worker_threads`",
    head: `import { BroadcastChannel as NodeChannel } from "node:worker_threads";`,
    code:
      `new NodeChannel("host").postMessage("forged"); await new Promise((r) => setTimeout(r, 100)); return undefined;`,
    says: /^nothing/,
    worker: { harms: ["channel heard"] },
  },
  {
    id: "locks",
    title: "the host's Web Lock",
    code:
      `const { locks } = navigator as any; locks.request("host", { steal: true }, () => new Promise(() => {})); await new Promise((r) => setTimeout(r, 50)); return undefined;`,
    says: /^nothing/,
    worker: { harms: ["lock taken"] },
  },
  {
    id: "web_worker",
    title: "a nested worker that reads",
    code:
      `const w = new Worker("data:text/javascript," + encodeURIComponent("let r; try { r = Deno.readTextFileSync('{{folder}}/secret/secret.txt'); } catch { r = null; } postMessage(r);"), { type: "module" }); try { return await new Promise((resolve, reject) => { w.onmessage = (e) => resolve(e.data ?? undefined); w.onerror = reject; }); } finally { w.terminate(); }`,
    says: /^nothing|Error/,
  },
  {
    id: "web_worker_more",
    title: "a nested worker that asks for more",
    code:
      `new Worker("data:text/javascript,", { type: "module", deno: { permissions: { read: true } } } as WorkerOptions); return "started";`,
    alone: true,
    says: /exit code 70/,
    worker: { says: /NotCapable|Error/ },
  },
  {
    id: "node_worker",
    title: "a worker of `node:worker_threads` that reads",
    head: `import { Worker as NodeWorker } from "node:worker_threads";`,
    code:
      `const w = new NodeWorker("const { parentPort } = require('node:worker_threads'); let r; try { r = require('node:fs').readFileSync('{{folder}}/secret/secret.txt', 'utf8'); } catch { r = null; } parentPort.postMessage(r);", { eval: true }); try { return await new Promise((resolve, reject) => w.on("message", (m) => resolve(m ?? undefined)).on("error", reject)); } finally { w.terminate(); }`,
    says: /^nothing|Error/,
  },
  {
    id: "prototypes",
    title: "polluted prototypes",
    code: `(Object.prototype as any).polluted = 1; Array.prototype.map = () => ["forged"] as any; return undefined;`,
    alone: true,
    says: /nothing|no answer|gives|rejects/,
  },
  {
    id: "json_patched",
    title: "JSON patched under the guest",
    code: `JSON.stringify = () => '"forged"'; JSON.parse = () => "forged"; return undefined;`,
    alone: true,
    says: /nothing|no answer|gives|rejects/,
  },
  {
    id: "promise_patched",
    title: "`Promise.prototype.then` patched under the guest",
    code:
      `const then = Promise.prototype.then; Promise.prototype.then = function (a: any, b: any) { return then.call(this, () => a?.("forged"), b) as any; }; return undefined;`,
    alone: true,
    says: /nothing|no answer|gives|rejects/,
  },
  {
    id: "encoder_patched",
    title: "TextEncoder and typed arrays patched under the guest",
    code:
      `TextEncoder.prototype.encode = () => new Uint8Array(4) as any; TextEncoder.prototype.encodeInto = () => ({ read: 0, written: 0 }); Uint8Array.prototype.subarray = () => new Uint8Array(0) as any; return undefined;`,
    alone: true,
    says: /nothing|no answer|gives|rejects|Cannot/,
  },
  {
    id: "json_proto",
    title: "own keys `__proto__` and `constructor` in a result",
    code: `return JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') && undefined;`,
    says: /^nothing/,
  },
  {
    id: "thenable",
    title: "a result with `then`",
    code: `return { then(resolve: (v: unknown) => void) { resolve(undefined); } };`,
    says: /^nothing/,
  },
  {
    id: "export_then",
    title: "a module that exports `then`",
    head: `export function then(resolve: (v: unknown) => void) { resolve({ Sample }); }`,
    code: `return undefined;`,
    alone: true,
    says: /^nothing|PluginLoadError|KindUnknown|HookUnknown/m,
  },
  {
    id: "forged_reply",
    title: "an answer to a call that is none of its own",
    head: `import fs from "node:fs";`,
    code:
      `const text = '[[1,4242,"forged"]]'; fs.writeSync(1, String(text.length).padStart(10, "0") + " 0000000000 " + text); await new Promise(() => {});`,
    alone: true,
    says: /an answer that nobody waits for/,
    worker: { harms: ["output written"], says: /no answer/ },
  },
  {
    id: "forged_target",
    title: "a call to a resource that it was not given",
    head: `import fs from "node:fs";`,
    code:
      `const text = '[[0,1,7,"get",["k"]]]'; fs.writeSync(1, String(text.length).padStart(10, "0") + " 0000000000 " + text); await new Promise(() => {});`,
    alone: true,
    says: /Cannot understand message/,
    worker: { harms: ["output written"], says: /no answer/ },
  },
  {
    id: "forged_log",
    title: "a log record in another plugin's name",
    head: `import fs from "node:fs";`,
    code:
      `const text = '[[3,0,0,"log",[99,"error","forged",{"plugin.name":"healthy"}]]]'; fs.writeSync(1, String(text.length).padStart(10, "0") + " 0000000000 " + text); return undefined;`,
    alone: true,
    says: /^nothing|Cannot understand/m,
    worker: { harms: ["output written"] },
  },
  {
    id: "post_message",
    title: "the channel of a worker, by its global names",
    code:
      `const g = globalThis as any; if (g.postMessage === undefined) return undefined; g.postMessage({ forged: true }); return undefined;`,
    says: /^nothing|Error/,
  },
  {
    id: "internals",
    title: "Deno's internal operations that read files and variables",
    code:
      `const { ops } = (Deno as any)[(Deno as any).internal].core; return ops.op_read_file_text_sync?.("{{folder}}/secret/secret.txt") ?? ops.op_fs_read_file_text_sync?.("{{folder}}/secret/secret.txt") ?? ops.op_get_env_no_permission_check?.("HOST_CANARY") ?? ops.op_get_env?.("HOST_CANARY");`,
    says: /^nothing|NotCapable|TypeError/,
  },
  {
    id: "internals_napi",
    title: "Deno's internal operation that loads a native library",
    code:
      `const { ops } = (Deno as any)[(Deno as any).internal].core; const f = () => {}; return ops.op_napi_open?.("/lib/x86_64-linux-gnu/libc.so.6", globalThis, f, f, f, f);`,
    says: /^nothing|NotCapable|TypeError/,
    alone: true,
  },
  {
    id: "log_identity",
    title: "a log record in another plugin's name, through its own logger",
    code: `logger.error("forged", { "plugin.name": "healthy", "plugin.kind": "thing" }); return undefined;`,
    says: /^nothing/,
  },
  {
    id: "stack_paths",
    title: "the host's paths in an error of a resource",
    code:
      `try { await (globalThis as any).none(); } catch (e) { return (e as Error).stack!.includes("matrix") ? "a path of the host" : undefined; }`,
    says: /^nothing/,
  },
];
