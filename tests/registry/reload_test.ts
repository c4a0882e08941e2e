import { assert, assertEquals, assertRejects } from "@std/assert";
import { PluginLoadError, PluginUnavailable, type StateChange } from "@dagstack/plugin-system";
import type { PluginRegistryOptions } from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";

const KINDS: Record<string, PluginRegistryOptions> = {
  process: {},
  worker: { sandbox: "worker" },
  none: { sandbox: "none", trusted: ["thing/sample"] },
  group: { groups: { both: ["thing/sample", "thing/other"] } },
};

const version = (text: string, setup = "") =>
  `export class Sample {
    setup() { ${setup} }
    version() { return ${JSON.stringify(text)}; }
    slow(ms: number) { return new Promise((done) => setTimeout(() => done(${JSON.stringify(text)}), ms)); }
  }`;

for (const [kind, options] of Object.entries(KINDS)) {
  Deno.test(`${kind}: a reload runs the changed code, and calls made meanwhile go to it`, async () => {
    await using host = await TestHost.start(
      { "dagstack.toml": manifestText(), "plugin.ts": version("one") },
      options,
    );
    const plugin = host.plugin();
    assertEquals(await plugin.version!(), "one");
    const under = plugin.slow!(50);
    await host.folder.write({ "plugin.ts": version("two") });
    const reloading = host.registry.reload("thing", "sample");
    const meanwhile = plugin.version!();
    assertEquals(await under, "one");
    assertEquals(await meanwhile, "two");
    await reloading;
    assertEquals(await plugin.version!(), "two");
    const [status] = host.registry.status().plugins;
    assertEquals([status!.state, status!.generation, status!.timings.calls.inFlight], ["active", 1, 0]);
  });

  Deno.test(`${kind}: when the new setup fails the old one is put back, with the calls that waited`, async () => {
    await using host = await TestHost.start(
      { "dagstack.toml": manifestText(), "plugin.ts": version("one") },
      options,
    );
    const before = { ...host.registry.status().plugins[0]!, timings: undefined };
    const changes: StateChange[] = [];
    using _listening = host.registry.onStateChange((change) => changes.push(change));
    await host.folder.write({ "plugin.ts": version("two", 'throw new Error("no way")') });
    const reloading = host.registry.reload("thing", "sample");
    const meanwhile = host.plugin().version!();
    await assertRejects(() => reloading, PluginUnavailable, "setup failed: Error: no way");
    assertEquals(await meanwhile, "one");
    assertEquals({ ...host.registry.status().plugins[0]!, timings: undefined }, before);
    assertEquals(changes, []);
  });
}

Deno.test("a reload reads the manifest again", async () => {
  await using host = await TestHost.start({ "dagstack.toml": manifestText(), "plugin.ts": version("one") });
  await host.folder.write({ "dagstack.toml": manifestText({ priority: "7" }) });
  await host.registry.reload("thing", "sample");
  assertEquals(host.registry.getManifest("thing", "sample").priority, 7);
  await host.folder.write({ "dagstack.toml": manifestText({ name: '"other"' }) });
  await assertRejects(
    () => host.registry.reload("thing", "sample"),
    PluginLoadError,
    'its manifest "' + host.folder.path + '/dagstack.toml" now names "thing/other"',
  );
});

Deno.test("an object of the host's own, and a plugin that does not run, cannot be reloaded", async () => {
  await using host = new TestHost();
  const manifest = { kind: "thing", name: "own", runtime: "in_process", core_version: ">=0.1.0,<1.0.0" };
  await host.registry.registerModule({ answer: () => 42 }, manifest);
  await assertRejects(() => host.registry.reload("thing", "own"), PluginUnavailable, "it is registered");
  await host.setup();
  await assertRejects(() => host.registry.reload("thing", "own"), PluginLoadError, "give a class or a factory");
});

Deno.test("one reload follows the other, and a teardown ends a reload", async () => {
  await using host = await TestHost.start({ "dagstack.toml": manifestText(), "plugin.ts": version("one") });
  await Promise.all([1, 2, 3].map(() => host.registry.reload("thing", "sample")));
  assertEquals(host.registry.status().plugins[0]!.generation, 3);
  await host.folder.write({ "plugin.ts": version("two", "return new Promise(() => {})") });
  const reloading = assertRejects(() => host.registry.reload("thing", "sample"), PluginUnavailable);
  const call = assertRejects(() => host.plugin().version!(), PluginUnavailable, "it is torn down");
  await host.registry.teardownAll();
  await Promise.all([reloading, call]);
  assertEquals(host.registry.status().plugins[0]!.state, "stopped");
});

Deno.test("a call that waits for a reload can be given up", async () => {
  await using host = await TestHost.start({ "dagstack.toml": manifestText(), "plugin.ts": version("one") });
  const reloading = host.registry.reload("thing", "sample");
  const controller = new AbortController();
  const call = host.registry.call("thing", "sample", "version", [], { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => call, Error, "enough");
  await reloading;
  assert(host.registry.status().plugins[0]!.state === "active");
});
