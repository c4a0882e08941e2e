/** What the JSON Schema library gets wrong must be refused, or put right, and never be let through. */
import { assertEquals, assertRejects } from "@std/assert";
import { HookspecInvalid, type JsonSchema } from "@dagstack/plugin-system";
import { compileSchema } from "../../src/schema/mod.ts";

Deno.test("contains and uniqueItems beside prefixItems are refused, since they would be checked wrongly", async () => {
  const wrong: [JsonSchema, string][] = [
    [{ prefixItems: [{ type: "string" }], contains: { type: "number" } }, "contains"],
    [{ prefixItems: [{ type: "array" }], items: { type: "number" }, uniqueItems: true }, "uniqueItems"],
  ];
  for (const [schema, keyword] of wrong) {
    const expected = `${keyword}: expected no ${keyword} beside prefixItems: put it in an allOf`;
    await assertRejects(() => compileSchema(schema, "schema"), HookspecInvalid, expected);
  }
});

Deno.test("one allOf below they are checked rightly", async () => {
  const tuple: JsonSchema = { prefixItems: [{ type: "array" }, { type: "array" }], items: { type: "number" } };
  const contains = await compileSchema({ ...tuple, allOf: [{ contains: { type: "number" } }] }, "schema");
  assertEquals([contains([[]]) === undefined, contains([[], [], 1]) === undefined], [false, true]);
  const unique = await compileSchema({ ...tuple, type: "array", allOf: [{ uniqueItems: true }] }, "schema");
  assertEquals([unique([[], []]) === undefined, unique([[1], []]) === undefined], [false, true]);
});

Deno.test("a value with a toString of its own is found to be different, and does not make the check throw", async () => {
  const check = await compileSchema({ const: { a: 1 } }, "schema");
  assertEquals(check({ toString: 1 })?.path, "$");
  assertEquals(check({ a: 1 }), undefined);
});
