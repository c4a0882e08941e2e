/** Horizontal middleware (SPEC section 7), through a real registry. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { HookTimeout, PluginRegistryError, PluginUnavailable } from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";
import { OwnHost, type OwnPlugin, sleep } from "./own_host.ts";

type Change = { args?: unknown[]; metadata?: Record<string, string> };
type Next = (change?: Change) => Promise<unknown>;
interface Call {
  kind: string;
  plugin: string;
  hook: string;
  args: unknown[];
  metadata: Record<string, unknown>;
}
type Wrap = (call: Call, next: Next) => unknown;

const around = (wrap: Wrap, fields: Record<string, unknown> = {}): OwnPlugin => ({
  plugin: { wrap },
  priority: 1000,
  chain_wrap: { kinds: ["*"], hooks: ["*"] },
  ...fields,
});
/** Notes before and after, also when it throws. */
const noting = (notes: string[], name: string, fields: Record<string, unknown> = {}) =>
  around(async ({ hook }, next) => {
    notes.push(`${name}>${hook}`);
    try {
      return await next();
    } finally {
      notes.push(`${name}<${hook}`);
    }
  }, fields);
const HOOKS = {
  thing: { one: "singleton", all: "broadcast_collect", tell: "broadcast_notify", link: "chain", fit: "capability" },
} as const;
const every = (notes: string[]) => {
  const hook = (name: string) => () => (notes.push(name), name);
  return { one: hook("one"), all: hook("all"), tell: hook("tell"), link: hook("link"), fit: hook("fit") };
};

Deno.test("middleware wraps every hook of every class, in order, and unwinds in reverse", async () => {
  const notes: string[] = [];
  await using host = await OwnHost.running({
    "guard/inner": noting(notes, "inner", { priority: 1000 }),
    "guard/outer": noting(notes, "outer", { priority: 2000 }),
    "guard/first": noting(notes, "first", { tryfirst: true }),
    "guard/last": noting(notes, "last", { trylast: true, priority: 9000 }),
    "thing/a": { plugin: every(notes) },
  }, { hooks: HOOKS });
  const order = ["first", "outer", "inner", "last"];
  for (const hook of Object.keys(HOOKS.thing)) {
    const want = [...order.map((n) => `${n}>${hook}`), hook, ...order.toReversed().map((n) => `${n}<${hook}`)];
    notes.length = 0;
    await host.registry.dispatch("thing", hook, {});
    assertEquals(notes, want, `dispatch ${hook}`);
    notes.length = 0;
    await host.registry.call("thing", "a", hook);
    assertEquals(notes, want, `call ${hook}`);
    notes.length = 0;
    await host.plugin("thing/a")[hook]!();
    assertEquals(notes, want, `handle ${hook}`);
  }
});

Deno.test("it unwinds in reverse also on a throw, which it may keep, change or swallow", async () => {
  const notes: string[] = [];
  let swallow = false;
  await using host = await OwnHost.running({
    "guard/outer": noting(notes, "outer", { priority: 2000 }),
    "guard/inner": around(async ({ hook }, next) => {
      try {
        return await next();
      } catch (error) {
        notes.push(`inner!${hook}`);
        if (swallow) return "mended";
        throw error;
      }
    }),
    "thing/a": {
      plugin: {
        one() {
          throw new RangeError("no");
        },
      },
    },
  });
  await assertRejects(() => host.plugin("thing/a").one!(), RangeError, "no");
  assertEquals(notes, ["outer>one", "inner!one", "outer<one"]);
  swallow = true;
  assertEquals(await host.plugin("thing/a").one!(), "mended");
});

Deno.test("it is told kind, plugin, hook, arguments and metadata, and may change arguments, metadata and result", async () => {
  let told: unknown;
  let seen: unknown;
  class Sample {
    #context!: { metadata: unknown };
    setup(context: { metadata: unknown }) {
      this.#context = context;
    }
    join(...args: string[]) {
      seen = this.#context.metadata;
      return args.join("-");
    }
  }
  await using host = await OwnHost.running({
    "guard/a": around(async (call, next) => {
      told = call;
      return `${await next({ args: [...call.args, "more"], metadata: { actor: "guard" } })}!`;
    }),
    "thing/a": { plugin: Sample },
  });
  const metadata = { tenant_id: "acme" };
  assertEquals(await host.registry.call("thing", "a", "join", ["x", "y"], { metadata }), "x-y-more!");
  assertEquals(told, { kind: "thing", plugin: "a", hook: "join", args: ["x", "y"], metadata });
  assertEquals(seen, { actor: "guard" });
  assertEquals(await host.plugin("thing/a").join!("z"), "z-more!");
});

Deno.test("only the kinds and hooks that it names are wrapped, a hook in either spelling", async () => {
  const notes: string[] = [];
  const plugin = { list_tools: () => 1, other: () => 2 };
  await using host = await OwnHost.running({
    "guard/a": noting(notes, "a", { chain_wrap: { kinds: ["thing"], hooks: ["listTools"] } }),
    "thing/a": { plugin },
    "free/a": { plugin },
  });
  await host.plugin("thing/a").other!();
  await host.plugin("free/a").list_tools!();
  assertEquals(notes, []);
  await host.plugin("thing/a").list_tools!();
  assertEquals(notes, ["a>list_tools", "a<list_tools"]);
});

Deno.test("it may refuse: what it throws is the call's rejection, and the plugin is not called", async () => {
  let asked = 0;
  class Refused extends Error {}
  await using host = await OwnHost.running({
    "guard/a": around(() => {
      throw new Refused("quota is used up");
    }),
    "thing/a": { plugin: { one: () => asked++ } },
  });
  await assertRejects(() => host.plugin("thing/a").one!(), Refused, "quota is used up");
  await assertRejects(() => host.registry.dispatch("thing", "one", {}), Refused);
  assertEquals(asked, 0);
});

Deno.test("it may answer by itself, without next", async () => {
  let asked = 0;
  await using host = await OwnHost.running({
    "guard/cache": around(() => "cached"),
    "thing/a": { plugin: { one: () => asked++ } },
  });
  assertEquals([await host.plugin("thing/a").one!(), asked], ["cached", 0]);
});

Deno.test("next called twice is an error, and so is one that is called when wrap has ended", async () => {
  let asked = 0;
  let kept: Next | undefined;
  await using host = await OwnHost.running({
    "guard/a": around(async ({ hook }, next) => {
      kept = next;
      if (hook === "ended") return "done";
      await next();
      return await next();
    }),
    "thing/a": { plugin: { one: () => asked++, ended: () => asked++ } },
  });
  await assertRejects(
    () => host.plugin("thing/a").one!(),
    PluginRegistryError,
    'Cannot call next again in middleware "guard/a": it has called it already',
  );
  assertEquals(asked, 1);
  assertEquals(await host.plugin("thing/a").ended!(), "done");
  await assertRejects(() => kept!(), Error, "has ended");
  assertEquals(asked, 1);
});

Deno.test("a change that is none is refused, and the plugin is not called", async () => {
  let asked = 0;
  let change: unknown;
  await using host = await OwnHost.running({
    "guard/a": around((_call, next) => next(change as Change)),
    "thing/a": { plugin: { one: () => asked++ } },
  });
  for (
    const [given, what] of [[{ args: 1 }, "args is no list"], [{ metadata: [] }, "metadata is no object"], [
      5,
      "its change",
    ]]
  ) {
    change = given;
    await assertRejects(() => host.plugin("thing/a").one!(), PluginRegistryError, what as string);
  }
  assertEquals(asked, 0);
});

Deno.test("middleware that does not run makes what it wraps fail, and nothing else", async () => {
  let asked = 0;
  await using host = await OwnHost.running({
    "guard/a": {
      ...around((_call, next) => next(), { chain_wrap: { kinds: ["thing"], hooks: ["*"] } }),
      plugin: { wrap: () => 1, setup: () => Promise.reject(new Error("no luck")) },
    },
    "thing/a": { plugin: { one: () => asked++ } },
    "free/a": { plugin: { one: () => "free" } },
  });
  await assertRejects(() => host.plugin("thing/a").one!(), PluginUnavailable, "no luck");
  await assertRejects(() => host.registry.dispatch("thing", "one", {}), PluginUnavailable, "guard/a");
  assertEquals(asked, 0);
  assertEquals(await host.plugin("free/a").one!(), "free");
});

Deno.test("a plugin with chain_wrap and no wrap cannot start, and its calls stay closed", async () => {
  await using host = await OwnHost.running({
    "guard/a": { ...around(() => 1), plugin: { hi: () => 1 } },
    "thing/a": { plugin: { one: () => 1 } },
  });
  assert(host.reason("guard/a")!.message.includes("no method wrap(call, next)"));
  await assertRejects(() => host.plugin("thing/a").one!(), PluginUnavailable);
});

Deno.test("middleware is not wrapped itself, and wrap is no hook", async () => {
  const notes: string[] = [];
  await using host = await OwnHost.running({
    "guard/a": noting(notes, "a"),
    "guard/b": {
      ...noting(notes, "b", { priority: 3000 }),
      plugin: { wrap: (_: Call, next: Next) => next(), stats: () => 7 },
    },
    "thing/a": { plugin: { one: () => 1 } },
  });
  assertEquals(await host.plugin("guard/b").stats!(), 7);
  assertEquals(notes, []);
  await assertRejects(() => host.registry.call("guard", "a", "wrap", [{}, {}]), Error, "no such hook");
});

Deno.test("the time that next takes is not the middleware's, and its own time has the limit of a hook", async () => {
  const slow = { one: () => sleep(250), two: () => sleep(20) };
  await using host = await OwnHost.running({
    "guard/a": around(async ({ hook }, next) => {
      await next();
      if (hook === "two") await new Promise(() => {});
      await sleep(250);
      return "through";
    }),
    "thing/a": { plugin: slow },
  }, { hookTimeoutMs: 350, drainTimeoutMs: 10 });
  assertEquals(await host.plugin("thing/a").one!(), "through"); // each below its own limit, both together above
  const error = await assertRejects(() => host.plugin("thing/a").two!(), HookTimeout);
  assertEquals(error.plugin, "guard/a");
});

Deno.test("a call's own limit and signal are over the whole of it", async () => {
  await using host = await OwnHost.running({
    "guard/a": around(async (_call, next) => (await sleep(60), await next())),
    "thing/a": { plugin: { one: () => new Promise(() => {}) } },
  }, { drainTimeoutMs: 10 });
  await assertRejects(
    () => host.registry.call("thing", "a", "one", [], { timeoutMs: 90 }),
    HookTimeout,
    "within 90 ms",
  );
  const controller = new AbortController();
  const call = host.registry.call("thing", "a", "one", [], { signal: controller.signal });
  call.catch(() => {});
  await sleep(100);
  controller.abort(new Error("enough"));
  await assertRejects(() => call, Error, "enough");
});

for (const sandbox of ["process", "worker"] as const) {
  Deno.test(`${sandbox}: middleware in a sandbox wraps a plugin in another, changes, refuses, and calls next once`, async () => {
    await using host = await TestHost.start({
      "m/dagstack.toml": manifestText(
        { name: '"guard"', kind: '"guard"', priority: "1000" },
        '[plugin.chain_wrap]\nkinds = ["thing"]\nhooks = ["*"]',
      ),
      "m/plugin.ts": `export class Sample {
        async wrap(call: any, next: any) {
          if (call.metadata.tenant_id === "banned") throw new RangeError("banned: " + call.plugin + "." + call.hook);
          if (call.hook === "twice") { await next(); return await next(); }
          try { return "[" + await next({ args: call.args.map((a: any) => a + "?") }) + "]"; }
          catch (error) { throw new TypeError("wrapped", { cause: error }); }
        } }`,
      "p/dagstack.toml": manifestText(),
      "p/plugin.ts":
        `export class Sample { n = 0; one(text: string) { this.n++; return text; } twice() { return ++this.n; }
        bad() { throw new SyntaxError("inmost"); } count() { return this.n; } }`,
    }, { sandbox });
    const call = (hook: string, args: unknown[] = [], tenant_id = "acme") =>
      host.registry.call("thing", "sample", hook, args, { metadata: { tenant_id } });
    assertEquals(await call("one", ["hi"]), "[hi?]");
    assertEquals(await host.plugin().one!("hi"), "[hi?]");
    await assertRejects(() => call("one", ["hi"], "banned"), RangeError, "banned: sample.one");
    const error = await assertRejects(() => call("bad"), TypeError, "wrapped");
    assert(error.cause instanceof SyntaxError && error.cause.message === "inmost");
    await assertRejects(() => call("twice"), Error, "it has called it already");
    assertEquals(await call("count"), "[3]"); // two of one, one of twice
  });
}

Deno.test("without middleware a plain call makes nothing of it: a first call is answered in the same turn", async () => {
  await using host = await OwnHost.running({ "thing/a": { plugin: { one: () => 1 } } });
  let answer: unknown;
  host.plugin("thing/a").one!().then((value) => answer = value);
  await null;
  assertEquals(answer, 1);
});

for (const sandbox of ["none", "process"] as const) {
  Deno.test(`${sandbox}: STOP_CHAIN goes through middleware in every scope`, async () => {
    const plugin = (body: string) =>
      `import { STOP_CHAIN } from "@dagstack/plugin-system";\nexport class Sample { ${body} }`;
    await using host = await TestHost.start({
      "m/dagstack.toml": manifestText(
        { name: '"guard"', kind: '"guard"', priority: "1000" },
        '[plugin.chain_wrap]\nkinds = ["*"]\nhooks = ["*"]',
      ),
      "m/plugin.ts": "export class Sample { async wrap(_call: any, next: any) { return await next(); } }",
      "a/dagstack.toml": manifestText({ name: '"a"', priority: "9" }),
      "a/plugin.ts": plugin("link(value: any) { return value.n > 5 ? STOP_CHAIN : { n: value.n + 1 }; }"),
      "b/dagstack.toml": manifestText({ name: '"b"' }),
      "b/plugin.ts": plugin("link(value: any) { return { n: -value.n }; }"),
    }, { sandbox, trusted: ["guard/guard", "thing/a", "thing/b"], hooks: { thing: { link: "chain" } } });
    assertEquals(await host.registry.dispatch("thing", "link", { n: 1 }), { n: -2 });
    assertEquals(await host.registry.dispatch("thing", "link", { n: 6 }), { n: 6 });
  });
}
