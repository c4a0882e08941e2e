import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { ChainDispatcher, orderForChain } from "../../src/dispatch/mod.ts";
import { DispatchMismatch, HookTimeout } from "../../src/errors.ts";
import { STOP_CHAIN } from "../../src/stop_chain.ts";
import { namesOf, runs, throwing } from "./fake_target.ts";

const chain = new ChainDispatcher<unknown>("k");

/** A plugin that adds its name to a text; at once, or later. */
function adds(name: string, fields: Record<string, unknown> = {}, later = false) {
  return runs(`k/${name}`, (text: string) => later ? Promise.resolve(text + name) : text + name, fields);
}

Deno.test("chain passes each output on as the next input, in its order, and gives the last", async () => {
  const plugins = [
    adds("c", { trylast: true, priority: 9 }),
    adds("b", {}, true),
    adds("a", { tryfirst: true }),
    adds("d"),
  ];
  assertEquals(await chain.dispatch(plugins, "run", ">"), ">abdc");
});

Deno.test("chain starts a plugin only when the one before it has ended", async () => {
  const events: string[] = [];
  const slow = runs("k/a", async () => {
    events.push("a begins");
    await new Promise((resolve) => setTimeout(resolve, 5));
    events.push("a ends");
  });
  await chain.dispatch([runs("k/b", () => void events.push("b")), slow], "run", 1);
  assertEquals(events, ["a begins", "a ends", "b"]);
});

for (const later of [false, true]) {
  const when = later ? "later" : "at once";

  Deno.test(`what a plugin throws ${when} stops the chain and is passed on as it is`, async () => {
    const error = new RangeError("no");
    const failing = runs("k/b", later ? () => Promise.reject(error) : throwing(error));
    const last = adds("c");
    assert(await assertRejects(() => chain.dispatch([adds("a"), failing, last], "run", ">")) === error);
    assertEquals([last.calls, failing.heard], [[], []]);
  });

  Deno.test(`STOP_CHAIN returned ${when} stops the chain and keeps the value that its plugin was given`, async () => {
    const stops = runs("k/b", () => later ? Promise.resolve(STOP_CHAIN) : STOP_CHAIN);
    const last = adds("c");
    assertEquals(await chain.dispatch([adds("a"), stops, last], "run", ">"), ">a");
    assertEquals(last.calls, []);
  });

  Deno.test(`undefined returned ${when} goes on as undefined`, async () => {
    const nothing = runs("k/a", () => later ? Promise.resolve(undefined) : undefined);
    const next = runs("k/b", (...args: unknown[]) => args);
    assertEquals(await chain.dispatch([nothing, next], "run", ">"), [undefined]);
    assertEquals(await chain.dispatch([nothing], "run", ">"), undefined);
  });
}

Deno.test("STOP_CHAIN of the first plugin keeps the input", async () => {
  assertEquals(await chain.dispatch([runs("k/a", () => STOP_CHAIN), adds("b")], "run", ">"), ">");
});

Deno.test("a chain of 10,000 plugins that answer at once does not overflow the stack", async () => {
  const plugins = Array.from({ length: 10_000 }, (_, i) => runs(`k/p${i}`, (n: number) => n + 1));
  assertEquals(await chain.dispatch(plugins, "run", 0), 10_000);
});

Deno.test("a plugin that is in_process_only cannot stand in a chain, and none is called", async () => {
  const plugins = [adds("a"), adds("b", { in_process_only: true })];
  const error = await assertRejects(() => chain.dispatch(plugins, "run", ">"), DispatchMismatch);
  assertEquals(
    error.message,
    'Cannot dispatch "run" of kind "k" as chain: plugin "k/b" is in_process_only and cannot stand in a chain',
  );
  assertEquals([error.plugin, error.declared, error.asked], ["k/b", "in_process_only", "chain"]);
  assertEquals(plugins.map(({ calls }) => calls.length), [0, 0]);
  const filter = ({ name }: { name: string }) => name !== "b";
  assertEquals(await chain.dispatch(plugins, "run", ">", { filter }), ">a");
});

Deno.test("a signal that aborts between two plugins stops the chain, whatever they do with it", async () => {
  const controller = new AbortController();
  const aborts = runs("k/a", () => controller.abort(new Error("gone")));
  aborts.start = (_hook, _args, waiter) => {
    controller.abort(new Error("gone"));
    waiter.resolve(1);
  };
  const next = adds("b");
  await assertRejects(() => chain.dispatch([aborts, next], "run", ">", { signal: controller.signal }), Error, "gone");
  assertEquals(next.calls, []);
});

Deno.test("the time limit is the whole chain's: each plugin has what those before it left", async () => {
  const slow = runs("k/a", () => new Promise((resolve) => setTimeout(resolve, 20)));
  const next = adds("b");
  await chain.dispatch([slow, next], "run", ">", { timeoutMs: 60_000, metadata: { a: 1 } });
  assertEquals(slow.calls[0]!.options?.timeoutMs, 60_000);
  const { timeoutMs, metadata } = next.calls[0]!.options!;
  assert(timeoutMs! < 59_990 && timeoutMs! > 0, String(timeoutMs));
  assertEquals(metadata, { a: 1 });
});

Deno.test("where those before it left nothing of the limit, a plugin is not called", async () => {
  const slow = runs("k/a", () => new Promise((resolve) => setTimeout(resolve, 20)));
  const next = adds("b");
  const error = await assertRejects(() => chain.dispatch([slow, next], "run", ">", { timeoutMs: 5 }), HookTimeout);
  assertEquals([error.plugin, error.hook, error.timeoutMs, error.phase], ["k/b", "run", 5, "hook"]);
  assertEquals(next.calls, []);
});

const someStage = fc.record({
  priority: fc.integer({ min: 0, max: 3 }),
  band: fc.constantFrom({}, { tryfirst: true }, { trylast: true }),
  later: fc.boolean(),
  end: fc.constantFrom("goes on", "goes on", "goes on", "stops", "throws"),
});

Deno.test("a chain equals a plain loop over its plugins, whatever their order, speed and end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(someStage, { minLength: 1, maxLength: 8 }), async (stages) => {
      const plugins = stages.map(({ priority, band, later, end }, i) => {
        const answer = (text: string) => {
          if (end === "throws") throw new Error(`${text}p${i}!`);
          return end === "stops" ? STOP_CHAIN : `${text}p${i},`;
        };
        // deno-lint-ignore require-await -- to throw later
        const run = later ? async (text: string) => answer(text) : answer;
        return runs(`k/p${i}`, run, { priority, ...band });
      });
      let expected = "";
      for (const name of namesOf(orderForChain(plugins))) {
        const { end } = stages[Number(name.slice(1))]!;
        if (end !== "goes on") {
          if (end === "throws") expected += `${name}!`;
          break;
        }
        expected += `${name},`;
      }
      const given = await chain.dispatch(plugins, "run", "").catch((error: Error) => error.message);
      assertEquals(given, expected);
    }),
    { numRuns: 200 },
  );
});
