/** The examples of the public pages on registry, lifecycle, dependencies and errors, and of the npm package's README. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AmbiguousPlugin,
  CORE_VERSION,
  DependencyCycle,
  discover,
  getCoreVersion,
  isAmbiguousPlugin,
  isDependencyCycle,
  isKindUnknown,
  isManifestInvalid,
  isPluginLoadError,
  isPluginRegistryError,
  isRuntimeNotSupported,
  isTeardownErrors,
  isVersionIncompatible,
  KindUnknown,
  type PluginContext,
  PluginLoadError,
  PluginRegistry,
  SingletonDispatcher,
  topoSort,
  VersionIncompatible,
} from "@dagstack/plugin-system";
import { TempFolder } from "../support.ts";
import { registryOf } from "./public_plugins.ts";

const ECHO = {
  "plugins/echo/dagstack.json": JSON.stringify({
    schema_version: "1.0.0",
    name: "echo",
    kind: "tool",
    runtime: "in_process",
    core_version: "^0.2.0",
    entry_point: "./plugin.js#EchoPlugin",
  }),
  "plugins/echo/plugin.ts": `import type { PluginContext } from "@dagstack/plugin-system";
    export class EchoPlugin {
      async setup(_ctx: PluginContext): Promise<void> {}
      execute(payload: { msg: string }) { return { echoed: payload.msg }; }
    }`,
};

Deno.test("README: discover, setupAll, dispatch, teardownAll, over a dagstack.json and a plugin.js that is plugin.ts", async () => {
  await using folder = new TempFolder();
  await folder.write(ECHO);
  const registry = new PluginRegistry();
  await discover(registry, `${folder.path}/plugins/`);
  await registry.setupAll();

  const dispatcher = new SingletonDispatcher<{ msg: string }, { echoed: string }>("tool");
  const result = await dispatcher.dispatch(
    registry.getLoadedPlugins(),
    "execute",
    { msg: "hello" },
  );
  assertEquals(result, { echoed: "hello" });

  await registry.teardownAll();
  assertEquals(getCoreVersion(), CORE_VERSION);
});

Deno.test("README: a manifest in a wrapper, and a class in a .js file, are the same", async () => {
  await using folder = new TempFolder();
  const manifest = JSON.parse(ECHO["plugins/echo/dagstack.json"]);
  await folder.write({
    "plugins/echo/dagstack.json": JSON.stringify({ plugin: manifest }),
    "plugins/echo/plugin.js": "export class EchoPlugin { execute({ msg }) { return { echoed: msg }; } }",
  });
  await using registry = new PluginRegistry();
  await discover(registry, `${folder.path}/plugins/`);
  await registry.setupAll();
  assertEquals(await registry.getPlugin("tool", "echo").execute!({ msg: "x" }), { echoed: "x" });
});

Deno.test("concepts/registry: list, getPlugin by kind, getLoadedPlugins", async () => {
  await using folder = new TempFolder();
  await folder.write(ECHO);
  const registry = new PluginRegistry();
  await discover(registry, folder.path);
  await registry.setupAll();

  // What differs on purpose: a handle, not a manifest.
  const tool = registry.getPlugin("tool");
  assertEquals(await tool.execute!({ msg: "hi" }), { echoed: "hi" });
  assertEquals(registry.list().map((m) => [m.kind, m.name]), [["tool", "echo"]]);
  const loaded = registry.getLoadedPlugins();
  assertEquals(loaded.map(({ manifest }) => manifest.name), ["echo"]);
  assert(registry.getPlugin("tool", "echo") === tool);

  await registry.teardownAll();
});

Deno.test("guides/lifecycle: setup gets the plugin's config by name; teardown runs in reverse and gathers what fails", async () => {
  const notes: string[] = [];
  class MyPlugin {
    private config!: Record<string, unknown>;
    private ready = false;

    async setup(ctx: PluginContext): Promise<void> {
      await Promise.resolve();
      this.config = ctx.config;
      this.ready = true;
      notes.push(`setup ${ctx.manifest.name}`);
    }

    look() {
      return { config: this.config, ready: this.ready };
    }

    async teardown(): Promise<void> {
      await Promise.resolve();
      this.ready = false;
      notes.push("teardown mine");
    }
  }
  const bad = { teardown: () => Promise.reject(new Error("stuck")), setup: () => void notes.push("setup needy") };
  const registry = await registryOf({
    "thing/needy": { plugin: bad, depends_on: ["mine"] },
    "thing/mine": { plugin: MyPlugin },
  });
  const configs = { mine: { size: 3 } };
  const resources = {};
  await registry.setupAll({ configs, resources });
  assertEquals(await registry.getPlugin("thing", "mine").look!(), { config: { size: 3 }, ready: true });
  const error = await assertRejects(() => registry.teardownAll());
  assert(isTeardownErrors(error));
  assertEquals(error.errors.map(({ message }) => message), ["stuck"]);
  assertEquals(notes, ["setup mine", "setup needy", "teardown mine"]);
});

Deno.test("README: registerManifest and attachPlugin, with a resource that the host registers", async () => {
  await using registry = new PluginRegistry();
  const manifest = registry.registerManifest({
    schema_version: "1.0.0",
    name: "own",
    kind: "thing",
    runtime: "in_process",
    core_version: "^0.2.0",
    entry_point: "./plugin.js#Own",
    resources: { required: ["counters"] },
  });
  assertEquals(manifest.name, "own");
  const counted: string[] = [];
  let counters: { inc(name: string): void };
  registry.attachPlugin("own", {
    setup(ctx: PluginContext) {
      counters = ctx.resources.get("counters");
    },
    hit: () => counters.inc("hits"),
  });
  await registry.setupAll({ resources: { counters: { inc: (name: string) => void counted.push(name) } } });
  await registry.getPlugin("thing", "own").hit!();
  assertEquals(counted, ["hits"]);
});

Deno.test("guides/dependencies: topoSort gives the order of setup, and a cycle is DependencyCycle", async () => {
  const plugin = {};
  await using registry = await registryOf({
    "invoice/invoice_generator": { plugin, depends_on: ["order_processor", "tax_calculator"] },
    "order/order_processor": { plugin, depends_on: [{ kind: "payment_provider", name: "stripe" }] },
    "payment_provider/stripe": { plugin },
    "tax/tax_calculator": { plugin },
  });
  const ordered = topoSort(registry.list()).map((m) => m.name);
  assertEquals(ordered.at(-1), "invoice_generator");
  assert(ordered.indexOf("stripe") < ordered.indexOf("order_processor"));
  await using circle = await registryOf({
    "thing/a": { plugin, depends_on: ["b"] },
    "thing/b": { plugin, depends_on: ["a"] },
  });
  assertThrows(() => topoSort(circle.list()), DependencyCycle);
  const error = await assertRejects(() => circle.setupAll());
  assert(isDependencyCycle(error) && error.message.includes("thing/a") && error.message.includes("thing/b"));
});

Deno.test("reference/errors: every error has its class's name as code and a guard of its own, which no other passes", async () => {
  const registry = new PluginRegistry();
  const caught = async (work: () => unknown): Promise<unknown> => {
    try {
      return void await work();
    } catch (error) {
      return error;
    }
  };
  const base = { kind: "thing", runtime: "in_process", core_version: "^0.2.0", entry_point: "./plugin.js#X" };
  const errors = {
    KindUnknown: await caught(() => registry.getPlugin("llm")),
    ManifestInvalid: await caught(() => registry.registerManifest({ name: "a" })),
    VersionIncompatible: await caught(() => registry.registerManifest({ ...base, name: "a", core_version: "^9" })),
    RuntimeNotSupported: await caught(() =>
      registry.registerManifest({ ...base, name: "a", runtime: "mcp_http", url: "https://example.com/mcp" })
    ),
    PluginLoadError: await caught(() => registry.registerModule(5, { ...base, name: "a" })),
    AmbiguousPlugin: await caught(() => {
      registry.registerManifest({ ...base, name: "twice" });
      registry.registerManifest({ ...base, name: "twice" });
    }),
  };
  const guards = {
    KindUnknown: isKindUnknown,
    ManifestInvalid: isManifestInvalid,
    VersionIncompatible: isVersionIncompatible,
    RuntimeNotSupported: isRuntimeNotSupported,
    PluginLoadError: isPluginLoadError,
    AmbiguousPlugin: isAmbiguousPlugin,
  };
  for (const [code, error] of Object.entries(errors)) {
    assert(isPluginRegistryError(error), `${code}: ${error}`);
    assertEquals([error.code, error.name], [code, code]);
    for (const [name, guard] of Object.entries(guards)) assertEquals(guard(error), name === code, `${name} of ${code}`);
  }
  assert(errors.KindUnknown instanceof KindUnknown && errors.AmbiguousPlugin instanceof AmbiguousPlugin);
  assert(
    errors.VersionIncompatible instanceof VersionIncompatible && errors.PluginLoadError instanceof PluginLoadError,
  );
});

Deno.test("reference/errors: the fields that the handling example reads are there", async () => {
  await using registry = await registryOf({
    "chunker/a": { plugin: {}, fallback: true },
    "chunker/b": { plugin: {}, fallback: true },
  });
  const error = await assertRejects(() => registry.setupAll({ resources: {} }));
  assert(isAmbiguousPlugin(error));
  assertEquals(error.candidates, ["chunker/a", "chunker/b"]);
  assertEquals(Reflect.get(error, "kind"), "chunker");
  const old = assertThrows(() =>
    registry.registerManifest({
      name: "old",
      kind: "chunker",
      runtime: "in_process",
      core_version: "^9.0.0",
      entry_point: "./plugin.js#X",
    })
  );
  assert(isVersionIncompatible(old));
  assertEquals(Reflect.get(old, "pluginName"), "old");
  assertEquals(Reflect.get(old, "requiredCoreRange"), "^9.0.0");
});
