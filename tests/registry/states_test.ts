/** States, their events, health, restarts and what `status()` says (SPEC section 6), through a real registry. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  BroadcastErrors,
  HookTimeout,
  PluginRegistryError,
  type PluginState,
  PluginUnavailable,
  type StateChange,
} from "@dagstack/plugin-system";
import { PluginStates } from "../../src/registry/states.ts";
import type { PluginRecord } from "../../src/registry/record.ts";
import { manifestText, TestHost } from "../support.ts";
import { OwnHost, sleep, until } from "./own_host.ts";

const LEGAL: Record<PluginState, PluginState[]> = {
  registered: ["starting", "stopped"],
  starting: ["active", "unavailable", "stopped"],
  active: ["degraded", "unavailable", "stopped", "leaked", "requires_restart"],
  degraded: ["active", "unavailable", "stopped", "leaked", "requires_restart"],
  unavailable: ["starting", "active", "degraded", "stopped", "leaked", "requires_restart"],
  stopped: ["starting"],
  leaked: [],
  requires_restart: [],
};

Deno.test("only legal moves are made; another is refused by name, changes nothing and tells nobody", () => {
  const all = Object.keys(LEGAL) as PluginState[];
  for (const from of all) {
    for (const to of all) {
      const told: StateChange[] = [];
      const states = new PluginStates((_, change) => told.push(change));
      const record = { id: "thing/a", state: from } as PluginRecord;
      if (LEGAL[from].includes(to)) {
        states.move(record, to);
        assertEquals([record.state, told], [to, [{ plugin: "thing/a", from, to }]]);
      } else if (from !== to) {
        assertThrows(() => states.move(record, to), PluginRegistryError, `"thing/a" to "${to}": it is ${from}`);
        assertEquals([record.state, told], [from, []]);
      }
    }
  }
});

Deno.test("every change of state is told with plugin, from, to and reason, right after it, until the listening ends", async () => {
  let well = false;
  const plugin = {
    setup() {
      if (!well) throw new Error("not yet");
    },
  };
  await using host = await OwnHost.of({ "thing/a": { plugin } });
  const seen: unknown[] = [];
  const listening = host.registry.onStateChange((change) => {
    seen.push([change, host.registry.status().plugins[0]!.state]);
  });
  await host.registry.setupAll();
  assertEquals(seen, [
    [{ plugin: "thing/a", from: "registered", to: "starting" }, "starting"],
    [{
      plugin: "thing/a",
      from: "starting",
      to: "unavailable",
      reason: 'Cannot use plugin "thing/a": setup failed: Error: not yet',
    }, "unavailable"],
  ]);
  listening[Symbol.dispose]();
  listening[Symbol.dispose]();
  well = true;
  await host.registry.setupAll();
  assertEquals(seen.length, 2);
  assertEquals(host.moves("thing/a").slice(2), ["unavailable>starting", "starting>active"]);
});

Deno.test("a listener that throws is logged, and neither the plugin nor the other listeners suffer", async () => {
  await using host = await OwnHost.of({ "thing/a": { plugin: { hi: () => "hi" } } });
  host.registry.onStateChange(() => {
    throw new Error("deaf");
  });
  const others: string[] = [];
  host.registry.onStateChange(({ to }) => others.push(to));
  await host.registry.setupAll();
  assertEquals(others, ["starting", "active"]);
  assertEquals(host.logger.messages("error").filter((message) => message.includes("deaf")).length, 2);
  assertEquals(await host.plugin("thing/a").hi!(), "hi");
});

Deno.test("a failed fail_fast collect degrades the plugin that failed, which still answers, until it answers a collect", async () => {
  let well = true;
  const flaky = {
    list() {
      if (!well) throw new Error("no index");
      return ["flaky"];
    },
    hi: () => "hi",
  };
  await using host = await OwnHost.running(
    { "thing/flaky": { plugin: flaky }, "thing/sound": { plugin: { list: () => ["sound"] } } },
    { hooks: { thing: { list: "broadcast_collect" } } },
  );
  well = false;
  await assertRejects(() => host.registry.dispatch("thing", "list", {}), BroadcastErrors, "no index");
  assertEquals(host.states, ["thing/flaky degraded", "thing/sound active"]);
  assertStringIncludes(host.reason("thing/flaky")!.message, 'hook "list" failed: no index');
  assertEquals(await host.plugin("thing/flaky").hi!(), "hi");
  assertEquals(host.registry.getLoadedPlugins().length, 2);
  well = true;
  assertEquals(await host.registry.dispatch("thing", "list", {}), [["flaky"], ["sound"]]);
  assertEquals(host.states, ["thing/flaky active", "thing/sound active"]);
  const status = host.registry.status().plugins.find(({ name }) => name === "flaky")!;
  assertEquals(status.reason, undefined);
  assertStringIncludes(status.lastError!.message, "no index");
  assertEquals(host.moves("thing/flaky").slice(2), ["active>degraded", "degraded>active"]);
});

Deno.test("best_effort, notify, chain and plain calls that fail degrade nobody", async () => {
  const plugin = {
    run() {
      throw new Error("no");
    },
    tell() {
      throw new Error("no");
    },
    link() {
      throw new Error("no");
    },
    one() {
      throw new Error("no");
    },
  };
  await using host = await OwnHost.running({ "thing/a": { plugin } }, {
    hooks: {
      thing: {
        run: { dispatch: "broadcast_collect", errorPolicy: "best_effort" },
        tell: "broadcast_notify",
        link: "chain",
      },
    },
  });
  const found = await host.registry.dispatch("thing", "run", {}) as unknown[] & { failures: unknown[] };
  assertEquals([found.length, found.failures.length], [0, 1]);
  await host.registry.dispatch("thing", "tell", {});
  await assertRejects(() => host.registry.dispatch("thing", "link", {}), Error, "no");
  await assertRejects(() => host.registry.dispatch("thing", "one", {}), Error, "no");
  assertEquals(host.states, ["thing/a active"]);
  assertEquals(host.calls("thing/a").failed, 4);
});

Deno.test("a failed health is degraded, several in a row unavailable, and recovery returns the plugin to service", async () => {
  let broken = false;
  const plugin = {
    health() {
      if (broken) throw new Error("no disk");
    },
    hi: () => "hi",
  };
  await using host = await OwnHost.running({ "thing/a": { plugin } }, {
    health: { intervalMs: 10, timeoutMs: 2000, failures: 3 },
  });
  broken = true;
  await until(() => host.states[0] === "thing/a unavailable", "unavailable");
  assertEquals(host.moves("thing/a").slice(2), ["active>degraded", "degraded>unavailable"]);
  assertEquals(host.registry.getLoadedPlugins(), []);
  await assertRejects(() => host.plugin("thing/a").hi!(), PluginUnavailable, "3 checks of its health failed in a row");
  await assertRejects(() => host.registry.dispatch("thing", "hi", {}), PluginUnavailable, "no disk");
  broken = false;
  await until(() => host.states[0] === "thing/a active", "active");
  assertEquals(await host.plugin("thing/a").hi!(), "hi");
  assertEquals(host.moves("thing/a").slice(-1), ["unavailable>active"]);
  assertEquals(host.reason("thing/a"), undefined);
});

Deno.test("process: health is polled across the boundary, by the method that the manifest names, and a hung one counts", async () => {
  await using host = await TestHost.start({
    "p/dagstack.toml": manifestText({ health_check: '"probe"' }),
    "p/plugin.ts": `export class Sample { mode = "ok"; set(mode: string) { this.mode = mode; }
      health() { throw new Error("never asked"); }
      probe() { return this.mode === "hang" ? new Promise((r) => setTimeout(r, 5000)) : { status: this.mode }; } }`,
  }, { health: { intervalMs: 20, timeoutMs: 150, failures: 2 } });
  const state = () => host.registry.status().plugins[0]!.state;
  const plugin = host.plugin();
  await sleep(100);
  assertEquals(state(), "active");
  await plugin.set!("degraded");
  await until(() => state() === "degraded", "degraded");
  assertStringIncludes(host.reason()!.message, 'status "degraded"');
  await plugin.set!("ok");
  await until(() => state() === "active", "active");
  await plugin.set!("hang");
  await until(() => state() === "unavailable", "unavailable");
  assertStringIncludes(host.reason()!.message, "it gave no answer within 150 ms");
});

Deno.test("a plugin whose health is not polled is not asked, and health: false asks nobody", async () => {
  let asked = 0;
  const plugin = { health: () => void asked++ };
  await using host = await OwnHost.running({ "thing/a": { plugin } }, { health: false });
  await sleep(50);
  assertEquals([asked, host.states], [0, ["thing/a active"]]);
  await using other = await OwnHost.running({ "thing/a": { plugin: { hi: () => 1 } } }, { health: { intervalMs: 5 } });
  await sleep(50);
  assertEquals(other.states, ["thing/a active"]);
});

Deno.test("a health_check that the plugin does not have is a reason not to start", async () => {
  await using host = await OwnHost.running({ "thing/a": { plugin: { hi: () => 1 }, health_check: "probe" } });
  assertStringIncludes(host.reason("thing/a")!.message, 'health_check is "probe", and it has no such method');
});

/** Fails its first collect, and has a method that says it is well. */
const wellAfterOneFailure = (method: string) => {
  let asked = 0;
  return {
    list() {
      if (asked++ === 0) throw new Error("no");
      return [];
    },
    [method]: () => true,
  };
};

for (
  const [what, method, fields, health] of [
    ["that is polled and well", "health", {}, { intervalMs: 20 }],
    ["that is polled by another name", "probe", { health_check: "probe" }, { intervalMs: 20 }],
    ["whose health nobody polls", "health", {}, false],
  ] as const
) {
  Deno.test(`a plugin ${what} does not stay degraded after one failed collect`, async () => {
    await using host = await OwnHost.running({ "thing/a": { plugin: wellAfterOneFailure(method), ...fields } }, {
      hooks: { thing: { list: "broadcast_collect" } },
      health,
    });
    await assertRejects(() => host.registry.dispatch("thing", "list", {}), BroadcastErrors);
    assertEquals(host.states, ["thing/a degraded"]);
    await host.registry.dispatch("thing", "list", {});
    await sleep(150); // several polls
    assertEquals(host.states, ["thing/a active"]);
  });
}

Deno.test("a plugin whose health_check says degraded is not made active by a collect that it answers", async () => {
  const plugin = { list: () => [], probe: () => "degraded" };
  await using host = await OwnHost.running({ "thing/a": { plugin, health_check: "probe" } }, {
    hooks: { thing: { list: "broadcast_collect" } },
    health: { intervalMs: 10 },
  });
  await until(() => host.states[0] === "thing/a degraded", "degraded");
  await host.registry.dispatch("thing", "list", {});
  assertEquals(host.states, ["thing/a degraded"]);
});

Deno.test("process: one that dies is unavailable with the reason, starts again after its back-off, and is counted", async () => {
  await using host = await TestHost.start({
    "p/dagstack.toml": manifestText(),
    "p/plugin.ts": "export class Sample { die() { Deno.exit(7); } hi() { return 'hi'; } }",
  }, { restart: { max: 2, backoffMs: 20, maxBackoffMs: 40 } });
  const changes: string[] = [];
  using _listening = host.registry.onStateChange(({ from, to, reason }) => {
    changes.push(`${from}>${to}${reason === undefined ? "" : `: ${reason.replace(/^.*": /, "")}`}`);
  });
  const state = () => host.registry.status().plugins[0]!.state;
  for (let i = 1; i <= 2; i++) {
    await assertRejects(() => host.plugin().die!());
    await until(() => host.registry.status().plugins[0]!.restarts === i && state() === "active", `restart ${i}`);
    assertEquals(await host.plugin().hi!(), "hi");
  }
  await assertRejects(() => host.plugin().die!());
  await until(() => host.logger.messages("error").some((message) => message.includes("not started again")), "the end");
  assertEquals(state(), "unavailable");
  assertEquals(changes.map((change) => change.replace(/:.*/, "")), [
    "active>unavailable",
    "unavailable>starting",
    "starting>active",
    "active>unavailable",
    "unavailable>starting",
    "starting>active",
    "active>unavailable",
  ]);
  assertStringIncludes(changes[0]!, "7");
});

Deno.test("status keeps the times of load, setup and calls apart", async () => {
  await using host = await TestHost.start({
    "p/dagstack.toml": manifestText(),
    "p/plugin.ts": `await new Promise((done) => setTimeout(done, 300));
      export class Sample { async setup() { await new Promise((done) => setTimeout(done, 20)); }
        wait(ms: number) { return new Promise<void>((done) => setTimeout(done, ms)); } bad() { throw new Error("bad"); } }`,
  });
  const before = host.registry.status().plugins[0]!.timings;
  assert(before.loadMs! >= 295, `load ${before.loadMs}`);
  assert(before.setupMs! >= 15 && before.setupMs! < before.loadMs!, `setup ${before.setupMs}`);
  assertEquals(before.calls, { count: 0, inFlight: 0, failed: 0, timedOut: 0, late: 0 });
  const call = host.plugin().wait!(30);
  assertEquals(host.registry.status().plugins[0]!.timings.calls.inFlight, 1);
  await call;
  await assertRejects(() => host.plugin().bad!());
  const after = host.registry.status().plugins[0]!.timings;
  assertEquals([after.loadMs, after.setupMs], [before.loadMs, before.setupMs]);
  const { count, inFlight, failed, meanMs, maxMs } = after.calls;
  assertEquals([count, inFlight, failed], [2, 0, 1]);
  assert(maxMs! >= 25 && meanMs! >= maxMs! / 2 - 1 && meanMs! <= maxMs!, `${meanMs} ${maxMs}`);
});

for (const sandbox of ["none", "process", "worker"] as const) {
  Deno.test(`${sandbox}: a late result is counted and never applied`, async () => {
    await using host = await TestHost.start({
      "p/dagstack.toml": manifestText(),
      "p/plugin.ts":
        `export class Sample { wait(ms: number) { return new Promise((done) => setTimeout(done, ms, "late")); }
        hi() { return "hi"; } }`,
    }, { sandbox, trusted: ["thing/sample"] });
    const calls = () => host.registry.status().plugins[0]!.timings.calls;
    let settled = 0;
    const call = host.registry.call("thing", "sample", "wait", [300], { timeoutMs: 60 });
    call.then(() => settled++, () => settled++);
    const error = await assertRejects(() => call, HookTimeout);
    assertEquals([error.plugin, error.phase, error.hook, error.timeoutMs], ["thing/sample", "hook", "wait", 60]);
    assert(Number(/\(waited (\d+) ms\)$/.exec(error.message)?.[1]) >= 59, error.message);
    assertEquals([calls().timedOut, calls().late, calls().failed], [1, 0, 0]);
    await until(() => calls().late === 1, "the late answer");
    assertEquals([settled, calls().inFlight, calls().count], [1, 0, 1]);
    assertEquals(await host.plugin().hi!(), "hi");
  });
}

Deno.test("status says who depends on whom, who is trusted, what contains it, and masks secrets in reasons", async () => {
  await using host = await TestHost.start(
    {
      "p/dagstack.toml": manifestText({ version: '"1.2.3"' }),
      "p/plugin.ts":
        "export class Sample { setup(c: any) { throw new Error(`cannot log in with ${c.config.api_key}`); } }",
      "q/dagstack.toml": manifestText({ name: '"needy"', depends_on: '["sample", "gone"]' }),
      "q/plugin.ts": "export class Sample {}",
    },
    {},
    { config: { thing: { sample: { api_key: "s3cret-value" } } } },
  );
  const [needy, sample] = host.registry.status().plugins;
  assertEquals(needy!.dependsOn, ["thing/sample", "gone"]);
  assertEquals([sample!.version, sample!.trusted, sample!.sandbox], ["1.2.3", false, "process"]);
  assertStringIncludes(sample!.contains, "process of its own");
  assertStringIncludes(sample!.reason!.message, "cannot log in with ***");
});

Deno.test("a secret in one plugin's reason is masked in its dependants' reasons and in the log, too", async () => {
  await using host = await TestHost.start(
    {
      "p/dagstack.toml": manifestText(),
      "p/plugin.ts":
        "export class Sample { setup(c: any) { throw new Error(`cannot log in with ${c.config.api_key}`); } }",
      "q/dagstack.toml": manifestText({ name: '"needy"', depends_on: '["sample"]' }),
      "q/plugin.ts": "export class Sample {}",
    },
    {},
    { config: { thing: { sample: { api_key: "s3cret-value" } } } },
  );
  const shown = host.registry.status().plugins.map(({ name, reason }) => `${name}: ${reason!.message}`);
  const logged = host.logger.messages("error");
  assertEquals([...shown, ...logged].filter((text) => text.includes("s3cret-value")), []);
});

Deno.test("the content hash is of the folder as it was loaded, and another after a changed file is reloaded", async () => {
  await using host = await TestHost.start({ "dagstack.toml": manifestText(), "plugin.ts": "export class Sample {}" });
  const hash = () => host.registry.status().plugins[0]!.contentHash!;
  const before = hash();
  assert(/[0-9a-f]{64}$/.test(before), before);
  await host.folder.write({ "plugin.ts": "export class Sample { hi() {} }" });
  assertEquals(hash(), before);
  await host.registry.reload("thing", "sample");
  assert(hash() !== before);
});
