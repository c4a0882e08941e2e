import { assert, assertEquals, assertFalse, assertInstanceOf, assertRejects } from "@std/assert";
import fc from "fast-check";
import { BroadcastCollectDispatcher, BroadcastNotifyDispatcher, byPriority } from "../../src/dispatch/mod.ts";
import { BroadcastErrors } from "../../src/errors.ts";
import { type FakeTarget, namesOf, permutations, runs, throwing } from "./fake_target.ts";

const failFast = new BroadcastCollectDispatcher<unknown, unknown>("k");
const bestEffort = new BroadcastCollectDispatcher<unknown, unknown>("k", { errorPolicy: "best_effort" });
const notify = new BroadcastNotifyDispatcher<unknown>("k");

/** A plugin that answers with its name: at once, or when it is told. */
const named = (name: string, priority = 0) => runs(`k/${name}`, () => name, { priority });

function held(name: string, priority = 0): { plugin: FakeTarget; answer: () => void; fail: (error: unknown) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  promise.catch(() => {});
  return { plugin: runs(`k/${name}`, () => promise, { priority }), answer: () => resolve(name), fail: reject };
}

const failuresOf = (failures: readonly { plugin: string; error: Error }[]) =>
  failures.map(({ plugin, error }) => [plugin, error.message]);

Deno.test("collect gives results by priority, then name, whoever answers first", async () => {
  const [a, b, c] = [held("a"), held("b"), held("c", 5)];
  const pending = failFast.dispatch([a.plugin, named("d"), b.plugin, c.plugin], "run", 1);
  b.answer();
  c.answer();
  a.answer();
  assertEquals([...await pending], ["c", "a", "b", "d"]);
});

Deno.test("collect starts all before it waits for any", () => {
  const [a, b] = [held("a"), held("b")];
  failFast.dispatch([a.plugin, b.plugin], "run", 1);
  assertEquals([a.plugin.calls.length, b.plugin.calls.length], [1, 1]);
});

Deno.test("the results of a collect are a function of the set of its plugins", async () => {
  const plugins = [named("a"), named("b", 3), named("c", 3), held("d", 1)].map((one) => {
    if (!("answer" in one)) return one;
    one.answer();
    return one.plugin;
  });
  for (const shuffled of permutations(plugins)) {
    assertEquals([...await failFast.dispatch(shuffled, "run", 1)], ["b", "c", "d", "a"]);
  }
});

Deno.test("collect tells each plugin that it answered", async () => {
  const plugins = [named("a"), named("b")];
  await failFast.dispatch(plugins, "run", 1);
  assertEquals(plugins.map(({ answers }) => answers), [1, 1]);
});

Deno.test("a result may be undefined", async () => {
  const results = await bestEffort.dispatch([runs("k/a", () => undefined), runs("k/b", throwing(1))], "run", 1);
  assertEquals([results.length, results[0]], [1, undefined]);
});

for (const [policy, dispatcher] of [["fail_fast", failFast], ["best_effort", bestEffort]] as const) {
  Deno.test(`where none fails, ${policy} gives a plain list with empty failures that are not enumerable`, async () => {
    const results = await dispatcher.dispatch([named("a")], "run", 1);
    assertEquals(results.failures, []);
    assertEquals(Object.keys(results), ["0"]);
    assertEquals(JSON.stringify(results), '["a"]');
    assertEquals(Object.getPrototypeOf(results), Array.prototype);
  });
}

Deno.test("fail_fast rejects at the first failure, tells its plugin, and ignores what comes later", async () => {
  const [a, b, c] = [held("a"), held("b"), held("c")];
  const pending = failFast.dispatch([a.plugin, b.plugin, c.plugin], "run", 1);
  const error = new RangeError("no");
  b.fail(error);
  const rejected = await assertRejects(() => pending, BroadcastErrors);
  assertEquals(rejected.message, 'Cannot collect "run" of kind "k": plugin "k/b": no');
  assertEquals(failuresOf(rejected.failures), [["k/b", "no"]]);
  assert(rejected.errors[0] === error);
  assertEquals(b.plugin.heard, [["run", "fail_fast", error]]);
  a.fail(new Error("late"));
  c.answer();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([a.plugin.heard, c.plugin.answers], [[], 0]);
});

Deno.test("fail_fast starts all, and tells all failures that are known when they are started", async () => {
  const plugins = [
    runs("k/a", throwing(new Error("no"))),
    named("b"),
    runs("k/c", throwing(new TypeError("nor this"))),
  ];
  const rejected = await assertRejects(() => failFast.dispatch(plugins, "run", 1), BroadcastErrors);
  assertEquals(failuresOf(rejected.failures), [["k/a", "no"], ["k/c", "nor this"]]);
  assertEquals(plugins.map(({ calls, heard }) => [calls.length, heard.length]), [[1, 1], [1, 0], [1, 1]]);
});

Deno.test("best_effort gives the results that came, and the failures beside them in order", async () => {
  const [a, b, c, d] = [held("a"), held("b", 2), named("c"), runs("k/d", throwing(new Error("d no")), { priority: 9 })];
  const pending = bestEffort.dispatch([a.plugin, b.plugin, c, d], "run", 1);
  const error = new RangeError("b no");
  b.fail(error);
  a.answer();
  const results = await pending;
  assertEquals([...results], ["a", "c"]);
  assertEquals(failuresOf(results.failures), [["k/d", "d no"], ["k/b", "b no"]]);
  assertEquals(b.plugin.heard, [["run", "best_effort", error]]);
  assertFalse("failures" in { ...results });
});

Deno.test("best_effort of plugins that all fail is an empty list", async () => {
  const results = await bestEffort.dispatch([runs("k/a", throwing(new Error("no")))], "run", 1);
  assertEquals([results.length, results.failures.length], [0, 1]);
});

Deno.test("what is thrown and no error stands in the failures as one", async () => {
  const plugin = runs("k/a", throwing("a text"));
  const { failures: [failure] } = await bestEffort.dispatch([plugin], "run", 1);
  assertInstanceOf(failure!.error, Error);
  assertEquals([failure!.error.message, failure!.error.cause], ["thrown value: a text", "a text"]);
  const worse = runs("k/a", throwing({ toString: throwing(new Error("nor this")) }));
  const { failures: [other] } = await bestEffort.dispatch([worse], "run", 1);
  assertEquals(other!.error.message, "thrown value: object");
});

Deno.test("the error policy is the dispatcher's, else the declaration's, else fail_fast", async () => {
  const declared = () => ({ dispatch: "broadcast_collect", errorPolicy: "best_effort" }) as const;
  const fails = () => runs("k/a", throwing(new Error("no")), {}, { declaration: declared });
  assertEquals((await failFast.dispatch([fails()], "run", 1)).failures.length, 1);
  const strict = new BroadcastCollectDispatcher("k", { errorPolicy: "fail_fast" });
  await assertRejects(() => strict.dispatch([fails()], "run", 1), BroadcastErrors);
  await assertRejects(() => failFast.dispatch([runs("k/a", throwing(new Error("no")))], "run", 1), BroadcastErrors);
});

Deno.test("a plugin that aborts the signal while all are started ends the collect once", async () => {
  const controller = new AbortController();
  const aborts = runs("k/a", () => controller.abort(new Error("gone")));
  const other = named("b");
  const { signal } = controller;
  await assertRejects(() => failFast.dispatch([aborts, other], "run", 1, { signal }), Error, "gone");
  assertEquals([aborts.heard, other.calls], [[], []]);
});

Deno.test("notify tells all at once and gives nothing, when all have ended", async () => {
  const [a, b] = [held("a"), held("b")];
  let ended = false;
  const pending = notify.dispatch([a.plugin, b.plugin, named("c")], "run", 1).then((value) => {
    ended = true;
    return value;
  });
  assertEquals([a.plugin.calls.length, b.plugin.calls.length], [1, 1]);
  a.answer();
  await new Promise((resolve) => setTimeout(resolve));
  assertFalse(ended);
  b.answer();
  assertEquals(await pending, undefined);
});

Deno.test("what fails in a notify is told to its plugin alone, and keeps nothing from the others", async () => {
  const [error, later] = [new RangeError("no"), new TypeError("later")];
  const failing = runs("k/a", throwing(error), { priority: 9 });
  const rejecting = runs("k/b", () => Promise.reject(later));
  const fine = named("c");
  assertEquals(await notify.dispatch([failing, rejecting, fine], "run", 1), undefined);
  assertEquals(failing.heard, [["run", "notify", error]]);
  assertEquals(rejecting.heard, [["run", "notify", later]]);
  assertEquals([fine.heard, fine.calls.length], [[], 1]);
});

Deno.test("a notify whose plugins all answer at once ends too", async () => {
  assertEquals(await notify.dispatch([named("a"), named("b")], "run", 1), undefined);
});

const someStage = fc.record({
  priority: fc.integer({ min: 0, max: 3 }),
  later: fc.boolean(),
  fails: fc.boolean(),
});

Deno.test("best_effort holds each plugin once, in order, whatever their speed and end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(someStage, { minLength: 1, maxLength: 6 }), async (stages) => {
      const plugins = stages.map(({ priority, later, fails }, i) => {
        const run = () => {
          if (fails) throw new Error(`p${i}`);
          return `p${i}`;
        };
        // deno-lint-ignore require-await -- to throw later
        return runs(`k/p${i}`, later ? async () => run() : run, { priority });
      });
      const ordered = namesOf(byPriority(plugins));
      const fails = (name: string) => stages[Number(name.slice(1))]!.fails;
      const results = await bestEffort.dispatch(plugins, "run", 1);
      assertEquals([...results], ordered.filter((name) => !fails(name)));
      assertEquals(results.failures.map(({ plugin }) => plugin), ordered.filter(fails).map((name) => `k/${name}`));
    }),
    { numRuns: 200 },
  );
});
