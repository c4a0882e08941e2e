/** Every limit is seen to bite, by default or as the host chose, and says which it was. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { PluginRegistry, type PluginRegistryOptions, PluginUnavailable } from "@dagstack/plugin-system";
import { chooseLimits, DEFAULT_LIMITS } from "../../src/sandbox/limits.ts";
import { LogBudget } from "../../src/sandbox/log_budget.ts";
import { manifestText, TempFolder, TestHost } from "../support.ts";

const MIB = 1024 * 1024;

function plugin(body: string, resources = "", fields: Record<string, string> = {}): Record<string, string> {
  return {
    "p/dagstack.toml": manifestText(fields, resources),
    "p/plugin.ts": `export class Sample {\n${body}\n}\n`,
    "good/dagstack.toml": manifestText({ name: '"good"', entry_point: '"plugin:Good"' }),
    "good/plugin.ts": "export class Good { hi() { return 'hi'; } }",
  };
}

/** Waits until a plugin is no longer active, and gives the reason. */
async function reasonOf(host: TestHost, id = "thing/sample"): Promise<string> {
  for (let i = 0; i < 3000; i++) {
    const reason = host.reason(id);
    if (reason !== undefined) return reason.message;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`plugin "${id}" is still active`);
}

async function assertGoodAnswers(host: TestHost): Promise<void> {
  assertEquals(await host.plugin("thing/good").hi!(), "hi");
}

Deno.test("the narrower limit wins, field by field", () => {
  const choice = {
    memoryMb: 100,
    kinds: { thing: { memoryMb: 200, fileMb: 5 } },
    plugins: { "thing/sample": { memoryMb: 300 } },
  };
  const own = chooseLimits(choice, "thing", "sample");
  assertEquals([own.memoryMb, own.fileMb, own.cpuSeconds], [300, 5, Infinity]);
  assertEquals([...own.chosen].sort(), ["fileMb", "memoryMb"]);
  assertEquals(chooseLimits(choice, "thing", "other").memoryMb, 200);
  assertEquals(chooseLimits(choice, "else", "other").memoryMb, 100);
  assertEquals(chooseLimits({ memoryMb: undefined as unknown as number }, "a", "b").memoryMb, DEFAULT_LIMITS.memoryMb);
});

const refused: [limits: unknown, message: string][] = [
  [{ memoryMb: 0 }, "limits.memoryMb is 0, expected a whole number from 1 to 4294967296"],
  [{ memoryMb: NaN }, "limits.memoryMb is NaN"],
  [{ memoryMb: "512" }, 'limits.memoryMb is "512"'],
  [{ memoryMb: Infinity }, "limits.memoryMb is Infinity"],
  [{ cpuSeconds: 0.5 }, "limits.cpuSeconds is 0.5, expected a whole number from 1 to 4294967296, or Infinity"],
  [{ memory: 5 }, 'limits names "memory", expected one of memoryMb, cpuSeconds'],
  [{ kinds: { thing: { fileMb: -1 } } }, 'limits.kinds["thing"].fileMb is -1'],
  [{ plugins: { sample: {} } }, 'limits.plugins names "sample", expected "kind/name"'],
];

for (const [limits, message] of refused) {
  Deno.test(`a limit that means nothing is refused: ${message}`, () => {
    assertThrows(() => new PluginRegistry({ limits } as PluginRegistryOptions), RangeError, message);
  });
}

Deno.test("a heap that grows past memoryMb ends its plugin, and no other", async () => {
  await using host = await TestHost.start(
    plugin("fill() { const a = []; for (;;) a.push({ x: [1, 2, Math.random()] }); }"),
    { limits: { memoryMb: 64 } },
  );
  await assertRejects(() => host.plugin().fill!(), PluginUnavailable, "memory limit (64 MB)");
  assertStringIncludes(await reasonOf(host), "memory limit (64 MB): its process ran out of memory (limits.memoryMb)");
  await assertGoodAnswers(host);
});

Deno.test("buffers and WebAssembly memory count too where ulimit holds", async () => {
  await using host = await TestHost.start(
    plugin(`
      fill() { const a = []; for (;;) a.push(new Uint8Array(16 * 1024 * 1024).fill(1)); }
      wasm() { const a = []; for (;;) { const m = new WebAssembly.Memory({ initial: 1024 }); new Uint8Array(m.buffer).fill(1); a.push(m); } }`),
    { limits: { memoryMb: 64 } },
  );
  const { limits } = host.registry.status().plugins.find(({ name }) => name === "sample")!;
  assertEquals(limits!.held.memoryMb, 64);
  for (const hook of ["fill", "wasm"]) {
    const error = await assertRejects(host.plugin()[hook]!, Error);
    assert(/allocation failed|could not allocate memory|memory limit/i.test(error.message), error.message);
    if (host.reason() !== undefined) break; // the first may have ended it
  }
  await assertGoodAnswers(host);
});

Deno.test("CPU time beyond cpuSeconds ends the plugin with that reason", async () => {
  await using host = await TestHost.start(plugin("spin() { for (;;); }"), {
    limits: { plugins: { "thing/sample": { cpuSeconds: 1 } } },
  });
  await assertRejects(() => host.plugin().spin!(), PluginUnavailable, "CPU limit (1 s, limits.cpuSeconds)");
  await assertGoodAnswers(host);
});

Deno.test("a file larger than fileMb ends the plugin with that reason", async () => {
  await using host = await TestHost.start(
    plugin(
      `setup(ctx: any) { this.dir = ctx.resources.tmpdir.path; } dir = "";
       write() { Deno.writeFileSync(this.dir + "/big", new Uint8Array(3 * 1024 * 1024)); return "written"; }`,
      '[plugin.resources]\nrequired = ["tmpdir"]',
    ),
    { limits: { fileMb: 2 } },
  );
  await assertRejects(() => host.plugin().write!(), PluginUnavailable, "file limit (2 MB)");
  await assertGoodAnswers(host);
});

Deno.test("a folder beyond resources.tmpdir.quota_mb ends the plugin with that reason", async () => {
  await using host = await TestHost.start(plugin(
    `setup(ctx: any) { this.dir = ctx.resources.tmpdir; } dir: any;
     async write() {
       const sub = await this.dir.createSubdir("s");
       for (let i = 0; i < 4; i++) Deno.writeFileSync(sub + "/" + i, new Uint8Array(700 * 1024));
       await new Promise((r) => setTimeout(r, 60000));
     }`,
    '[plugin.resources]\nrequired = ["tmpdir"]\n[plugin.resources.tmpdir]\nquota_mb = 2',
  ));
  await assertRejects(
    () => host.plugin().write!(),
    PluginUnavailable,
    "tmpdir quota (2 MB): its temporary folder holds more (resources.tmpdir.quota_mb)",
  );
  await assertGoodAnswers(host);
});

Deno.test("calls beyond callsInFlight are refused at once, and the others answered", async () => {
  await using host = await TestHost.start(
    plugin("async echo(n: number) { await new Promise((r) => setTimeout(r, 20)); return n; }"),
    { limits: { callsInFlight: 10 } },
  );
  const { echo } = host.plugin();
  const results = await Promise.allSettled(Array.from({ length: 15 }, (_, n) => echo!(n)));
  assertEquals(results.slice(0, 10).map((r) => r.status === "fulfilled" && r.value), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  for (const result of results.slice(10)) {
    assert(result.status === "rejected");
    assertStringIncludes(String(result.reason), "10");
  }
  assertEquals(await echo!(1), 1);
});

Deno.test("a message beyond messageBytes is refused in both directions, and harms no other call", async () => {
  await using host = await TestHost.start(
    plugin("size(b: Uint8Array) { return b.length; } big(n: number) { return new Uint8Array(n); }"),
    { limits: { messageBytes: MIB } },
  );
  const { size, big } = host.plugin();
  await assertRejects(() => size!(new Uint8Array(2 * MIB)), Error, "the limit is 1048576 bytes");
  await assertRejects(() => big!(2 * MIB), Error, "the limit is 1048576 bytes");
  assertEquals(await size!(new Uint8Array(1000)), 1000);
});

Deno.test("what is logged beyond logBytesPerSecond is dropped and counted", async () => {
  await using host = await TestHost.start(
    plugin(`talk() { for (let i = 0; i < 2000; i++) console.log("x".repeat(100)); return "done"; }
            later() { console.log("later"); }`),
    { limits: { logBytesPerSecond: 10_000 } },
  );
  assertEquals(await host.plugin().talk!(), "done");
  const kept = host.logger.messages("info").filter((message) => message.startsWith("xxx")).length;
  assert(kept > 0 && kept <= 10_000 / 100, `${kept} kept`);
  const [warning] = host.logger.messages("warn");
  assertStringIncludes(warning!, "the limit is 10000 bytes a second (limits.logBytesPerSecond)");
  await host.registry.teardownAll();
  const dropped = host.logger.messages("warn").flatMap((m) => /^(\d+) log records were dropped/.exec(m)?.[1] ?? []);
  assertEquals(dropped.reduce((sum, n) => sum + Number(n), 0) + kept, 2000);
});

Deno.test("one record is cut at 65,536 characters and says how many more there were", async () => {
  await using host = await TestHost.start(plugin('talk() { console.log("x".repeat(10_000_000)); return "done"; }'));
  assertEquals(await host.plugin().talk!(), "done");
  const [record] = host.logger.messages("info");
  assertEquals(record!.length, 65_536 + "… (9934464 more characters)".length);
  assert(record!.endsWith("… (9934464 more characters)"));
});

Deno.test("a budget opens anew in the next second and tells what was dropped", async () => {
  const records: string[] = [];
  const budget = new LogBudget((level, message) => records.push(`${level} ${message}`), 200);
  budget.write("info", "a".repeat(100));
  budget.write("info", "b".repeat(100));
  budget.write("info", "c");
  await new Promise((resolve) => setTimeout(resolve, 1050));
  budget.write("info", "d");
  const limit = "the limit is 200 bytes a second (limits.logBytesPerSecond)";
  assertEquals(records, [
    `info ${"a".repeat(100)}`,
    `warn log records are dropped: ${limit}`,
    `warn 2 log records were dropped: ${limit}`,
    "info d",
  ]);
});

const folders: [name: string, files: Record<string, string>, limits: PluginRegistryOptions["limits"], text: string][] =
  [
    ["too many files", { "p/a.txt": "", "p/b/c.txt": "" }, { folderFiles: 3 }, "(limits.folderFiles)"],
    ["too many bytes", { "p/data.bin": "x".repeat(MIB + 1) }, { folderMb: 1 }, '"data.bin" makes its folder larger'],
  ];

for (const [name, files, limits, text] of folders) {
  Deno.test(`a plugin's folder with ${name} is refused before any of its code runs`, async () => {
    await using host = await TestHost.start({ ...plugin("hi() {}"), ...files }, {
      limits: { plugins: { "thing/sample": limits! } },
    });
    assertEquals(host.reason()?.code, "PluginLoadError");
    assertStringIncludes(host.reason()!.message, text);
    await assertGoodAnswers(host);
  });
}

const links: [name: string, make: (folder: string) => void, text: string][] = [
  [
    "a symlink that leaves it",
    (dir) => Deno.symlinkSync(`${dir}/secret.txt`, `${dir}/p/link`),
    '"link" is a symlink that leaves',
  ],
  ["a symlinked folder that leaves it", (dir) => Deno.symlinkSync(dir, `${dir}/p/up`), '"up" is a symlink that leaves'],
  [
    "a symlink that leads nowhere",
    (dir) => Deno.symlinkSync(`${dir}/none`, `${dir}/p/link`),
    '"link" is a symlink that leads nowhere',
  ],
  ["a symlink to itself", (dir) => Deno.symlinkSync("self", `${dir}/p/self`), '"self" is a symlink that leads nowhere'],
  [
    "a hard link",
    (dir) => Deno.linkSync(`${dir}/secret.txt`, `${dir}/p/data.txt`),
    '"data.txt" has 2 names (hard links)',
  ],
];

for (const [name, make, text] of links) {
  for (const sandbox of ["process", "worker"] as const) {
    Deno.test(`a plugin's folder with ${name} is refused before any of its code runs in a ${sandbox}`, async () => {
      await using host = new TestHost({ sandbox });
      await host.folder.write({
        "secret.txt": "top",
        ...plugin("hi() {}"),
        "p/plugin.ts": "console.log('ran'); export class Sample {}",
      });
      make(host.folder.path);
      await host.registry.discover(host.folder.path);
      await host.setup();
      assertStringIncludes(host.reason()?.message ?? "it started", text);
      assertEquals(host.logger.messages("info"), []);
      await assertGoodAnswers(host);
    });
  }
}

Deno.test("symlinks that stay inside are fine, and so are hard links where the host allows them", async () => {
  await using host = new TestHost({ allowHardLinks: true });
  await host.folder.write(plugin("hi() { return Deno.readTextFileSync(new URL('link', import.meta.url)); }"));
  await host.folder.write({ "p/real.txt": "inside", "outside.txt": "o" });
  Deno.symlinkSync("real.txt", `${host.folder.path}/p/link`);
  Deno.linkSync(`${host.folder.path}/outside.txt`, `${host.folder.path}/p/hard.txt`);
  await host.registry.discover(host.folder.path);
  await host.setup();
  assertEquals(await host.plugin().hi!(), "inside");
});

Deno.test("a limit that a sandbox cannot keep is refused with the one that can", async () => {
  for (const sandbox of ["worker", "none"] as const) {
    for (const limits of [{ memoryMb: 64 }, { cpuSeconds: 1 }, { fileMb: 1 }]) {
      await using host = await TestHost.start(plugin("hi() {}"), {
        sandbox,
        trusted: ["thing/sample", "thing/good"],
        limits: { plugins: { "thing/sample": limits } },
      });
      assertEquals(host.reason()?.code, "SandboxUnavailable");
      assertStringIncludes(
        host.reason()!.message,
        `with sandbox "${sandbox}": it cannot keep limits.${Object.keys(limits)[0]}; choose sandbox "process"`,
      );
      await assertGoodAnswers(host);
    }
  }
});

Deno.test("status says which limits hold, and which do not and why", async () => {
  await using folder = new TempFolder();
  await folder.write(plugin("hi() {}"));
  for (const sandbox of ["process", "worker", "none"] as const) {
    await using registry = new PluginRegistry({ sandbox, trusted: ["thing/sample", "thing/good"], logger: silent });
    await registry.discover(folder.path);
    await registry.setupAll();
    const { limits } = registry.status().plugins[0]!;
    if (sandbox === "process") assertEquals(limits, { held: heldByProcess, notHeld: {} });
    else {
      assertStringIncludes(limits!.notHeld.memoryMb!, 'choose sandbox "process"');
      assertEquals(limits!.held.messageBytes, sandbox === "worker" ? 16 * MIB : undefined);
    }
  }
});

const { cpuSeconds: _, ...heldByProcess } = DEFAULT_LIMITS;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

Deno.test("single bytes on stderr, and bytes among a record's fields, cost the host nothing", async () => {
  await using host = await TestHost.start(
    plugin(`
    setup(ctx: any) { this.log = ctx.logger; } log: any;
    dribble() {
      const fs = (globalThis as any).process.getBuiltinModule("node:fs");
      for (let i = 0; i < 4000; i++) { fs.writeSync(2, "x"); const until = performance.now() + 0.1; while (performance.now() < until); }
    }
    record() { for (let i = 0; i < 4; i++) this.log.info("x", { a: new Uint8Array(8e6) }); }`),
    {
      limits: { logBytesPerSecond: 1000 },
    },
  );
  const before = Deno.memoryUsage().rss;
  await host.plugin().dribble!();
  assert(Deno.memoryUsage().rss - before < 100 * MIB, "what is kept is copied");
  let latest = performance.now();
  let worst = 0;
  const timer = setInterval(() => {
    worst = Math.max(worst, performance.now() - latest);
    latest = performance.now();
  }, 5);
  await host.plugin().record!();
  await new Promise((resolve) => setTimeout(resolve, 50));
  clearInterval(timer);
  assert(worst < 1250, `${worst} ms`); // 250, five times
  assertEquals(host.logger.records.filter(({ message }) => message === "x").length, 0);
});
