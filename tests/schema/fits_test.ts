import { assertEquals } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import type { JsonSchema, JsonValue } from "../../mod.ts";
import { schemaFits } from "../../src/schema/mod.ts";
import { accepts } from "../../src/schema/fits_accepts.ts";
import { placeOf } from "../../src/schema/fits_place.ts";
import { hintsFrom, newSearch, valuesOf } from "../../src/schema/fits_values.ts";
import { anySchema, mutated, realisticSchema } from "./schema_arbitrary.ts";

const string = { type: "string" };
const tree = { $ref: "#/$defs/t", $defs: { t: { type: "object", properties: { next: { $ref: "#/$defs/t" } } } } };
const closedTree = {
  $ref: "#/$defs/u",
  $defs: {
    u: {
      type: "object",
      properties: { next: { $ref: "#/$defs/u" }, leaf: { type: "integer" } },
      additionalProperties: false,
    },
  },
};
const textOrPage: { oneOf: JsonValue[] } = {
  oneOf: [
    { type: "object", properties: { kind: { const: "text" }, text: string }, required: ["kind", "text"] },
    { type: "object", properties: { kind: { const: "page" }, page: { type: "integer" } }, required: ["kind", "page"] },
  ],
};

const fitting: [what: string, narrow: JsonSchema, wide: JsonSchema][] = [
  ["key order and annotations", { type: "string", minLength: 1, title: "A" }, {
    minLength: 1,
    description: "B",
    type: ["string"],
  }],
  ["integer in number", { type: "integer" }, { type: "number" }],
  ["type lists in any order", { type: ["string", "null"] }, { type: ["null", "string", "boolean"] }],
  ["type list in anyOf", { type: ["string", "null"] }, { anyOf: [{ type: "null" }, string] }],
  ["const in enum", { const: "a" }, { enum: ["b", "a"] }],
  ["enum in type and bounds", { enum: [1, 2] }, { type: "integer", minimum: 1, maximum: 2 }],
  ["small ranges in enum", { type: "integer", minimum: 1, maximum: 3 }, { enum: [3, 2, 1] }],
  ["boolean in its constants", { type: "boolean" }, { enum: [true, false] }],
  ["exclusive bounds of whole numbers", { type: "integer", exclusiveMinimum: 0 }, { minimum: 1 }],
  ["multiples of multiples", { type: "integer", multipleOf: 6 }, { multipleOf: 3 }],
  ["lengths", { type: "string", minLength: 2, maxLength: 3 }, { minLength: 1, maxLength: 4 }],
  ["the same pattern", { type: "string", pattern: "^a", maxLength: 9 }, { pattern: "^a" }],
  ["required fields", { type: "object", required: ["a", "b"] }, { required: ["a"] }],
  ["closed in named", { type: "object", properties: { a: string }, additionalProperties: false }, {
    properties: { a: string },
  }],
  ["closed in a map", { type: "object", properties: { a: string }, additionalProperties: false }, {
    additionalProperties: string,
  }],
  ["pattern of names", { type: "object", patternProperties: { "^x": string }, additionalProperties: false }, {
    patternProperties: { "^x": { type: ["string", "null"] } },
  }],
  ["most fields of closed", { type: "object", properties: { a: true, b: true }, additionalProperties: false }, {
    maxProperties: 2,
  }],
  ["names of closed", { type: "object", properties: { ab: true }, additionalProperties: false }, {
    propertyNames: { maxLength: 2 },
  }],
  ["unevaluated beside properties", { type: "object", properties: { a: string }, unevaluatedProperties: false }, {
    properties: { a: string },
    additionalProperties: false,
  }],
  ["items", { type: "array", items: { type: "integer" } }, { type: "array", items: { type: "number" } }],
  ["a tuple in a list", { type: "array", prefixItems: [{ const: 1 }, { const: 2 }], items: false }, {
    items: { type: "integer" },
    maxItems: 2,
    uniqueItems: false,
  }],
  ["at most one is unique", { type: "array", maxItems: 1 }, { uniqueItems: true }],
  ["contains by items", { type: "array", items: string, minItems: 1 }, { contains: string }],
  ["allOf together", { allOf: [{ type: "integer", minimum: 1 }, { maximum: 9 }] }, { minimum: 0, maximum: 10 }],
  ["fewer branches", { anyOf: [string, { type: "null" }] }, { anyOf: [{ type: "null" }, string, { type: "array" }] }],
  ["a branch of oneOf", {
    type: "object",
    properties: { kind: { const: "page" }, page: { type: "integer" } },
    required: ["kind", "page"],
  }, textOrPage],
  ["oneOf in anyOf", textOrPage, { anyOf: textOrPage.oneOf }],
  ["told apart by a field", { type: "object", properties: { kind: { enum: ["a", "b"] } }, required: ["kind"] }, {
    anyOf: [{ properties: { kind: { const: "a" } } }, { properties: { kind: { const: "b" } } }],
  }],
  ["not", { type: "string" }, { not: { type: "array" } }],
  ["not by a field", { type: "object", properties: { a: { const: 1 } }, required: ["a"] }, {
    not: { properties: { a: { const: 2 } }, required: ["a"] },
  }],
  ["if and then", { type: "object", properties: { k: { const: 1 } }, required: ["k", "x"] }, {
    if: { properties: { k: { const: 1 } } },
    then: { required: ["x"] },
  }],
  ["dependentRequired", { type: "object", required: ["a", "b"] }, { dependentRequired: { a: ["b"] } }],
  ["recursion under another name", tree, {
    $ref: "#/$defs/other",
    $defs: { other: { type: "object", properties: { next: { $ref: "#/$defs/other" } } } },
  }],
  ["closed recursion in open recursion", closedTree, tree],
  ["nothing in anything", { allOf: [string, { type: "integer" }] }, false],
  ["a required field that cannot be", { type: "object", properties: { a: false }, required: ["a"] }, { type: "null" }],
  ["equal and not followed", { $dynamicRef: "#x", type: "object" }, { type: "object", $dynamicRef: "#x" }],
];
for (const [what, narrow, wide] of fitting) {
  Deno.test(`a schema fits: ${what}`, () => assertEquals(schemaFits(narrow, wide), { fits: true }));
}

const refused: [what: string, narrow: JsonSchema, wide: JsonSchema, path: string, reason: string][] = [
  ["type", { type: ["string", "null"] }, string, "", "null is not accepted"],
  [
    "number in integer",
    { type: "number" },
    { type: "integer" },
    "",
    'it may be a number with a fraction, which "type" does not name',
  ],
  ["bounds", { type: "integer", minimum: 0 }, { minimum: 1 }, "", "it may be less than 1"],
  ["enum", { enum: ["a", "b"] }, { enum: ["a"] }, "", '"b" is not accepted'],
  ["pattern", string, { type: "string", pattern: "^a" }, "", 'it may not match "^a"'],
  [
    "a deep field",
    { type: "object", properties: { a: { items: string } }, required: ["a", "b"] },
    { properties: { a: { items: { minLength: 1 } } } },
    "properties.a.items",
    "it may be shorter than 1",
  ],
  ["required", { type: "object", properties: { a: string } }, { required: ["a"] }, "", 'it may lack the field "a"'],
  [
    "other fields",
    { type: "object", properties: { a: string } },
    { properties: { a: string }, additionalProperties: false },
    "additionalProperties",
    "it may have other fields",
  ],
  [
    "one field more",
    { type: "object", properties: { a: string, b: string }, additionalProperties: false },
    { properties: { a: string }, additionalProperties: false },
    "b",
    'the field "b" may be there',
  ],
  ["recursion", tree, closedTree, "properties.leaf", "null is not accepted"],
  [
    "a branch too many",
    { anyOf: [string, { type: "null" }] },
    { anyOf: [string, { type: "array" }] },
    "",
    "null is not accepted",
  ],
  [
    "two branches at once",
    { type: "integer" },
    { oneOf: [{ type: "integer" }, { minimum: 5 }] },
    "",
    'no branch of "oneOf" takes every integer that may come',
  ],
  ["anything in something", true, string, "", "null is not accepted"],
  ["something in nothing", string, false, "", "nothing is accepted here"],
];
for (const [what, narrow, wide, path, reason] of refused) {
  Deno.test(`a schema does not fit, and a value shows it: ${what}`, () => {
    const fit = schemaFits(narrow, wide);
    assertEquals(fit, { fits: false, path, reason, witness: fit.fits === false ? fit.witness : null });
    if (fit.fits === false) assertEquals([judge(narrow)(fit.witness), judge(wide)(fit.witness)], [true, false]);
  });
}

Deno.test("schemas that refer to many others twice are followed once each", () => {
  const twice = (deepest: JsonValue): JsonSchema => {
    const $defs: Record<string, JsonValue> = { d0: deepest };
    for (let i = 1; i <= 40; i++) {
      const $ref = `#/$defs/d${i - 1}`;
      $defs[`d${i}`] = { type: "object", properties: { left: { $ref }, right: { $ref } } };
    }
    return { $ref: "#/$defs/d40", $defs };
  };
  assertEquals(schemaFits(twice(string), twice({ type: ["string", "null"] })), { fits: true });
  assertEquals(schemaFits(twice({ type: ["string", "null"] }), twice(string)).fits, false);
});

Deno.test("a reference that leads only to itself proves nothing", () => {
  const loop = { $ref: "#/$defs/a", $defs: { a: { anyOf: [{ $ref: "#/$defs/a" }, string] } } };
  assertEquals(
    schemaFits(loop, { $ref: "#/$defs/b", $defs: { b: { allOf: [{ $ref: "#/$defs/b" }] } } }).fits,
    "unknown",
  );
});

Deno.test("what can be neither shown nor refuted is unknown, and says why", () => {
  const fit = schemaFits({ type: "string", pattern: "^[a-c]+$" }, { type: "string", pattern: "^[a-z]+$" });
  assertEquals(fit, { fits: "unknown", path: "", reason: 'it may not match "^[a-z]+$"' });
});

function judge(schema: JsonSchema): (value: JsonValue) => boolean {
  const validate = new Ajv2020({ strict: false, logger: false, ownProperties: true, validateSchema: false })
    .compile(structuredClone(schema) as object);
  return (value) => validate(value) === true;
}

/** What the answers were, after checking each of them against the validator. */
function answers(pairs: fc.Arbitrary<[JsonSchema, JsonSchema]>, numRuns: number): Record<string, number> {
  const count: Record<string, number> = { true: 0, false: 0, unknown: 0 };
  fc.assert(
    fc.property(pairs, ([narrow, wide]) => {
      const fit = schemaFits(narrow, wide);
      count[`${fit.fits}`] = (count[`${fit.fits}`] ?? 0) + 1;
      const [takes, wants] = [judge(narrow), judge(wide)];
      if (fit.fits === false) assertEquals([takes(fit.witness), wants(fit.witness)], [true, false]);
      if (fit.fits !== true) return;
      const search = newSearch(hintsFrom([placeOf(wide), placeOf(narrow)]));
      for (const value of valuesOf([placeOf(narrow)], search)) {
        assertEquals(takes(value) && !wants(value), false, JSON.stringify(value));
      }
    }),
    { numRuns },
  );
  return count;
}

/** A pair of a schema and its change, either way round. */
function changed(schema: fc.Arbitrary<JsonSchema>): fc.Arbitrary<[JsonSchema, JsonSchema]> {
  return fc.tuple(schema, fc.nat(), fc.boolean()).map(([one, seed, turn]): [JsonSchema, JsonSchema] =>
    turn ? [one, mutated(one, seed)] : [mutated(one, seed), one]
  );
}

Deno.test("no answer about two random schemas is contradicted by the validator", () => {
  answers(fc.tuple(anySchema, anySchema), 250);
});

Deno.test("no answer about a random schema and its change is contradicted by the validator", () => {
  answers(changed(anySchema), 250);
});

Deno.test("of schemas as hooks have them, few answers are unknown and none is contradicted", () => {
  const count = answers(changed(realisticSchema), 250);
  assertEquals((count.unknown ?? 0) < 25, true, JSON.stringify(count)); // one in a hundred, usually
});

Deno.test("a schema fits itself, whatever it says", () => {
  fc.assert(fc.property(anySchema, (schema) => {
    assertEquals(schemaFits(schema, structuredClone(schema)), { fits: true });
  }));
});

Deno.test("witnesses are judged as the validator judges", () => {
  fc.assert(
    fc.property(anySchema, anySchema, (schema, other) => {
      const takes = judge(schema);
      for (const value of valuesOf([placeOf(other)], newSearch(hintsFrom([placeOf(schema)])))) {
        assertEquals(accepts(placeOf(schema), value), takes(value), JSON.stringify(value));
        assertEquals(judge(other)(value), true, JSON.stringify(value));
      }
    }),
    { numRuns: 200 },
  );
});
