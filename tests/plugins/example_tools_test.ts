/** The tool plugins of `plugins/`: through a registry, as a host uses them, and alone. */
import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { HookInputInvalid, TOOL_HOOKSPEC } from "@dagstack/plugin-system";
import { runPlugin } from "@dagstack/plugin-system/testing";
import { evaluate } from "../../plugins/calculator/evaluate.ts";
import { Calculator } from "../../plugins/calculator/plugin.ts";
import { TextTools } from "../../plugins/text-tools/plugin.ts";
import { TestHost } from "../support.ts";
import { pluginPath } from "./middleware_host.ts";

Deno.test("both tools serve one registry, each in a process of its own", async () => {
  await using host = new TestHost();
  await host.registry.addHookspec(TOOL_HOOKSPEC);
  for (const name of ["calculator", "text-tools"]) await host.registry.discover(pluginPath(name));
  await host.setup();
  const run = (name: string, args: object) => host.registry.dispatch("tool", "execute", { function: name, args });
  assertEquals(await run("evaluate", { expression: "2 * (3 + 4)" }), { result: 14 });
  assertEquals(await run("convert", { value: 1, from: "mi", to: "m" }), { result: 1609.344 });
  assertEquals(await run("measure_text", { text: "Hello, 👩‍👩‍👧 world!\n" }), {
    result: { characters: 16, words: 2, lines: 2 },
  });
  assertMatch(String(Object(await run("fill_template", { template: "{{id}}" })).result), /^[\da-f-]{36}$/);
  await assertRejects(() => run("convert", { value: 1, from: "mi", to: "parsec" }), HookInputInvalid, "$.args.to");
  await assertRejects(() => run("summarise", { numbers: [] }), HookInputInvalid, "$.args.numbers");
  await assertRejects(
    () => run("excerpt", { text: "a", max_characters: 0 }),
    HookInputInvalid,
    "$.args.max_characters",
  );
  const permissions = host.registry.status().plugins.map(({ permissions }) => [permissions!.net, permissions!.run]);
  assertEquals(permissions, [[[], []], [[], []]]);
});

Deno.test("evaluate follows the rules of arithmetic", () => {
  const values: Record<string, number> = {
    "1 + 2 * 3": 7,
    "(1 + 2) * 3": 9,
    "10 - 4 - 3": 3,
    "-2^2": -4,
    "2^3^2": 512,
    "2^-1": 0.5,
    "--3": 3,
    "7 % 4 * 2": 6,
    "-7 % 4": -3,
    ".5 + 1e2": 100.5,
    "sqrt(16) + max(1, 5, 3) - floor(2.9)": 7,
    "2 * pi": 2 * Math.PI,
  };
  for (const [expression, value] of Object.entries(values)) assertEquals(evaluate(expression), value, expression);
});

Deno.test("what is no expression, or has no value, is told with its place and never run", () => {
  const wrong: Record<string, string> = {
    "": "at place 1: expected a number, a name or (, found the end",
    "1 +": "at place 4: expected a number, a name or (, found the end",
    "(1": "at place 3: expected ), found the end",
    "1 2": 'at place 3: expected an operator or the end, found "2"',
    "constructor(1)": '"constructor" is unknown',
    "sqrt(1, 2)": '"sqrt" takes 1 value, found 2',
    "1 / 0": "has no finite value",
    "9^9^9": "has no finite value",
    [`${"(".repeat(1000)}1`]: "nested more than 100 deep",
  };
  for (const [expression, part] of Object.entries(wrong)) assertThrows(() => evaluate(expression), Error, part);
});

Deno.test("the calculator answers what cannot be worked out, for a model to read", async () => {
  await using tool = await runPlugin(Calculator);
  const run = (name: string, args: Record<string, unknown>) => tool.hooks.execute({ function: name, args });
  assertEquals(await run("evaluate", { expression: "1 / 0" }), {
    result: null,
    is_error: true,
    error_message: '"1 / 0" has no finite value',
  });
  assertEquals(
    Object(await run("convert", { value: 1, from: "m", to: "kg" })).error_message,
    '"m" measures length, "kg" measures mass',
  );
  assertEquals((await run("summarise", { numbers: [1, 1e100, 1, -1e100] })).result, {
    count: 4,
    sum: 2,
    min: -1e100,
    max: 1e100,
    mean: 0.5,
    median: 1,
    standard_deviation: Math.sqrt(5e199),
  });
});

Deno.test("with a frozen clock and a seeded rng the text tools answer the same each time", async () => {
  const resources = { required: ["clock", "rng"] };
  const once = async () => {
    await using tool = await runPlugin(TextTools, { manifest: { kind: "tool", name: "text-tools", resources } });
    const run = (name: string, args: Record<string, unknown>) => tool.hooks.execute({ function: name, args });
    const text = "one\n\ntwo\nthree";
    return [
      await run("fill_template", { template: "{{now}} {{today}} {{id}} {{ name }}", values: { name: "{{id}}" } }),
      await run("draw_line", { text }),
    ];
  };
  const [first, second] = [await once(), await once()];
  assertEquals(first, second);
  assertMatch(String(first[0]!.result), /^\d{4}-\d\d-\d\dT[\d:.]+Z \d{4}-\d\d-\d\d [\da-f-]{36} \{\{id\}\}$/);
});

Deno.test("an excerpt is cut between words and never inside a character", async () => {
  const resources = { required: ["clock", "rng"] };
  await using tool = await runPlugin(TextTools, { manifest: { kind: "tool", name: "text-tools", resources } });
  const run = (name: string, args: Record<string, unknown>) => tool.hooks.execute({ function: name, args });
  const cut = async (text: string, max_characters: number, mark?: string) =>
    Object(await run("excerpt", { text, max_characters, ...(mark === undefined ? {} : { mark }) }));
  assertEquals((await cut("hello world again", 100)).result, "hello world again");
  assertEquals((await cut("hello world again", 13)).result, "hello world…");
  assertEquals((await cut("hello world again", 12)).result, "hello world…");
  assertEquals((await cut("hello world again", 8)).result, "hello…");
  assertEquals((await cut("unbreakable", 5)).result, "unbr…");
  assertEquals((await cut("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 2)).result, "👩‍👩‍👧…");
  assertEquals((await cut("too long", 3, "[cut]")).is_error, true);
  assertEquals(Object(await run("fill_template", { template: "{{a}} {{b}}" })).error_message, 'no value for "a", "b"');
  assertEquals(Object(await run("draw_line", { text: "\n\n" })).is_error, true);
});
