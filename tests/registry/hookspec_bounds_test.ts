/** Which patterns and schemas of plugins the host runs. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { HookInputInvalid } from "@dagstack/plugin-system";
import { whyUnbounded } from "../../src/registry/bounded_pattern.ts";
import { whyUnboundedSchema } from "../../src/registry/bounded_schema.ts";
import { isTooCostly, type KeywordCost } from "../../src/registry/check_cost.ts";
import { ToolFunctions } from "../../src/registry/tool_functions.ts";

Deno.test("patterns whose time is bounded are let pass", () => {
  for (
    const pattern of [
      "^[a-z]+$",
      "^\\d{4}-\\d{2}-\\d{2}$",
      "^[^@]+@[^@]+\\.[a-z]{2,}$",
      "^(?:cat|dog|bird)$",
      "^(?<year>\\d{4})(?:-\\d\\d)?$",
      "^(ab)+$",
      "^(?:[0-9a-f]{2}){16}$",
      "^[(+*|]+$",
      "^\\(\\+\\*$",
      "^\\p{L}{1,20}$",
      "x",
      "",
    ]
  ) assertEquals(whyUnbounded(pattern), undefined, pattern);
});

Deno.test("patterns that can take exponential time are refused, and with them some that cannot", () => {
  for (
    const pattern of [
      "(a+)+$",
      "^(((a{999}){999}){999})$",
      "^(a|a)*$",
      "^(a*)*b",
      "^(a?){30}a{30}$",
      "(?:x+x+)+y",
      "^(([a-z])+.)+[A-Z]([a-z])+$",
      "^((a{1,9}){1,9}){1,9}$",
      "^(?:(?:a|b)|c)+$",
      "^a*a*a*a*b",
      "a*a*a*b",
      "^x|a*a*a*b",
      `^${"a?".repeat(30)}${"a".repeat(30)}$`,
      `^${"(a|a)".repeat(30)}$`,
      "^(a)\\1$",
      "^(?<n>a)\\k<n>$",
      "^(?=a)b",
      "(?<!a)b",
      "a".repeat(1001),
      "^(a[)]+)+$",
      "^(\\(a+)+$",
    ]
  ) assert(whyUnbounded(pattern) !== undefined, pattern);
});

Deno.test("a schema is bounded by what it comes to, whatever its form", () => {
  const why = (schema: unknown) => whyUnboundedSchema(schema, [0, "parameters"]);
  assertEquals(
    why({ $defs: { a: { type: "string" } }, properties: { x: { $ref: "#/$defs/a" }, y: { $ref: "#/$defs/a" } } }),
    undefined,
  );
  assertEquals(why(true), undefined);
  assertEquals(why({ properties: { pattern: { type: "string" }, $ref: { type: "string" } } }), undefined);
  assertEquals(why({ $ref: "#" })!.path, "$[0].parameters.$ref.$ref");
  assertEquals(why({ $ref: "#/$defs/a", $defs: { a: { not: { $ref: "#/$defs/a" } } } })!.found, "a circle");
  assertEquals(why({ $id: "https://example.com/", properties: {} })!.path, "$[0].parameters.$id");
  assertEquals(why({ $ref: "#/%24defs/a", $defs: { a: true } })!.path, "$[0].parameters.$ref");
  assertEquals(why({ items: { pattern: "(a+)+" } })!.path, "$[0].parameters.items.pattern");
  assert(why({ enum: Array.from({ length: 6000 }, (_, i) => i) }) !== undefined);
  let deep: unknown = true;
  for (let i = 0; i < 100_000; i++) deep = { not: deep };
  assert(why(deep) !== undefined);
});

Deno.test("arguments that a plugin's schema could take long to check are refused unchecked, and others are not", () => {
  const isRefused = (schema: object, value: unknown) => {
    const costs: KeywordCost[] = [];
    assertEquals(whyUnboundedSchema({ properties: { x: schema } }, [], costs), undefined);
    return isTooCostly({ x: value }, costs);
  };
  const long = "a".repeat(100_000);
  const list = Array.from({ length: 100_000 }, (_, i) => i);
  assert(isRefused({ pattern: "^a*a*a*b$" }, long));
  assert(isRefused({ pattern: "^a*a*b$" }, [long]));
  assert(isRefused({ patternProperties: { "^a*a*a*b$": true } }, { [long]: 1 }), "keys are matched too");
  assert(isRefused({ pattern: "x{0,3999}y" }, long + long), "ways");
  assert(isRefused({ pattern: "^a*a*a*b$" }, Array.from({ length: 100_000 }, () => "a".repeat(50))), "all together");
  assert(isRefused({ uniqueItems: true }, list));
  assert(!isRefused({ pattern: "^a*a*a*b$", maxLength: 400 }, long), "the bound beside it is looked at first");
  assert(!isRefused({ pattern: "^[a-z]+$" }, long));
  assert(!isRefused({ pattern: "^[^@]+@[^@]+\\.[a-z]{2,}$" }, "ada@example.com"));
  assert(!isRefused({ uniqueItems: true, items: { type: "number" } }, list));
  assert(!isRefused({ uniqueItems: true, maxItems: 1000 }, list));
  assert(!isRefused({ type: "string" }, long));
});

Deno.test("what a tool lists comes to errors short and without control characters", async () => {
  const call = async (parameters: unknown, args: unknown, isTrusted = false) =>
    await new ToolFunctions("tool/sample", isTrusted, [{ name: "f\n\x1b[2J", parameters }])
      .check({ function: "f\n\x1b[2J", args });
  const name = "b\n\x1b[31m" + "z".repeat(10_000);
  const pattern = { type: "object", properties: { x: { pattern: "^\n\x1b[31m(" } } };
  for (
    const asked of [
      () => call({ type: "object", dependentRequired: { a: [name] } }, { a: 1 }),
      () => call({ type: "object", additionalProperties: { type: "string" } }, { [name]: 1 }),
      () => call(pattern, {}, true),
    ]
  ) {
    const { message } = await assertRejects(asked, Error);
    assert(message.length < 1000, String(message.length));
    // deno-lint-ignore no-control-regex -- they are what must not be there
    assert(!/[\x00-\x1f]/.test(message), message);
  }
  const listing = new ToolFunctions("tool/sample", false, [{ name: "f\x1b[2J" }]);
  const { message } = await assertRejects(async () => await listing.check({ function: "g" }), HookInputInvalid);
  assert(!message.includes("\x1b"), message);
  const costly = () => call({ properties: { x: { pattern: "^a*a*a*b$" } } }, { x: "a".repeat(2000) });
  const error = await assertRejects(costly, HookInputInvalid, "maxLength");
  assertEquals(error.path, "$.args");
});
