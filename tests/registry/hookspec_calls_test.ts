/** Inputs and outputs held against a hookspec at each call (SPEC section 12). */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  BroadcastErrors,
  type CollectedResults,
  HookInputInvalid,
  HookOutputInvalid,
  type PluginRegistryOptions,
  STOP_CHAIN,
} from "@dagstack/plugin-system";
import { MisfitLog } from "../../src/registry/misfit_log.ts";
import { manifestText, MemoryLogger, TestHost } from "../support.ts";
import { hook, type SampleHook, spec } from "./hookspec_samples.ts";
import { BASE, OwnHost } from "./own_host.ts";

const WAYS: Record<string, PluginRegistryOptions> = {
  process: {},
  worker: { sandbox: "worker" },
  none: { sandbox: "none", trusted: ["thing/sample"] },
};

const SAY = spec([hook("say")]);

/** Plugins of the host's own that go by a hookspec. */
async function own(
  hooks: readonly SampleHook[],
  plugins: Record<string, { plugin: object; [field: string]: unknown }>,
  options: PluginRegistryOptions = {},
): Promise<OwnHost> {
  const host = new OwnHost(options);
  await host.registry.addHookspec(spec(hooks));
  for (const [name, { plugin, ...fields }] of Object.entries(plugins)) {
    await host.registry.registerModule(plugin, { ...BASE, kind: "thing", name, ...fields });
  }
  await host.registry.setupAll();
  return host;
}

for (const way of Object.keys(WAYS)) {
  Deno.test(`in ${way}, every way to call a hook checks what goes in and what comes out`, async () => {
    await using host = new TestHost(WAYS[way]);
    await host.registry.addHookspec(SAY);
    await host.folder.write({
      "p/dagstack.toml": manifestText(),
      "p/plugin.ts": `export class Sample {
        calls = 0;
        async *stream() { yield 1; }
        say(input) {
          this.calls++;
          if (input.text === "stream") return this.stream();
          return input.text === "lie" ? { text: 7 } : input.text === "none" ? undefined : input;
        }
        count() { return this.calls; }
      }`,
    });
    await host.registry.discover(host.folder.path);
    await host.setup();
    const { registry } = host;
    const thing = host.plugin();
    const ways: Record<string, (...args: unknown[]) => Promise<unknown>> = {
      handle: (...args) => thing.say!(...args),
      call: (...args) => registry.call("thing", "sample", "say", args),
      "call that carries": (...args) => registry.call("thing", "sample", "say", args, { metadata: { a: 1 } }),
      entry: (...args) => registry.getLoadedPlugins()[0]!.call("say", args),
      dispatch: (input) => registry.dispatch("thing", "say", input),
      "dispatch that carries": (input) => registry.dispatch("thing", "say", input, { timeoutMs: 60_000 }),
    };
    let calls = 0;
    for (const [name, call] of Object.entries(ways)) {
      assertEquals(await call({ text: "a" }), { text: "a" }, name);
      calls++;
      for (
        const [given, path] of [
          [{ text: 7 }, "$.text"],
          [{}, "$"],
          [undefined, "$"],
          ["text", "$"],
          [[{ text: "a" }], "$"],
          [null, "$"],
        ] as const
      ) {
        const error = await assertRejects(
          () => call(given),
          HookInputInvalid,
          'hook "say" of plugin "thing/sample"',
          name,
        );
        assert(error.path.startsWith(path), error.path);
        assertEquals([error.plugin, error.hook], ["thing/sample", "say"]);
      }
      for (const text of ["lie", "none", "stream"]) {
        const error = await assertRejects(
          () => call({ text }),
          HookOutputInvalid,
          'hook "say" of plugin "thing/sample"',
          name,
        );
        assertEquals([error.plugin, error.hook, error.path], ["thing/sample", "say", text === "lie" ? "$.text" : "$"]);
        if (text === "none") assertEquals(error.found, "nothing"); // and not null: there was no return
        calls++;
      }
    }
    const two = await assertRejects(() => ways.call!({ text: "a" }, 2), HookInputInvalid);
    assertEquals([two.path, two.expected, two.found], ["$", "one object", "2 arguments"]);
    assertEquals(await thing.count!(), calls, "what does not fit never came to the plugin");
  });
}

Deno.test("no argument is an empty object, and what a plugin is given is not changed by the check", async () => {
  const given: unknown[] = [];
  const anything = { type: "object", properties: { n: { default: 3, type: "number" } } };
  await using host = await own([hook("say", "singleton", { input_schema: anything, output_schema: true })], {
    a: { plugin: { say: (...args: unknown[]) => void given.push(args) } },
  });
  const input = Object.freeze({ extra: [1] });
  await host.registry.call("thing", "a", "say");
  await host.registry.call("thing", "a", "say", [input]);
  await host.registry.dispatch("thing", "say");
  await host.registry.dispatch("thing", "say", input);
  assertEquals(given, [[{}], [input], [{}], [input]]);
  assert((given[3] as unknown[])[0] === input);
});

Deno.test("middleware gets what fits, the plugin gets what fits, and the caller gets what fits", async () => {
  let change: (text: unknown) => unknown = (text) => text;
  let after: (answer: unknown) => unknown = (answer) => answer;
  const seen: string[] = [];
  const wrap = async (call: { args: { text: unknown }[] }, next: (change: object) => Promise<unknown>) => {
    seen.push("middleware");
    return after(await next({ args: [{ text: change(call.args[0]!.text) }] }));
  };
  await using host = await own([hook("say")], {
    a: { plugin: { say: (input: object) => (seen.push("plugin"), input) } },
    m: { plugin: { wrap }, kind: "mw", priority: 1000, chain_wrap: { kinds: ["thing"], hooks: ["*"] } },
  });
  const say = (input?: unknown) => host.registry.dispatch("thing", "say", input);
  assertEquals(await say({ text: "a" }), { text: "a" });
  await assertRejects(() => say({ text: 1 }), HookInputInvalid, "$.text");
  assertEquals(seen.splice(0), ["middleware", "plugin"], "middleware did not see what the caller did wrong");
  change = () => 7;
  await assertRejects(() => say({ text: "a" }), HookInputInvalid, "$.text");
  assertEquals(seen.splice(0), ["middleware"]);
  change = (text) => text;
  after = () => ({ text: 9 });
  const error = await assertRejects(() => say({ text: "a" }), HookOutputInvalid, "$.text");
  assertStringIncludes(error.message, "(given by its middleware)");
});

Deno.test("in a chain each stage is checked, and what STOP_CHAIN keeps must be an answer too", async () => {
  const out = { type: "object", required: ["n", "done"], properties: { n: { type: "number" } } };
  const grow = (name: string) => (input: { n: number; at?: string }) => {
    if (input.at === name) return STOP_CHAIN;
    if (input.n === 99) return { n: "many", done: true };
    return { ...input, n: input.n + 1, done: true };
  };
  const input_schema = { type: "object", required: ["n"], properties: { n: { type: "number" } } };
  for (const mode of ["direct", "carrying"] as const) {
    await using host = await own([hook("grow", "chain", { input_schema, output_schema: out })], {
      first: { plugin: { grow: grow("first") }, priority: 2 },
      second: { plugin: { grow: async (input: { n: number }) => await grow("second")(input) }, priority: 1 },
    });
    const options = mode === "direct" ? undefined : { metadata: { a: 1 } };
    const run = (input: object) => host.registry.dispatch("thing", "grow", input, options);
    assertEquals(await run({ n: 1 }), { n: 3, done: true }, mode);
    assertEquals(await run({ n: 1, at: "second" }), { n: 2, done: true, at: "second" }, mode);
    const kept = await assertRejects(() => run({ n: 1, at: "first" }), HookOutputInvalid, "which STOP_CHAIN keeps");
    assertEquals(kept.plugin, "thing/first");
    assertEquals(await run({ n: 1, at: "first", done: 1 }), { n: 1, at: "first", done: 1 }, mode);
    const wrong = await assertRejects(() => run({ n: 99 }), HookOutputInvalid, "$.n");
    assertEquals(wrong.plugin, "thing/first");
    await assertRejects(() => run({ n: "1" }), HookInputInvalid, "$.n");
  }
});

Deno.test("in a collect each plugin's answer is its own, and a caller's fault degrades nobody", async () => {
  for (const error_policy of ["fail_fast", "best_effort"]) {
    await using host = await own([hook("say", "broadcast_collect", { error_policy })], {
      good: { plugin: { say: (input: object) => input } },
      bad: { plugin: { say: async () => await ({ text: 3 }) }, priority: 1 },
    });
    const run = (input: unknown) => host.registry.dispatch("thing", "say", input);
    if (error_policy === "best_effort") {
      const results = await run({ text: "a" }) as CollectedResults<unknown>;
      assertEquals([...results], [{ text: "a" }]);
      assertEquals(results.failures.map(({ plugin, error }) => [plugin, error.constructor]), [[
        "thing/bad",
        HookOutputInvalid,
      ]]);
    } else {
      const asked = await assertRejects(() => run({ text: 1 }), BroadcastErrors);
      assert(asked.errors.every((error) => error instanceof HookInputInvalid), String(asked));
      assertEquals(host.states, ["thing/bad active", "thing/good active"]);
      const failed = await assertRejects(() => run({ text: "a" }), BroadcastErrors);
      assertEquals([failed.plugins, failed.errors[0]!.constructor], [["thing/bad"], HookOutputInvalid]);
      assertEquals(host.states, ["thing/bad degraded", "thing/good active"]);
    }
  }
});

for (const way of Object.keys(WAYS)) {
  for (const name of ["HookInputInvalid", "HookOutputInvalid"]) {
    Deno.test(`in ${way}, a plugin that throws a forged ${name} is degraded all the same`, async () => {
      await using host = new TestHost(WAYS[way]);
      await host.registry.addHookspec(spec([hook("say", "broadcast_collect")]));
      await host.folder.write({
        "p/dagstack.toml": manifestText(),
        "p/plugin.ts": `export class Sample {
          say() {
            const forged = { name: "${name}", code: "${name}", plugin: "thing/sample", hook: "say", path: "$" };
            throw Object.assign(new Error("no"), forged);
          }
        }`,
      });
      await host.registry.discover(host.folder.path);
      await host.setup();
      const state = () => host.registry.status().plugins[0]!.state;
      const run = (text: unknown) => host.registry.dispatch("thing", "say", { text });
      const mine = await assertRejects(() => run(1), BroadcastErrors);
      assert(mine.errors[0] instanceof HookInputInvalid);
      assertEquals(state(), "active");
      await assertRejects(() => run("a"), BroadcastErrors);
      assertEquals(state(), "degraded");
    });
  }
}

Deno.test("an answer that is missing is told as nothing, and one of null as null", async () => {
  await using host = await own([hook("say")], {
    lacking: { plugin: { say: ({ text }: { text: string }) => text === "null" ? null : undefined } },
  });
  const foundBy = async (text: string) => {
    const say = () => host.registry.call("thing", "lacking", "say", [{ text }]);
    return (await assertRejects(say, HookOutputInvalid)).found;
  };
  assertEquals(await foundBy("none"), "nothing");
  assertEquals(await foundBy("null"), "null");
});

Deno.test("the answer of a notify is not used, and not looked at; its input is", async () => {
  const given: unknown[] = [];
  await using host = await own([hook("tell", "broadcast_notify")], {
    a: { plugin: { tell: (input: unknown) => (given.push(input), 7) } },
  });
  assertEquals(await host.registry.dispatch("thing", "tell", { text: "a" }), undefined);
  assertEquals(await host.registry.dispatch("thing", "tell", { text: 1 }), undefined);
  assertEquals(await host.registry.call("thing", "a", "tell", [{ text: "b" }]), 7);
  assertEquals(given, [{ text: "a" }, { text: "b" }]);
  assertStringIncludes(host.logger.messages("warn").join("\n"), "$.text");
});

Deno.test("the class and the error policy of a dispatch come from the hookspec", async () => {
  await using host = await own([hook("say", "broadcast_collect"), hook("pass", "chain")], {
    a: { plugin: { say: (i: object) => i, pass: () => ({ text: "a" }) } },
    b: { plugin: { say: (i: object) => i, pass: (i: { text: string }) => ({ text: `${i.text}b` }) } },
  });
  assertEquals(await host.registry.dispatch("thing", "say", { text: "x" }), [{ text: "x" }, { text: "x" }]);
  assertEquals(await host.registry.dispatch("thing", "pass", { text: "x" }), { text: "ab" });
});

Deno.test("a stream is no answer of a hook whose schema says anything, and is ended", async () => {
  let ended = 0;
  async function* stream() {
    try {
      yield await 1;
    } finally {
      ended++;
    }
  }
  const make = () => {
    const own = stream();
    own.return = () => (ended++, Promise.resolve({ done: true, value: undefined }));
    return own;
  };
  const object = { type: "object" };
  await using host = await own([
    hook("held", "singleton", { input_schema: object, output_schema: object }),
    hook("free", "singleton", { input_schema: object, output_schema: true }),
  ], { a: { plugin: { held: make, free: make } } });
  const error = await assertRejects(() => host.registry.dispatch("thing", "held"), HookOutputInvalid);
  assertEquals([error.found, ended], ["a stream", 1]);
  assert(Symbol.asyncIterator in (await host.registry.dispatch("thing", "free") as object));
  await assertRejects(() => host.registry.dispatch("thing", "free", make()), HookInputInvalid, "a stream");
});

Deno.test("a circle or a great depth under a schema that refers to itself is refused, and harms nobody", async () => {
  const tree = {
    $ref: "#/$defs/tree",
    $defs: { tree: { type: "object", properties: { child: { $ref: "#/$defs/tree" } } } },
  };
  const circle: Record<string, unknown> = {};
  circle.child = circle;
  const deep = (levels: number) => {
    let value: Record<string, unknown> = {};
    for (let i = 0; i < levels; i++) value = { child: value };
    return value;
  };
  await using host = await own([
    hook("say", "singleton", { input_schema: { type: "object", ...tree }, output_schema: tree }),
  ], {
    a: { plugin: { say: ({ how }: { how?: string }) => how === "circle" ? circle : how === "deep" ? deep(1e5) : {} } },
  });
  const say = (input: object) => host.registry.dispatch("thing", "say", input);
  await assertRejects(() => say(circle), HookInputInvalid, "nested too deep, or in a circle");
  await assertRejects(() => say(deep(1e5)), HookInputInvalid, "nested too deep, or in a circle");
  await assertRejects(() => say({ how: "circle" }), HookOutputInvalid);
  await assertRejects(() => say({ how: "deep" }), HookOutputInvalid);
  assertEquals(await say(deep(20)), {});
});

Deno.test("a huge answer that does not fit makes a short message", async () => {
  await using host = await own([hook("say")], {
    a: { plugin: { say: () => ({ text: "x".repeat(1e6), more: Array.from({ length: 1e4 }, (_, i) => i) }) } },
  });
  const error = await assertRejects(() => host.registry.dispatch("thing", "say", { text: "a" }), HookOutputInvalid);
  assert(error.message.length < 1000, `${error.message.length}`);
});

Deno.test("with warn what does not fit is let pass and logged, once a minute of each hook; with off it is not looked at", async () => {
  for (const hookValidation of ["warn", "off"] as const) {
    await using host = await own([hook("say"), hook("tell")], {
      a: { plugin: { say: () => 7, tell: (input: unknown) => input } },
    }, { hookValidation });
    for (let i = 0; i < 3; i++) {
      assertEquals(await host.registry.dispatch("thing", "say", { text: i }), 7);
      assertEquals(await host.registry.dispatch("thing", "tell", "odd"), "odd");
    }
    assertEquals(await host.registry.call("thing", "a", "say", [1, 2]), 7);
    const said = host.logger.records.filter(({ level, fields }) => level === "warn" && fields?.hook !== undefined);
    assertEquals(
      said.map(({ fields }) => fields),
      hookValidation === "off" ? [] : [
        { plugin: "thing/a", hook: "say", path: "$.text" },
        { plugin: "thing/a", hook: "tell", path: "$" },
      ],
    );
  }
});

Deno.test("off still dispatches by the hookspec and finds what plugins lack, and does not look at schemas", async () => {
  await using host = await own([hook("say", "chain")], {
    a: { plugin: { say: () => 1 } },
    b: { plugin: { say: (n: number) => n + 1 } },
    c: { plugin: {} },
  }, { hookValidation: "off" });
  assertEquals(host.states, ["thing/a active", "thing/b active", "thing/c unavailable"]);
  assertEquals(await host.registry.dispatch("thing", "say"), 2);
});

Deno.test("a plugin that is started again or reloaded is held to the same", async () => {
  await using host = await own([hook("say")], { a: { plugin: () => ({ say: () => 7 }) } });
  const wrong = () => assertRejects(() => host.registry.dispatch("thing", "say", { text: "a" }), HookOutputInvalid);
  await wrong();
  await host.registry.reload("thing", "a");
  await wrong();
  await host.registry.teardownAll();
  await host.registry.setupAll();
  await wrong();
});

Deno.test("a hook that does not fit again is told again after a minute, with how often it was meanwhile", () => {
  const logger = new MemoryLogger();
  let now = 0;
  const log = new MisfitLog(() => logger, () => now);
  const problem = { path: "$", expected: "a", found: "b\u001b" };
  const warn = (plugin: string) => log.warn(new HookInputInvalid(plugin, "say", problem));
  for (now of [0, 1, 59_999]) warn("thing/a");
  warn("thing/b");
  assertEquals(logger.records.map(({ fields }) => fields?.plugin), ["thing/a", "thing/b"]);
  now = 60_000;
  warn("thing/a");
  assertStringIncludes(logger.messages("warn")[2]!, "; and 2 more of this hook since");
  assert(!logger.messages("warn")[0]!.includes("\u001b"));
});
