/** How plugins stop (SPEC section 6), through a real registry. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { HookTimeout, type PluginContext, PluginUnavailable, TeardownErrors } from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";
import { barrier, OwnHost, sleep, until } from "./own_host.ts";

/** A plugin written into a folder. */
const files = (body: string, fields: Record<string, string> = {}) => ({
  "p/dagstack.toml": manifestText(fields),
  "p/plugin.ts": `export class Sample {\n${body}\n}\n`,
});

function isAlive(pid: number): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/stat`).includes(") Z ") === false;
  } catch {
    return false;
  }
}

Deno.test("levels are torn down in reverse, each in parallel", async () => {
  const notes: string[] = [];
  const together = barrier(2);
  const meets = (name: string) => ({
    async teardown() {
      await together(); // one after the other would end in a timeout
      notes.push(name);
    },
  });
  const host = await OwnHost.running({
    "thing/a": { plugin: { teardown: () => void notes.push("a") } },
    "thing/b": { plugin: meets("b"), depends_on: ["a"], teardown_timeout_sec: 5 },
    "thing/c": { plugin: meets("c"), depends_on: ["a"], teardown_timeout_sec: 5 },
    "thing/d": {
      plugin: {
        async teardown() {
          await sleep(20);
          notes.push("d");
        },
      },
      depends_on: ["b", "c"],
    },
  });
  await host[Symbol.asyncDispose]();
  assertEquals(notes, ["d", "b", "c", "a"]);
  assertEquals(host.moves("thing/a"), ["registered>starting", "starting>active", "active>stopped"]);
});

Deno.test("teardown errors are gathered in order of the levels, with their own class, and stop nobody", async () => {
  const notes: string[] = [];
  class Stuck extends Error {
    override name = "Stuck";
  }
  const bad = (message: string) => ({ teardown: () => Promise.reject(new Stuck(message)) });
  const host = await OwnHost.running({
    "thing/a": { plugin: bad("a is stuck") },
    "thing/b": { plugin: { teardown: () => void notes.push("b") }, depends_on: ["a"] },
    "thing/c": { plugin: bad("c is stuck"), depends_on: ["b"] },
  });
  const error = await assertRejects(() => host.registry.teardownAll(), TeardownErrors);
  assertEquals(error.message, "Cannot tear down 2 plugins: c is stuck; a is stuck");
  assert(error.errors.every((one) => one instanceof Stuck));
  assertEquals(notes, ["b"]);
  assertEquals(host.states, ["thing/a stopped", "thing/b stopped", "thing/c stopped"]);
  await host[Symbol.asyncDispose](); // a second one has nothing to complain of
});

Deno.test("calls under way are waited for, and end with their result before teardown begins; new ones are refused", async () => {
  const notes: string[] = [];
  const plugin = {
    async slow() {
      await sleep(60);
      notes.push("call ended");
      return "result";
    },
    teardown: () => void notes.push("teardown"),
  };
  const host = await OwnHost.running({ "thing/a": { plugin } });
  const call = host.plugin("thing/a").slow!();
  const ending = host.registry.teardownAll();
  await sleep(0);
  await assertRejects(() => host.plugin("thing/a").slow!(), PluginUnavailable, "it is torn down");
  await assertRejects(() => host.registry.call("thing", "a", "slow"), PluginUnavailable, "it is torn down");
  await assertRejects(() => host.registry.dispatch("thing", "slow", {}), PluginUnavailable, "it is torn down");
  assertEquals(await call, "result");
  await ending;
  assertEquals(notes, ["call ended", "teardown"]);
  await host[Symbol.asyncDispose]();
});

Deno.test("process: calls under way are waited for, too", async () => {
  await using host = await TestHost.start(
    files(`slow() { return new Promise((done) => setTimeout(() => done("result"), 100)); }
      setup(c: any) { this.log = c.logger; } log: any; teardown() { this.log.info("teardown"); }`),
  );
  const call = host.plugin().slow!();
  const ending = host.registry.teardownAll().then(() => host.logger.info("ended"));
  host.logger.info(await call as string);
  await ending;
  assertEquals(host.logger.messages("info"), ["result", "teardown", "ended"]);
});

Deno.test("what takes too long is given up: callers rejected, signals aborted, and teardown sees what still runs", async () => {
  const seen: Record<string, unknown> = {};
  class Busy {
    #context!: PluginContext;
    setup(context: PluginContext) {
      this.#context = context;
    }
    stubborn() {
      return new Promise(() => {});
    }
    polite() {
      const { signal } = this.#context;
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          seen.aborted = true;
          reject(signal.reason);
        });
      });
    }
    teardown() {
      seen.inFlight = this.#context.inFlight().map(({ hook, metadata }) => [hook, metadata]);
      seen.elapsed = this.#context.inFlight().every(({ elapsedMs }) => elapsedMs >= 20);
    }
  }
  const host = await OwnHost.running({ "thing/a": { plugin: Busy } }, { drainTimeoutMs: 40 });
  const rejected = ["stubborn", "polite"].map((hook) =>
    assertRejects(
      () => host.registry.call("thing", "a", hook, [], { metadata: { request_id: hook } }),
      PluginUnavailable,
      "it is torn down",
    )
  );
  await host.registry.teardownAll();
  await Promise.all(rejected);
  assertEquals(seen, { aborted: true, inFlight: [["stubborn", { request_id: "stubborn" }]], elapsed: true });
  await host[Symbol.asyncDispose]();
});

for (const [name, options] of Object.entries({ process: {}, worker: { sandbox: "worker" } } as const)) {
  Deno.test(`${name}: what takes too long is given up, and teardown is handed what still runs`, async () => {
    await using host = await TestHost.start(
      files(`setup(c: any) { this.c = c; } c: any;
        stubborn() { return new Promise((done) => setTimeout(done, 60_000)); }
        polite() { const { signal } = this.c;
          return new Promise((_, no) => signal.addEventListener("abort", () => { this.c.logger.info("aborted"); no(signal.reason); })); }
        async teardown() { await new Promise((done) => setTimeout(done, 20));
          this.c.logger.info(JSON.stringify(this.c.inFlight().map((call: any) => [call.hook, call.metadata]))); }`),
      { ...options, drainTimeoutMs: 60 },
    );
    const rejected = ["stubborn", "polite"].map((hook) =>
      assertRejects(
        () => host.registry.call("thing", "sample", hook, [], { metadata: { request_id: hook } }),
        PluginUnavailable,
        "it is torn down",
      )
    );
    await host.registry.teardownAll();
    await Promise.all(rejected);
    assertEquals(host.logger.messages("info"), ["aborted", '[["stubborn",{"request_id":"stubborn"}]]']);
  });
}

Deno.test("process: a teardown that hangs names plugin, phase, limit and time; it is leaked, its process ends, and it stays down", async () => {
  const host = await TestHost.start(
    files("pid() { return Deno.pid; } teardown() { return new Promise(() => setInterval(() => {}, 1000)); }", {
      teardown_timeout_sec: "1",
    }),
  );
  const pid = await host.plugin().pid!() as number;
  const error = await assertRejects(() => host.registry.teardownAll(), TeardownErrors);
  const [timeout] = error.errors;
  assert(timeout instanceof HookTimeout);
  assertEquals([timeout.plugin, timeout.phase, timeout.timeoutMs], ["thing/sample", "teardown", 1000]);
  assert(Number(/\(waited (\d+) ms\)$/.exec(timeout.message)?.[1]) >= 999, timeout.message);
  assertEquals(isAlive(pid), false);
  await assertRejects(() => host.registry.reload("thing", "sample"), PluginUnavailable, "its teardown never ended");
  await host.setup();
  assertEquals(host.registry.status().plugins[0]!.state, "leaked");
  await assertRejects(() => host.plugin().pid!(), PluginUnavailable, "leaked");
  await host[Symbol.asyncDispose]();
});

Deno.test("none: a teardown that answers late is counted and not applied: the plugin stays leaked", async () => {
  let answer: (value: unknown) => void = () => {};
  const plugin = { teardown: () => new Promise((resolve) => answer = resolve) };
  const host = await OwnHost.running({ "thing/a": { plugin, teardown_timeout_sec: 1 } });
  await assertRejects(() => host.registry.teardownAll(), TeardownErrors, "no answer within 1000 ms");
  assertEquals([host.states, host.calls("thing/a").late], [["thing/a leaked"], 0]);
  answer(false);
  await sleep(0);
  assertEquals([host.states, host.calls("thing/a").late], [["thing/a leaked"], 1]);
  await host[Symbol.asyncDispose]();
});

Deno.test("a teardown that gives false marks the plugin requires_restart, which neither reload nor setupAll undoes", async () => {
  for (
    const start of [
      () =>
        OwnHost.running({
          "thing/sample": {
            plugin: class {
              teardown = () => false;
            },
          },
        }),
      () => TestHost.start(files("teardown() { return false; }")),
    ]
  ) {
    const host = await start();
    await host.registry.teardownAll();
    assertEquals(host.registry.status().plugins[0]!.state, "requires_restart");
    await assertRejects(() => host.registry.reload("thing", "sample"), PluginUnavailable, "asked for a restart");
    await host.setup();
    assertEquals(host.registry.status().plugins[0]!.state, "requires_restart");
    await host[Symbol.asyncDispose]();
  }
});

Deno.test("any other answer of a teardown is none", async () => {
  for (const given of [undefined, null, 0, "", true]) {
    const host = await OwnHost.running({ "thing/a": { plugin: { teardown: () => given } } });
    await host[Symbol.asyncDispose]();
    assertEquals(host.states, ["thing/a stopped"]);
  }
});

Deno.test("a plugin that had failed by itself keeps its reason when all is torn down, and no teardown of it is asked", async () => {
  const host = await TestHost.start({
    ...files("die() { Deno.exit(3); }"),
    "q/dagstack.toml": manifestText({ name: '"other"' }),
    "q/plugin.ts": "export class Sample { hi() { return 'hi'; } }",
  });
  await assertRejects(() => host.plugin().die!());
  await until(() => host.reason() !== undefined, "unavailable");
  assertEquals(await host.plugin("thing/other").hi!(), "hi");
  await host.registry.teardownAll();
  const [other, sample] = host.registry.status().plugins;
  assertEquals([other!.state, sample!.state], ["stopped", "unavailable"]);
  assertStringIncludes(sample!.lastError!.message, "code 3");
  await host[Symbol.asyncDispose]();
});

Deno.test("a plugin that is started again after all were torn down is polled for its health again", async () => {
  let asked = 0;
  await using host = await OwnHost.running({ "thing/a": { plugin: { health: () => void asked++ } } }, {
    health: { intervalMs: 10 },
  });
  await until(() => asked > 1, "the first polls");
  await host.registry.teardownAll();
  const before = asked;
  await sleep(60);
  assertEquals(asked, before);
  await host.registry.setupAll();
  await until(() => asked > before + 1, "polls after the second start");
});

Deno.test("a registry is torn down at the end of its scope", async () => {
  let down = 0;
  {
    await using host = await OwnHost.of({ "thing/a": { plugin: { teardown: () => void down++ } } });
    await using registry = host.registry;
    await registry.setupAll();
  }
  assertEquals(down, 1);
});

Deno.test("nobody's teardown is called twice, nor that of a plugin that never started", async () => {
  let down = 0;
  const host = await OwnHost.running({
    "thing/a": { plugin: { teardown: () => void down++ } },
    "thing/bad": { plugin: { setup: () => Promise.reject(new Error("no")), teardown: () => void (down += 100) } },
    "thing/idle": { plugin: { teardown: () => void (down += 1000) }, depends_on: ["bad"] },
  });
  await Promise.all([host.registry.teardownAll(), host.registry.teardownAll()]);
  await host.registry.teardownAll();
  assertEquals(down, 1);
  await host[Symbol.asyncDispose]();
});
