import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  AmbiguousPlugin,
  HookUnknown,
  KindUnknown,
  PluginContext,
  PluginRegistry,
  PluginUnavailable,
  TeardownErrors,
} from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";

const TWO = {
  "a/dagstack.toml": manifestText({ name: '"a"', priority: "5" }),
  "a/plugin.ts": `export class Sample { name() { return "a"; } list_tools() { return []; } }`,
  "b/dagstack.toml": manifestText({ name: '"b"', priority: "1" }),
  "b/plugin.ts": `export class Sample { name() { return "b"; } }`,
};

Deno.test("a handle is the same object for the registry's life, and is no thenable", async () => {
  const host = new TestHost();
  try {
    await host.folder.write(TWO);
    await host.registry.discover(host.folder.path);
    const early = host.plugin("thing/a");
    await assertRejects(() => early.name!(), PluginUnavailable, "setupAll has not been called");
    await host.setup();
    assertStrictEquals(host.plugin("thing/a"), early);
    assertStrictEquals(await early, early);
    assertEquals(await early.name!(), "a");
    assertEquals(Object.keys(early).sort(), ["list_tools", "name"]);
    assertEquals(["name" in early, "setup" in early, "then" in early], [true, false, false]);
    assertEquals(String(early), "[object Plugin thing/a]");
    assertThrows(() => {
      early.name = () => Promise.resolve();
    }, TypeError);
    await host.registry.teardownAll();
    await assertRejects(() => early.name!(), PluginUnavailable, "it is stopped");
  } finally {
    await host[Symbol.asyncDispose]();
  }
});

Deno.test("without a name the highest priority is taken, and a tie names both", async () => {
  await using host = await TestHost.start(TWO);
  assertEquals(await host.registry.getPlugin("thing").name!(), "a");
  assertEquals(await host.registry.getPlugin("thing", "b").name!(), "b");
  await using tie = await TestHost.start({ ...TWO, "b/dagstack.toml": manifestText({ name: '"b"', priority: "5" }) });
  const error = assertThrows(
    () => tie.registry.getPlugin("thing"),
    AmbiguousPlugin,
    "thing/a, thing/b share priority 5",
  );
  assertEquals(error.candidates, ["thing/a", "thing/b"]);
});

Deno.test("an unknown kind, name or hook says what there is", async () => {
  await using host = await TestHost.start(TWO);
  assertThrows(() => host.registry.getPlugin("thin"), KindUnknown, 'did you mean "thing"?');
  assertThrows(() => host.registry.getPlugin("thing", "c"), KindUnknown, 'the plugins of this kind are "a", "b"');
  await assertRejects(() => host.plugin("thing/a").nam!(), HookUnknown, 'did you mean "name"?');
  await assertRejects(() => host.plugin("thing/a").zzz!(), HookUnknown, 'its hooks are "name", "list_tools"');
  await assertRejects(() => host.registry.call("thing", "a", "setup"), HookUnknown);
  await assertRejects(() => host.registry.call("none", "a", "x"), KindUnknown);
  assertEquals(await host.registry.call("thing", "b", "name"), "b");
});

Deno.test("an object, a factory and a class are all plugins, in both sandboxes", async () => {
  const code = `
    export class Class { hi() { return "class"; } }
    export const object = { hi: () => "object" };
    export async function factory() { await null; return { hi() { return "factory"; } }; }`;
  const files: Record<string, string> = {};
  for (const name of ["Class", "object", "factory"]) {
    files[`${name}/dagstack.toml`] = manifestText({ name: `"${name.toLowerCase()}"`, entry_point: `"plugin:${name}"` });
    files[`${name}/plugin.ts`] = code;
  }
  const ids = ["thing/class", "thing/object", "thing/factory"];
  for (const options of [{}, { sandbox: "none", trusted: ids }] as const) {
    await using host = await TestHost.start(files, options);
    for (const id of ids) assertEquals(await host.plugin(id).hi!(), id.slice(6));
  }
});

Deno.test("sandbox none runs in the host's isolate, only when the plugin is trusted by name, and says so", async () => {
  const files = {
    "p/dagstack.toml": manifestText(),
    "p/plugin.ts": `export class Sample { mark() { (globalThis as any).dagstackTestMark = 1; return Deno.pid; } }`,
  };
  await using refused = await TestHost.start(files, { sandbox: "none" });
  assertEquals(refused.reason()?.code, "SandboxUnavailable");
  await assertRejects(() => refused.plugin().mark!(), PluginUnavailable, 'add "thing/sample" to the trusted option');
  await using host = await TestHost.start(files, {
    sandbox: { plugins: { "thing/sample": "none" } },
    trusted: ["thing/sample"],
  });
  try {
    assertEquals(await host.plugin().mark!(), Deno.pid);
    assertEquals(Reflect.get(globalThis, "dagstackTestMark"), 1);
    assert(host.logger.messages("warn").some((message) => message.includes("runs without a sandbox")));
  } finally {
    Reflect.deleteProperty(globalThis, "dagstackTestMark");
  }
});

Deno.test("a plugin that fails or hangs in setup is unavailable with the reason; the others start", async () => {
  await using host = await TestHost.start({
    "bad/dagstack.toml": manifestText({ name: '"bad"' }),
    "bad/plugin.ts": `export class Sample { setup() { throw new TypeError("no luck"); } hi() {} }`,
    "slow/dagstack.toml": manifestText({ name: '"slow"', startup_timeout_sec: "1" }),
    "slow/plugin.ts": `export class Sample { setup() { return new Promise(() => {}); } hi() {} }`,
    "good/dagstack.toml": manifestText({ name: '"good"' }),
    "good/plugin.ts": `export class Sample { hi() { return "hi"; } }`,
  });
  await assertRejects(() => host.plugin("thing/bad").hi!(), PluginUnavailable, "setup failed: TypeError: no luck");
  assertEquals(host.reason("thing/slow")?.code, "HookTimeout");
  await assertRejects(() => host.plugin("thing/slow").hi!(), PluginUnavailable, "no answer within 1000 ms");
  assertEquals(await host.plugin("thing/good").hi!(), "hi");
  assertEquals(host.logger.messages("error").length, 2);
});

Deno.test("teardown reaches every plugin, gathers what failed, and may be called twice", async () => {
  const host = await TestHost.start({
    "bad/dagstack.toml": manifestText({ name: '"bad"' }),
    "bad/plugin.ts": `export class Sample { teardown() { throw new Error("stuck"); } }`,
    "slow/dagstack.toml": manifestText({ name: '"slow"', teardown_timeout_sec: "1" }),
    "slow/plugin.ts": `export class Sample { teardown() { return new Promise(() => {}); } }`,
    "good/dagstack.toml": manifestText({ name: '"good"' }),
    "good/plugin.ts":
      `export class Sample { setup(c: any) { this.log = c.logger; } log: any; teardown() { this.log.info("torn down"); } }`,
  });
  try {
    const error = await assertRejects(() => host.registry.teardownAll(), TeardownErrors, "Cannot tear down 2 plugins");
    assertEquals(error.errors.map(({ message }) => message), [
      "stuck",
      ...error.errors.slice(1).map(({ message }) => message),
    ]);
    assert(
      error.errors[1]!.message.startsWith('Cannot finish teardown of plugin "thing/slow": no answer within 1000 ms'),
    );
    assertEquals(host.logger.messages("info"), ["torn down"]);
    assertEquals(host.registry.status().plugins.map(({ name, state }) => `${name} ${state}`), [
      "bad stopped",
      "good stopped",
      "slow leaked",
    ]);
    await host.registry.teardownAll();
  } finally {
    await host[Symbol.asyncDispose]();
  }
});

Deno.test("status is one JSON value", async () => {
  await using host = await TestHost.start(TWO);
  const status = host.registry.status();
  assertEquals(JSON.parse(JSON.stringify(status)), status);
  assertEquals(status.plugins.map(({ kind, name, state, sandbox, trusted }) => [kind, name, state, sandbox, trusted]), [
    ["thing", "a", "active", "process", false],
    ["thing", "b", "active", "process", false],
  ]);
  assert(status.plugins.every(({ timings }) => timings.loadMs! > 0 && timings.setupMs! >= 0));
});

Deno.test("options that mean nothing are refused by name", () => {
  assertThrows(() => new PluginRegistry({ sandbox: "jail" as "process" }), RangeError, 'sandbox is "jail"');
  assertThrows(() => new PluginRegistry({ trusted: ["fixed"] }), RangeError, 'expected "kind/name"');
  assertThrows(() => new PluginRegistry({ hookTimeoutMs: 0 }), RangeError, "hookTimeoutMs");
});

Deno.test("the host's context belongs to no plugin, so it has no manifest", () => {
  const context = new PluginContext({ config: { a: 1 } });
  assertEquals(context.config, { a: 1 });
  assertThrows(() => context.manifest, Error, "only a plugin's own view");
  assertThrows(() => context.registry.getPlugin("x"), Error, "gave its context no registry");
});
