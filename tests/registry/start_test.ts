/** How plugins start (SPEC section 6), through a real registry. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AmbiguousPlugin, DependencyCycle, HookTimeout, PluginUnavailable } from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";
import { barrier, OwnHost, sleep } from "./own_host.ts";

/** A plugin that notes its setup and its teardown. */
const noting = (notes: string[], name: string, fields: Record<string, unknown> = {}) => ({
  plugin: { setup: () => void notes.push(name), teardown: () => void notes.push(`-${name}`), hi: () => name },
  ...fields,
});
const failing = (message: string, fields: Record<string, unknown> = {}) => ({
  plugin: {
    setup() {
      throw new TypeError(message);
    },
    hi: () => "hi",
  },
  ...fields,
});

Deno.test("plugins start by level, and within one by tryfirst, priority descending, name, trylast", async () => {
  const notes: string[] = [];
  await using host = await OwnHost.of({
    "thing/last": noting(notes, "last", { trylast: true, priority: 900 }),
    "thing/b": noting(notes, "b", { priority: 5 }),
    "thing/a": noting(notes, "a", { priority: 5 }),
    "thing/high": noting(notes, "high", { priority: 500 }),
    "thing/first": noting(notes, "first", { tryfirst: true }),
    "thing/needy": noting(notes, "needy", { depends_on: ["last"], priority: 999, tryfirst: true }),
    "thing/needier": noting(notes, "needier", { depends_on: [{ kind: "thing", name: "needy" }] }),
  });
  await host.registry.setupAll();
  assertEquals(notes, ["first", "high", "a", "b", "last", "needy", "needier"]);
  const begun = host.changes.filter(({ to }) => to === "starting").map(({ plugin }) => plugin.slice(6));
  assertEquals(begun, notes);
});

Deno.test("plugins of one level start in parallel, and the next level when all of them are through", async () => {
  const together = barrier(2);
  let through = 0;
  let seen = -1;
  const meeting = {
    plugin: {
      async setup() {
        await together(); // one after the other would wait until its time is over
        await sleep(20);
        through++;
      },
    },
    startup_timeout_sec: 5,
  };
  await using host = await OwnHost.running({
    "thing/a": meeting,
    "thing/b": { ...meeting, plugin: { ...meeting.plugin } },
    "thing/c": { plugin: { setup: () => void (seen = through) }, depends_on: ["a"] },
  });
  assertEquals(host.states, ["thing/a active", "thing/b active", "thing/c active"]);
  assertEquals(seen, 2);
});

Deno.test("each plugin has its own limit, and a timeout names plugin, phase, limit and elapsed time", async () => {
  let late: (() => void) | undefined;
  const slow = { setup: () => new Promise<void>((resolve) => late = resolve), hi: () => 1 };
  await using host = await OwnHost.running({
    "thing/slow": { plugin: slow, startup_timeout_sec: 1 },
    "thing/patient": { plugin: { setup: () => sleep(1300), hi: () => "here" }, startup_timeout_sec: 20 },
  });
  assertEquals(host.states, ["thing/patient active", "thing/slow unavailable"]);
  const error = await assertRejects(() => host.plugin("thing/slow").hi!(), PluginUnavailable);
  const { cause } = error;
  assert(cause instanceof HookTimeout);
  assertEquals([cause.plugin, cause.phase, cause.timeoutMs], ["thing/slow", "setup", 1000]);
  assert(Number(/\(waited (\d+) ms\)$/.exec(cause.message)?.[1]) >= 999, cause.message);
  assertEquals(host.calls("thing/slow").late, 0);
  late!();
  await sleep(0);
  assertEquals(host.calls("thing/slow").late, 1);
  assertEquals(host.states, ["thing/patient active", "thing/slow unavailable"]);
});

Deno.test("process: a module that never ends loading is a timeout of the phase load, and its process ends", async () => {
  await using host = await TestHost.start({
    "p/dagstack.toml": manifestText({ startup_timeout_sec: "1" }),
    "p/plugin.ts": "await new Promise(() => setInterval(() => {}, 1000));\nexport class Sample { hi() {} }",
    "q/dagstack.toml": manifestText({ name: '"other"' }),
    "q/plugin.ts": "export class Sample { hi() { return 'hi'; } }",
  });
  assertEquals(host.reason()?.code, "HookTimeout");
  assertStringIncludes(host.reason()!.message, "thing/sample");
  assertStringIncludes(host.reason()!.message, "load");
  assertEquals(await host.plugin("thing/other").hi!(), "hi");
});

Deno.test("whatever depends on a plugin that failed is unavailable with the whole chain of cause; the rest start", async () => {
  const notes: string[] = [];
  await using host = await OwnHost.running({
    "store/disk": failing("no disk"),
    "index/words": noting(notes, "words", { depends_on: ["disk"] }),
    "search/text": noting(notes, "text", { depends_on: [{ kind: "index", name: "words" }] }),
    "thing/free": noting(notes, "free"),
    "thing/lost": noting(notes, "lost", { depends_on: ["nobody"] }),
  });
  assertEquals(notes, ["free"]);
  assertEquals(host.states, [
    "index/words unavailable",
    "search/text unavailable",
    "store/disk unavailable",
    "thing/free active",
    "thing/lost unavailable",
  ]);
  const error = await assertRejects(() => host.plugin("search/text").hi!(), PluginUnavailable);
  assertEquals(
    error.message,
    'Cannot use plugin "search/text": it depends on "index/words": it depends on "disk": setup failed: ' +
      "TypeError: no disk",
  );
  const causes: unknown[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) causes.push(at.constructor.name);
  assertEquals(causes, ["PluginUnavailable", "PluginUnavailable", "PluginUnavailable", "TypeError"]);
  assertStringIncludes(host.reason("thing/lost")!.message, 'it depends on "nobody": no such plugin is registered');
  const logged = host.logger.messages("error");
  assertEquals(logged.length, 4);
  assertEquals(host.moves("search/text"), ["registered>starting", "starting>unavailable"]);
});

Deno.test("process: a plugin that cannot be loaded takes its dependants along, and its error has place and cause", async () => {
  await using host = await TestHost.start({
    "p/dagstack.toml": manifestText(),
    "p/plugin.ts": "import './gone.ts';\nexport class Sample {}",
    "q/dagstack.toml": manifestText({ name: '"needy"', depends_on: '["sample"]' }),
    "q/plugin.ts": "export class Sample { hi() {} }",
    "r/dagstack.toml": manifestText({ name: '"free"' }),
    "r/plugin.ts": "export class Sample { hi() { return 'hi'; } }",
  });
  assertEquals(host.reason()?.code, "PluginLoadError");
  assertStringIncludes(host.reason()!.message, "gone.ts");
  await assertRejects(() => host.plugin("thing/needy").hi!(), PluginUnavailable, 'it depends on "sample": ');
  assertStringIncludes(host.reason("thing/needy")!.message, "gone.ts");
  assertEquals(await host.plugin("thing/free").hi!(), "hi");
});

Deno.test("what had failed is started by the next setupAll, with those that waited for it", async () => {
  let disk = false;
  const notes: string[] = [];
  const store = {
    setup() {
      if (!disk) throw new Error("no disk");
      notes.push("disk");
    },
  };
  await using host = await OwnHost.running({
    "store/disk": { plugin: store },
    "thing/a": noting(notes, "a", { depends_on: ["disk"] }),
    "thing/b": noting(notes, "b"),
  });
  disk = true;
  await host.registry.setupAll();
  assertEquals(notes, ["b", "disk", "a"]);
  assertEquals(host.states, ["store/disk active", "thing/a active", "thing/b active"]);
  assertEquals(host.reason("store/disk"), undefined);
});

Deno.test("a cycle stops the start before any plugin code runs, and its message has the whole circle", async () => {
  let made = 0;
  const notes: string[] = [];
  class Counted {
    constructor() {
      made++;
    }
  }
  await using host = await OwnHost.of({
    "thing/a": { plugin: Counted, depends_on: ["c"] },
    "thing/b": { plugin: Counted, depends_on: ["a"] },
    "thing/c": { plugin: Counted, depends_on: ["b"] },
    "thing/free": noting(notes, "free"),
  });
  const error = await assertRejects(() => host.registry.setupAll(), DependencyCycle);
  assertEquals([...new Set(error.cycle)].sort(), ["thing/a", "thing/b", "thing/c"]);
  assertEquals([error.cycle.length, error.cycle[0]], [4, error.cycle[3]]);
  for (const id of error.cycle) assertStringIncludes(error.message, id);
  assertEquals([made, notes, host.changes], [0, [], []]);
});

Deno.test("two fallbacks of one kind stop the start before any plugin code runs; of two kinds they do not", async () => {
  const notes: string[] = [];
  await using host = await OwnHost.of({
    "thing/a": noting(notes, "a", { fallback: true }),
    "thing/b": noting(notes, "b", { fallback: true, priority: 5 }),
  });
  const error = await assertRejects(() => host.registry.setupAll(), AmbiguousPlugin, "fallback");
  assertEquals([error.candidates, notes, host.changes], [["thing/a", "thing/b"], [], []]);
  await using fine = await OwnHost.running({
    "thing/a": noting(notes, "a", { fallback: true }),
    "other/b": noting(notes, "b", { fallback: true }),
  });
  assertEquals(fine.states, ["other/b active", "thing/a active"]);
});

Deno.test("a tie of a kind with only singleton hooks stops the start, unless something else chooses", async () => {
  const notes: string[] = [];
  const tied = () => ({
    "thing/a": noting(notes, "a", { priority: 3 }),
    "thing/b": noting(notes, "b", { priority: 3 }),
  });
  const hooks = { thing: { hi: "singleton" } } as const;
  await using host = await OwnHost.of(tied(), { hooks });
  const error = await assertRejects(() => host.registry.setupAll(), AmbiguousPlugin, "DAGSTACK_ACTIVE_THING");
  assertEquals([error.candidates, notes], [["thing/a", "thing/b"], []]);
  using _policy = host.registry.setRoutingPolicy("thing", () => "b");
  await host.registry.setupAll();
  assertEquals(await host.registry.dispatch("thing", "hi", {}), "b");
  await using mixed = await OwnHost.running(tied(), { hooks: { thing: { hi: "singleton", all: "chain" } } });
  await assertRejects(() => mixed.registry.dispatch("thing", "hi", {}), AmbiguousPlugin, "thing/a, thing/b");
  Deno.env.set("DAGSTACK_ACTIVE_THING", "a");
  try {
    await using chosen = await OwnHost.running(tied(), { hooks });
    assertEquals(await chosen.registry.dispatch("thing", "hi", {}), "a");
  } finally {
    Deno.env.delete("DAGSTACK_ACTIVE_THING");
  }
});

for (const way of ["context", "options"] as const) {
  Deno.test(`rollback (${way}) tears down what had started, in reverse, rethrows, and starts no later level`, async () => {
    const notes: string[] = [];
    await using host = await OwnHost.of({
      "thing/a": noting(notes, "a"),
      "thing/b": noting(notes, "b", { depends_on: ["a"] }),
      "thing/bad": failing("no luck", { depends_on: ["b"] }),
      "thing/beside": noting(notes, "beside", { depends_on: ["b"] }),
      "thing/never": noting(notes, "never", { depends_on: ["bad"] }),
      "thing/late": noting(notes, "late", { depends_on: ["beside"] }),
    });
    const start = () =>
      way === "context"
        ? host.registry.setupAll({ onFailure: "rollback" })
        : host.registry.setupAll({}, { onFailure: "rollback" });
    const error = await assertRejects(start, PluginUnavailable, "setup failed: TypeError: no luck");
    assert(error.cause instanceof TypeError);
    assertEquals(notes, ["a", "b", "beside", "-beside", "-b", "-a"]);
    assertEquals(host.registry.getLoadedPlugins(), []);
    assertEquals(host.states.filter((state) => / (active|starting)$/.test(state)), []);
    await host.registry.setupAll(); // and once more, going on this time
    assertEquals(host.registry.getLoadedPlugins().map(({ manifest }) => manifest.name), ["a", "b", "beside", "late"]);
  });
}

Deno.test("rollback leaves alone what an earlier setupAll had started", async () => {
  const notes: string[] = [];
  await using host = await OwnHost.running({ "thing/a": noting(notes, "a") });
  await host.registry.registerModule({ setup: () => Promise.reject(new Error("no")) }, {
    kind: "thing",
    name: "bad",
    runtime: "in_process",
    core_version: ">=0.1.0,<1.0.0",
  });
  await assertRejects(() => host.registry.setupAll({ onFailure: "rollback" }), PluginUnavailable);
  assertEquals(notes, ["a"]);
  assertEquals(await host.plugin("thing/a").hi!(), "a");
});

Deno.test("a rollback whose teardown fails still rethrows why the start failed, and logs the rest", async () => {
  const stuck = { setup() {}, teardown: () => Promise.reject(new Error("stuck")) };
  await using host = await OwnHost.of({
    "thing/a": { plugin: stuck },
    "thing/bad": failing("no luck", { depends_on: ["a"] }),
  });
  await assertRejects(() => host.registry.setupAll({ onFailure: "rollback" }), PluginUnavailable, "no luck");
  assert(host.logger.messages("warn").some((message) => message.includes("stuck")));
});

Deno.test("an aborted start tears down what it had started, and rejects with the signal's reason", async () => {
  const notes: string[] = [];
  const controller = new AbortController();
  await using host = await OwnHost.of({
    "thing/a": noting(notes, "a"),
    "thing/b": {
      plugin: {
        setup() {
          controller.abort(new Error("enough"));
          return sleep(20);
        },
        teardown: () => void notes.push("-b"),
      },
      depends_on: ["a"],
    },
    "thing/c": noting(notes, "c", { depends_on: ["b"] }),
  });
  const starting = host.registry.setupAll({}, { signal: controller.signal });
  await assertRejects(() => starting, Error, "enough");
  assertEquals(notes.includes("c"), false);
  assertEquals(notes.at(-1), "-a");
  assertEquals(host.registry.getLoadedPlugins(), []);
});

Deno.test("a start that is aborted before it begins runs nothing", async () => {
  const notes: string[] = [];
  await using host = await OwnHost.of({ "thing/a": noting(notes, "a") });
  await assertRejects(() => host.registry.setupAll({ signal: AbortSignal.abort(new Error("no")) }), Error, "no");
  assertEquals([notes, host.changes], [[], []]);
});
