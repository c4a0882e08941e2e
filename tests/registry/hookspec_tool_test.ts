/** Kind `tool`: calls go to the plugin that lists the function, with arguments that fit its schema (SPEC sections 7 and 12). */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  AmbiguousPlugin,
  HookInputInvalid,
  HookOutputInvalid,
  HookTimeout,
  KindUnknown,
  NoCapabilityMatch,
  type PluginRegistryOptions,
  TOOL_HOOKSPEC,
} from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";
import { listed, tool } from "./hookspec_samples.ts";
import { BASE, OwnHost, sleep } from "./own_host.ts";

const NUMBERS = { a: { type: "number" }, b: { type: "number" } };

/** Tools of the host's own, started. */
async function tools(
  plugins: Record<string, object | (() => object)>,
  options: PluginRegistryOptions = {},
  fields: Record<string, object> = {},
): Promise<OwnHost> {
  const host = new OwnHost(options);
  await host.registry.addHookspec(TOOL_HOOKSPEC);
  for (const [name, plugin] of Object.entries(plugins)) {
    await host.registry.registerModule(plugin, { ...BASE, kind: "tool", name, ...fields[name] });
  }
  await host.registry.setupAll();
  return host;
}

const run = (host: TestHost, name: unknown, args: unknown = {}, options = {}) =>
  host.registry.dispatch("tool", "execute", { function: name, args }, options);

const WAYS: Record<string, { options: PluginRegistryOptions; fields?: Record<string, string> }> = {
  process: { options: {} },
  worker: { options: { sandbox: "worker" } },
  none: { options: { sandbox: "none", trusted: ["tool/sample", "tool/other"] } },
  "a pool of threads": { options: { poolSize: 2 }, fields: { execution_model: '"thread_cpu_bound"' } },
  "a pool of processes": { options: { poolSize: 2 }, fields: { execution_model: '"process_cpu_bound"' } },
};

for (const [way, { options, fields }] of Object.entries(WAYS)) {
  Deno.test(`in ${way}, execute goes to the tool that lists the function, and its arguments are checked first`, async () => {
    await using host = new TestHost(options);
    await host.registry.addHookspec(TOOL_HOOKSPEC);
    const schema = { type: "object", required: ["a", "b"], properties: NUMBERS };
    await host.folder.write({
      "p/dagstack.toml": manifestText({ kind: '"tool"', ...fields }),
      "p/plugin.ts": `export class Sample {
        getSchema() { return [{ name: "add", description: "Adds", parameters: ${JSON.stringify(schema)} }]; }
        execute({ function: name, args }) { if (typeof args.a !== "number") throw new Error("reached"); return { result: args.a + args.b }; }
      }`,
      "q/dagstack.toml": manifestText({ kind: '"tool"', name: '"other"' }),
      "q/plugin.ts": `export class Sample {
        get_schema() { return [{ name: "shout", description: "Shouts", parameters: { type: "object" } }]; }
        execute({ function: name }) { return { result: name + "!" }; }
      }`,
    });
    await host.registry.discover(host.folder.path);
    await host.setup();
    assertEquals(await run(host, "add", { a: 1, b: 2 }), { result: 3 });
    assertEquals(await run(host, "shout"), { result: "shout!" });
    const ways = [
      () => run(host, "add", { a: "one", b: 2 }),
      () => host.registry.call("tool", "sample", "execute", [{ function: "add", args: { a: "one", b: 2 } }]),
      () => host.plugin("tool/sample").execute!({ function: "add", args: { a: "one", b: 2 } }),
    ];
    for (const call of ways) {
      const error = await assertRejects(
        call,
        HookInputInvalid,
        'hook "execute" of plugin "tool/sample": input $.args.a',
      );
      assertEquals(error.path, "$.args.a");
    }
    const missing = await assertRejects(() => run(host, "add", { a: 1 }), HookInputInvalid);
    assert(missing.path.startsWith("$.args"), missing.path);
    const foreign = await assertRejects(
      () => host.registry.call("tool", "sample", "execute", [{ function: "shout", args: {} }]),
      HookInputInvalid,
    );
    assertEquals([foreign.path, foreign.found], ["$.function", '"shout"']);
    assertEquals(host.registry.status().plugins.map(({ hookspec }) => hookspec), ["1.0.0", "1.0.0"]);
  });
}

Deno.test("each tool is asked once for each of its instances, when somebody needs to know, and all at once", async () => {
  const asked: string[] = [];
  let release = () => {};
  const gate = new Promise<void>((resolve) => release = resolve);
  const make = (name: string) => () => ({
    get_schema: async () => {
      asked.push(name);
      await gate;
      return [listed(name)];
    },
    execute: () => ({ result: name }),
  });
  await using host = await tools({ one: make("one"), two: make("two") });
  assertEquals(asked, []);
  const calls = ["one", "two", "one", "two"].map((name) => run(host, name));
  await sleep(20);
  assertEquals(asked.toSorted(), ["one", "two"], "one question to each, under way together");
  release();
  assertEquals(await Promise.all(calls), ["one", "two", "one", "two"].map((result) => ({ result })));
  await run(host, "one");
  assertEquals(asked.length, 2);
  await host.registry.reload("tool", "one");
  await run(host, "two");
  await run(host, "one");
  assertEquals(asked.toSorted(), ["one", "one", "two"], "only the fresh instance");
  await host.registry.teardownAll();
  await host.registry.setupAll();
  await run(host, "one");
  assertEquals(asked.length, 5);
});

Deno.test("two tools that list one function are ambiguous, unless a filter, a policy or the caller decides", async () => {
  await using host = await tools({
    one: tool({ same: () => 1, own: () => "o" }),
    two: tool({ same: () => 2 }),
    three: tool({ other: () => 3 }),
  });
  const error = await assertRejects(() => run(host, "same"), AmbiguousPlugin);
  assertEquals(error.candidates.toSorted(), ["tool/one", "tool/two"]);
  assertStringIncludes(error.message, 'function "same"');
  assertEquals(await run(host, "same", {}, { filter: ({ name }: { name: string }) => name !== "one" }), { result: 2 });
  assertEquals(await host.registry.call("tool", "one", "execute", [{ function: "same", args: {} }]), { result: 1 });
  {
    using _policy = host.registry.setRoutingPolicy("tool", (candidates) => {
      assertEquals(candidates.map(({ name }) => name).filter((name) => name === "three"), []);
      return candidates.length > 1 ? "one" : undefined;
    });
    assertEquals(await run(host, "same"), { result: 1 });
    assertEquals(await run(host, "own"), { result: "o" });
  }
  {
    using _policy = host.registry.setRoutingPolicy("tool", () => "three");
    await assertRejects(() => run(host, "same"), KindUnknown, 'the routing policy names "three"');
  }
  using _filter = host.registry.addFilter(({ name }) => name === "three");
  await assertRejects(() => run(host, "own"), NoCapabilityMatch, 'no plugin lists function "own"');
});

Deno.test("a function that nobody lists is named with near ones, and with who could not be asked and why", async () => {
  await using host = await tools({
    one: tool({ multiply: () => 1 }),
    ill: { get_schema: () => Promise.reject(new Error("no list today")), execute: () => ({ result: 0 }) },
  });
  const near = await assertRejects(() => run(host, "multipli"), NoCapabilityMatch);
  assertEquals(near.asked, { function: "multipli" });
  assertStringIncludes(near.message, 'no plugin lists function "multipli"; did you mean "multiply"?');
  assertStringIncludes(near.message, "tool/ill could not be asked: no list today");
  assertEquals(await run(host, "multiply"), { result: 1 }, "the others answer");
  const silent = await assertRejects(() => host.registry.call("tool", "ill", "execute", [{ function: "x", args: {} }]));
  assertStringIncludes((silent as Error).message, "no list today");
});

Deno.test("an input that names no function is refused", async () => {
  await using host = await tools({ one: tool({ f: () => 1 }) });
  for (const input of [undefined, {}, { function: 7, args: {} }, "f", null]) {
    const error = await assertRejects(() => host.registry.dispatch("tool", "execute", input), HookInputInvalid);
    assertEquals(error.path, "$.function");
  }
  await assertRejects(() => run(host, "f", "no object"), HookInputInvalid, "$.args");
});

Deno.test("the signal and the limit of a call bound the question, too", async () => {
  const hang = { get_schema: () => new Promise(() => {}), execute: () => ({ result: 0 }) };
  await using host = await tools({ hang, good: tool({ good: () => 1 }) }, { hookTimeoutMs: 300, drainTimeoutMs: 10 });
  const input = [{ function: "f", args: {} }];
  await assertRejects(() => run(host, "f", {}, { timeoutMs: 20 }), HookTimeout);
  await assertRejects(() => host.registry.call("tool", "hang", "execute", input, { timeoutMs: 20 }), HookTimeout);
  const abort = new AbortController();
  const given = [
    run(host, "f", {}, { signal: abort.signal }),
    host.registry.call("tool", "hang", "execute", input, { signal: abort.signal }),
  ];
  abort.abort(new RangeError("enough"));
  for (const call of given) await assertRejects(() => call, RangeError, "enough");
  await assertRejects(() => run(host, "f"), NoCapabilityMatch, "tool/hang could not be asked");
  assertEquals(await run(host, "good"), { result: 1 }, "who hangs keeps nobody else");
});

Deno.test("a list that names a function twice, has no names, or is too long is no answer", async () => {
  const bad: [unknown[], string][] = [
    [[listed("f"), listed("g"), listed("f")], "$[2].name"],
    [[listed("x".repeat(200))], "$[0].name"],
    [Array.from({ length: 10_000 }, (_, i) => listed(`f${i}`)), "at most 1000 functions"],
    [[{ name: "f" }], "$[0]"],
  ];
  for (const [answer, part] of bad) {
    await using host = await tools({ one: tool({ f: () => 1 }, answer) });
    const error = await assertRejects(
      () => host.registry.call("tool", "one", "execute", [{ function: "f", args: {} }]),
      HookOutputInvalid,
      part,
    );
    assertEquals([error.plugin, error.hook], ["tool/one", "get_schema"]);
    await assertRejects(() => run(host, "f"), NoCapabilityMatch, part);
  }
});

Deno.test("a function's schema that is none is its plugin's fault, and its other functions work", async () => {
  const schemas = [{ ...listed("bad"), parameters: { type: "objct" } }, listed("good")];
  await using host = await tools({ one: tool({ bad: () => 1, good: () => 2 }, schemas) });
  const error = await assertRejects(() => run(host, "bad"), HookOutputInvalid, "$[0].parameters");
  assertEquals(error.hook, "get_schema");
  assertEquals(await run(host, "good"), { result: 2 });
});

Deno.test("a tool that changes its answer is held to the first", async () => {
  let names = ["one"];
  await using host = await tools({
    shifty: { get_schema: () => names.map((name) => listed(name)), execute: () => ({ result: 0 }) },
    honest: tool({ two: () => 2 }),
  });
  await run(host, "one");
  names = ["two", "three"];
  assertEquals(await host.registry.dispatch("tool", "get_schema"), [[listed("two")], [listed("two"), listed("three")]]);
  assertEquals(await run(host, "two"), { result: 2 }, "it cannot take another's function later on");
  await assertRejects(() => run(host, "three"), NoCapabilityMatch);
});

Deno.test("schemas of a plugin that is not trusted cannot keep the host busy", async () => {
  const bomb = { $ref: "#/$defs/a0", $defs: {} as Record<string, unknown> };
  for (let i = 0; i < 40; i++) {
    bomb.$defs[`a${i}`] = { allOf: [{ $ref: `#/$defs/a${i + 1}` }, { $ref: `#/$defs/a${i + 1}` }] };
  }
  bomb.$defs.a40 = { type: "string" };
  const property = (schema: unknown) => ({ type: "object", properties: { x: schema } });
  const schemas = {
    regex: property({ type: "string", pattern: "(a+)+$" }),
    alternatives: property({ type: "string", pattern: "^(a|a)*$" }),
    keys: { type: "object", patternProperties: { "(x+x+)+y": true } },
    multiplied: property(bomb),
    multiplied_root: { type: "object", ...bomb },
    circle: { type: "object", properties: { x: { $ref: "#" } } },
    remote: property({ $ref: "https://example.com/schema.json" }),
  };
  const body = `export class Sample {
    get_schema() { return ${
    JSON.stringify(Object.entries(schemas).map(([name, parameters]) => ({ name, description: "d", parameters })))
  }; }
    execute() { return { result: 1 }; }
  }`;
  await using host = new TestHost();
  await host.registry.addHookspec(TOOL_HOOKSPEC);
  await host.folder.write({ "p/dagstack.toml": manifestText({ kind: '"tool"' }), "p/plugin.ts": body });
  await host.registry.discover(host.folder.path);
  await host.setup();
  const start = performance.now();
  for (const name of Object.keys(schemas)) {
    const error = await assertRejects(
      () => run(host, name, { x: `${"a".repeat(40)}!` }),
      HookOutputInvalid,
      undefined,
      name,
    );
    assertEquals([error.plugin, error.hook], ["tool/sample", "get_schema"]);
    assert(error.message.length < 1000);
  }
  assert(performance.now() - start < 30_000, "2 ** 40 steps would take an hour");
});

Deno.test("a trusted tool may have what it likes in its schemas", async () => {
  const schema = {
    ...listed("f"),
    parameters: { type: "object", properties: { x: { pattern: "^(?=a)(a+)+$" }, y: { $ref: "#" } } },
  };
  await using host = await tools({ one: tool({ f: () => 1 }, [schema]) });
  assertEquals(await run(host, "f", { x: "aa", y: { x: "a" } }), { result: 1 });
  await assertRejects(() => run(host, "f", { x: "aa", y: { x: "b" } }), HookInputInvalid, "$.args.y.x");
});

Deno.test("what middleware makes of a call is checked against the schema of the function that it then names", async () => {
  let change: object | undefined;
  const wrap = (call: { hook: string }, next: (change?: object) => Promise<unknown>) =>
    call.hook === "execute" && change !== undefined ? next({ args: [change] }) : next();
  await using host = await tools(
    { one: tool({ f: ({ a }) => a, g: () => "g" }, [listed("f", NUMBERS, ["a"]), listed("g")]), m: { wrap } },
    {},
    { m: { kind: "mw", priority: 1000, chain_wrap: { kinds: ["tool"], hooks: ["*"] } } },
  );
  assertEquals(await run(host, "f", { a: 1 }), { result: 1 });
  change = { function: "g", args: {} };
  assertEquals(await run(host, "f", { a: 1 }), { result: "g" });
  change = { function: "f", args: { a: "text" } };
  await assertRejects(() => run(host, "g"), HookInputInvalid, "$.args.a");
  change = { function: "h", args: {} };
  await assertRejects(() => run(host, "g"), HookInputInvalid, "$.function");
});

Deno.test("with warn arguments are let pass and logged; with off they are not looked at, and functions still routed", async () => {
  for (const hookValidation of ["warn", "off"] as const) {
    await using host = await tools({ one: tool({ f: ({ a }) => a }, [listed("f", NUMBERS)]) }, { hookValidation });
    for (let i = 0; i < 3; i++) assertEquals(await run(host, "f", { a: "text" }), { result: "text" });
    const said = host.logger.records.filter(({ fields }) => fields?.hook === "execute").map(({ fields }) =>
      fields?.path
    );
    assertEquals(said, hookValidation === "warn" ? ["$.args.a"] : []);
    await assertRejects(() => run(host, "g"), NoCapabilityMatch);
  }
});

Deno.test("another kind called tool, with other hooks, is dispatched as its hookspec says", async () => {
  await using host = new OwnHost();
  const any = { type: "object" };
  const execute = {
    name: "execute",
    dispatch: "singleton",
    description: "Runs.",
    input_schema: any,
    output_schema: true,
  };
  await host.registry.addHookspec({ kind: "tool", kind_api_version: "1.0.0", description: "Mine.", hooks: [execute] });
  await host.registry.registerModule({ execute: (i: object) => i }, { ...BASE, kind: "tool", name: "mine" });
  await host.registry.setupAll();
  assertEquals(await host.registry.dispatch("tool", "execute", { a: 1 }), { a: 1 });
});

Deno.test("a tool whose process loops when it is asked is ended, and the others serve meanwhile", async () => {
  await using host = new TestHost({ hookTimeoutMs: 1000 });
  await host.registry.addHookspec(TOOL_HOOKSPEC);
  const manifest = (name: string) => manifestText({ kind: '"tool"', name: `"${name}"` });
  const good = JSON.stringify([{ name: "good", description: "Good.", parameters: { type: "object" } }]);
  await host.folder.write({
    "p/dagstack.toml": manifest("looping"),
    "p/plugin.ts": "export class Sample { get_schema() { for (;;); } execute() {} }",
    "q/dagstack.toml": manifest("good"),
    "q/plugin.ts": `export class Sample { get_schema() { return ${good}; } execute() { return { result: 1 }; } }`,
  });
  await host.registry.discover(host.folder.path);
  await host.setup();
  const direct = host.registry.call("tool", "good", "execute", [{ function: "good", args: {} }]);
  const routed = run(host, "good");
  assertEquals(await direct, { result: 1 }, "who names the plugin waits for nobody else");
  assertEquals(await routed, { result: 1 });
  for (let i = 0; host.reason("tool/looping") === undefined && i < 1000; i++) await sleep(10);
  assertStringIncludes(host.reason("tool/looping")!.message, 'hook "get_schema" did not answer within 1000 ms');
  assertEquals(await run(host, "good"), { result: 1 });
});

Deno.test("an answer that is deep or huge is its plugin's failure alone", async () => {
  await using host = new TestHost({ limits: { messageBytes: 1_000_000 } });
  await host.registry.addHookspec(TOOL_HOOKSPEC);
  await host.folder.write({
    "p/dagstack.toml": manifestText({ kind: '"tool"' }),
    "p/plugin.ts": `export class Sample {
      get_schema() {
        let parameters = {};
        for (let i = 0; i < 90; i++) parameters = { not: parameters };
        return [{ name: "deep", description: "d", parameters }, { name: "huge", description: "d", parameters: { type: "object" } }];
      }
      execute() {
        let result = [];
        for (let i = 0; i < 5000; i++) result = [result];
        return { result: this.huge ? "x".repeat(3e6) : (this.huge = true, result) };
      }
    }`,
  });
  await host.registry.discover(host.folder.path);
  await host.setup();
  const deep = await assertRejects(() => run(host, "deep"), HookOutputInvalid, "at most 64 levels");
  assert(deep.message.length < 1000);
  for (let i = 0; i < 2; i++) {
    const error = await assertRejects(() => run(host, "huge"), Error);
    assert(error.message.length < 1000, error.message.slice(0, 200));
  }
});
