import type { JsonValue } from "../json.ts";
import { show } from "./show.ts";

/** A schema that is an object, as the words are made from it. */
export type SchemaTable = { readonly [keyword: string]: JsonValue };

const TYPE_WORDS: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  integer: "a whole number",
  null: "null",
  number: "a number",
  object: "an object",
  string: "text",
};

const MAX_CHOICES = 8;

/**
 * Says in words what a schema wants of a value itself, not of what lies inside it.
 *
 * @param schema The schema.
 * @returns For example `a whole number of at least 1`.
 */
export function schemaWords(schema: JsonValue | undefined): string {
  if (schema === false) return "no value";
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return "any value";
  const table = schema as SchemaTable;
  if (Object.hasOwn(table, "const")) return show(table.const);
  if (Array.isArray(table.enum)) return choiceWords(table.enum);
  const limits = limitWords(table);
  const types = typesOf(table);
  const base = types.length === 0 ? baseOfLimits(table) : joinOr(types.map((type) => TYPE_WORDS[type] ?? type));
  return limits === "" ? base : `${base} ${limits}`;
}

/** The types that a schema names. */
export function typesOf(schema: SchemaTable): string[] {
  const { type } = schema;
  return typeof type === "string" ? [type] : Array.isArray(type) ? type.filter((one) => typeof one === "string") : [];
}

/** Joins words with commas and an `or`. */
export function joinOr(words: readonly string[]): string {
  const own = [...new Set(words)];
  return own.length < 2 ? own[0] ?? "no value" : `${own.slice(0, -1).join(", ")} or ${own.at(-1)}`;
}

function choiceWords(values: readonly JsonValue[]): string {
  if (values.length === 1) return show(values[0]);
  const shown = values.slice(0, MAX_CHOICES).map(show).join(", ");
  const more = values.length - MAX_CHOICES;
  return more > 0 ? `one of ${shown} or ${more} more` : `one of ${shown}`;
}

function baseOfLimits(table: SchemaTable): string {
  const has = (...keywords: string[]) => keywords.some((keyword) => Object.hasOwn(table, keyword));
  if (has("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")) return "a number";
  if (has("minLength", "maxLength", "pattern")) return "text";
  if (has("minItems", "maxItems", "uniqueItems")) return "a list";
  if (has("minProperties", "maxProperties")) return "an object";
  return "a value that fits its schema";
}

function limitWords(table: SchemaTable): string {
  const words: string[] = [];
  const put = (keyword: string, phrase: (limit: string) => string) => {
    const limit = table[keyword];
    if (typeof limit === "number") words.push(phrase(String(limit)));
  };
  const plural = (limit: string, one: string, many: string) => `${limit} ${limit === "1" ? one : many}`;
  put("minimum", (n) => `of at least ${n}`);
  put("exclusiveMinimum", (n) => `above ${n}`);
  put("maximum", (n) => `of at most ${n}`);
  put("exclusiveMaximum", (n) => `below ${n}`);
  put("multipleOf", (n) => `that is a multiple of ${n}`);
  put("minLength", (n) => `of at least ${plural(n, "character", "characters")}`);
  put("maxLength", (n) => `of at most ${plural(n, "character", "characters")}`);
  if (typeof table.pattern === "string") words.push(`that matches /${table.pattern.slice(0, 120)}/`);
  put("minItems", (n) => `of at least ${plural(n, "entry", "entries")}`);
  put("maxItems", (n) => `of at most ${plural(n, "entry", "entries")}`);
  if (table.uniqueItems === true) words.push("that differ");
  put("minProperties", (n) => `of at least ${plural(n, "field", "fields")}`);
  put("maxProperties", (n) => `of at most ${plural(n, "field", "fields")}`);
  return words.join(" and ");
}
