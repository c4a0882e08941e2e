/** Which patterns and schemas of plugins the host runs. */
import { assert, assertEquals } from "@std/assert";
import { whyUnbounded } from "../../src/registry/bounded_pattern.ts";
import { whyUnboundedSchema } from "../../src/registry/bounded_schema.ts";

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
