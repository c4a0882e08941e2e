import { assertEquals } from "@std/assert";
import { compileSchema, type JsonSchema } from "../../src/schema/mod.ts";

const NUMBERED = {
  type: "object",
  required: ["kind", "n"],
  properties: { kind: { const: "number" }, n: { type: "number" } },
};
const NAMED = {
  type: "object",
  required: ["kind", "name"],
  properties: { kind: { const: "name" }, name: { type: "string" } },
};
const TREE: JsonSchema = {
  type: "object",
  properties: {
    left: { $ref: "#" },
    leaf: { anyOf: [{ type: "integer", minimum: 1 }, { type: "array", items: { type: "string" } }] },
  },
  additionalProperties: false,
};

/** A schema, a value, and what is said of it. */
const CASES: [schema: JsonSchema, value: unknown, said: string][] = [
  [{ type: "number" }, "three", '$: a number; "three"'],
  [{ type: "integer", minimum: 1 }, 0, "$: a whole number of at least 1; 0"],
  [{ type: "integer" }, 1.5, "$: a whole number; 1.5"],
  [{ exclusiveMinimum: 0, maximum: 5 }, 6, "$: a number above 0 and of at most 5; 6"],
  [{ multipleOf: 5 }, 6, "$: a number that is a multiple of 5; 6"],
  [{ type: ["string", "null"] }, 1, "$: text or null; 1"],
  [{ type: ["string", "null", "boolean"] }, 1, "$: text, null or true or false; 1"],
  [{ type: "string", minLength: 1 }, "", '$: text of at least 1 character; ""'],
  [{ type: "string", pattern: "^a" }, "b", '$: text that matches /^a/; "b"'],
  [{ enum: ["a", "b", 3] }, "c", '$: one of "a", "b", 3; "c"'],
  [{ enum: ["a"] }, "c", '$: "a"; "c"'],
  [{ enum: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }, 0, "$: one of 1, 2, 3, 4, 5, 6, 7, 8 or 2 more; 0"],
  [{ const: { a: 1 } }, 0, '$: {"a":1}; 0'],
  [false, 0, "$: no value; 0"],
  [{ not: { type: "string" } }, "a", '$: anything but text; "a"'],
  [{ required: ["x"] }, {}, '$: the field "x"; no such field'],
  [{ required: ["function"] }, { functoin: 1 }, '$: the field "function"; the field "functoin"'],
  [
    { properties: { name: {} }, additionalProperties: false },
    { nmae: 1 },
    '$: no field "nmae" (did you mean "name"?); 1',
  ],
  [{ properties: { name: {} }, unevaluatedProperties: false }, { other: "a" }, '$: no field "other"; "a"'],
  [{ dependentRequired: { a: ["b"] } }, { a: 1 }, '$: the field "b" beside "a"; no such field'],
  [{ propertyNames: { pattern: "^[a-z]+$" } }, { A: 1 }, '$: field names that are text that matches /^[a-z]+$/; "A"'],
  [{ minProperties: 2 }, { a: 1 }, "$: an object of at least 2 fields; 1 field"],
  [{ type: "array", maxItems: 1 }, [1, 2], "$: a list of at most 1 entry; 2 entries"],
  [{ uniqueItems: true }, [1, 2, 1], "$: a list whose entries differ; entries 0 and 2, which are equal"],
  [{ contains: { type: "string" } }, [1], "$: a list with at least 1 of: text; 1 entry"],
  [{ contains: { type: "string" }, minContains: 2, maxContains: 3 }, ["a"], "$: a list with 2 to 3 of: text; 1 entry"],
  [{ prefixItems: [{}], items: false }, [1, 2], "$: a list of at most 1 entry; 2 entries"],
  [{ oneOf: [{ type: "number" }, { minimum: 1 }] }, 2, "$: a value of exactly one form; 2, which is of forms 1 and 2"],
  [{ anyOf: [{ type: "string" }, { type: "number" }] }, null, "$: text or a number; null"],
  [{ anyOf: [NUMBERED, NAMED] }, { kind: "name", name: 3 }, "$.name: text; 3"],
  [{ anyOf: [NUMBERED, NAMED] }, { kind: "number" }, '$: the field "n"; no such field'],
  [
    { $defs: { NUMBERED, NAMED }, oneOf: [{ $ref: "#/$defs/NUMBERED" }, { $ref: "#/$defs/NAMED" }] },
    { kind: "name" },
    '$: the field "name"; no such field',
  ],
  [{ anyOf: [{ type: "string" }, NAMED] }, { kind: "name", name: 3 }, "$.name: text; 3"],
  [{ if: { required: ["a"] }, then: { required: ["b"] } }, { a: 1 }, '$: the field "b"; no such field'],
  [TREE, { left: { left: { leaf: 0 } } }, "$.left.left.leaf: a whole number of at least 1; 0"],
  [TREE, { left: { leaf: ["a", 1] } }, "$.left.leaf[1]: text; 1"],
  [TREE, { left: { lefd: {} } }, '$.left: no field "lefd" (did you mean "left"?); {}'],
  [{ additionalProperties: { type: "string" } }, { "a/b~c": 1 }, '$["a/b~c"]: text; 1'],
  [{ additionalProperties: { type: "string" } }, { "0": 1 }, '$["0"]: text; 1'],
  [{ items: { items: { type: "string" } } }, [[], ["a", 1]], "$[1][1]: text; 1"],
  [{ type: "string" }, { a: "b".repeat(500) }, `$: text; {"a":"${"b".repeat(73)}…`],
  [{ type: "string" }, new Uint8Array(3), "$: text; 3 bytes"],
  [{ type: "string", format: "date-time" }, "no date", "fits"],
  [{ type: "string", title: "T", "x-mine": { any: 1 } }, "a", "fits"],
  [true, { a: [1] }, "fits"],
];

for (const [schema, value, said] of CASES) {
  const shown = value instanceof Uint8Array ? "bytes" : JSON.stringify(value).slice(0, 60);
  Deno.test(`the one thing that helps is said: ${shown} against ${JSON.stringify(schema).slice(0, 80)}`, async () => {
    const problem = (await compileSchema(schema, "mine"))(value);
    assertEquals(problem === undefined ? "fits" : `${problem.path}: ${problem.expected}; ${problem.found}`, said);
  });
}

Deno.test("a check can be used again after a failure, and says the same", async () => {
  const check = await compileSchema({ anyOf: [NUMBERED, NAMED] }, "mine");
  const first = check({ kind: "name", name: 3 });
  assertEquals(check({ kind: "name", name: "x" }), undefined);
  assertEquals(check({ kind: "name", name: 3 }), first);
});

Deno.test("a field that is undefined is not there, and nothing at all is null", async () => {
  const closed = await compileSchema({ type: "object", properties: { a: {} }, additionalProperties: false }, "mine");
  assertEquals(closed({ a: 1, b: undefined }), undefined);
  assertEquals(closed({ b: undefined, other: 1 })?.expected, 'no field "other"');
  const deep = await compileSchema({ items: { maxProperties: 1 } }, "mine");
  assertEquals(deep([{ a: 1, b: undefined }]), undefined);
  const nothing = await compileSchema({ type: "null" }, "mine");
  assertEquals(nothing(undefined), undefined);
  assertEquals((await compileSchema({ type: "object" }, "mine"))(undefined)?.expected, "an object");
});

Deno.test("a value that refers to itself is not followed for ever", async () => {
  const check = await compileSchema({ type: "object", additionalProperties: false }, "mine");
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  circle.again = circle;
  assertEquals(check(circle)?.expected, 'no field "self"');
});
