import { assertEquals, assertNotStrictEquals } from "@std/assert";
import fc from "fast-check";
import { byPriority, findHook, orderForChain } from "../../src/dispatch/mod.ts";
import { camelForm } from "../../src/hookspec/mod.ts";
import { FakeTarget, manifestOf, namesOf, permutations } from "./fake_target.ts";

const described = (name: string, fields: Record<string, unknown> = {}) => ({
  manifest: manifestOf(`k/${name}`, fields),
});

Deno.test("by priority the highest goes first, then the name decides", () => {
  const plugins = [
    described("b", { priority: 5 }),
    described("z"),
    described("high", { priority: 9, trylast: true }),
    described("a", { priority: 5 }),
  ];
  assertEquals(namesOf(byPriority(plugins)), ["high", "a", "b", "z"]);
});

Deno.test("a chain's order is tryfirst, the others, trylast; in each priority, then name", () => {
  const plugins = [
    described("last-high", { trylast: true, priority: 900 }),
    described("last-b", { trylast: true }),
    described("last-a", { trylast: true }),
    described("mid-b", { priority: 10 }),
    described("mid-a", { priority: 10 }),
    described("mid-high", { priority: 20 }),
    described("first-low", { tryfirst: true }),
    described("first-high", { tryfirst: true, priority: 1 }),
  ];
  const expected = ["first-high", "first-low", "mid-high", "mid-a", "mid-b", "last-high", "last-a", "last-b"];
  assertEquals(namesOf(orderForChain(plugins)), expected);
  assertEquals(namesOf(orderForChain(plugins.toReversed())), expected);
});

Deno.test("ordering leaves the list that it is given as it is", () => {
  const plugins = Object.freeze([described("b"), described("a")]);
  for (const order of [byPriority, orderForChain]) {
    assertNotStrictEquals(order(plugins), plugins);
    assertEquals(namesOf(plugins), ["b", "a"]);
  }
});

const someFields = fc.record({
  priority: fc.integer({ min: 0, max: 3 }),
  band: fc.constantFrom({}, { tryfirst: true }, { trylast: true }),
});

Deno.test("either order is a function of the set: no permutation of it changes the outcome", () => {
  fc.assert(
    fc.property(fc.array(someFields, { minLength: 1, maxLength: 5 }), (all) => {
      const plugins = all.map(({ priority, band }, i) => new FakeTarget(`k/p${i}`, { priority, ...band }));
      for (const order of [byPriority, orderForChain]) {
        const expected = namesOf(order(plugins));
        for (const shuffled of permutations(plugins)) assertEquals(namesOf(order(shuffled)), expected);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("two plugins of one name and two kinds have an order of their own too", () => {
  const [a, b] = [{ manifest: manifestOf("a/x") }, { manifest: manifestOf("b/x") }];
  assertEquals(orderForChain([b, a]), [a, b]);
});

const forms: [name: string, camel: string][] = [
  ["list_tools", "listTools"],
  ["run", "run"],
  ["a_b_c", "aBC"],
  ["to_utf_8", "toUtf8"],
  ["_private", "_private"],
  ["trailing_", "trailing_"],
  ["double__score", "doubleScore"],
  ["listTools", "listTools"],
];

for (const [name, camel] of forms) {
  Deno.test(`the camelCase form of ${name} is ${camel}`, () => assertEquals(camelForm(name), camel));
}

Deno.test("a hook is found by its own name, then by its camelCase form", () => {
  assertEquals(findHook(new Set(["list_tools", "listTools"]), "list_tools"), "list_tools");
  assertEquals(findHook(new Set(["listTools"]), "list_tools"), "listTools");
  assertEquals(findHook(new Set(["list_tools"]), "listTools"), undefined);
  assertEquals(findHook(new Set(["other"]), "list_tools"), undefined);
});
