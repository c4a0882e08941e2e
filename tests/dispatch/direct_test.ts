/** Calls that go the shortest way (`DirectHook`): several plugins as one piece of work. */
import type { DispatchClass } from "../../src/hookspec/mod.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import {
  BroadcastCollectDispatcher,
  type DispatchOptions,
  type DispatchTarget,
  operationsIn,
  prepareDispatch,
} from "../../src/dispatch/mod.ts";
import { BroadcastErrors } from "../../src/errors.ts";
import { STOP_CHAIN } from "../../src/stop_chain.ts";
import { DirectTarget, ManualDeadlines } from "./direct_target.ts";
import { runs, throwing } from "./fake_target.ts";

/** Dispatches hook `run`. */
function dispatch(
  by: DispatchClass,
  plugins: readonly DispatchTarget[],
  input: unknown = "",
  options?: DispatchOptions,
): Promise<unknown> {
  const prepared = prepareDispatch(by, "k", "run", plugins, { errorPolicy: "best_effort" });
  return new Promise((resolve, reject) => prepared.start(input, { resolve, reject }, options));
}

/** A plugin that answers when it is told to. */
function held(name: string, deadlines: ManualDeadlines, fields: Record<string, unknown> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  promise.catch(() => {});
  const plugin = new DirectTarget(`k/${name}`, () => promise, deadlines, fields);
  return { plugin, answer: resolve, fail: reject, account: plugin.short.account };
}

const adds = (name: string, deadlines: ManualDeadlines, fields: Record<string, unknown> = {}) =>
  new DirectTarget(`k/${name}`, (text) => Promise.resolve(text + name), deadlines, fields);
const tick = () => new Promise((resolve) => setTimeout(resolve));

for (const by of ["singleton", "broadcast_collect", "broadcast_notify", "chain", "capability"] as const) {
  const alone = by === "singleton" || by === "capability";
  const account = alone ? ["alone"] : ["entered", "answered"];

  Deno.test(`${by} goes the short way, also with a filter, and leaves nothing under way`, async () => {
    using deadlines = new ManualDeadlines();
    const plugin = adds("a", deadlines, { fallback: true });
    const direct = await dispatch(by, [plugin], ">");
    assertEquals([plugin.short.account, plugin.calls.length], [account, 0]);
    assertEquals(await dispatch(by, [plugin], ">", { filter: () => true }), direct);
    assertEquals([plugin.short.account, plugin.calls.length], [[...account, ...account], 0]);
    assertEquals(deadlines.size, 0);
    plugin.short.open = false;
    assertEquals(await dispatch(by, [plugin], ">"), direct);
    assertEquals(plugin.calls.length, 1);
  });

  Deno.test(`${by} goes the long way with whatever travels beside its input`, async () => {
    using deadlines = new ManualDeadlines();
    const plugin = adds("a", deadlines, { fallback: true });
    const { signal } = new AbortController();
    for (const options of [{ signal }, { timeoutMs: 60_000 }, { metadata: {} }]) {
      await dispatch(by, [plugin], ">", options);
      assertEquals(plugin.calls.splice(0).map((call) => call.options), [options]);
    }
    assertEquals(plugin.short.account, []);
  });
}

Deno.test("a chain stands once among what is under way, as the plugin's whose turn it is", async () => {
  using deadlines = new ManualDeadlines();
  const [a, b] = [held("a", deadlines), held("b", deadlines)];
  const pending = dispatch("chain", [a.plugin, b.plugin]);
  const [run] = operationsIn(deadlines);
  assertEquals([deadlines.size, a.account, b.account], [1, ["entered"], []]);
  assertEquals(run!.describe(a.plugin.short).map(({ hook, metadata }) => [hook, metadata]), [["run", {}]]);
  assertEquals(run!.describe(b.plugin.short), []);
  a.answer(1);
  await tick();
  assertEquals([run!.describe(a.plugin.short).length, run!.describe(b.plugin.short).length], [0, 1]);
  b.answer(2);
  assertEquals([await pending, deadlines.size], [2, 0]);
});

Deno.test("each plugin of a chain has the whole limit", async () => {
  using deadlines = new ManualDeadlines();
  const [a, b] = [held("a", deadlines), held("b", deadlines)];
  const pending = dispatch("chain", [a.plugin, b.plugin]);
  const [run] = deadlines;
  run!.at = 5; // as if most of it were over
  a.answer(1);
  await tick();
  assertEquals(run!.at, -60_000);
  b.answer(2);
  await pending;
});

Deno.test("a deadline in the third plugin of a chain is told by that one; its late answer is counted, and not applied", async () => {
  using deadlines = new ManualDeadlines();
  const [c, last] = [held("c", deadlines), adds("d", deadlines)];
  const pending = dispatch("chain", [adds("a", deadlines), adds("b", deadlines), c.plugin, last]);
  await tick();
  deadlines.expireAll();
  await assertRejects(() => pending, RangeError, "too slow");
  assertEquals([c.account, deadlines.size], [["entered", "missed"], 1]);
  const [run] = operationsIn(deadlines);
  assertEquals(run!.describe(c.plugin.short).length, 1, "it still works");
  deadlines.expireAll();
  c.answer("late");
  await tick();
  assertEquals([c.account, last.short.account, deadlines.size], [["entered", "missed", "late"], [], 0]);
});

Deno.test("a chain that is given up rejects only when the plugin concerned has its turn", async () => {
  using deadlines = new ManualDeadlines();
  const [a, b] = [held("a", deadlines), held("b", deadlines)];
  const pending = dispatch("chain", [a.plugin, b.plugin]);
  const [run] = operationsIn(deadlines);
  run!.abort(b.plugin.short, new Error("b is torn down"));
  a.answer(1);
  await tick();
  run!.abort(a.plugin.short, new Error("a is torn down"));
  run!.abort(b.plugin.short, new Error("b is torn down"));
  run!.abort(b.plugin.short, new Error("once more"));
  await assertRejects(() => pending, Error, "b is torn down");
  b.fail(new Error("late"));
  await tick();
  assertEquals([a.account, b.account, deadlines.size], [["entered", "answered"], ["entered", "late"], 0]);
});

Deno.test("a plugin of a chain that closes its short way is called the long way, with a deadline of its own", async () => {
  using deadlines = new ManualDeadlines();
  const b = held("b", deadlines);
  const pending = dispatch("chain", [adds("a", deadlines), b.plugin, adds("c", deadlines)]);
  b.plugin.short.open = false;
  await tick();
  assertEquals([b.account, b.plugin.calls.length], [[], 1]);
  assertEquals([...deadlines].map(({ at }) => at), [-Infinity]);
  assertEquals(operationsIn(deadlines)[0]!.describe(b.plugin.short), []);
  b.answer("b");
  assertEquals([await pending, deadlines.size], ["bc", 0]);
});

for (const later of [false, true]) {
  const when = later ? "later" : "at once";
  const run = (answer: () => unknown) => later ? () => Promise.try(answer) : answer;

  Deno.test(`what a plugin that is called directly throws ${when} stops a chain, and is counted`, async () => {
    using deadlines = new ManualDeadlines();
    const error = new RangeError("no");
    const failing = new DirectTarget("k/b", run(throwing(error)), deadlines);
    const last = adds("c", deadlines);
    assert(await assertRejects(() => dispatch("chain", [adds("a", deadlines), failing, last])) === error);
    assertEquals([failing.short.account, last.short.account, deadlines.size], [["entered", "failed"], [], 0]);
  });

  Deno.test(`STOP_CHAIN that is returned or thrown ${when} stops a chain of direct calls, and is no failure`, async () => {
    using deadlines = new ManualDeadlines();
    const thrown = Object.assign(new Error("stop"), { code: "STOP_CHAIN" });
    for (const stop of [() => STOP_CHAIN, throwing(thrown)]) {
      const stops = new DirectTarget("k/b", run(stop), deadlines);
      const last = adds("c", deadlines);
      assertEquals(await dispatch("chain", [adds("a", deadlines), stops, last], ">"), ">a");
      assertEquals([stops.short.account, last.short.account], [["entered", "answered"], []]);
    }
    assertEquals(deadlines.size, 0);
  });

  Deno.test(`a result given ${when} that may not cross stops a chain, and is a failure of a broadcast`, async () => {
    using deadlines = new ManualDeadlines();
    const plugin = new DirectTarget("k/a", run(() => 1), deadlines);
    plugin.short.serialisable = false;
    await assertRejects(() => dispatch("chain", [plugin]), TypeError, "not serialisable");
    assertEquals(await dispatch("broadcast_notify", [plugin]), undefined);
    assertEquals(plugin.heard.map(([hook, where]) => [hook, where]), [["run", "notify"]]);
    assertEquals(deadlines.size, 0);
  });
}

Deno.test("what a plugin of a chain gives is looked at once on its way to the next", async () => {
  using deadlines = new ManualDeadlines();
  const plugins = ["a", "b", "c", "d", "e"].map((name) => adds(name, deadlines));
  for (const { short } of plugins) short.strict = true;
  plugins[2]!.short.strict = false; // does not look at what it gives
  const prepared = prepareDispatch("chain", "k", "run", plugins);
  const ways = async () => {
    await new Promise((resolve, reject) => prepared.start(">", { resolve, reject }));
    return plugins.map(({ short }) => short.account.splice(0)[0]);
  };
  for (let i = 0; i < 2; i++) assertEquals(await ways(), ["checked", "entered", "entered", "checked", "entered"]);
  plugins[3]!.short.open = false; // the long way looks for itself, and says nothing of it
  assertEquals(await ways(), ["checked", "entered", "entered", undefined, "checked"]);
  plugins[3]!.short.open = true;
  plugins[1]!.short.open = plugins[2]!.short.open = false;
  assertEquals(await ways(), ["checked", undefined, undefined, "checked", "entered"]);
});

Deno.test("a hook may give any thenable", async () => {
  using deadlines = new ManualDeadlines();
  const plugin = new DirectTarget("k/a", () => ({ then: (done: (value: unknown) => void) => done(7) }), deadlines);
  assertEquals(await dispatch("chain", [plugin]), 7);
  assertEquals(await dispatch("broadcast_collect", [plugin]), [7]);
});

Deno.test("a chain of 10,000 direct calls that answer at once does not overflow the stack", async () => {
  using deadlines = new ManualDeadlines();
  const plugins = Array.from(
    { length: 10_000 },
    (_, i) => new DirectTarget(`k/p${i}`, (n) => (n as number) + 1, deadlines),
  );
  assertEquals(await dispatch("chain", plugins, 0), 10_000);
});

Deno.test("a broadcast stands once among what is under way, as each plugin's that has not answered", async () => {
  using deadlines = new ManualDeadlines();
  const [a, b] = [held("a", deadlines), held("b", deadlines)];
  const pending = dispatch("broadcast_collect", [a.plugin, b.plugin]);
  const [run] = operationsIn(deadlines);
  const works = () => [a, b].map(({ plugin }) => run!.describe(plugin.short).length);
  assertEquals([deadlines.size, works()], [1, [1, 1]]);
  a.answer("a");
  await tick();
  assertEquals([deadlines.size, works()], [1, [0, 1]]);
  b.answer("b");
  assertEquals([await pending, deadlines.size], [["a", "b"], 0]);
});

Deno.test("a plugin of a broadcast that is given up fails alone, and the others go on", async () => {
  using deadlines = new ManualDeadlines();
  for (const by of ["broadcast_collect", "broadcast_notify"] as const) {
    const [a, b] = [held("a", deadlines), held("b", deadlines)];
    const pending = dispatch(by, [a.plugin, b.plugin]);
    const [run] = operationsIn(deadlines);
    run!.abort(a.plugin.short, new Error("torn down"));
    run!.abort(a.plugin.short, new Error("once more"));
    assertEquals(a.plugin.heard.map(([, , error]) => (error as Error).message), ["torn down"]);
    b.answer("b");
    const result = await pending;
    if (by === "broadcast_collect") assertEquals([...result as unknown[]], ["b"]);
    assertEquals(deadlines.size, 1, "a still works");
    a.answer("late");
    await tick();
    assertEquals([a.account, b.account], [["entered", "late"], ["entered", "answered"]]);
    assertEquals(deadlines.size, 0);
  }
});

Deno.test("those of a broadcast that have not answered in time fail, each by itself", async () => {
  using deadlines = new ManualDeadlines();
  const [a, b, c] = [held("a", deadlines), held("b", deadlines), held("c", deadlines)];
  const pending = dispatch("broadcast_collect", [a.plugin, b.plugin, c.plugin]);
  b.answer("b");
  await tick();
  deadlines.expireAll();
  const results = await pending as unknown[] & { failures: { plugin: string; error: Error }[] };
  assertEquals([...results], ["b"]);
  assertEquals(results.failures.map(({ plugin, error }) => [plugin, error.message]), [
    ["k/a", "too slow"],
    ["k/c", "too slow"],
  ]);
  c.answer("late");
  await tick();
  assertEquals([a.account, b.account, c.account], [
    ["entered", "missed"],
    ["entered", "answered"],
    ["entered", "missed", "late"],
  ]);
  assertEquals(deadlines.size, 1, "a still works");
});

Deno.test("a collect that has failed is not used again before all have answered", async () => {
  using deadlines = new ManualDeadlines();
  const answers: ((value: unknown) => void)[] = [];
  const slow = new DirectTarget("k/a", () => new Promise((resolve) => answers.push(resolve)), deadlines);
  const flags = [true, false];
  const failing = new DirectTarget("k/b", () => flags.shift() ? Promise.reject(new Error("no")) : "b", deadlines);
  const collect = new BroadcastCollectDispatcher("k");
  const plugins = [slow, failing];
  await assertRejects(() => collect.dispatch(plugins, "run", 1), BroadcastErrors);
  const second = collect.dispatch(plugins, "run", 2);
  assertEquals(deadlines.size, 2);
  answers[0]!("of the first");
  await tick();
  assertEquals(deadlines.size, 1);
  answers[1]!("of the second");
  assertEquals([...await second], ["of the second", "b"]);
  assertEquals(slow.short.account, ["entered", "entered", "answered", "answered"]);
});

Deno.test("a plugin of another list of deadlines is called the long way", async () => {
  using deadlines = new ManualDeadlines();
  using others = new ManualDeadlines();
  const [own, other] = [adds("a", deadlines), adds("b", others)];
  assertEquals(await dispatch("chain", [runs("k/0", (text: string) => text), own, other], ">"), ">ab");
  assertEquals([own.short.account.length, other.short.account.length, other.calls.length], [2, 0, 1]);
});

const someCall = fc.record({ turns: fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }), fails: fc.nat(5) });

Deno.test("dispatches that overlap do not mix, whatever the speed of their plugins", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(someCall, { minLength: 1, maxLength: 12 }), fc.boolean(), async (calls, oneByOne) => {
      using deadlines = new ManualDeadlines();
      const plugins = [0, 1, 2].map((i) =>
        new DirectTarget(`k/p${i}`, async (input) => {
          const { turns, fails, seen } = input as { turns: number[]; fails: number; seen: number[] };
          for (let turn = 0; turn < turns[i]!; turn++) await Promise.resolve();
          if (fails === i) throw new Error(`p${i}`);
          return { turns, fails, seen: [...seen, i] };
        }, deadlines)
      );
      for (const by of ["chain", "broadcast_collect"] as const) {
        const prepared = prepareDispatch(by, "k", "run", plugins, { errorPolicy: "best_effort" });
        const pending: Promise<void>[] = [];
        for (const call of calls) {
          const given = new Promise((resolve, reject) => prepared.start({ ...call, seen: [] }, { resolve, reject }));
          pending.push(given.then((result) => {
            const seen = by === "chain"
              ? (result as { seen: number[] }).seen
              : (result as { seen: number[] }[]).flatMap((one) => one.seen);
            assertEquals(seen, [0, 1, 2].filter((i) => i !== call.fails));
          }, (error: Error) => assertEquals([by, error.message], ["chain", `p${call.fails}`])));
          if (oneByOne) await pending.at(-1);
        }
        await Promise.all(pending);
        assertEquals(deadlines.size, 0);
      }
    }),
    { numRuns: 100 },
  );
});
