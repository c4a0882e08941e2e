import { assert, assertEquals, assertRejects } from "@std/assert";
import { activeByEnvironment, activeVariable, PreparedSingleton, SingletonDispatcher } from "../../src/dispatch/mod.ts";
import { AmbiguousPlugin, KindUnknown } from "../../src/errors.ts";
import { FakeTarget, runs, throwing } from "./fake_target.ts";

const dispatcher = new SingletonDispatcher<unknown, unknown>("k");
const low = () => new FakeTarget("k/low");
const high = () => new FakeTarget("k/high", { priority: 5 });

/** Sets a variable for the while of a test. */
async function withVariable(name: string, value: string, run: () => Promise<void>): Promise<void> {
  Deno.env.set(name, value);
  try {
    await run();
  } finally {
    Deno.env.delete(name);
  }
}

Deno.test("singleton calls the one of the highest priority, and only that", async () => {
  const plugins = [low(), high()];
  assertEquals(await dispatcher.dispatch(plugins, "run", { a: 1 }), "high");
  assertEquals(plugins.map(({ calls }) => calls.length), [0, 1]);
  assertEquals(plugins[1]!.calls[0]!.args, [{ a: 1 }]);
});

Deno.test("singleton gives the error that its plugin throws, as it is", async () => {
  const error = new RangeError("no");
  for (const run of [throwing(error), () => Promise.reject(error)]) {
    assert(await assertRejects(() => dispatcher.dispatch([runs("k/a", run)], "run", 1)) === error);
  }
});

Deno.test("a tie of the highest priority is AmbiguousPlugin, which names all that tie and the ways out", async () => {
  const plugins = [high(), new FakeTarget("k/other", { priority: 5 }), low()];
  const error = await assertRejects(() => dispatcher.dispatch(plugins, "run", 1), AmbiguousPlugin);
  assertEquals(error.candidates, ["k/high", "k/other"]);
  assertEquals(
    error.message,
    'Cannot dispatch "run" to one plugin of kind "k": k/high, k/other have priority 5; ' +
      "set DAGSTACK_ACTIVE_K, a routing policy, or other priorities",
  );
});

Deno.test("a tie below the highest priority is none", async () => {
  assertEquals(await dispatcher.dispatch([low(), new FakeTarget("k/lower"), high()], "run", 1), "high");
});

Deno.test("the routing policy is asked with all candidates, the input and the options, and decides", async () => {
  let asked: unknown;
  const routed = new SingletonDispatcher("k", {
    route: (candidates, input, options) => {
      asked = [candidates.map(({ name }) => name), input, options.metadata];
      return "low";
    },
  });
  assertEquals(await routed.dispatch([low(), high()], "run", 7, { metadata: { tenant: "t" } }), "low");
  assertEquals(asked, [["high", "low"], 7, { tenant: "t" }]);
});

Deno.test("the routing policy goes before the environment", async () => {
  const routed = new SingletonDispatcher("k", { route: () => "low" });
  await withVariable("DAGSTACK_ACTIVE_K", "high", async () => {
    assertEquals(await routed.dispatch([low(), high()], "run", 1), "low");
  });
});

Deno.test("a routing policy without an opinion leaves it to the environment, then to the priority", async () => {
  const routed = new SingletonDispatcher("k", { route: () => undefined });
  await withVariable("DAGSTACK_ACTIVE_K", "low", async () => {
    assertEquals(await routed.dispatch([low(), high()], "run", 1), "low");
  });
  assertEquals(await routed.dispatch([low(), high()], "run", 1), "high");
});

Deno.test("a name that is no candidate's is an error that lists the candidates", async () => {
  const routed = new SingletonDispatcher("k", { route: () => "gone" });
  const error = await assertRejects(() => routed.dispatch([low(), high()], "run", 1), KindUnknown);
  const said = 'the candidates of kind "k" are "high", "low"';
  assertEquals(error.message, `Cannot dispatch "run": the routing policy names "gone", ${said}`);
  await withVariable("DAGSTACK_ACTIVE_K", "away", async () => {
    const error = await assertRejects(() => dispatcher.dispatch([low(), high()], "run", 1), KindUnknown);
    assertEquals(error.message, `Cannot dispatch "run": DAGSTACK_ACTIVE_K names "away", ${said}`);
  });
});

Deno.test("a routing policy that throws is a rejection", async () => {
  const routed = new SingletonDispatcher("k", { route: throwing(new TypeError("policy")) });
  await assertRejects(() => routed.dispatch([low()], "run", 1), TypeError, "policy");
});

Deno.test("the variable of a kind is in upper case, with underscores", () => {
  assertEquals(activeVariable("vector-store"), "DAGSTACK_ACTIVE_VECTOR_STORE");
  assertEquals(activeVariable("acme.ocr"), "DAGSTACK_ACTIVE_ACME_OCR");
});

Deno.test("the environment names the active plugin; an empty variable names none", async () => {
  assertEquals(activeByEnvironment("vector-store"), undefined);
  await withVariable("DAGSTACK_ACTIVE_VECTOR_STORE", "flat", () => {
    assertEquals(activeByEnvironment("vector-store"), "flat");
    return Promise.resolve();
  });
  await withVariable("DAGSTACK_ACTIVE_VECTOR_STORE", "", () => {
    assertEquals(activeByEnvironment("vector-store"), undefined);
    return Promise.resolve();
  });
});

Deno.test({
  name: "without permission to read it the environment names nobody, and nobody is asked",
  permissions: { env: false },
  fn: () => assertEquals(activeByEnvironment("k"), undefined),
});

Deno.test("a prepared singleton takes the environment's word from whoever keeps it", () => {
  const prepared = new PreparedSingleton("k", "run", [low(), high()], { active: () => "low" });
  assertEquals(prepared.select(1).target.manifest.name, "low");
});

Deno.test("a signal that has aborted already calls nobody", async () => {
  const plugin = low();
  const reason = new Error("too late");
  const rejected = await assertRejects(() =>
    dispatcher.dispatch([plugin], "run", 1, { signal: AbortSignal.abort(reason) })
  );
  assert(rejected === reason);
  assertEquals(plugin.calls, []);
});

Deno.test("the options of a dispatch reach the plugin", async () => {
  const plugin = low();
  await dispatcher.dispatch([plugin], "run", 1, { timeoutMs: 5, metadata: { a: 1 } });
  const { options } = plugin.calls[0]!;
  assertEquals([options?.timeoutMs, options?.metadata], [5, { a: 1 }]);
});
