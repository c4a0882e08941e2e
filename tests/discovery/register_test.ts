import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  AmbiguousPlugin,
  CORE_VERSION,
  DependencyCycle,
  discover,
  getCoreVersion,
  KindUnknown,
  type PluginContext,
  PluginLoadError,
  PluginRegistry,
} from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";

/** A raw manifest. */
function raw(name = "sample", fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { name, kind: "thing", runtime: "in_process", core_version: ">=0.1.0,<1.0.0", ...fields };
}

class Greeter {
  greeting = "hello";
  setup(context: PluginContext) {
    this.greeting = String(context.config.greeting ?? "hello");
  }
  greet(name: string) {
    return `${this.greeting}, ${name}`;
  }
}

const ids = (host: TestHost) => host.registry.list().map(({ kind, name }) => `${kind}/${name}`);
const states = (host: TestHost) =>
  Object.fromEntries(host.registry.status().plugins.map(({ kind, name, state }) => [`${kind}/${name}`, state]));

/** A plugin that notes its start in the log. */
const noting = { setup: (context: PluginContext) => context.logger.info("started") };

function startOrder(host: TestHost): unknown[] {
  return host.logger.records.filter(({ message }) => message === "started").map(({ fields }) =>
    fields?.["plugin.name"]
  );
}

const GREETER = `export class Greeter { greet(name) { return "hello, " + name; } }
export default class { greet(name) { return "default, " + name; } }`;

// registerManifest

Deno.test("registerManifest with a source finds the code beside it", async () => {
  await using host = new TestHost();
  await host.folder.write({ "p/plugin.ts": GREETER.replaceAll("(name)", "(name: string)") });
  const source = `${host.folder.path}/p/dagstack.toml`; // need not be there
  const manifest = host.registry.registerManifest(
    { plugin: raw("a", { entry_point: "plugin:Greeter" }) },
    source,
  );
  assertEquals(manifest.name, "a");
  assert(Object.isFrozen(manifest));
  await host.setup();
  assertEquals(await host.plugin("thing/a").greet!("you"), "hello, you");
});

Deno.test("registerManifest without a source waits for attachPlugin", async () => {
  await using host = new TestHost();
  host.registry.registerManifest(raw("a", { entry_point: "./plugin.js#X" }));
  host.registry.registerManifest(raw("b", { entry_point: "./plugin.js#X" }));
  host.registry.attachPlugin("a", new Greeter());
  await host.setup();
  assertEquals(await host.plugin("thing/a").greet!("you"), "hello, you");
  assertEquals(states(host), { "thing/a": "active", "thing/b": "unavailable" });
});

const refused: [name: string, manifest: unknown, code: string, text: string][] = [
  ["nothing", undefined, "ManifestInvalid", "Cannot load manifest"],
  ["a text", "[plugin]", "ManifestInvalid", "Cannot load manifest"],
  ["a missing field", { name: "x" }, "ManifestInvalid", "kind"],
  ["another core", raw("x", { entry_point: "a:B", core_version: ">=9" }), "VersionIncompatible", "core_version"],
  [
    "a runtime that nobody runs yet",
    raw("x", { runtime: "mcp_http", url: "http://a/" }),
    "RuntimeNotSupported",
    "mcp_http",
  ],
  ["a file that is not there", raw("x", { entry_point: "none:B" }), "PluginLoadError", "names no file"],
  ["a taken name", raw("taken", { entry_point: "plugin:Greeter" }), "AmbiguousPlugin", '"thing/taken"'],
];

for (const [name, manifest, code, text] of refused) {
  Deno.test(`registerManifest refuses ${name} and leaves the registry as it was`, async () => {
    await using host = new TestHost();
    await host.folder.write({ "p/plugin.ts": "export class Greeter {}" });
    await host.registry.registerModule(Greeter, raw("taken"));
    const before = JSON.stringify(host.registry.status());
    const error = assertThrows(
      () => host.registry.registerManifest(manifest, `${host.folder.path}/p/dagstack.json`),
      Error,
      text,
    );
    assertEquals(Reflect.get(error, "code"), code);
    assertEquals(ids(host), ["thing/taken"]);
    assertEquals(JSON.stringify(host.registry.status()), before);
  });
}

Deno.test("a bad config_schema given to registerManifest makes the plugin unavailable when it starts", async () => {
  await using host = new TestHost();
  await host.folder.write({ "p/plugin.ts": "export class Greeter {}" });
  const manifest = raw("x", { entry_point: "plugin:Greeter", config_schema: { type: "nothing-like-it" } });
  host.registry.registerManifest(manifest, `${host.folder.path}/p/dagstack.json`);
  await host.setup();
  assertEquals(host.reason("thing/x")?.code, "ManifestInvalid");
  assertStringIncludes(host.reason("thing/x")!.message, "config_schema");
});

// The public documentation's example, with nothing changed but the import.
Deno.test("the npm package's example of registerManifest and attachPlugin runs as it is", async () => {
  const registry = new PluginRegistry();
  registry.registerManifest({
    schema_version: "1.0.0",
    name: "echo",
    kind: "tool",
    kind_api_version: "1.0.0",
    core_version: "^0.2.0",
    runtime: "in_process",
    entry_point: "./plugin.js#EchoPlugin",
  });
  let received: unknown;
  registry.attachPlugin("echo", {
    setup(context: { config: unknown; manifest: { name: string } }) {
      received = [context.config, context.manifest.name];
    },
    execute: (args: { msg: string }) => ({ echoed: args.msg }),
  });
  await registry.setupAll({ configs: { echo: { foo: 1 } } });
  assertEquals(received, [{ foo: 1 }, "echo"]);
  assertEquals(registry.list().map(({ kind, name }) => [kind, name]), [["tool", "echo"]]);
  const [loaded] = registry.getLoadedPlugins();
  assertEquals(await loaded!.instance.execute!({ msg: "hi" }), { echoed: "hi" });
  await registry.teardownAll();
});

// registerModule

const namespace = (code: string) => import(`data:text/javascript,${encodeURIComponent(code)}`);

const modules: [name: string, make: () => unknown, fields: Record<string, unknown>, greeting: string][] = [
  ["a class", () => Greeter, {}, "hello, you"],
  ["an object", () => new Greeter(), {}, "hello, you"],
  ["a factory", () => () => new Greeter(), {}, "hello, you"],
  ["an asynchronous factory", () => () => Promise.resolve(new Greeter()), {}, "hello, you"],
  ["a module's default export", () => namespace(GREETER), {}, "default, you"],
  ["a module's named export", () => namespace(GREETER), { entry_point: "plugin:Greeter" }, "hello, you"],
];

for (const [name, make, fields, greeting] of modules) {
  Deno.test(`registerModule takes ${name}`, async () => {
    await using host = new TestHost();
    await host.registry.registerModule(await make(), raw("sample", fields));
    await host.setup();
    assertEquals(await host.plugin().greet!("you"), greeting);
    assertEquals(host.registry.status().plugins[0]!.sandbox, "none");
  });
}

Deno.test("registerModule refuses a module without the export, and nothing is registered", async () => {
  await using host = new TestHost();
  const module = await namespace("export const other = 1;");
  await assertRejects(() => host.registry.registerModule(module, raw()), PluginLoadError, 'no export "default"');
  await assertRejects(
    () => host.registry.registerModule(module, { plugin: raw("a", { entry_point: "plugin:Greeter" }) }),
    PluginLoadError,
    'no export "Greeter"',
  );
  assertEquals(ids(host), []);
});

Deno.test("registerModule refuses a name that is taken, and the first one goes on", async () => {
  await using host = new TestHost();
  await host.registry.registerModule(Greeter, raw());
  await assertRejects(() => host.registry.registerModule({}, raw()), AmbiguousPlugin);
  await host.setup();
  assertEquals(await host.plugin().greet!("you"), "hello, you");
});

// attachPlugin

Deno.test("attachPlugin refuses an unknown name, an ambiguous one, and a plugin that runs", async () => {
  await using host = new TestHost();
  const { registry } = host;
  registry.registerManifest(raw("a", { entry_point: "a:B" }));
  registry.registerManifest(raw("a", { entry_point: "a:B", kind: "other" }));
  assertThrows(() => registry.attachPlugin("b", {}), KindUnknown, '"b"');
  const error = assertThrows(() => registry.attachPlugin("a", {}), AmbiguousPlugin);
  assertEquals(error.candidates, ["other/a", "thing/a"]);
  registry.attachPlugin("thing/a", new Greeter());
  registry.attachPlugin("other/a", new Greeter());
  await host.setup();
  assertThrows(() => registry.attachPlugin("thing/a", new Greeter()), PluginLoadError, "it is active");
  assertEquals(await host.plugin("other/a").greet!("you"), "hello, you");
});

Deno.test("attachPlugin refuses what is no object", async () => {
  await using host = new TestHost();
  host.registry.registerManifest(raw("a", { entry_point: "a:B" }));
  for (const instance of [undefined, null, 5, "x"]) {
    assertThrows(() => host.registry.attachPlugin("a", instance as unknown as object), PluginLoadError, "no object");
  }
});

// list, getLoadedPlugins, getCoreVersion, discover, setupAll

Deno.test("list gives all that is registered by kind and name, getLoadedPlugins what runs by priority", async () => {
  await using host = new TestHost();
  await host.registry.registerModule(Greeter, raw("b", { priority: 1 }));
  await host.registry.registerModule(Greeter, raw("a", { priority: 5 }));
  await host.registry.registerModule(Greeter, raw("c", { kind: "other" }));
  await host.registry.registerModule({ setup: () => Promise.reject(new Error("no")) }, raw("d", { kind: "other" }));
  assertEquals(ids(host), ["other/c", "other/d", "thing/a", "thing/b"]);
  assertEquals(host.registry.getLoadedPlugins(), []);
  await host.setup();
  const loaded = host.registry.getLoadedPlugins();
  assertEquals(loaded.map(({ manifest }) => manifest.name), ["a", "b", "c"]);
  assertEquals(await loaded[0]!.instance.greet!("you"), "hello, you");
  assert(loaded[0]!.instance === host.registry.getPlugin("thing", "a"));
});

Deno.test("getCoreVersion is the core's version", () => assertEquals(getCoreVersion(), CORE_VERSION));

Deno.test("discover as a function is the same as the method", async () => {
  await using host = new TestHost();
  await host.folder.write({ "p/dagstack.toml": manifestText(), "p/plugin.ts": "", "q/r/dagstack.toml": "" });
  const report = await discover(host.registry, host.folder.path, { ignore: ["q"] });
  assertEquals(report.registered.map(({ name, source }) => [name, source]), [[
    "sample",
    `${host.folder.path}/p/dagstack.toml`,
  ]]);
  assertEquals(report.failures, []);
});

Deno.test("setupAll hands on configs by name and resources", async () => {
  await using host = new TestHost();
  await host.registry.registerModule(
    {
      setup(context: PluginContext) {
        Object.assign(this, { context });
      },
      translate(text: string) {
        const { context } = this as unknown as { context: PluginContext };
        const translator = context.resources.get<{ translate(text: string): string }>("translator");
        return `${context.config.prefix}${translator.translate(text)}`;
      },
    },
    raw("sample", { resources: { required: ["translator"] } }),
  );
  await host.registry.setupAll({
    configs: { sample: { prefix: "> " } },
    resources: { translator: { translate: (text: string) => text.toUpperCase() } },
  });
  assertEquals(await host.plugin().translate!("hi"), "> HI");
});

Deno.test("with override the later root wins, and the same handle answers with the new plugin", async () => {
  await using host = new TestHost();
  const code = (answer: string) => `export class Sample { who() { return "${answer}"; } }`;
  await host.folder.write({
    "x/p/dagstack.toml": manifestText(),
    "x/p/plugin.ts": code("first"),
    "y/q/dagstack.toml": manifestText({ priority: "7" }),
    "y/q/plugin.ts": code("second"),
  });
  await host.registry.discover(`${host.folder.path}/x`);
  await host.setup();
  const handle = host.plugin();
  assertEquals(await handle.who!(), "first");
  const { registered, failures } = await host.registry.discover(`${host.folder.path}/y`, { override: true });
  assertEquals([registered.length, failures], [1, []]);
  assertEquals(host.registry.getManifest("thing", "sample").priority, 7);
  await host.setup();
  assert(host.plugin() === handle);
  assertEquals(await handle.who!(), "second");
});

Deno.test("with override two of one name within one call still both stay out", async () => {
  await using host = new TestHost();
  await host.folder.write({
    "a/dagstack.toml": manifestText(),
    "a/plugin.ts": "",
    "b/dagstack.toml": manifestText(),
    "b/plugin.ts": "",
  });
  const report = await host.registry.discover(host.folder.path, { override: true });
  assertEquals([report.registered.length, report.failures.length], [0, 2]);
  assertEquals(ids(host), []);
});

// config_schema

const SCHEMA = { type: "object", required: ["size"], properties: { size: { type: "integer", minimum: 1 } } };

Deno.test("a configuration that fits config_schema passes, one that does not makes the plugin unavailable", async () => {
  for (const [config, code] of [[{ size: 5 }, undefined], [{ size: 0 }, "ConfigInvalid"], [{}, "ConfigInvalid"]]) {
    await using host = new TestHost();
    await host.registry.registerModule(Greeter, raw("sample", { config_schema: SCHEMA }));
    await host.registry.registerModule(Greeter, raw("other"));
    await host.setup({ config: { thing: { sample: config } } });
    assertEquals(host.reason()?.code, code as string | undefined);
    assertEquals(await host.plugin("thing/other").greet!("you"), "hello, you");
  }
});

Deno.test("ConfigInvalid names the plugin and the field", async () => {
  await using host = new TestHost();
  await host.registry.registerModule(Greeter, raw("sample", { config_schema: SCHEMA }));
  await host.registry.setupAll({ configs: { sample: { size: "big" } } });
  assertStringIncludes(host.reason()!.message, 'Cannot configure plugin "thing/sample": /size');
});

// depends_on

Deno.test("plugins start after those they depend on, whatever the order of registration", async () => {
  await using host = new TestHost();
  await host.registry.registerModule(noting, raw("a", { depends_on: ["b"], tryfirst: true }));
  await host.registry.registerModule(noting, raw("c", { trylast: true }));
  await host.registry.registerModule(noting, raw("b", { depends_on: [{ kind: "thing", name: "c" }] }));
  await host.setup();
  assertEquals(startOrder(host), ["c", "b", "a"]);
});

Deno.test("a missing dependency, and one that fails, make dependants unavailable with the chain of cause", async () => {
  await using host = new TestHost();
  const failing = { setup: () => Promise.reject(new Error("disk full")) };
  await host.registry.registerModule(failing, raw("base"));
  await host.registry.registerModule(noting, raw("middle", { depends_on: ["base"] }));
  await host.registry.registerModule(noting, raw("top", { depends_on: ["middle"] }));
  await host.registry.registerModule(noting, raw("lost", { depends_on: ["nobody"] }));
  await host.registry.registerModule(noting, raw("free"));
  await host.setup();
  assertEquals(startOrder(host), ["free"]);
  const message = host.reason("thing/top")!.message;
  for (const part of ['"thing/top"', '"middle"', '"base"', "disk full"]) assertStringIncludes(message, part);
  assertStringIncludes(host.reason("thing/lost")!.message, 'it depends on "nobody": no such plugin is registered');
  await assertRejects(() => Promise.resolve(host.plugin("thing/top").anything!()), Error, "disk full");
});

Deno.test("a circle is DependencyCycle before any plugin code runs, and what ran before can still be torn down", async () => {
  await using host = new TestHost();
  let stopped = false;
  await host.registry.registerModule({ teardown: () => void (stopped = true) }, raw("early"));
  await host.setup();
  await host.registry.registerModule(noting, raw("a", { depends_on: ["b"] }));
  await host.registry.registerModule(noting, raw("b", { depends_on: ["a"] }));
  await host.registry.registerModule(noting, raw("free"));
  const error = await assertRejects(() => host.setup(), DependencyCycle);
  assertEquals(error.cycle, ["thing/a", "thing/b", "thing/a"]);
  assertEquals(startOrder(host), []);
  await host.registry.teardownAll();
  assert(stopped);
});

Deno.test("a dependant waits for what another call of setupAll has begun", async () => {
  await using host = new TestHost();
  const { promise, resolve } = Promise.withResolvers<void>();
  await host.registry.registerModule({ setup: () => promise }, raw("slow"));
  const first = host.setup();
  await host.registry.registerModule(noting, raw("after", { depends_on: ["slow"] }));
  const both = [first, host.setup()];
  setTimeout(resolve, 0);
  await Promise.all(both);
  assertEquals(states(host), { "thing/after": "active", "thing/slow": "active" });
});

// Entry points

const CODE = `export class Sample { who(): string { return "named"; } }
export default class { who(): string { return "default"; } }`;

const entries: [entryPoint: string, file: string, answer: string][] = [
  ["plugin:Sample", "plugin.ts", "named"],
  ["plugin:default", "plugin.mts", "default"],
  ["src/deep:Sample", "src/deep.ts", "named"],
  ["./file.ts#Sample", "file.ts", "named"],
  ["./file.ts", "file.ts", "default"],
  ["./plugin.js#Sample", "plugin.ts", "named"],
  ["./plugin.mjs", "plugin.mts", "default"],
  ["./with space.ts#Sample", "with space.ts", "named"],
];

for (const [entryPoint, file, answer] of entries) {
  Deno.test(`the entry point ${entryPoint} loads ${file}`, async () => {
    await using host = await TestHost.start({
      "p/dagstack.toml": manifestText({ entry_point: JSON.stringify(entryPoint) }),
      [`p/${file}`]: CODE,
    });
    assertEquals(host.reason(), undefined);
    assertEquals(await host.plugin().who!(), answer);
  });
}

Deno.test("a manifest as the npm binding writes it runs", async () => {
  await using host = await TestHost.start({
    "echo/dagstack.json": JSON.stringify({
      schema_version: "1.0.0",
      name: "echo",
      kind: "tool",
      runtime: "in_process",
      core_version: "^0.2.0",
      entry_point: "./plugin.js#EchoPlugin",
    }),
    "echo/plugin.ts": "export class EchoPlugin { echo(text: string): string { return text; } }",
  });
  assertEquals(host.registry.getManifest("tool", "echo").schema_version, "1.0.0");
  assertEquals(await host.plugin("tool/echo").echo!("hi"), "hi");
});

for (const folder of ["with space", "100%", "a#b", "🐟", 'say "hi"', "it's", "ключ"]) {
  Deno.test(`a plugin in a folder named ${JSON.stringify(folder)} runs`, async () => {
    await using host = await TestHost.start({
      [`${folder}/dagstack.toml`]: manifestText(),
      [`${folder}/plugin.ts`]: CODE,
    });
    assertEquals(host.reason(), undefined);
    assertEquals(await host.plugin().who!(), "named");
  });
}

Deno.test("a plugin in a folder with a comma says why it cannot run", async () => {
  await using host = new TestHost();
  await host.folder.write({ "a,b/dagstack.toml": manifestText(), "a,b/plugin.ts": CODE });
  const { failures } = await host.registry.discover(host.folder.path);
  assertEquals(failures.map(({ error }) => Reflect.get(error, "code")), ["PluginLoadError"]);
  assertStringIncludes(failures[0]!.error.message, "comma");
});
