import { assertEquals, assertRejects } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import type { JsonSchema, JsonValue } from "../../mod.ts";
import { compileSchema, sampleValues } from "../../src/schema/mod.ts";
import { realisticSchema } from "./schema_arbitrary.ts";

function judge(schema: JsonSchema): (value: JsonValue) => boolean {
  const validate = new Ajv2020({ strict: false, logger: false, ownProperties: true }).compile(
    structuredClone(schema) as object,
  );
  return (value) => validate(value) === true;
}

const held: [what: string, schema: JsonSchema, among: JsonValue[]][] = [
  ["the bounds of whole numbers", { type: "integer", minimum: 3, maximum: 999 }, [3, 999, 4, 998]],
  ["zero, one and the largest of unbounded ones", { type: "integer" }, [
    0,
    1,
    -1,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ]],
  ["whole and other numbers", { type: "number", minimum: 0, maximum: 1 }, [0, 1, 0.5]],
  ["empty, plain, accented and astral texts", { type: "string" }, ["", "a", "é", "😀"]],
  ["the shortest and longest texts", { type: "string", minLength: 2, maxLength: 4 }, [
    "aa",
    "aaaa",
    "😀😀",
    "😀😀😀😀",
  ]],
  ["each constant", { enum: ["a", 1, null, { b: [] }] }, ["a", 1, null, { b: [] }]],
  ["each branch", { anyOf: [{ const: "x" }, { type: "null" }, { type: "integer", minimum: 7 }] }, ["x", null, 7]],
  ["empty and full lists", { type: "array", items: { type: "integer" }, maxItems: 3 }, [[], [0], [0, 0, 0]]],
  [
    "objects with what is required, and with all",
    { type: "object", properties: { a: { const: 1 }, b: { const: 2 } }, required: ["a"], additionalProperties: false },
    [{ a: 1 }, { a: 1, b: 2 }],
  ],
];
for (const [what, schema, among] of held) {
  Deno.test(`samples hold ${what}`, async () => {
    const samples = await sampleValues(schema, { count: 60 });
    for (const value of among) {
      assertEquals(samples.some((one) => JSON.stringify(one) === JSON.stringify(value)), true, `${value}`);
    }
  });
}

Deno.test("samples come first with edge cases where few are asked for", async () => {
  assertEquals(await sampleValues({ type: "string" }, { count: 2 }), ["", "a"]);
  assertEquals(await sampleValues({ type: ["null", "boolean"] }, { count: 2 }), [null, false]);
});

Deno.test("samples reach patterns, tuples, recursion, unique lists and names by pattern", async () => {
  const schemas: JsonSchema[] = [
    { type: "string", pattern: "^[A-Z]{2}-[0-9]{5}$" },
    { type: "string", pattern: "^a+$", minLength: 5 },
    { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }], items: false, minItems: 2 },
    { type: "object", properties: { next: { $ref: "#" } } },
    { type: "array", items: { type: "integer" }, uniqueItems: true, minItems: 8 },
    {
      type: "object",
      patternProperties: { "^x-[0-9]+$": { const: 1 } },
      additionalProperties: false,
      minProperties: 1,
    },
    { type: "object", minProperties: 5 },
    { type: "array", contains: { const: 5 }, minContains: 2, minItems: 4 },
    { type: "integer", multipleOf: 7, minimum: 1000 },
    { if: { type: "string" }, then: { minLength: 3 }, else: { type: "integer", minimum: 4 } },
  ];
  for (const schema of schemas) {
    const samples = await sampleValues(schema);
    assertEquals([samples.length > 0, samples.every(judge(schema))], [true, true], JSON.stringify(schema));
  }
});

Deno.test("samples of what nothing satisfies are none", async () => {
  assertEquals(await sampleValues(false), []);
  assertEquals(await sampleValues({ type: "integer", minimum: 5, maximum: 4 }), []);
  assertEquals(await sampleValues({ type: "object", properties: { next: { $ref: "#" } }, required: ["next"] }), []);
});

Deno.test("samples are the same for the same seed, and others for another", async () => {
  const schema = { type: "object", properties: { n: { type: "integer" }, s: { type: "string" } } };
  const all = await Promise.all([1, 1, 2].map((seed) => sampleValues(schema, { count: 200, seed })));
  assertEquals(all[0], all[1]);
  assertEquals(JSON.stringify(all[0]) === JSON.stringify(all[2]), false);
});

Deno.test("a sample can be changed without changing the schema or the next samples", async () => {
  const schema = { const: { list: [1] } };
  const [first] = await sampleValues(schema) as { list: number[] }[];
  first?.list.push(2);
  assertEquals(await sampleValues(schema), [{ list: [1] }]);
});

Deno.test("samples are what the compiled validator accepts, also where it cannot compare", async () => {
  const schema: JsonSchema = { enum: [{ a: 1 }, { toString: 1 }] };
  const check = await compileSchema(schema, "schema");
  const samples = await sampleValues(schema);
  assertEquals(samples[0], { a: 1 });
  for (const sample of samples) assertEquals(check(sample), undefined);
});

Deno.test("samples refuse a count or seed that is none", async () => {
  await assertRejects(
    () => sampleValues(true, { count: 0 }),
    RangeError,
    "Cannot sample a schema: expected count to be 1 to 1000, got 0",
  );
  await assertRejects(
    () => sampleValues(true, { seed: 0.5 }),
    RangeError,
    "Cannot sample a schema: expected seed to be a whole number",
  );
});

Deno.test("every sample of a schema as hooks have them is accepted, and there are some", async () => {
  await fc.assert(
    fc.asyncProperty(realisticSchema, async (schema) => {
      const samples = await sampleValues(schema, { count: 30 });
      assertEquals([samples.length > 0, samples.every(judge(schema))], [true, true]);
    }),
    { numRuns: 60 },
  );
});
