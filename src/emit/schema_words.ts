import { isSchemaObject, type SchemaObject } from "./references.ts";

/**
 * Says in words what a schema accepts: `list of string, at least 1`. Short, and never the whole of a nested schema.
 *
 * @param schema The schema.
 * @param nameOf What a reference is called; without it, or where it knows nothing, the last part of the reference.
 */
export function schemaWords(schema: unknown, nameOf?: (ref: string) => string | undefined): string {
  if (schema === false) return "nothing";
  if (!isSchemaObject(schema)) return "any value";
  const words = [kindWords(schema, nameOf), ...BOUNDS.flatMap(([key, say]) => key in schema ? [say(schema[key])] : [])];
  return words.filter((word) => word !== "").join(", ");
}

const BOUNDS: readonly [keyword: string, say: (value: unknown) => string][] = [
  ["format", (value) => `format ${show(value)}`],
  ["pattern", (value) => `matching ${show(value)}`],
  ["minLength", (value) => `at least ${show(value)} long`],
  ["maxLength", (value) => `at most ${show(value)} long`],
  ["minimum", (value) => `at least ${show(value)}`],
  ["exclusiveMinimum", (value) => `more than ${show(value)}`],
  ["maximum", (value) => `at most ${show(value)}`],
  ["exclusiveMaximum", (value) => `less than ${show(value)}`],
  ["multipleOf", (value) => `a multiple of ${show(value)}`],
  ["minItems", (value) => `at least ${show(value)} items`],
  ["maxItems", (value) => `at most ${show(value)} items`],
  ["uniqueItems", (value) => value === true ? "all different" : ""],
  ["minProperties", (value) => `at least ${show(value)} fields`],
  ["maxProperties", (value) => `at most ${show(value)} fields`],
];

function kindWords(schema: SchemaObject, nameOf: ((ref: string) => string | undefined) | undefined): string {
  const of = (one: unknown) => schemaWords(one, nameOf);
  if (typeof schema.$ref === "string") return nameOf?.(schema.$ref) ?? schema.$ref.split("/").at(-1)!;
  if ("const" in schema) return show(schema.const);
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.map(show).join(", ")}`;
  const types = [schema.type ?? []].flat();
  if (types.length === 1 && types[0] === "array" && "items" in schema) return `list of ${of(schema.items)}`;
  if (types.length > 0) return types.map(String).join(" or ");
  for (const [key, joint] of [["anyOf", " or "], ["oneOf", " or "], ["allOf", " and "]] as const) {
    const list = schema[key];
    if (Array.isArray(list) && list.length > 0) return list.map(of).join(joint);
  }
  return "any value";
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** The same as a sentence. */
export function schemaSentence(schema: unknown, nameOf?: (ref: string) => string | undefined): string {
  const words = schemaWords(schema, nameOf);
  return `${words[0]!.toUpperCase()}${words.slice(1)}.`;
}
