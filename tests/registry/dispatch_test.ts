/** `registry.dispatch` and the public dispatchers over plugins that really run (SPEC section 7). */
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  AmbiguousPlugin,
  BroadcastCollectDispatcher,
  BroadcastErrors,
  BroadcastNotifyDispatcher,
  CapabilityDispatcher,
  ChainDispatcher,
  type CollectedResults,
  DispatchMismatch,
  HookUnknown,
  KindUnknown,
  NoCapabilityMatch,
  PluginRegistry,
  PluginUnavailable,
  SingletonDispatcher,
} from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";
import { barrier, OwnHost, type OwnPlugin, sleep } from "./own_host.ts";

const named = (name: string, fields: Record<string, unknown> = {}): OwnPlugin => ({
  plugin: { who: (input: unknown) => [name, input], list_tools: () => name },
  ...fields,
});

Deno.test("without a declaration a hook is a singleton, and its input is the one argument", async () => {
  let given: unknown[] = [];
  await using host = await OwnHost.running({
    "thing/a": { plugin: { who: (...args: unknown[]) => (given = args, "a") } },
  });
  assertEquals(await host.registry.dispatch("thing", "who", { x: 1 }), "a");
  assertEquals(given, [{ x: 1 }]);
  await host.registry.dispatch("thing", "who");
  assertEquals(given, [undefined]);
});

Deno.test("a singleton is chosen by routing policy, then DAGSTACK_ACTIVE_<KIND>, then priority", async () => {
  const kind = "my-thing";
  const variable = "DAGSTACK_ACTIVE_MY_THING";
  await using host = await OwnHost.running({
    "my-thing/low": named("low", { priority: 1 }),
    "my-thing/high": named("high", { priority: 9 }),
    "my-thing/mid": named("mid", { priority: 5 }),
  });
  assertEquals(await host.registry.dispatch(kind, "who", 1), ["high", 1]);
  Deno.env.set(variable, "mid");
  try {
    await using other = await OwnHost.running({
      [`${kind}/high`]: named("high", { priority: 9 }),
      [`${kind}/mid`]: named("mid", { priority: 5 }),
    });
    assertEquals(await other.registry.dispatch(kind, "who", 1), ["mid", 1]);
    assertEquals(await new SingletonDispatcher(kind).dispatch(host.registry.getLoadedPlugins(), "who", 1), ["mid", 1]);
    {
      using _policy = other.registry.setRoutingPolicy(kind, () => "high");
      assertEquals(await other.registry.dispatch(kind, "who", 1), ["high", 1]);
      using _none = other.registry.setRoutingPolicy(kind, () => undefined);
      assertEquals(await other.registry.dispatch(kind, "who", 1), ["mid", 1]);
    }
    assertEquals(await other.registry.dispatch(kind, "who", 1), ["mid", 1]);
    Deno.env.set(variable, "nobody");
    await using lost = await OwnHost.running({ [`${kind}/a`]: named("a") });
    await assertRejects(() => lost.registry.dispatch(kind, "who", 1), KindUnknown, `${variable} names "nobody"`);
  } finally {
    Deno.env.delete(variable);
  }
});

Deno.test("a routing policy sees candidates by priority, the input and the metadata, and decides per call", async () => {
  await using host = await OwnHost.running({ "thing/a": named("a"), "thing/b": named("b", { priority: 2 }) });
  using _policy = host.registry.setRoutingPolicy("thing", (candidates, input, { metadata }) => {
    assertEquals(candidates.map(({ name }) => name), ["b", "a"]);
    assertEquals(input, { n: 1 });
    return metadata?.tenant_id === "acme" ? "a" : undefined;
  });
  const call = (tenant_id: string) => host.registry.dispatch("thing", "who", { n: 1 }, { metadata: { tenant_id } });
  assertEquals([await call("acme"), await call("other")], [["a", { n: 1 }], ["b", { n: 1 }]]);
});

Deno.test("a policy that names nobody, or throws, is the call's rejection", async () => {
  await using host = await OwnHost.running({ "thing/a": named("a") });
  using _first = host.registry.setRoutingPolicy("thing", () => "zed");
  await assertRejects(() => host.registry.dispatch("thing", "who", 1), KindUnknown, 'the routing policy names "zed"');
  using _second = host.registry.setRoutingPolicy("thing", () => {
    throw new RangeError("no route");
  });
  await assertRejects(() => host.registry.dispatch("thing", "who", 1), RangeError, "no route");
});

Deno.test("a tie is thrown by the dispatch that meets it, naming both and the ways out", async () => {
  await using host = await OwnHost.running({
    "thing/a": named("a"),
    "thing/b": named("b"),
    "thing/c": named("c", { priority: 1 }),
  });
  assertEquals(await host.registry.dispatch("thing", "who", 1), ["c", 1]);
  const only = { filter: ({ name }: { name: string }) => name !== "c" };
  const error = await assertRejects(() => host.registry.dispatch("thing", "who", 1, only), AmbiguousPlugin);
  assertEquals(error.candidates, ["thing/a", "thing/b"]);
  assert(error.message.includes("DAGSTACK_ACTIVE_THING"), error.message);
});

Deno.test("a collect calls all at once, and gives their results by priority, then name, whoever is first", async () => {
  const together = barrier(3);
  const meets = (name: string, ms: number) => ({
    async all() {
      await together();
      await sleep(ms);
      return name;
    },
  });
  const plugins = {
    "thing/c": { plugin: meets("c", 1), priority: 1 },
    "thing/b": { plugin: meets("b", 5), priority: 5 },
    "thing/a": { plugin: meets("a", 30), priority: 5 },
  };
  await using host = await OwnHost.running(plugins, { hooks: { thing: { all: "broadcast_collect" } } });
  const found = await host.registry.dispatch("thing", "all", {}) as CollectedResults<string>;
  assertEquals([found, found.failures], [["a", "b", "c"] as CollectedResults<string>, []]);
});

Deno.test("fail_fast rejects with BroadcastErrors of plugin and error; best_effort gives the rest, failures beside it", async () => {
  const bad = {
    all() {
      throw new RangeError("no index");
    },
  };
  const plugins = () => ({
    "thing/bad": { plugin: bad, priority: 9 },
    "thing/good": { plugin: { all: () => "good" } },
  });
  await using fast = await OwnHost.running(plugins(), { hooks: { thing: { all: "broadcast_collect" } } });
  const error = await assertRejects(() => fast.registry.dispatch("thing", "all", {}), BroadcastErrors);
  assertEquals([error.kind, error.hook, error.plugins, error.errors.map((e) => e.constructor)], [
    "thing",
    "all",
    ["thing/bad"],
    [RangeError],
  ]);
  assertEquals(fast.states, ["thing/bad degraded", "thing/good active"]);
  await using best = await OwnHost.running(plugins(), {
    hooks: { thing: { all: { dispatch: "broadcast_collect", errorPolicy: "best_effort" } } },
  });
  const found = await best.registry.dispatch("thing", "all", {}) as CollectedResults<string>;
  assertEquals([...found], ["good"]);
  assertEquals(found.failures.map(({ plugin, error }) => [plugin, error.message]), [["thing/bad", "no index"]]);
  assert(best.logger.messages("warn").some((message) => message.includes("no index")));
  assertEquals(JSON.stringify(found), '["good"]');
});

Deno.test("a notify tells all in parallel, gives nothing, logs failures with the plugin, and throws none", async () => {
  const together = barrier(2);
  const told: string[] = [];
  const hears = (name: string) => ({
    async tell() {
      await together();
      told.push(name);
      return name;
    },
  });
  const bad = {
    tell() {
      throw new Error("deaf");
    },
  };
  await using host = await OwnHost.running(
    { "thing/a": { plugin: hears("a") }, "thing/b": { plugin: hears("b") }, "thing/bad": { plugin: bad, priority: 9 } },
    { hooks: { thing: { tell: "broadcast_notify" } } },
  );
  assertEquals(await host.registry.dispatch("thing", "tell", {}), undefined);
  assertEquals(told.sort(), ["a", "b"]);
  const logged = host.logger.records.filter(({ message }) => message.includes("deaf"));
  assertEquals(logged.map(({ level, fields }) => [level, fields?.plugin]), [["warn", "thing/bad"]]);
  assertEquals(host.states, ["thing/a active", "thing/b active", "thing/bad active"]);
});

Deno.test("a chain hands each what the one before gave, in order of tryfirst, priority, name, trylast", async () => {
  const link = (name: string, fields: Record<string, unknown> = {}): OwnPlugin => ({
    plugin: { link: async (value: string) => (await null, `${value}${name}`) },
    ...fields,
  });
  await using host = await OwnHost.running({
    "thing/z": link("z", { tryfirst: true }),
    "thing/y": link("y", { trylast: true, priority: 9 }),
    "thing/b": link("b"),
    "thing/a": link("a"),
    "thing/c": link("c", { priority: 3 }),
  }, { hooks: { thing: { link: "chain" } } });
  assertEquals(await host.registry.dispatch("thing", "link", ">"), ">zcaby");
});

Deno.test("a throw stops a chain as it is, and nobody behind it is asked", async () => {
  let asked = 0;
  await using host = await OwnHost.running({
    "thing/a": {
      plugin: {
        link() {
          throw new RangeError("broken link");
        },
      },
      priority: 2,
    },
    "thing/b": { plugin: { link: () => asked++ } },
  }, { hooks: { thing: { link: "chain" } } });
  await assertRejects(() => host.registry.dispatch("thing", "link", {}), RangeError, "broken link");
  assertEquals(asked, 0);
});

for (const sandbox of ["none", "process", "worker"] as const) {
  Deno.test(`${sandbox}: STOP_CHAIN, returned, awaited or thrown away late, ends a chain with the value it was given`, async () => {
    const link = (body: string) =>
      `import { STOP_CHAIN } from "@dagstack/plugin-system";
      export class Sample { seen: unknown[] = []; async link(value: any) { this.seen.push(value); ${body} } asked() { return this.seen; } }`;
    await using host = await TestHost.start({
      "a/dagstack.toml": manifestText({ name: '"a"', priority: "9" }),
      "a/plugin.ts": link("return { n: value.n + 1 };"),
      "b/dagstack.toml": manifestText({ name: '"b"', priority: "5" }),
      "b/plugin.ts": link("await null; if (value.n > 5) return STOP_CHAIN; return { n: value.n * 2 };"),
      "c/dagstack.toml": manifestText({ name: '"c"', priority: "1" }),
      "c/plugin.ts": link("return { n: -value.n };"),
    }, { sandbox, trusted: ["thing/a", "thing/b", "thing/c"], hooks: { thing: { link: "chain" } } });
    assertEquals(await host.registry.dispatch("thing", "link", { n: 1 }), { n: -4 });
    assertEquals(await host.registry.dispatch("thing", "link", { n: 5 }), { n: 6 });
    assertEquals(await host.plugin("thing/c").asked!(), [{ n: 4 }]);
    const chain = new ChainDispatcher<{ n: number }>("thing");
    assertEquals(await chain.dispatch(host.registry.getLoadedPlugins(), "link", { n: 7 }), { n: 8 });
  });

  Deno.test(`${sandbox}: what cannot cross is refused at the link that gives it`, async () => {
    await using host = await TestHost.start({
      "a/dagstack.toml": manifestText({ name: '"a"', priority: "9" }),
      "a/plugin.ts": "export class Sample { link() { return { when: new Date(0) }; } }",
      "b/dagstack.toml": manifestText({ name: '"b"' }),
      "b/plugin.ts": "export class Sample { link(value: any) { return { typed: typeof value.when }; } }",
    }, { sandbox, trusted: ["thing/a", "thing/b"], strict: true, hooks: { thing: { link: "chain" } } });
    await assertRejects(() => host.registry.dispatch("thing", "link", {}), Error, "$.when: Date");
  });
}

Deno.test("an in_process_only plugin cannot stand in a chain", async () => {
  await using host = await OwnHost.running({ "thing/a": { plugin: { link: () => 1 }, in_process_only: true } }, {
    hooks: { thing: { link: "chain" } },
  });
  await assertRejects(() => host.registry.dispatch("thing", "link", {}), DispatchMismatch, "in_process_only");
});

Deno.test("a capability dispatch takes the plugin that matches, by priority, else the fallback", async () => {
  const plugins = {
    "thing/py": named("py", { supports_languages: ["python"], supports_extensions: [".py"] }),
    "thing/py2": named("py2", { supports_languages: ["python"], priority: 3, capabilities: ["fast"] }),
    "thing/html": named("html", { supports_mime_types: ["text/html"] }),
    "thing/any": named("any", { fallback: true, priority: 900 }),
  };
  await using host = await OwnHost.running(plugins, { hooks: { thing: { who: "capability" } } });
  const who = async (input: unknown) => (await host.registry.dispatch("thing", "who", input) as string[])[0];
  assertEquals(await who({ language: "Python" }), "py2");
  assertEquals(await who({ extension: "PY" }), "py");
  assertEquals(await who({ mime_type: "Text/HTML; charset=utf-8" }), "html");
  assertEquals(await who({ capabilities: ["fast"] }), "py2");
  assertEquals(await who({ language: "rust" }), "any");
  assertEquals(await who({}), "any");
  assertEquals(await who(null), "any");
});

Deno.test("with neither match nor fallback a capability dispatch is NoCapabilityMatch, which says what was asked", async () => {
  await using host = await OwnHost.running({ "thing/py": named("py", { supports_languages: ["python"] }) }, {
    hooks: { thing: { who: "capability" } },
  });
  const error = await assertRejects(
    () => host.registry.dispatch("thing", "who", { language: "pyton" }),
    NoCapabilityMatch,
  );
  assertEquals([error.kind, error.hook, error.asked], ["thing", "who", { language: "pyton" }]);
  assert(error.message.includes('did you mean "python"?'), error.message);
});

Deno.test("a plugin without supports_* is a default fallback, after a declared one", async () => {
  const plain = {
    "thing/b": named("b"),
    "thing/a": named("a"),
    "thing/py": named("py", { supports_languages: ["python"] }),
  };
  await using host = await OwnHost.running(plain, { hooks: { thing: { who: "capability" } } });
  assertEquals(await host.registry.dispatch("thing", "who", { language: "go" }), ["a", { language: "go" }]);
  await using declared = await OwnHost.running({ ...plain, "thing/z": named("z", { fallback: true }) }, {
    hooks: { thing: { who: "capability" } },
  });
  assertEquals(await declared.registry.dispatch("thing", "who", { language: "go" }), ["z", { language: "go" }]);
});

Deno.test("process: matches refines what the index found; one that throws is passed by and logged", async () => {
  const plugin = (matches: string, name: string) =>
    `export class Sample { ${matches} who() { return ${JSON.stringify(name)}; } }`;
  const fields = (name: string, priority: number) =>
    manifestText({ name: `"${name}"`, supports_languages: '["python"]', priority: `${priority}` });
  await using host = await TestHost.start({
    "a/dagstack.toml": fields("a", 9),
    "a/plugin.ts": plugin('matches() { throw new Error("undecided"); }', "a"),
    "b/dagstack.toml": fields("b", 5),
    "b/plugin.ts": plugin("async matches(input: any) { await null; return input.size < 10; }", "b"),
    "c/dagstack.toml": fields("c", 1),
    "c/plugin.ts": plugin("", "c"),
  }, { hooks: { thing: { who: "capability" } } });
  const who = (size: number) => host.registry.dispatch("thing", "who", { language: "python", size });
  assertEquals([await who(1), await who(100)], ["b", "c"]);
  assert(host.logger.messages("warn").some((message) => message.includes("undecided")));
  await assertRejects(() => host.registry.call("thing", "a", "matches", [{}]), HookUnknown);
});

Deno.test("the index follows the plugins: what starts later is found, what ends is not", async () => {
  await using host = await OwnHost.running({ "thing/any": named("any", { fallback: true }) }, {
    hooks: { thing: { who: "capability" } },
  });
  const go = { language: "go" };
  assertEquals(await host.registry.dispatch("thing", "who", go), ["any", go]);
  const { plugin, ...fields } = named("go", { supports_languages: ["go"], kind: "thing", name: "go" });
  await host.registry.registerModule(plugin, { runtime: "in_process", core_version: ">=0.1.0,<1.0.0", ...fields });
  assertEquals(await host.registry.dispatch("thing", "who", go), ["any", go]);
  await host.registry.setupAll();
  assertEquals(await host.registry.dispatch("thing", "who", go), ["go", go]);
});

Deno.test("filters narrow the candidates of every class before one is chosen, and are taken back", async () => {
  const hooks = {
    thing: {
      one: "singleton",
      all: "broadcast_collect",
      tell: "broadcast_notify",
      link: "chain",
      fit: "capability",
    },
  } as const;
  const told: string[] = [];
  const every = (name: string) => ({
    one: () => name,
    all: () => name,
    tell: () => void told.push(name),
    link: (value: string) => value + name,
    fit: () => name,
  });
  await using host = await OwnHost.running({
    "thing/a": { plugin: every("a"), priority: 9, supports_languages: ["go"] },
    "thing/b": { plugin: every("b"), priority: 1, supports_languages: ["go"], capabilities: ["pii_handling"] },
  }, { hooks });
  const seen: unknown[] = [];
  const filter = host.registry.addFilter(({ capabilities }, call) => {
    seen.push(call);
    return call.metadata.tenant_id !== "clinic" || capabilities.includes("pii_handling");
  });
  const run = (hook: string, tenant_id: string) =>
    host.registry.dispatch("thing", hook, hook === "link" ? ">" : { language: "go" }, { metadata: { tenant_id } });
  for (
    const [hook, clinic, other] of [["one", "b", "a"], ["all", ["b"], ["a", "b"]], ["link", ">b", ">ab"], [
      "fit",
      "b",
      "a",
    ]]
  ) {
    assertEquals(
      [await run(hook as string, "clinic"), await run(hook as string, "x")],
      [clinic, other],
      hook as string,
    );
  }
  await run("tell", "clinic");
  assertEquals(told, ["b"]);
  assertEquals(seen[0], { hook: "one", input: { language: "go" }, metadata: { tenant_id: "clinic" } });
  {
    using _second = host.registry.addFilter(() => false);
    await assertRejects(() => run("one", "x"), KindUnknown, "the filter does not admit any of the 2 plugins");
    await assertRejects(() => run("fit", "x"), NoCapabilityMatch);
    assertEquals(await host.registry.call("thing", "a", "one"), "a"); // one that is named is not dispatched
  }
  filter[Symbol.dispose]();
  assertEquals(await run("one", "clinic"), "a");
});

Deno.test("a hook that is dispatched by another class than it is declared for is DispatchMismatch, in all ways", async () => {
  const classes = {
    singleton: new SingletonDispatcher("thing"),
    broadcast_collect: new BroadcastCollectDispatcher("thing"),
    broadcast_notify: new BroadcastNotifyDispatcher("thing"),
    chain: new ChainDispatcher("thing"),
    capability: new CapabilityDispatcher("thing"),
  };
  for (const declared of Object.keys(classes) as (keyof typeof classes)[]) {
    await using host = await OwnHost.running({ "thing/a": named("a") }, { hooks: { thing: { who: declared } } });
    for (const [asked, dispatcher] of Object.entries(classes)) {
      const call = () => dispatcher.dispatch(host.registry.getLoadedPlugins(), "who", {}) as Promise<unknown>;
      if (asked === declared) await call();
      else {
        const error = await assertRejects(call, DispatchMismatch);
        assertEquals([error.kind, error.hook, error.declared, error.asked], ["thing", "who", declared, asked]);
      }
    }
  }
});

Deno.test("a hook is found by its hookspec name, then by its camelCase form, also in a process", async () => {
  await using host = await TestHost.start({
    "a/dagstack.toml": manifestText({ name: '"a"', priority: "2" }),
    "a/plugin.ts": "export class Sample { listTools() { return 'camel'; } }",
    "b/dagstack.toml": manifestText({ name: '"b"', priority: "1" }),
    "b/plugin.ts": "export class Sample { list_tools() { return 'snake'; } listTools() { return 'wrong'; } }",
  }, { hooks: { thing: { list_tools: "broadcast_collect" } } });
  const found = await host.registry.dispatch("thing", "list_tools", {}) as string[];
  assertEquals([...found], ["camel", "snake"]);
});

Deno.test("dispatch of an unknown kind or hook says what there is; of one that does not run, why", async () => {
  await using host = await OwnHost.of({ "thing/a": named("a"), "idle/b": named("b") });
  await assertRejects(() => host.registry.dispatch("thing", "who"), PluginUnavailable, "setupAll has not been called");
  await host.registry.setupAll();
  await assertRejects(() => host.registry.dispatch("thin", "who"), KindUnknown, 'did you mean "thing"?');
  await assertRejects(() => host.registry.dispatch("thing", "whom"), HookUnknown, 'did you mean "who"?');
  await assertRejects(() => host.registry.dispatch("thing", "setup"), HookUnknown);
  assertThrows(
    () => new PluginRegistry({ hooks: { a: { b: "chian" as "chain" } } }),
    RangeError,
    'hooks.a.b is "chian"',
  );
});

Deno.test("a singleton that fails passes by to nobody: its error is the dispatch's", async () => {
  let asked = 0;
  const bad = {
    who() {
      throw new RangeError("no");
    },
  };
  await using host = await OwnHost.running({
    "thing/a": { plugin: bad, priority: 2 },
    "thing/b": { plugin: { who: () => asked++ } },
  });
  await assertRejects(() => host.registry.dispatch("thing", "who", 1), RangeError, "no");
  assertEquals(asked, 0);
});

Deno.test("the list of running plugins is the same until a plugin changes, by priority, then kind and name", async () => {
  await using host = await OwnHost.running({
    "b/x": named("bx"),
    "a/x": named("ax"),
    "a/y": named("ay", { priority: 5 }),
  });
  const first = host.registry.getLoadedPlugins();
  assertEquals(first.map(({ manifest: { kind, name } }) => `${kind}/${name}`), ["a/y", "a/x", "b/x"]);
  assertStrictEquals(host.registry.getLoadedPlugins(), first);
  assertEquals(await first[1]!.instance.who!(1), ["ax", 1]);
  assertStrictEquals(first[1]!.instance as unknown, host.plugin("a/x"));
  await host.registry.teardownAll();
  assertEquals(host.registry.getLoadedPlugins(), []);
});
