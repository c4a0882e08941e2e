import { type FaultCase, plugin } from "./case.ts";
import { ways } from "./ways.ts";

/** Storage and channels that are shared. */
export const storageCases: FaultCase[] = [
  {
    id: "channels-and-locks",
    title: "BroadcastChannel and Web Locks, shared by whatever runs in one process",
    rows: [32],
    plugins: [
      plugin(
        "shouts",
        `async fault() {
          for (const C of [globalThis.BroadcastChannel, NodeChannel]) if (C !== undefined) new C("host").postMessage("forged");
          navigator.locks.request("host", () => new Promise(() => {}));
          await new Promise((resolve) => setTimeout(resolve, 100));
          return "shouted";
        }`,
        { head: `import { BroadcastChannel as NodeChannel } from "node:worker_threads";` },
      ),
    ],
    expect: {
      process: { says: "shouted" },
      worker: {
        says: "shouted",
        harms: ["channel heard", "lock taken"],
        note: "through node:worker_threads, and locks",
      },
      none: { says: "shouted", harms: ["lock taken"], mayHarm: ["host does not end", "channel heard"] },
    },
  },
  {
    id: "caches",
    title: "`caches` fills the disk without a permission to write",
    rows: [33],
    options: { hookTimeoutMs: 5000 },
    plugins: [
      plugin(
        "stores",
        `async fault() {
          if (globalThis.caches === undefined) return "no caches";
          const cache = await caches.open("mine");
          await cache.put("http://example.com/", new Response("x".repeat(100_000)));
          return "stored";
        }`,
      ),
    ],
    expect: {
      process: { note: "in a folder of its own, removed with it" },
      worker: { says: "no caches", note: "taken away" },
      none: { harms: ["cache written"] },
    },
  },
  {
    id: "storage",
    title: "localStorage, `Deno.openKv`, `prompt` and `alert`",
    rows: [34],
    options: { hookTimeoutMs: 2000 },
    plugins: [
      ways("keeps", {
        local: `localStorage.setItem("k", "v"); return localStorage.getItem("k")`,
        kv: `return (await (Deno as any).openKv()).set(["k"], "v")`,
        cron: `return (Deno as any).cron("n", "* * * * *", () => {})`,
      }),
    ],
    expect: {
      process: { says: /"kv":"TypeError","cron":"TypeError"/ },
      worker: { says: /"kv":"TypeError","cron":"TypeError"/ },
      none: { says: "gives {", note: "the host's own storage" },
    },
  },
];
