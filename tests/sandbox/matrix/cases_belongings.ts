import { type FaultCase, plugin } from "./case.ts";

/** What a plugin finds around it: streams, descriptors, permissions, and what it leaves behind. */
export const belongingsCases: FaultCase[] = [
  {
    id: "reads-input",
    title: "a plugin reads stdin",
    rows: [19],
    options: { hookTimeoutMs: 500 },
    plugins: [
      plugin(
        "reads",
        `fault() { const b = new Uint8Array(1000); return new TextDecoder().decode(b.subarray(0, Deno.stdin.readSync(b) ?? 0)); }`,
      ),
    ],
    expect: {
      process: {
        says: "no answer within 500 ms",
        note: "its stdin is its channel to the host, and it takes its own calls",
      },
      worker: { harms: ["input taken"] },
      none: { harms: ["input taken"] },
    },
  },
  {
    id: "descriptors",
    title: "a hook reads the first 64 descriptors by number, and closes 0 to 2",
    rows: [20],
    options: { hookTimeoutMs: 3000 },
    plugins: [
      plugin(
        "probes",
        `fault() {
          const read: number[] = [];
          for (let fd = 3; fd < 64; fd++) try { readSync(fd, new Uint8Array(1)); read.push(fd); } catch { continue; }
          return read;
        }
        close() { for (const fd of [0, 1, 2]) try { closeSync(fd); } catch { continue; } return "closed"; }`,
        { head: `import { closeSync, readSync } from "node:fs";`, hooks: ["fault", "close"] },
      ),
    ],
    expect: {
      process: { says: "gives []", mayHarm: [] },
      worker: { says: "gives []" },
      none: { harms: ["host exits with code 1"], note: "what the host opened is open to it" },
    },
  },
  {
    id: "permission-request",
    title: "a plugin asks for permissions at a terminal",
    rows: [21],
    options: { hookTimeoutMs: 2000 },
    host: { main: "terminal_main.ts" },
    plugins: [
      plugin(
        "asks",
        `async fault() { return (await Deno.permissions.request({ name: "read", path: "/etc" })).state; }`,
      ),
    ],
    expect: {
      process: { says: '"denied"', note: "nobody is asked" },
      worker: {
        harms: ["user asked"],
        mayHarm: ["host freezes", "input taken", "terminal controlled"],
        note: "unless the host runs with --no-prompt",
      },
      none: { says: '"granted"', note: "the host's own permissions" },
    },
  },
  {
    id: "revoke",
    title: "a plugin gives permissions back",
    rows: [39],
    plugins: [
      plugin(
        "revokes",
        `async fault() {
          for (const name of ["read", "write", "net", "env", "run"] as const) await Deno.permissions.revoke({ name });
          return "revoked";
        }`,
      ),
    ],
    expect: {
      process: { says: "revoked" },
      worker: { says: "revoked" },
      none: { harms: ["host exits with code 1"], note: "the host loses them" },
    },
  },
  {
    id: "looks-around",
    title: "a plugin tells what it can see: arguments, environment, folder, program, errors' stacks",
    rows: [40],
    plugins: [
      plugin(
        "looks",
        `fault() {
          const tried = (look: () => unknown) => { try { return look(); } catch (e) { return (e as Error).name; } };
          return [Deno.args, process.argv, tried(() => Deno.env.toObject()), tried(() => Deno.execPath()), new Error("x").stack];
        }`,
        { head: `import process from "node:process";` },
      ),
    ],
    expect: {
      process: { says: "NotCapable", note: "paths of its own folder stay in stacks" },
      worker: { says: "NotCapable", harms: ["secret seen"], note: "a worker sees the host's arguments" },
      none: { harms: ["secret seen"] },
    },
  },
  {
    id: "left-open",
    title: "a plugin leaves files, a watcher, a listener and a folder of temporary files open",
    rows: [41],
    options: { hookTimeoutMs: 3000 },
    plugins: [
      plugin(
        "leaves",
        `setup(context: any) { this.dir = context.resources.tmpdir; } dir: any;
        async fault() {
          this.file = await Deno.open(await this.dir.createFile("left", ".txt"), { write: true });
          this.watcher = Deno.watchFs(this.dir.path);
          this.listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
          this.listener.accept();
          return "open";
        }
        file: any; watcher: any; listener: any;`,
        {
          resources:
            '[plugin.resources]\nrequired = ["tmpdir", "http_client"]\n[plugin.resources.http_client]\nhosts = ["127.0.0.1"]',
        },
      ),
    ],
    expect: {
      process: { says: "open" },
      worker: { says: "open" },
      none: { says: "open", mayHarm: ["host does not end"] },
    },
  },
  {
    id: "host-killed",
    title: "the host is killed by SIGKILL while a plugin loops",
    rows: [42],
    options: { hookTimeoutMs: 30_000 },
    host: { main: "killed_main.ts" },
    plugins: [
      plugin("spins", `fault() { Deno.writeTextFileSync("{{folder}}/canary/pid", String(Deno.pid)); while (true); }`, {
        resources:
          '[plugin.resources]\nrequired = ["filesystem"]\n[plugin.resources.filesystem]\nwrite = ["{{folder}}/canary"]',
      }),
    ],
    expect: {
      process: { note: "its process ends within seconds" },
      worker: { note: "ends with the host" },
      none: { note: "ends with the host" },
    },
  },
];
