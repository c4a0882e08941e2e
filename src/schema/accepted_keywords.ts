/** What a keyword's value must be. `schema`, `schemas` and `schema map` hold further schemas. */
export type KeywordValue =
  | "schema"
  | "schemas"
  | "schema map"
  | "pattern map"
  | "text"
  | "pattern"
  | "texts"
  | "texts map"
  | "count"
  | "number"
  | "positive number"
  | "boolean"
  | "types"
  | "values"
  | "list"
  | "anything"
  | "reference"
  | "anchor"
  | "draft"
  | "id";

/** Every keyword of a schema that is kept to, or passed on (SPEC section 12). All other names are errors. */
export const ACCEPTED_KEYWORDS: Readonly<Record<string, KeywordValue>> = {
  // core
  $schema: "draft",
  $id: "id",
  $ref: "reference",
  $defs: "schema map",
  $anchor: "anchor",
  $comment: "text",
  // applicator
  allOf: "schemas",
  anyOf: "schemas",
  oneOf: "schemas",
  not: "schema",
  if: "schema",
  then: "schema",
  else: "schema",
  dependentSchemas: "schema map",
  prefixItems: "schemas",
  items: "schema",
  contains: "schema",
  properties: "schema map",
  patternProperties: "pattern map",
  additionalProperties: "schema",
  propertyNames: "schema",
  // unevaluated
  unevaluatedItems: "schema",
  unevaluatedProperties: "schema",
  // validation
  type: "types",
  const: "anything",
  enum: "values",
  multipleOf: "positive number",
  maximum: "number",
  exclusiveMaximum: "number",
  minimum: "number",
  exclusiveMinimum: "number",
  maxLength: "count",
  minLength: "count",
  pattern: "pattern",
  maxItems: "count",
  minItems: "count",
  uniqueItems: "boolean",
  maxContains: "count",
  minContains: "count",
  maxProperties: "count",
  minProperties: "count",
  required: "texts",
  dependentRequired: "texts map",
  // annotations: passed on to readers and emitters, and never checked against a value
  title: "text",
  description: "text",
  default: "anything",
  deprecated: "boolean",
  readOnly: "boolean",
  writeOnly: "boolean",
  examples: "list",
  format: "text",
  contentEncoding: "text",
  contentMediaType: "text",
  contentSchema: "schema",
};

/** Names that are known and yet not accepted, and what to write in their place. */
export const REFUSED_KEYWORDS: Readonly<Record<string, string>> = {
  $vocabulary: "no $vocabulary, since the keywords are fixed",
  $dynamicRef: "$ref: what $dynamicRef points to is only known at run time",
  $dynamicAnchor: "$anchor: nothing may be pointed to at run time",
  $recursiveRef: "$ref, since draft 2020-12",
  $recursiveAnchor: "$anchor, since draft 2020-12",
  id: "$id, since draft 2020-12",
  definitions: "$defs, since draft 2020-12",
  dependencies: "dependentRequired or dependentSchemas, since draft 2020-12",
  additionalItems: "items beside prefixItems, since draft 2020-12",
  nullable: `"null" as one of the types`,
  discriminator: "a const in each of the forms",
  example: "examples, a list",
};

/** The one draft that is accepted. */
export const DRAFT = "https://json-schema.org/draft/2020-12/schema";

/** The types of JSON. */
export const TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"] as const;
