import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { WrappedCall } from "../../src/context/mod.ts";
import { runWrapped, type Wrap, wrapsFor, wrapsHook } from "../../src/dispatch/mod.ts";
import { PluginRegistryError } from "../../src/errors.ts";
import { manifestOf, namesOf } from "./fake_target.ts";

const call: WrappedCall = { kind: "k", plugin: "p", hook: "run", args: [1], metadata: { tenant: "t" } };
const wrap = (name: string, run: Wrap["run"]): Wrap => ({ id: `middleware/${name}`, run });
const echo = (args: readonly unknown[], metadata: unknown) => Promise.resolve([...args, metadata]);

/** A middleware that writes down when it begins and ends. */
function noting(name: string, events: string[]): Wrap {
  return wrap(name, async (_call, next) => {
    events.push(`${name} begins`);
    try {
      return await next();
    } finally {
      events.push(`${name} ends`);
    }
  });
}

Deno.test("without middleware the plugin is called as it is", async () => {
  assertEquals(await runWrapped([], call, echo), [1, { tenant: "t" }]);
});

Deno.test("the first middleware is the outermost, and they unwind in reverse", async () => {
  const events: string[] = [];
  const last = () => Promise.resolve(events.push("plugin"));
  await runWrapped([noting("a", events), noting("b", events), noting("c", events)], call, last);
  assertEquals(events, ["a begins", "b begins", "c begins", "plugin", "c ends", "b ends", "a ends"]);
});

Deno.test("they unwind in reverse also when the plugin throws, and its error is the outcome", async () => {
  for (const later of [false, true]) {
    const events: string[] = [];
    const error = new RangeError("no");
    const last = () => {
      if (!later) throw error;
      return Promise.reject(error);
    };
    const outcome = runWrapped([noting("a", events), noting("b", events)], call, last);
    assertStrictEquals(await assertRejects(() => outcome), error);
    assertEquals(events, ["a begins", "b begins", "b ends", "a ends"]);
  }
});

Deno.test("a middleware sees the call, and may change its outcome", async () => {
  let seen: WrappedCall | undefined;
  const doubles = wrap("a", async (call, next) => {
    seen = call;
    return [await next(), "and more"];
  });
  assertEquals(await runWrapped([doubles], call, () => Promise.resolve("answer")), ["answer", "and more"]);
  assertEquals(seen, call);
});

Deno.test("a middleware may turn an error into an answer", async () => {
  const forgiving = wrap("a", (_call, next) => next().catch((error: Error) => `mended: ${error.message}`));
  const last = () => Promise.reject(new Error("no"));
  assertEquals(await runWrapped([forgiving], call, last), "mended: no");
});

Deno.test("a change of arguments or metadata holds for all that is inside, and for nobody outside", async () => {
  const seen: unknown[] = [];
  const looks = (name: string) =>
    wrap(name, (call, next) => {
      seen.push([name, call.args, call.metadata]);
      return next();
    });
  const changesArgs = wrap("args", (_call, next) => next({ args: [2, 3] }));
  const changesMetadata = wrap("metadata", (call, next) => next({ metadata: { ...call.metadata, user: "u" } }));
  const wraps = [looks("a"), changesArgs, looks("b"), changesMetadata, looks("c")];
  assertEquals(await runWrapped(wraps, call, echo), [2, 3, { tenant: "t", user: "u" }]);
  assertEquals(seen, [
    ["a", [1], { tenant: "t" }],
    ["b", [2, 3], { tenant: "t" }],
    ["c", [2, 3], { tenant: "t", user: "u" }],
  ]);
  assertEquals(call.args, [1]);
});

Deno.test("a middleware that never calls next answers for the plugin", async () => {
  let called = false;
  const last = () => Promise.resolve(called = true);
  assertEquals(await runWrapped([wrap("a", () => Promise.resolve("cached"))], call, last), "cached");
  assert(!called);
});

Deno.test("a middleware may refuse a call, at once or later", async () => {
  const refusals: Wrap["run"][] = [() => Promise.reject(new TypeError("refused")), () => {
    throw new TypeError("refused");
  }];
  for (const run of refusals) {
    await assertRejects(() => runWrapped([wrap("a", run)], call, echo), TypeError, "refused");
  }
});

Deno.test("next called twice rejects, and the plugin is called once", async () => {
  let calls = 0;
  const twice = wrap("twice", async (_call, next) => {
    await next();
    return await next();
  });
  const error = await assertRejects(
    () => runWrapped([twice], call, () => Promise.resolve(++calls)),
    PluginRegistryError,
    'Cannot call next again in middleware "middleware/twice": it has called it already',
  );
  assertEquals([error.plugin, calls], ["middleware/twice", 1]);
});

Deno.test("next called after its middleware has ended rejects, and the plugin is not called", async () => {
  let kept: (() => Promise<unknown>) | undefined;
  let calls = 0;
  const keeps = wrap("keeps", (_call, next) => {
    kept = next;
    return Promise.resolve("early");
  });
  assertEquals(await runWrapped([keeps], call, () => Promise.resolve(++calls)), "early");
  await assertRejects(
    () => kept!(),
    PluginRegistryError,
    'Cannot call next again in middleware "middleware/keeps": it has ended already',
  );
  assertEquals(calls, 0);
});

Deno.test("a middleware that leaves the promise of next alone does not end the host", async () => {
  const careless = wrap("a", (_call, next) => {
    next();
    next();
    return Promise.resolve("mine");
  });
  assertEquals(await runWrapped([careless], call, () => Promise.reject(new Error("no"))), "mine");
  await new Promise((resolve) => setTimeout(resolve));
});

const badChanges: [change: unknown, reason: string][] = [
  [null, "its change is no object"],
  ["x", "its change is no object"],
  [{ args: "x" }, "args is no list"],
  [{ metadata: [] }, "metadata is no object"],
  [{ metadata: null }, "metadata is no object"],
];

for (const [change, reason] of badChanges) {
  Deno.test(`a change of ${JSON.stringify(change)} is refused: ${reason}`, async () => {
    const bad = wrap("bad", (_call, next) => next(change as Parameters<typeof next>[0]));
    const message = `Cannot call next in middleware "middleware/bad": ${reason}`;
    await assertRejects(() => runWrapped([bad], call, echo), PluginRegistryError, message);
  });
}

const middleware = (name: string, kinds: string[], hooks?: string[]) => ({
  manifest: manifestOf(`middleware/${name}`, {
    priority: 1000,
    chain_wrap: { kinds, ...(hooks === undefined ? {} : { hooks }) },
  }),
});

const named: [kinds: string[], hooks: string[] | undefined, kind: string, hook: string, wraps: boolean][] = [
  [["*"], undefined, "tool", "execute", true],
  [["tool"], undefined, "tool", "execute", true],
  [["tool"], undefined, "chunker", "execute", false],
  [["chunker", "tool"], ["*"], "tool", "execute", true],
  [["*"], ["execute"], "tool", "execute", true],
  [["*"], ["execute"], "tool", "get_schema", false],
  [["tool"], ["get_schema"], "tool", "getSchema", true],
  [["tool"], ["getSchema"], "tool", "get_schema", true],
  [["tool"], ["getSchema"], "other", "get_schema", false],
];

for (const [kinds, hooks, kind, hook, wraps] of named) {
  const what = `kinds ${kinds} and hooks ${hooks ?? "left out"}`;
  Deno.test(`a middleware of ${what} ${wraps ? "wraps" : "does not wrap"} ${kind}.${hook}`, () => {
    assertEquals(wrapsHook(middleware("a", kinds, hooks).manifest, kind, hook), wraps);
  });
}

Deno.test("a plugin without chain_wrap wraps nothing", () => {
  assertEquals(wrapsHook(manifestOf("k/a", { priority: 1000 }), "tool", "execute"), false);
});

Deno.test("the middleware of a hook stays in its order", () => {
  const all = [middleware("b", ["*"]), middleware("c", ["other"]), middleware("a", ["tool"])];
  assertEquals(namesOf(wrapsFor(all, "tool", "execute")), ["b", "a"]);
});
