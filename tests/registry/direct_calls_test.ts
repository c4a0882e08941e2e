/** Dispatches among plugins without a sandbox (SPEC section 7): several calls that are one piece of work. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  HookTimeout,
  type PluginContext,
  type PluginRegistryOptions,
  PluginUnavailable,
  SerializationError,
  STOP_CHAIN,
} from "@dagstack/plugin-system";
import { BASE, OwnHost, type OwnPlugins, sleep, until } from "./own_host.ts";

/** Notes who was called, and may take its time. Each of its hooks is called once before a test: first calls are timed, and go another way. */
class Step {
  static made = 0;
  /** The last time that one takes. */
  static asleep: Promise<void>;
  /** What `again` does. */
  static relay: () => Promise<unknown>;
  readonly #made = ++Step.made;
  #context!: PluginContext;
  setup(context: PluginContext): void {
    this.#context = context;
  }
  async link({ to, slow, ms }: Link): Promise<unknown> {
    const { name } = this.#context.manifest;
    if (slow === name) await (Step.asleep = sleep(ms));
    return { to: [...to, `${name}${this.#made}`], slow, ms };
  }
  async all(input: Link): Promise<unknown> {
    return (await this.link(input) as Link).to[0];
  }
  seen(): unknown {
    return [this.#context.metadata.request_id ?? null, this.#context.inFlight().length];
  }
  again(): Promise<unknown> {
    return Step.relay();
  }
}
interface Link {
  to: string[];
  slow: string;
  ms: number;
}
const link = (slow = "", ms = 0): Link => ({ to: [], slow, ms });
const HOOKS = {
  thing: {
    link: "chain",
    seen: "chain",
    all: { dispatch: "broadcast_collect", errorPolicy: "best_effort" },
    tell: "broadcast_notify",
  },
} as const;

const steps: OwnPlugins = Object.fromEntries("abcd".split("").map((name) => [`thing/${name}`, { plugin: Step }]));

async function running(options: PluginRegistryOptions = {}): Promise<OwnHost> {
  Step.made = 0;
  const host = await OwnHost.running(steps, { hooks: HOOKS, ...options });
  for (const hook of ["link", "all", "seen"]) await host.registry.dispatch("thing", hook, link());
  return host;
}

const numbers = (host: OwnHost) =>
  "abcd".split("").map((name) => {
    const { count, failed, timedOut, late, inFlight } = host.calls(`thing/${name}`);
    return [count - 3, failed, timedOut, late, inFlight];
  });

Deno.test("a chain whose third plugin is too slow names it; what it says later is counted and not applied", async () => {
  await using host = await running({ hookTimeoutMs: 60 });
  const error = await assertRejects(() => host.registry.dispatch("thing", "link", link("c", 600)), HookTimeout);
  assertEquals([error.plugin, error.hook, error.phase, error.timeoutMs], ["thing/c", "link", "hook", 60]);
  assert(error.elapsedMs >= 60 && error.elapsedMs < 600, error.message);
  assertEquals(numbers(host), [[1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 1, 0, 1], [0, 0, 0, 0, 0]]);
  await until(() => host.calls("thing/c").late === 1, "the late answer");
  assertEquals(numbers(host), [[1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 1, 1, 0], [0, 0, 0, 0, 0]]);
});

Deno.test("a broadcast has one limit for all: the plugin that is too slow fails alone", async () => {
  await using host = await running({ hookTimeoutMs: 60 });
  const results = await host.registry.dispatch("thing", "all", link("c", 600)) as
    & string[]
    & { failures: { plugin: string; error: Error }[] };
  assertEquals([...results], ["a1", "b2", "d4"]);
  const [{ plugin, error }] = results.failures as [{ plugin: string; error: Error }];
  assert(error instanceof HookTimeout && results.failures.length === 1);
  assertEquals([plugin, error.plugin, error.hook], ["thing/c", "thing/c", "all"]);
  await until(() => host.calls("thing/c").late === 1, "the late answer");
  assertEquals(numbers(host), [[1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 1, 1, 0], [1, 0, 0, 0, 0]]);
});

Deno.test("a plugin's calls are under way, and known to it, while a chain waits for it and no longer", async () => {
  await using host = await running();
  const pending = host.registry.dispatch("thing", "link", link("b", 40));
  await sleep(5);
  assertEquals(numbers(host).map((all) => all.at(-1)), [0, 1, 0, 0]);
  await pending;
  assertEquals(numbers(host).map((all) => all.at(-1)), [0, 0, 0, 0]);
  assertEquals(await host.registry.dispatch("thing", "seen", link()), [null, 1]);
});

Deno.test("the end of one plugin of a broadcast under way rejects its part alone", async () => {
  await using host = await running({ drainTimeoutMs: 20 });
  const pending = host.registry.dispatch("thing", "all", link("b", 400));
  await host.registry.reload("thing", "b");
  const results = await pending as string[] & { failures: { plugin: string; error: Error }[] };
  assertEquals([...results], ["a1", "c3", "d4"]);
  assertEquals(results.failures.map(({ plugin }) => plugin), ["thing/b"]);
  const { error } = results.failures[0]!;
  assert(error instanceof PluginUnavailable && error.reason === "it is torn down", error.message);
  assertEquals(host.states, ["thing/a active", "thing/b active", "thing/c active", "thing/d active"]);
  await Step.asleep;
});

Deno.test("the end of a chain's plugin rejects the chain only when that plugin has its turn", async () => {
  await using host = await running({ drainTimeoutMs: 20 });
  const pending = host.registry.dispatch("thing", "link", link("b", 400));
  const rejected = assertRejects(() => pending, PluginUnavailable, "it is torn down");
  await sleep(5);
  await host.registry.reload("thing", "a"); // whose turn is over
  await host.registry.reload("thing", "c"); // whose turn has not come
  assertEquals(host.calls("thing/b").inFlight, 1);
  await host.registry.reload("thing", "b");
  await rejected;
  await Step.asleep;
});

Deno.test("a plugin that is reloaded while a chain is at another answers as it is now", async () => {
  await using host = await running();
  const pending = host.registry.dispatch("thing", "link", link("a", 60));
  await sleep(5);
  await host.registry.reload("thing", "c");
  assertEquals((await pending as Link).to, ["a1", "b2", "c5", "d4"]);
});

Deno.test("a plugin that is being reloaded holds a chain back until it is ready", async () => {
  await using host = await running();
  const pending = host.registry.dispatch("thing", "link", link("a", 20));
  const reloading = host.registry.reload("thing", "b");
  assertEquals((await pending as Link).to, ["a1", "b5", "c3", "d4"]);
  await reloading;
});

Deno.test("a chain under way does not enter a plugin that is being torn down", async () => {
  let called = 0;
  const first = { link: (ms: number) => sleep(ms) };
  const second = { link: () => void called++, teardown: () => sleep(150) };
  const host = await OwnHost.running({ "thing/a": { plugin: first }, "thing/b": { plugin: second } }, { hooks: HOOKS });
  await host.registry.dispatch("thing", "link", 0);
  const pending = host.registry.dispatch("thing", "link", 50);
  const rejected = assertRejects(() => pending, PluginUnavailable, "it is torn down");
  await host.registry.teardownAll();
  await rejected;
  assertEquals(called, 1);
  await host[Symbol.asyncDispose]();
});

Deno.test("middleware that comes while a chain is under way wraps the plugins that are still to be called", async () => {
  await using host = await running();
  const wrapped: string[] = [];
  const pending = host.registry.dispatch("thing", "link", link("b", 60));
  await sleep(5);
  await host.registry.registerModule({
    wrap({ plugin }: { plugin: string }, next: () => Promise<unknown>) {
      wrapped.push(plugin);
      return next();
    },
  }, { ...BASE, kind: "guard", name: "g", priority: 1000, chain_wrap: { kinds: ["thing"], hooks: ["link"] } });
  await host.registry.setupAll();
  assertEquals((await pending as Link).to, ["a1", "b2", "c3", "d4"]);
  assertEquals(wrapped, ["c", "d"]);
  assertEquals((await host.registry.dispatch("thing", "link", link()) as Link).to, ["a1", "b2", "c3", "d4"]);
  assertEquals(wrapped, ["c", "d", "a", "b", "c", "d"]);
});

Deno.test("metadata reach every plugin of a dispatch, and none when it is made from inside a call that carries some", async () => {
  await using host = await running();
  const metadata = { request_id: "1" };
  assertEquals(await host.registry.dispatch("thing", "seen", link(), { metadata }), ["1", 1]);
  Step.relay = () => host.registry.dispatch("thing", "seen", link());
  assertEquals(await host.registry.call("thing", "d", "again", [], { metadata }), [null, 2]); // d is asked last
  assertEquals(await host.registry.dispatch("thing", "seen", link()), [null, 1]);
});

Deno.test("what a plugin throws in a chain or a broadcast is its failure in status", async () => {
  await using host = await OwnHost.running({
    "thing/a": {
      plugin: {
        link: (n: number) => n < 2 ? n + 1 : Promise.reject(new RangeError("no")),
        all: (n: number) => n,
        tell() {
          throw new TypeError("nor this");
        },
      },
    },
  }, { hooks: HOOKS });
  assertEquals(await host.registry.dispatch("thing", "link", 1), 2);
  await assertRejects(() => host.registry.dispatch("thing", "link", 2), RangeError, "no");
  await host.registry.dispatch("thing", "tell", 1);
  const { count, failed, inFlight, meanMs } = host.calls("thing/a");
  assertEquals([count, failed, inFlight, typeof meanMs], [3, 2, 0, "number"]);
  assert(host.logger.messages("warn").some((text) => text.includes("nor this")));
});

Deno.test("strict: what may not cross is refused in chains and broadcasts, with its path, at once or later", async () => {
  const when = { link: () => ({ when: new Date(0) }), all: () => Promise.resolve({ list: [1, new Map()] }) };
  await using host = await OwnHost.running({ "thing/a": { plugin: { ...when, one: () => new Date(0) } } }, {
    hooks: HOOKS,
    strict: true,
  });
  for (let i = 0; i < 2; i++) {
    const link = await assertRejects(() => host.registry.dispatch("thing", "link", 1), SerializationError);
    assertEquals([link.path, link.message.includes('result of hook "link"')], ["$.when", true]);
    const { failures } = await host.registry.dispatch("thing", "all", 1) as { failures: { error: Error }[] };
    assert(failures[0]!.error.message.includes("$.list[1]: Map"), failures[0]!.error.message);
    await assertRejects(() => host.registry.dispatch("thing", "link", { a: 1n }), SerializationError, "argument 1");
    await assertRejects(() => host.registry.dispatch("thing", "one", 1), SerializationError, 'result of hook "one"');
  }
  assertEquals(host.calls("thing/a").failed, 8);
});

Deno.test("strict: void, STOP_CHAIN, bytes and streams pass, in any place", async () => {
  const results = [undefined, STOP_CHAIN, { bytes: new Uint8Array([1]) }, stream()];
  async function* stream() {
    yield await 1;
  }
  await using host = await OwnHost.running({ "thing/a": { plugin: { link: (i: number) => results[i] } } }, {
    hooks: HOOKS,
    strict: true,
  });
  await host.registry.dispatch("thing", "link", 0);
  const given = [];
  for (const i of results.keys()) given.push(await host.registry.dispatch("thing", "link", i));
  assertEquals(given, [undefined, 1, results[2], results[3]]);
  assertEquals(await host.registry.dispatch("thing", "link", stream()), undefined);
  assertEquals(host.calls("thing/a").failed, 0);
});

Deno.test("a method of the instance's own is looked up at each call, for such are made to be replaced", async () => {
  const plugin = { link: (n: number) => n + 1 };
  await using host = await OwnHost.running({ "thing/a": { plugin } }, { hooks: HOOKS });
  for (let i = 0; i < 2; i++) assertEquals(await host.registry.dispatch("thing", "link", 1), 2);
  plugin.link = (n) => n + 10;
  assertEquals(await host.registry.dispatch("thing", "link", 1), 11);
});

Deno.test("one call in 64 is timed, and one in 512 of a chain's", async () => {
  const clock = performance.now;
  let asked = 0;
  await using host = await OwnHost.running({ "thing/a": { plugin: { link: () => 1, one: () => 1 } } }, {
    hooks: HOOKS,
  });
  performance.now = () => (asked++, Reflect.apply(clock, performance, []));
  try {
    for (let i = 0; i < 512; i++) await host.registry.dispatch("thing", "one", 1);
    assert(asked >= 16 && asked <= 40, `${asked} looks at the clock`); // and those of sweeps
    asked = 0;
    for (let i = 0; i < 512; i++) await host.registry.dispatch("thing", "link", 1);
    assert(asked >= 2 && asked <= 20, `${asked} looks at the clock`);
  } finally {
    Reflect.deleteProperty(performance, "now");
  }
});
