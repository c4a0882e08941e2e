/** Pools for work that is bound to the CPU, and plugins that share a process. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { PluginRegistry, PluginUnavailable } from "@dagstack/plugin-system";
import { manifestText, TempFolder, TestHost } from "../support.ts";

/** A hook that burns the CPU for some milliseconds and says when, by a clock that all processes share. */
const BURN = `
  burn(ms: number) {
    const from = Date.now();
    while (Date.now() - from < ms);
    return { from, to: Date.now(), pid: Deno.pid, self: this.id };
  }
  id = crypto.randomUUID();
  setups = 0;
  setup(ctx: any) { this.setups++; this.ctx = ctx; } ctx: any;
  count() { return [this.setups, this.id]; }
  fail() { throw new RangeError("mine"); }
  bytes(b: Uint8Array) { return b.map((x) => x + 1); }
  say() { console.log("said"); this.ctx.logger.warn("logged", { a: 1 }); }
  async ask() { return await this.ctx.resources.oracle.answer(20); }
  async *stream(n: number) { for (let i = 0; i < n; i++) yield i; }
`;

interface Burnt {
  from: number;
  to: number;
  pid: number;
  self: string;
}

function pooled(model: string, body = BURN): Record<string, string> {
  return {
    "p/dagstack.toml": manifestText(
      { execution_model: `"${model}"` },
      '[plugin.resources]\noptional = ["oracle"]',
    ),
    "p/plugin.ts": `export class Sample {${body}}`,
  };
}

const cases = [["process", "thread_cpu_bound"], ["process", "process_cpu_bound"], [
  "worker",
  "thread_cpu_bound",
]] as const;

for (const [sandbox, model] of cases) {
  Deno.test(`${model} in sandbox ${sandbox} runs two calls at the same time, each in an instance of its own`, async () => {
    await using host = await TestHost.start(pooled(model), { sandbox, poolSize: 2 });
    const { burn } = host.plugin();
    const [a, b] = await Promise.all([burn!(300), burn!(300)]) as [Burnt, Burnt];
    assert(a.from < b.to && b.from < a.to, "they overlap in time");
    assert(a.self !== b.self, "each has its own instance");
    const processes = new Set([a.pid, b.pid]).size;
    assertEquals(processes, model === "process_cpu_bound" ? 2 : 1);
    assertEquals(a.pid === Deno.pid, sandbox === "worker");
  });

  Deno.test(`${model} in sandbox ${sandbox} behaves as any plugin: results, bytes, errors, logs, resources, streams`, async () => {
    const oracle = { answer: (n: number) => Promise.resolve(n + 22) };
    await using host = await TestHost.start(pooled(model), { sandbox, poolSize: 3 }, { resources: { oracle } });
    const plugin = host.plugin();
    const ids = await Promise.all(Array.from({ length: 9 }, () => plugin.count!())) as [number, string][];
    assertEquals(new Set(ids.map(([setups]) => setups)), new Set([1]));
    assertEquals(new Set(ids.map(([, id]) => id)).size, 3, "the calls are spread over the pool");
    assertEquals(await plugin.bytes!(new Uint8Array([1, 2])), new Uint8Array([2, 3]));
    const error = await assertRejects(() => plugin.fail!(), RangeError, "mine");
    assertStringIncludes(error.stack!, "/p/plugin.ts:");
    await plugin.say!();
    assertEquals(host.logger.records.filter(({ message }) => message === "said").length, 1);
    assertEquals(host.logger.records.find(({ message }) => message === "logged")?.fields?.a, 1);
    assertEquals(await plugin.ask!(), 42);
    const items: unknown[] = [];
    for await (const item of await plugin.stream!(500) as AsyncIterable<unknown>) items.push(item);
    assertEquals([items.length, items[499]], [500, 499]);
  });
}

Deno.test("a pool's plugin that crashes or exits in one worker ends its process, with the reason", async () => {
  for (
    const [code, reason] of [["setTimeout(() => { throw new Error('late'); })", "crashed"], [
      "Deno.exit(0)",
      "exited early",
    ]]
  ) {
    await using host = await TestHost.start(
      pooled("thread_cpu_bound", `go() { ${code}; return new Promise(() => {}); }`),
      {
        poolSize: 2,
      },
    );
    const error = await assertRejects(() => host.plugin().go!());
    assertStringIncludes((error as Error).message, reason!);
  }
});

Deno.test("a pool of processes that loses one goes on with the others and says so", async () => {
  await using host = await TestHost.start(
    pooled("process_cpu_bound", "die() { Deno.exit(1); } fine() { return Deno.pid; }"),
    { poolSize: 2 },
  );
  await assertRejects(() => host.plugin().die!(), Error, "crashed (exit code 1)");
  const pids = await Promise.all(Array.from({ length: 4 }, () => host.plugin().fine!()));
  assertEquals(new Set(pids).size, 1);
  assertStringIncludes(host.logger.messages("error").join(), "has lost one of its pool, 1 left: crashed (exit code 1)");
  await assertRejects(() => host.plugin().die!(), Error, "crashed");
  await assertRejects(() => host.plugin().fine!(), Error, "crashed (exit code 1)");
});

Deno.test("execution models that a sandbox cannot keep are refused with the one that can", async () => {
  for (
    const [sandbox, model] of [["worker", "process_cpu_bound"], ["none", "thread_cpu_bound"], [
      "none",
      "process_cpu_bound",
    ]] as const
  ) {
    await using host = await TestHost.start(pooled(model), { sandbox, trusted: ["thing/sample"] });
    assertEquals(host.reason()?.code, "RuntimeNotSupported");
    assertStringIncludes(host.reason()!.message, 'choose sandbox "process"');
  }
});

function member(
  name: string,
  body: string,
  resources = "",
  fields: Record<string, string> = {},
): Record<string, string> {
  return {
    [`${name}/dagstack.toml`]: manifestText({ name: `"${name}"`, ...fields }, resources),
    [`${name}/plugin.ts`]: `export class Sample {${body}}`,
  };
}

const GROUPS = { pair: ["thing/a", "thing/b"] };
const WHO =
  "setup(ctx: any) { this.ctx = ctx; } ctx: any; who() { return [Deno.pid, this.ctx.manifest.name]; } say() { this.ctx.logger.info('hello'); }";

Deno.test("plugins of a group share one process, and keep their own context, log and hooks", async () => {
  await using host = await TestHost.start(
    { ...member("a", WHO), ...member("b", WHO), ...member("c", WHO) },
    { groups: GROUPS },
  );
  const [a, b, c] = await Promise.all(["a", "b", "c"].map((name) => host.plugin(`thing/${name}`).who!())) as [
    number,
    string,
  ][];
  assertEquals([a![1], b![1], c![1]], ["a", "b", "c"]);
  assertEquals(a![0], b![0]);
  assert(a![0] !== c![0]);
  await host.plugin("thing/b").say!();
  assertEquals(host.logger.records.find(({ message }) => message === "hello")?.fields?.["plugin.name"], "b");
  const groups = host.registry.status().plugins.map(({ name, group }) => [name, group]);
  assertEquals(groups, [["a", "pair"], ["b", "pair"], ["c", undefined]]);
});

Deno.test("a group has the union of its plugins' scopes, which status() shows", async () => {
  await using data = new TempFolder();
  await data.write({ "x.txt": "x" });
  const read = "read(p: string) { return Deno.readTextFile(p); }";
  const grant =
    `[plugin.resources]\nrequired = ["filesystem", "tmpdir"]\n[plugin.resources.filesystem]\nread = ["${data.path}"]`;
  await using host = await TestHost.start({ ...member("a", read, grant), ...member("b", read) }, { groups: GROUPS });
  assertEquals(await host.plugin("thing/b").read!(`${data.path}/x.txt`), "x");
  for (const { permissions } of host.registry.status().plugins) {
    assertEquals(
      permissions!.read.slice().sort(),
      [data.path, `${host.folder.path}/a`, `${host.folder.path}/b`].sort(),
    );
  }
});

Deno.test("what ends a group's process ends all its plugins, each with the reason", async () => {
  await using host = await TestHost.start(
    {
      ...member("a", "exit() { Deno.exit(0); } hi() {}"),
      ...member("b", "wait() { return new Promise(() => {}); }"),
      ...member("c", "hi() { return 'hi'; }"),
    },
    { groups: GROUPS },
  );
  const waiting = assertRejects(() => host.plugin("thing/b").wait!(), Error, "exited early");
  await assertRejects(() => host.plugin("thing/a").exit!(), Error, "exited early");
  await waiting;
  assertStringIncludes(host.reason("thing/b")!.message, "exited early");
  assertEquals(await host.plugin("thing/c").hi!(), "hi");
});

Deno.test("a plugin of a group that is refused keeps none of the others out", async () => {
  await using host = await TestHost.start(
    {
      ...member("a", WHO, '[plugin.resources]\nrequired = ["env"]\n[plugin.resources.env]\nvariables = ["SECRET"]'),
      ...member("b", WHO),
    },
    { groups: GROUPS, policy: {} },
  );
  assertEquals(host.reason("thing/a")?.code, "PermissionExceeded");
  assertEquals((await host.plugin("thing/b").who!() as unknown[])[1], "b");
});

Deno.test("a group's temporary folders go with its process, and no process is left", async () => {
  const dir =
    "setup(ctx: any) { this.ctx = ctx; } ctx: any; dir() { return [this.ctx.resources.tmpdir.path, Deno.pid]; }";
  const wants = '[plugin.resources]\nrequired = ["tmpdir"]';
  const host = await TestHost.start({ ...member("a", dir, wants), ...member("b", dir, wants) }, { groups: GROUPS });
  const [[first, pid], [second]] = await Promise.all([
    host.plugin("thing/a").dir!(),
    host.plugin("thing/b").dir!(),
  ]) as [[string, number], [string]];
  assert(first !== second);
  await host[Symbol.asyncDispose]();
  for (const path of [first, second]) await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  assertThrows(() => Deno.kill(pid, "SIGCONT"));
});

Deno.test("a plugin cannot be of two groups, nor in a group without a process", async () => {
  assertThrows(
    () => new PluginRegistry({ groups: { one: ["a/b"], two: ["a/b"] } }),
    RangeError,
    'groups "one" and "two" both name "a/b"',
  );
  await using host = await TestHost.start(member("a", WHO), { groups: GROUPS, sandbox: "worker" });
  assertStringIncludes(host.reason("thing/a")!.message, 'a group shares a process; choose sandbox "process"');
});

Deno.test("a plugin of a group whose setup fails leaves the others running; one that hangs ends all, with the reason", async () => {
  await using host = await TestHost.start(
    {
      ...member("a", "hi() { return 'hi'; } wait() { return new Promise(() => {}); }"),
      ...member("b", "setup() { throw new Error('no config'); }"),
    },
    { groups: GROUPS },
  );
  assertStringIncludes(host.reason("thing/b")!.message, "setup failed: Error: no config");
  assertEquals(await host.plugin("thing/a").hi!(), "hi");

  await using hung = await TestHost.start(
    { ...member("a", "spin() { for (;;); }"), ...member("b", "wait() { return new Promise(() => {}); }") },
    { groups: GROUPS, hookTimeoutMs: 300 },
  );
  const spinning = assertRejects(() => hung.plugin("thing/a").spin!(), Error, "no answer within 300 ms");
  await new Promise((resolve) => setTimeout(resolve, 100));
  const waiting = await assertRejects(() => hung.plugin("thing/b").wait!(), PluginUnavailable);
  assertStringIncludes(
    waiting.message,
    'Cannot use plugin "thing/b": plugin "thing/a" of its group failed: hook "spin"',
  );
  await spinning;
});

Deno.test("a group has the strictest limits of its plugins, and status() shows them", async () => {
  await using host = await TestHost.start(
    { ...member("a", "size(b: Uint8Array) { return b.length; }"), ...member("b", "hi() {}") },
    { groups: GROUPS, limits: { plugins: { "thing/b": { messageBytes: 2000, memoryMb: 100 } } } },
  );
  await assertRejects(() => host.plugin("thing/a").size!(new Uint8Array(5000)), Error, "the limit is 2000 bytes");
  const held = host.registry.status().plugins.map(({ limits }) => [limits!.held.messageBytes, limits!.held.memoryMb]);
  assertEquals(held, [[2000, 100], [2000, 100]]);
});
