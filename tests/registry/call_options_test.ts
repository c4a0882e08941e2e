/** `signal`, `timeoutMs` and `metadata` of a call (SPEC sections 7 and 8a), in every sandbox, through a real registry. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import {
  BroadcastCollectDispatcher,
  BroadcastNotifyDispatcher,
  CapabilityDispatcher,
  ChainDispatcher,
  HookTimeout,
  type PluginContext,
  type PluginRegistryOptions,
  PluginUnavailable,
  SerializationError,
  SingletonDispatcher,
} from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";
import { OwnHost, sleep, until } from "./own_host.ts";

// Before any call that carries something: what follows calls is taken from here once.
let entries = 0;
const { run } = AsyncLocalStorage.prototype;
AsyncLocalStorage.prototype.run = function (this: AsyncLocalStorage<unknown>, ...args: Parameters<typeof run>) {
  entries++;
  return Reflect.apply(run, this, args);
} as typeof run;

const CODE = `import type { PluginContext } from "@dagstack/plugin-system";
const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
export class Sample {
  context!: PluginContext;
  aborted: unknown[] = [];
  setup(context: PluginContext) { this.context = context; }
  hi() { return "hi"; }
  metadata() { return this.context.metadata; }
  async follow(ms: number) {
    const at = [this.context.metadata.request_id ?? null];
    await wait(ms);
    at.push(this.context.metadata.request_id ?? null);
    await new Promise<void>((done) => setTimeout(() => queueMicrotask(() => {
      at.push(this.context.metadata.request_id ?? null); done(); }), ms));
    await Promise.all([0, 1].map(async () => { await null; at.push(this.context.metadata.request_id ?? null); }));
    return at;
  }
  frozen() {
    const metadata = this.context.metadata as any;
    const tries = [() => metadata.actor = "x", () => metadata.deep.list.push(1), () => metadata.deep.list[0].a = 2];
    return tries.map((change) => { try { change(); return "changed"; } catch (error) { return (error as Error).name; } });
  }
  listen(ms: number) {
    const { signal } = this.context;
    return new Promise<void>((done) => {
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", () => {
        this.aborted.push(signal.reason instanceof Error);
        clearTimeout(timer);
        done();
      });
    });
  }
  deaf(ms: number) { return wait(ms); }
  stop() {
    const { signal } = this.context;
    return new Promise((_done, no) => signal.addEventListener("abort", () => no(signal.reason)));
  }
  whatWasAborted() { return this.aborted; }
  isAborted() { return this.context.signal.aborted; }
}
`;

const SANDBOXES: Record<string, PluginRegistryOptions> = {
  none: { sandbox: "none", trusted: ["thing/sample"] },
  process: {},
  worker: { sandbox: "worker" },
  group: { groups: { both: ["thing/sample", "thing/other"] } },
};
const files = (fields: Record<string, string> = {}) => ({
  "p/dagstack.toml": manifestText(fields),
  "p/plugin.ts": CODE,
});

Deno.test("a call that carries nothing enters no AsyncLocalStorage, and one that does enters it once", async () => {
  await using host = await TestHost.start(files(), SANDBOXES.none);
  entries = 0;
  for (const options of [undefined, {}, { metadata: undefined }]) {
    await host.registry.call("thing", "sample", "hi", [], options as undefined);
    await host.registry.dispatch("thing", "hi", {}, options as undefined);
  }
  await host.plugin().hi!();
  assertEquals(entries, 0);
  await host.registry.call("thing", "sample", "hi", [], { metadata: { request_id: "1" } });
  assertEquals(entries, 1);
});

for (const [name, options] of Object.entries(SANDBOXES)) {
  Deno.test(`${name}: metadata arrive as they were sent, frozen at every depth, and are empty without`, async () => {
    await using host = await TestHost.start(files(), options);
    const call = (hook: string, metadata?: Record<string, never>) =>
      host.registry.call("thing", "sample", hook, [], metadata && { metadata });
    const sent = {
      tenant_id: "acme",
      trace_context: { traceparent: "00-ab-cd-01" },
      deep: { list: [{ a: 1 }, null, true, 1.5, "é"] },
    };
    assertEquals(await call("metadata", sent as never), sent);
    assertEquals(await call("frozen", sent as never), ["TypeError", "TypeError", "TypeError"]);
    assertEquals(await call("metadata"), {});
    assertEquals(await host.registry.dispatch("thing", "metadata", null, { metadata: sent }), sent);
    sent.tenant_id = "changed later";
    sent.deep.list.length = 0;
  });

  Deno.test(`${name}: metadata follow their call through awaits and timers, with a hundred calls in flight`, async () => {
    await using host = await TestHost.start(files(), options);
    const calls = Array.from({ length: 100 }, (_, i) => {
      const id = i % 4 === 0 ? null : `call ${i}`; // every fourth carries nothing
      const carried = id === null ? undefined : { metadata: { request_id: id } };
      return host.registry.call("thing", "sample", "follow", [(i * 7) % 20], carried)
        .then((seen) => assertEquals(seen, [id, id, id, id, id]));
    });
    await Promise.all(calls);
  });

  Deno.test(`${name}: aborting rejects at once with the signal's reason, and tells the plugin`, async () => {
    await using host = await TestHost.start(files(), options);
    const controller = new AbortController();
    const { signal } = controller;
    const call = host.registry.call("thing", "sample", "listen", [60_000], { signal });
    call.catch(() => {});
    const other = host.registry.call("thing", "sample", "follow", [80], { metadata: { request_id: "other" } });
    await sleep(50);
    const reason = new Error("enough");
    let rejected: unknown;
    call.catch((error) => rejected = error);
    controller.abort(reason);
    await Promise.resolve();
    await Promise.resolve();
    assert(rejected === reason);
    assertEquals(await other, Array(5).fill("other"));
    assertEquals(await host.plugin().whatWasAborted!(), [true]);
    assertEquals(await host.registry.call("thing", "sample", "isAborted", [], { metadata: {} }), false);
  });

  Deno.test(`${name}: a signal that is aborted already calls nobody`, async () => {
    await using host = await TestHost.start(files(), options);
    const signal = AbortSignal.abort(new Error("too late"));
    await assertRejects(() => host.registry.call("thing", "sample", "listen", [1], { signal }), Error, "too late");
    await assertRejects(() => host.registry.dispatch("thing", "hi", {}, { signal }), Error, "too late");
    assertEquals(host.registry.status().plugins[0]!.timings.calls.count, 0);
  });

  Deno.test(`${name}: a missed timeoutMs is HookTimeout and tells the plugin, which goes on serving`, async () => {
    await using host = await TestHost.start(files(), options);
    const error = await assertRejects(
      () => host.registry.call("thing", "sample", "stop", [], { timeoutMs: 60 }),
      HookTimeout,
      'Cannot finish hook "stop" of plugin "thing/sample": no answer within 60 ms',
    );
    assertEquals([error.phase, error.hook, error.timeoutMs, error.plugin], ["hook", "stop", 60, "thing/sample"]);
    // The plugin's own rejection, which the abort made, is an answer that came too late.
    await until(() => host.registry.status().plugins[0]!.timings.calls.inFlight === 0, "the plugin's answer");
    assertEquals(host.registry.status().plugins[0]!.state, "active");
    assertEquals(await host.plugin().hi!(), "hi");
  });
}

Deno.test("process: only the registry's own limit ends a plugin, also when a call's own limit came before it", async () => {
  await using host = await TestHost.start(files(), { hookTimeoutMs: 600 });
  const own = host.registry.call("thing", "sample", "deaf", [60_000], { timeoutMs: 60 });
  await assertRejects(() => own, HookTimeout, "no answer within 60 ms");
  assertEquals(host.registry.status().plugins[0]!.state, "active");
  await until(() => host.registry.status().plugins[0]!.state === "unavailable", "unavailable");
  await assertRejects(() => host.plugin().hi!(), PluginUnavailable, 'hook "deaf" did not answer within 600 ms');
});

Deno.test("none: the registry's own limit rejects the call and leaves the plugin in service", async () => {
  await using host = await TestHost.start(files(), { ...SANDBOXES.none, hookTimeoutMs: 60 });
  await assertRejects(() => host.plugin().listen!(400), HookTimeout, "no answer within 60 ms");
  assertEquals(await host.plugin().hi!(), "hi");
});

Deno.test("a longer timeoutMs than the registry's limit does not lift that limit", async () => {
  await using host = await TestHost.start(files(), { ...SANDBOXES.none, hookTimeoutMs: 60 });
  const call = host.registry.call("thing", "sample", "listen", [400], { timeoutMs: 60_000 });
  await assertRejects(() => call, HookTimeout, "no answer within 60 ms");
});

Deno.test("a call leaves no listener on its caller's signal", async () => {
  await using host = await TestHost.start(files(), SANDBOXES.none);
  await using sandboxed = await TestHost.start(files());
  for (const { registry } of [host, sandboxed]) {
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: unknown[]) => {
      listeners++;
      Reflect.apply(addEventListener, signal, args);
    };
    signal.removeEventListener = (...args: unknown[]) => {
      listeners--;
      Reflect.apply(removeEventListener, signal, args);
    };
    for (let i = 0; i < 5; i++) await registry.call("thing", "sample", "hi", [], { signal, metadata: {} });
    await assertRejects(() => registry.call("thing", "sample", "none", [], { signal }));
    assertEquals(listeners, 0);
  }
});

Deno.test("options that mean nothing are refused before the plugin is called", async () => {
  await using host = await TestHost.start(files(), SANDBOXES.none);
  const call = (options: unknown) => () => host.registry.call("thing", "sample", "hi", [], options as undefined);
  await assertRejects(call({ signal: {} }), TypeError, 'Cannot call "hi": signal is no AbortSignal');
  for (const timeoutMs of [0, -1, NaN]) {
    await assertRejects(call({ timeoutMs }), RangeError, `timeoutMs is ${timeoutMs}, expected more than 0`);
  }
  const unserialisable: [unknown, string][] = [
    [{ when: new Date(0) }, "$.when: Date"],
    [{ deep: [{ n: NaN }] }, "$.deep[0].n: NaN"],
    [{ bytes: new Uint8Array(1) }, "$.bytes: Uint8Array"],
    [[1], "$: no object"],
    ["text", "$: no object"],
    [null, "$: no object"],
  ];
  for (const [metadata, found] of unserialisable) {
    const error = await assertRejects(call({ metadata }), SerializationError);
    assertStringIncludes(error.message, `metadata of hook "hi": ${found}`);
  }
  assertEquals(host.registry.status().plugins[0]!.timings.calls.count, 0);
});

/** A plugin that has hooks for all classes and says what it was given beside its input. */
class Every {
  #context!: PluginContext;
  setup(context: PluginContext): void {
    this.#context = context;
  }
  #seen() {
    return { id: this.#context.metadata.request_id ?? null };
  }
  one = () => this.#seen();
  all = () => this.#seen();
  tell = () => void (told = this.#seen());
  link = () => this.#seen();
  fit = () => this.#seen();
  slow = () => new Promise(() => {});
}
let told: unknown;
const HOOKS = {
  thing: {
    one: "singleton",
    all: "broadcast_collect",
    tell: "broadcast_notify",
    link: "chain",
    fit: "capability",
  },
} as const;

Deno.test("registry.dispatch and all five dispatchers hand signal, timeoutMs and metadata on", async () => {
  await using host = await OwnHost.running({ "thing/a": { plugin: Every } }, { hooks: HOOKS });
  const plugins = host.registry.getLoadedPlugins();
  const dispatchers = {
    one: new SingletonDispatcher("thing"),
    all: new BroadcastCollectDispatcher("thing"),
    tell: new BroadcastNotifyDispatcher("thing"),
    link: new ChainDispatcher("thing"),
    fit: new CapabilityDispatcher("thing"),
  };
  const want = { one: { id: "1" }, all: [{ id: "1" }], tell: undefined, link: { id: "1" }, fit: { id: "1" } };
  for (const [hook, dispatcher] of Object.entries(dispatchers) as [keyof typeof want, typeof dispatchers.one][]) {
    const options = { metadata: { request_id: "1" } };
    told = undefined;
    assertEquals(await dispatcher.dispatch(plugins, hook, {}, options), want[hook], hook);
    assertEquals(await host.registry.dispatch("thing", hook, {}, options), want[hook], hook);
    if (hook === "tell") assertEquals(told, { id: "1" });
    const signal = AbortSignal.abort(new Error("no"));
    await assertRejects(() => dispatcher.dispatch(plugins, hook, {}, { signal }), Error, "no");
    await assertRejects(() => host.registry.dispatch("thing", hook, {}, { signal }), Error, "no");
  }
});

Deno.test("an abort in the middle of any dispatch rejects with the signal's reason, not with the plugins' failures", async () => {
  const classes = ["singleton", "broadcast_collect", "broadcast_notify", "chain", "capability"] as const;
  for (const dispatch of classes) {
    await using host = await OwnHost.running(
      { "thing/a": { plugin: Every }, "thing/b": { plugin: Every, priority: 1 } },
      { hooks: { thing: { slow: dispatch } }, drainTimeoutMs: 10 },
    );
    const controller = new AbortController();
    const call = host.registry.dispatch("thing", "slow", {}, { signal: controller.signal });
    call.catch(() => {});
    await sleep(10);
    const reason = new Error("enough");
    controller.abort(reason);
    const error = await assertRejects(() => call, Error);
    assert(error === reason, `${dispatch}: ${error}`);
    assertEquals(host.states, ["thing/a active", "thing/b active"]);
  }
});

Deno.test("the limit of a chain is that of all its plugins together", async () => {
  await using host = await OwnHost.running({
    "thing/a": { plugin: { slow: (n: number) => sleep(80).then(() => n + 1) }, priority: 1 },
    "thing/b": { plugin: { slow: (n: number) => n < 0 ? n : new Promise(() => {}) } },
  }, { hooks: { thing: { slow: "chain" } }, drainTimeoutMs: 10 });
  const call = host.registry.dispatch("thing", "slow", 0, { timeoutMs: 400 });
  const error = await assertRejects(() => call, HookTimeout);
  assertEquals(error.plugin, "thing/b");
  assert(error.timeoutMs <= 325, `the first left ${error.timeoutMs} ms`);
  assertEquals(await host.registry.dispatch("thing", "slow", -5, { timeoutMs: 60_000 }), -4);
});

Deno.test("a call made from inside a call that carries something does not inherit it", async () => {
  class Inner {
    #context!: PluginContext;
    setup(context: PluginContext): void {
      this.#context = context;
    }
    look = () => this.#context.metadata;
  }
  const host = new OwnHost();
  await host.registry.registerModule(Inner, {
    kind: "inner",
    name: "a",
    runtime: "in_process",
    core_version: ">=0.1.0,<1.0.0",
  });
  await host.registry.registerModule(
    { outer: () => host.registry.call("inner", "a", "look") },
    { kind: "outer", name: "a", runtime: "in_process", core_version: ">=0.1.0,<1.0.0" },
  );
  await using _end = host;
  await host.registry.setupAll();
  assertEquals(await host.registry.call("outer", "a", "outer", [], { metadata: { request_id: "1" } }), {});
});
