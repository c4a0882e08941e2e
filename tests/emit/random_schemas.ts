/** Random JSON Schemas over all keywords that hookspecs may use, and values that may or may not fit them. */
import fc from "fast-check";
import type { JsonValue } from "@dagstack/plugin-system";

type Schema = boolean | { [keyword: string]: JsonValue };

const NAMES = ["a", "b", "c", "x-y", "type", "class", "constructor", "*/", "0"];
const scalars: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue[]>(
  null,
  true,
  false,
  0,
  1,
  -1.5,
  1e21,
  "",
  "a",
  "*/",
  "`${0}`",
  "\u2028",
);

/** Any JSON value, small, made of the names and values that schemas speak of. */
export const anyValue: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalars,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES, "__proto__"), tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"];

function optional(keywords: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<{ [keyword: string]: JsonValue }> {
  return fc.record(keywords, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<
    { [keyword: string]: JsonValue }
  >;
}

const typeOrTypes = fc.oneof(
  fc.constantFrom(...TYPES),
  fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 3 }),
);
const text = fc.constantFrom("Plain.", "Ends */ here", "@ts-ignore", "`${1}` // deno-lint-ignore\n\n@deprecated");

/** A schema; references lead to `#`, to `#/$defs/one`, or to `#/$defs/two`. */
export const anySchema: fc.Arbitrary<Schema> = fc.letrec<{ schema: Schema; names: Record<string, Schema> }>((tie) => ({
  names: fc.dictionary(fc.constantFrom(...NAMES), tie("schema"), { maxKeys: 3, noNullPrototype: true }),
  schema: fc.oneof(
    { depthSize: "small", maxDepth: 4, depthIdentifier: "schema" },
    { weight: 6, arbitrary: fc.constantFrom<Schema[]>(true, {}, { type: "string" }, { type: "integer" }) },
    { weight: 1, arbitrary: fc.constant<Schema>(false) },
    { weight: 3, arbitrary: optional({ type: typeOrTypes, description: text }) },
    {
      weight: 2,
      arbitrary: optional({ enum: fc.uniqueArray(anyValue, { minLength: 1, maxLength: 3, selector: JSON.stringify }) }),
    },
    { weight: 1, arbitrary: optional({ const: anyValue, type: typeOrTypes }) },
    { weight: 1, arbitrary: fc.constantFrom("#", "#/$defs/one", "#/$defs/two").map(($ref) => ({ $ref })) },
    {
      weight: 6,
      arbitrary: optional({
        type: fc.constantFrom("object", "object", ["object", "null"]),
        properties: tie("names"),
        required: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 }),
        additionalProperties: fc.oneof({ weight: 2, arbitrary: fc.constant(false) }, tie("schema")),
        patternProperties: fc.dictionary(fc.constantFrom("^a", "b$", "."), tie("schema"), {
          maxKeys: 1,
          noNullPrototype: true,
        }),
        unevaluatedProperties: tie("schema"),
        minProperties: fc.constantFrom(0, 1),
        description: text,
      }),
    },
    {
      weight: 4,
      arbitrary: optional({
        type: fc.constantFrom("array", "array", ["array", "string"]),
        items: tie("schema"),
        prefixItems: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }),
        minItems: fc.constantFrom(0, 1, 2),
        maxItems: fc.constantFrom(0, 1, 3),
        contains: tie("schema"),
      }),
    },
    {
      weight: 4,
      arbitrary: optional({
        type: typeOrTypes,
        properties: tie("names"),
        $ref: fc.constantFrom("#", "#/$defs/one", "#/$defs/two"),
        allOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }),
        anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }),
        oneOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }),
        not: tie("schema"),
        if: tie("schema"),
        then: tie("schema"),
        else: tie("schema"),
        description: text,
        default: anyValue,
      }),
    },
  ),
})).schema;

/** A whole schema for a hook's output, with `$defs`. */
export const rootSchema: fc.Arbitrary<Schema> = fc.tuple(anySchema, anySchema, anySchema).map(([root, one, two]) => ({
  ...(typeof root === "boolean" ? { allOf: [root] } : root),
  $defs: { one, two },
}));
