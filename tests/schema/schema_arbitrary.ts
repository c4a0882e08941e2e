import fc from "fast-check";
import type { JsonSchema, JsonValue } from "../../mod.ts";

type Schema = { [keyword: string]: JsonValue };

const names = ["a", "b", "c", "kind", "hasOwnProperty", "x-y"];
const name = fc.constantFrom(...names);
const small = fc.integer({ min: 0, max: 4 });
const bound = fc.constantFrom(-3, -1, 0, 0.5, 1, 2, 3, 2.5, 10);
const scalar: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue>(
  null,
  true,
  false,
  0,
  1,
  2.5,
  -3,
  "",
  "a",
  "b",
  "long text",
  "😀",
);
const constant: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  fc.constantFrom<JsonValue>([], [1], ["a", "a"], {}, { a: 1 }, { kind: "a", b: 2 }),
);
const typeName = fc.constantFrom("null", "boolean", "integer", "number", "string", "array", "object");
const pattern = fc.constantFrom("^a", "^[a-z]+$", "b$", "^x-", "^[0-9]{2,4}$");

/** Some of a record's keys. */
function someOf(record: Record<string, fc.Arbitrary<JsonValue>>): fc.Arbitrary<Schema> {
  return fc.record(record, { requiredKeys: [] }).map((schema) => ({ ...schema }) as Schema);
}

function fieldsOf(schema: fc.Arbitrary<JsonSchema>): fc.Arbitrary<JsonValue> {
  return fc.dictionary(name, schema, { maxKeys: 3, noNullPrototype: true }) as fc.Arbitrary<JsonValue>;
}

/** Schemas over the accepted keywords, references and recursion among them. */
export const anySchema: fc.Arbitrary<JsonSchema> = fc.letrec<{ schema: JsonSchema; root: JsonSchema }>((tie) => {
  const sub = tie("schema") as fc.Arbitrary<JsonSchema>;
  const value = sub as fc.Arbitrary<JsonValue>;
  const list = fc.array(value, { minLength: 1, maxLength: 3 }) as fc.Arbitrary<JsonValue>;
  const leaf = fc.oneof(
    fc.boolean() as fc.Arbitrary<JsonSchema>,
    typeName.map((type): Schema => ({ type })),
    fc.uniqueArray(typeName, { minLength: 1, maxLength: 3 }).map((type): Schema => ({ type })),
    constant.map((one): Schema => ({ const: one })),
    fc.uniqueArray(scalar, { minLength: 1, maxLength: 4 }).map((all): Schema => ({ enum: all })),
    someOf({
      type: fc.constantFrom("integer", "number"),
      minimum: bound,
      maximum: bound,
      exclusiveMinimum: bound,
      exclusiveMaximum: bound,
    }),
    fc.constantFrom(1, 2, 3, 6, 0.5).map((multipleOf): Schema => ({ type: "number", multipleOf })),
    someOf({ type: fc.constant("string"), minLength: small, maxLength: small, pattern }),
  );
  const named = someOf({
    type: fc.constant("object"),
    properties: fieldsOf(sub),
    required: fc.uniqueArray(name, { maxLength: 2 }) as fc.Arbitrary<JsonValue>,
    additionalProperties: value,
    patternProperties: fc.dictionary(pattern, sub, { maxKeys: 2, noNullPrototype: true }) as fc.Arbitrary<JsonValue>,
    minProperties: small,
    maxProperties: small,
    propertyNames: value,
    dependentRequired: fc.constantFrom<JsonValue>({ a: ["b"] }, { kind: ["a", "c"] }),
    unevaluatedProperties: value,
  });
  const lists = someOf({
    type: fc.constant("array"),
    items: value,
    prefixItems: list,
    minItems: small,
    maxItems: small,
    uniqueItems: fc.boolean(),
    contains: value,
    minContains: fc.integer({ min: 0, max: 2 }),
    maxContains: fc.integer({ min: 1, max: 3 }),
  }).map((schema): Schema => {
    // NB: beside "prefixItems" ajv takes an empty list for "contains", and compares by what "items" says for "uniqueItems"
    const { contains: _, uniqueItems: __, ...rest } = schema;
    return "prefixItems" in schema ? rest : schema;
  });
  const usual = fc.record({
    type: fc.constant("object"),
    properties: fieldsOf(sub),
    required: fc.uniqueArray(name, { maxLength: 2 }),
  });
  const combined = fc.oneof(
    list.map((all): Schema => ({ allOf: all })),
    list.map((any): Schema => ({ anyOf: any })),
    list.map((one): Schema => ({ oneOf: one })),
    value.map((not): Schema => ({ not })),
    fc.tuple(value, value, value).map(([a, b, c]): Schema => ({ if: a, then: b, else: c })),
    value.map((schema): Schema => ({ dependentSchemas: { a: schema } })),
  );
  return {
    schema: fc.oneof(
      { depthSize: "small", maxDepth: 3 },
      { weight: 4, arbitrary: leaf },
      { weight: 2, arbitrary: usual as fc.Arbitrary<JsonSchema> },
      { weight: 1, arbitrary: named },
      { weight: 1, arbitrary: lists },
      { weight: 2, arbitrary: combined },
      { weight: 1, arbitrary: fc.constantFrom<JsonSchema>({ $ref: "#/$defs/one" }, { $ref: "#/$defs/two" }) },
    ),
    root: fc.tuple(sub, sub, sub).map(([main, one, two]): JsonSchema => {
      const defs = { one: guarded(one), two: guarded(two) };
      return typeof main === "boolean" ? main : { ...main, $defs: defs };
    }),
  };
}).root;

/** Without references that lead back to themselves without a step into the value: validators never return from those. */
function guarded(schema: JsonSchema): JsonValue {
  if (typeof schema === "boolean") return schema;
  return JSON.stringify(schema).includes('"$ref"')
    ? { type: "object", properties: { next: schema as JsonValue } }
    : schema as JsonValue;
}

const fieldSchema: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue>(
  { type: "string" },
  { type: "string", minLength: 1, maxLength: 20 },
  { type: "integer", minimum: 0 },
  { type: "number", minimum: 0, maximum: 1 },
  { type: "boolean" },
  { enum: ["queued", "running", "done"] },
  { type: "array", items: { type: "string" } },
  { type: ["string", "null"] },
  { type: "object", additionalProperties: { type: "string" } },
  { type: "string", pattern: "^[a-z][a-z0-9_]*$" },
  { anyOf: [{ type: "string" }, { type: "array", items: { type: "integer" }, minItems: 1 }] },
  { $ref: "#/$defs/node" },
  {
    oneOf: [
      { type: "object", properties: { kind: { const: "text" }, text: { type: "string" } }, required: ["kind", "text"] },
      {
        type: "object",
        properties: { kind: { const: "page" }, page: { type: "integer" } },
        required: ["kind", "page"],
      },
    ],
  },
);
const fieldName = fc.constantFrom("name", "args", "items", "state", "limit", "source");

/** Schemas as people write them for hooks. */
export const realisticSchema: fc.Arbitrary<Schema> = fc.record({
  properties: fc.dictionary(fieldName, fieldSchema, { minKeys: 1, maxKeys: 5, noNullPrototype: true }),
  closed: fc.boolean(),
  required: fc.subarray(["name", "args", "items", "state", "limit", "source"]),
}).map(({ properties, closed, required }): Schema => ({
  type: "object",
  properties,
  required: required.filter((one) => Object.hasOwn(properties, one)),
  ...closed ? { additionalProperties: false } : {},
  $defs: {
    node: {
      type: "object",
      properties: { label: { type: "string" }, children: { type: "array", items: { $ref: "#/$defs/node" } } },
    },
  },
}));

/** Changes one thing somewhere in a schema. */
export function mutated(schema: JsonSchema, seed: number): JsonSchema {
  const copy = structuredClone(schema);
  const spots: [Schema, string][] = [];
  const walk = (value: JsonValue, inMap: boolean, inDefs = false): void => {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) return value.forEach((item) => walk(item, false));
    for (const [key, inner] of Object.entries(value)) {
      if (!inDefs && key !== "$defs" && key !== "$ref" && key !== "uniqueItems") spots.push([value, key]);
      walk(
        inner,
        !inMap && ["properties", "patternProperties", "$defs", "dependentSchemas"].includes(key),
        !inMap && key === "$defs",
      );
    }
  };
  walk(copy as JsonValue, false);
  const spot = spots[seed % (spots.length || 1)];
  if (spot === undefined) return copy;
  const [at, key] = spot;
  const value = at[key];
  if (typeof value === "number") at[key] = Math.max(0, value + (seed % 3 === 0 ? 1 : -1));
  else if (key === "required" && Array.isArray(value)) at[key] = seed % 2 === 0 ? value.slice(1) : [...value, "name"];
  else if (key === "enum" && Array.isArray(value) && value.length > 1) {
    at[key] = seed % 2 === 0 ? value.slice(1) : [...value, "more"];
  } else if (key === "type" && typeof value === "string") at[key] = seed % 2 === 0 ? [value, "null"] : "string";
  else if (key === "const") at[key] = "other";
  else delete at[key];
  if (Array.isArray(at.required)) at.required = [...new Set(at.required)];
  return copy;
}
