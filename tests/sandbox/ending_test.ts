/** How processes end: when they are told to, when they fail, when the host dies; and how they are started again. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path/from-file-url";
import { PluginRegistry } from "@dagstack/plugin-system";
import { deno, manifestText, PROJECT, TempFolder, TestHost } from "../support.ts";

function plugin(body: string, resources = ""): Record<string, string> {
  return {
    "p/dagstack.toml": manifestText({ teardown_timeout_sec: "1" }, resources),
    "p/plugin.ts": `export class Sample { pid() { return Deno.pid; } ${body} }`,
  };
}

/** A file of /proc, read by a process that may: Deno gives it to nobody without all permissions. */
function readProc(path: string): string {
  const code = "try { console.log(Deno.readTextFileSync(Deno.args[0])); } catch { console.log(''); }";
  const args = ["run", "-A", "--no-config", `data:text/javascript,${encodeURIComponent(code)}`, path];
  return new TextDecoder().decode(new Deno.Command(Deno.execPath(), { args, stderr: "null" }).outputSync().stdout);
}

/** Whether a process is there, and no zombie. */
function isAlive(pid: number): boolean {
  return /^State:\s+[^Z]/m.test(readProc(`/proc/${pid}/status`));
}

async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it never came to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("a process that ignores SIGTERM is killed after killAfterMs.fault", async () => {
  await using host = await TestHost.start(
    plugin("spin() { Deno.addSignalListener('SIGTERM', () => {}); for (;;); }"),
    { hookTimeoutMs: 100, killAfterMs: { fault: 200 } },
  );
  const pid = await host.plugin().pid!() as number;
  await assertRejects(() => host.plugin().spin!(), Error, "no answer within 100 ms");
  assert(isAlive(pid), "SIGTERM alone does not end it");
  await until("its process has ended", () => !isAlive(pid));
});

Deno.test("a process whose teardown does not end gets SIGTERM, then SIGKILL, and is marked leaked", async () => {
  const host = await TestHost.start(
    plugin(
      "teardown() { Deno.addSignalListener('SIGTERM', () => {}); return new Promise(() => setInterval(() => {}, 1000)); }",
    ),
    { killAfterMs: { teardown: 300 } },
  );
  const pid = await host.plugin().pid!() as number;
  const error = await assertRejects(() => host.registry.teardownAll());
  assertStringIncludes((error as Error).message, 'teardown of plugin "thing/sample": no answer within 1000 ms');
  assertEquals(host.registry.status().plugins[0]!.state, "leaked");
  assertEquals(isAlive(pid), false);
  await host[Symbol.asyncDispose]();
});

Deno.test("a plugin whose process never starts is told apart from one that is slow to load", async () => {
  await using folder = new TempFolder();
  await folder.write(plugin(""));
  await using registry = new PluginRegistry({
    readyTimeoutMs: 1,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  await registry.discover(folder.path);
  await registry.setupAll();
  const [status] = registry.status().plugins;
  assertEquals(status!.reason?.code, "HookTimeout");
  assertStringIncludes(
    status!.reason!.message,
    'the start of the process of plugin "thing/sample": no answer within 1 ms',
  );
});

Deno.test("a plugin that ends is started again, with a longer wait each time, and left alone after max", async () => {
  await using host = await TestHost.start(plugin("exit() { Deno.exit(0); } hi() { return 'hi'; }"), {
    restart: { max: 2, backoffMs: 20 },
  });
  const pids = new Set([await host.plugin().pid!()]);
  for (const restarts of [1, 2]) {
    await assertRejects(() => host.plugin().exit!(), Error, "exited early");
    await until("it is active again", () => host.registry.status().plugins[0]!.state === "active");
    assertEquals(host.registry.status().plugins[0]!.restarts, restarts);
    assertEquals(await host.plugin().hi!(), "hi");
    pids.add(await host.plugin().pid!());
  }
  assertEquals(pids.size, 3, "each time it is a new process");
  await assertRejects(() => host.plugin().exit!(), Error, "exited early");
  await until(
    "it is given up",
    () => host.logger.messages("error").some((m) => m.includes("it has failed 3 times in a row")),
  );
  assertEquals(host.registry.status().plugins[0]!.state, "unavailable");
  assertEquals(host.logger.messages("warn").filter((m) => m.includes("is started again")), [
    'Plugin "thing/sample" is started again in 20 ms (1 of 2)',
    'Plugin "thing/sample" is started again in 40 ms (2 of 2)',
  ]);
});

Deno.test("without the restart option a plugin that ends stays unavailable; teardown forgets a planned start", async () => {
  await using quiet = await TestHost.start(plugin("exit() { Deno.exit(0); }"));
  await assertRejects(() => quiet.plugin().exit!(), Error, "exited early");
  await new Promise((resolve) => setTimeout(resolve, 400));
  assertEquals([quiet.registry.status().plugins[0]!.state, quiet.registry.status().plugins[0]!.restarts], [
    "unavailable",
    0,
  ]);

  const host = await TestHost.start(plugin("exit() { Deno.exit(0); }"), { restart: { backoffMs: 60_000 } });
  await assertRejects(() => host.plugin().exit!(), Error, "exited early");
  await host[Symbol.asyncDispose](); // the sanitizers would see the timer
});

const CONFIG = fromFileUrl(new URL("deno.json", PROJECT));

/** A host in a process of its own that starts a plugin, prints the pids of both, and goes on as told. */
const HOST = `
  import { PluginRegistry } from "@dagstack/plugin-system";
  const [folder, way] = Deno.args;
  const registry = new PluginRegistry({ tempDir: folder + "/tmp" });
  await registry.discover(folder + "/p");
  await registry.setupAll();
  const plugin = registry.getPlugin("thing");
  console.log(JSON.stringify({ plugin: await plugin.pid(), host: Deno.pid }));
  if (way === "spin") plugin.spin().catch(() => {});
  if (way === "end") Deno.exit(0);
  if (way !== "forget") setInterval(() => {}, 1000);
`;

async function startHost(
  folder: TempFolder,
  way: string,
): Promise<{ child: Deno.ChildProcess; pids: { plugin: number; host: number } }> {
  await folder.write({ ...plugin("spin() { for (;;); }"), "host.ts": HOST });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--config", CONFIG, `${folder.path}/host.ts`, folder.path, way],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  reader.cancel();
  return { child, pids: JSON.parse(new TextDecoder().decode(value)) };
}

Deno.test("a plugin in a loop ends within seconds when its host is killed: there is a watcher", async () => {
  await using folder = new TempFolder();
  const { child, pids } = await startHost(folder, "spin");
  const watcher = await findChild(pids.host, pids.plugin);
  await new Promise((resolve) => setTimeout(resolve, 300)); // what was written to it must have left the host
  child.kill("SIGKILL");
  await child.status;
  await until("the plugin has ended", () => !isAlive(pids.plugin));
  await until("the watcher has ended", () => !isAlive(watcher));
});

/** The process that a host has started beside its plugin; found through /proc by its parent, never by its name. */
async function findChild(host: number, plugin: number): Promise<number> {
  let found: number | undefined;
  await until("the watcher runs", () => {
    const children = readProc(`/proc/${host}/task/${host}/children`).trim().split(" ").filter((pid) => pid !== "").map(
      Number,
    );
    found = children.find((pid) => pid !== plugin);
    return found !== undefined;
  });
  return found!;
}

for (const way of ["end", "forget"]) {
  Deno.test(`a host that ${way === "end" ? "calls Deno.exit" : "forgets teardown"} ends by itself, and its plugin with it`, async () => {
    await using folder = new TempFolder();
    const { child, pids } = await startHost(folder, way);
    assertEquals((await child.status).code, 0);
    await until("the plugin has ended", () => !isAlive(pids.plugin));
  });
}

Deno.test("Ctrl-C reaches the host, which tears down; its plugins go on until it does", async () => {
  await using folder = new TempFolder();
  await folder.write({
    ...plugin("teardown() { console.log('torn down'); }"),
    "host.ts": `
      import { PluginRegistry } from "@dagstack/plugin-system";
      const registry = new PluginRegistry();
      await registry.discover(Deno.args[0] + "/p");
      await registry.setupAll();
      const stopped = Promise.withResolvers();
      Deno.addSignalListener("SIGINT", () => stopped.resolve());
      console.log(Deno.pid);
      const plugin = registry.getPlugin("thing");
      await stopped.promise;
      console.log("plugin answers", typeof await plugin.pid());
      await registry.teardownAll();
      Deno.exit(7);`,
    // A group of its own, to which a terminal's Ctrl-C would go.
    "ctrl_c.ts": `
      const child = new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--config", ...Deno.args], stdout: "piped", detached: true }).spawn();
      let text = "";
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        if (text === "") Deno.kill(-child.pid, "SIGINT");
        text += chunk;
      }
      console.log(text + (await child.status).code);`,
  });
  const { stdout, stderr } = await deno([
    "run",
    "-A",
    "--no-config",
    `${folder.path}/ctrl_c.ts`,
    CONFIG,
    `${folder.path}/host.ts`,
    folder.path,
  ]);
  assertEquals(stdout.split("\n").slice(1, -1), [
    "plugin answers number",
    'torn down { "plugin.kind": "thing", "plugin.name": "sample" }',
    "7",
  ], stderr);
});

Deno.test("inspect opens one plugin's process to a debugger and turns its deadlines off", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await using host = await TestHost.start(
    plugin("async slow() { await new Promise((r) => setTimeout(r, 400)); return 'slow'; }"),
    { inspect: { plugin: "thing/sample", address: `127.0.0.1:${port}` }, hookTimeoutMs: 50, readyTimeoutMs: 1 },
  );
  assertEquals(await host.plugin().slow!(), "slow");
  const targets = await (await fetch(`http://127.0.0.1:${port}/json`)).json() as { type: string }[];
  assertEquals(targets.map(({ type }) => type), ["node"]);
  await until(
    "the address is in the log",
    () => host.logger.messages("info").some((m) => m.includes("Debugger listening on ws://")),
  );
});

Deno.test("only a process can be inspected", async () => {
  await using host = await TestHost.start(plugin(""), { sandbox: "worker", inspect: { plugin: "thing/sample" } });
  assertStringIncludes(host.reason()!.message, 'only a process can be inspected; choose sandbox "process"');
});

Deno.test("a missed deadline rejects all other calls with it, and a stream that stalls is one", async () => {
  await using host = await TestHost.start(
    plugin(
      "spin() { for (;;); } wait() { return new Promise(() => {}); } async *items() { yield 1; await new Promise(() => {}); }",
    ),
    { hookTimeoutMs: 300, restart: { backoffMs: 1 } },
  );
  const spinning = assertRejects(() => host.plugin().spin!(), Error, "no answer within 300 ms");
  const waiting = assertRejects(() => host.plugin().wait!(), Error);
  await spinning;
  await waiting;
  await until("it runs again", () => host.registry.status().plugins[0]!.state === "active");
  const seen: unknown[] = [];
  await assertRejects(
    async () => {
      for await (const item of await host.plugin().items!() as AsyncIterable<unknown>) seen.push(item);
    },
    Error,
    'stream of hook "items" gave nothing within 300 ms',
  );
  assertEquals(seen, [1]);
});

Deno.test("a stream that is read slowly, or not at all, misses no deadline", async () => {
  await using host = await TestHost.start(
    plugin("async *items() { for (let i = 0; i < 3; i++) yield i; } hi() { return 'hi'; }"),
    { hookTimeoutMs: 100 },
  );
  await host.plugin().items!();
  const seen: unknown[] = [];
  for await (const item of await host.plugin().items!() as AsyncIterable<unknown>) {
    seen.push(item);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  assertEquals(seen, [0, 1, 2]);
  assertEquals(await host.plugin().hi!(), "hi");
});

Deno.test("setupAll starts a plugin that had failed; teardown is not lost among calls at the limit", async () => {
  const host = await TestHost.start(
    plugin(
      "exit() { Deno.exit(0); } hi() { return 'hi'; } wait() { return new Promise(() => {}); } teardown() { console.log('torn down'); }",
    ),
    { limits: { callsInFlight: 1 } },
  );
  await assertRejects(() => host.plugin().exit!(), Error, "exited early");
  await host.setup();
  assertEquals(await host.plugin().hi!(), "hi");
  host.plugin().wait!().catch(() => {});
  await host[Symbol.asyncDispose]();
  assertEquals(host.logger.messages("info"), ["torn down"]);
});

Deno.test("two overrides at once leave one plugin running, and a teardown waits for a stop under way", async () => {
  await using other = new TempFolder();
  const slow = plugin("async teardown() { await new Promise((r) => setTimeout(r, 300)); }");
  await other.write(slow);
  await using third = new TempFolder();
  await third.write(slow);
  const host = await TestHost.start(slow);
  const pids = [await host.plugin().pid!() as number];
  await Promise.all([other, third].map(async ({ path }) => {
    await host.registry.discover(path, { override: true });
    await host.setup();
    // Whichever came first may have been taken out again by now.
    await host.plugin().pid!().then((pid) => pids.push(pid as number), () => {});
  }));
  pids.push(await host.plugin().pid!() as number);
  const stopping = host.registry.discover(other.path, { override: true });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await host.registry.teardownAll();
  assertEquals(pids.filter(isAlive), []);
  await stopping;
  await host[Symbol.asyncDispose]();
});
