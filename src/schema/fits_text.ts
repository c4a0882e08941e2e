import type { JsonValue } from "../json.ts";
import { isAnnotation, isKeywords, type Keywords, keywordsOf, NotFollowed, type Place, target } from "./fits_place.ts";

const oneSchema = new Set([
  "additionalProperties",
  "propertyNames",
  "unevaluatedProperties",
  "items",
  "contains",
  "unevaluatedItems",
  "not",
  "if",
  "then",
  "else",
]);
const schemaList = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
const schemaMap = new Set(["properties", "patternProperties", "dependentSchemas"]);
const anyOrder = new Set(["allOf", "anyOf", "oneOf", "enum", "required", "type"]);

/** JSON with its keys in order: equal values have equal texts. */
export function orderedJson(value: JsonValue): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(orderedJson).join(",")}]`;
  return `{${inOrder(value).map(([key, item]) => `${JSON.stringify(key)}:${orderedJson(item)}`).join(",")}}`;
}

/** The entries of an object, by key. */
function inOrder(value: Keywords): [string, JsonValue][] {
  return Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
}

const meanings = new WeakMap<object, string>();

/**
 * A text that two schemas share only if they mean the same: in order, without annotations, followed by all that it refers to.
 * Works on what cannot be followed otherwise, too.
 */
export function meaningText(place: Place): string {
  if (typeof place.schema === "boolean") return String(place.schema);
  const known = meanings.get(place);
  if (known !== undefined) return known;
  const refers = new Set<string>();
  const texts = [schemaText(place.schema, refers)];
  for (const reference of refers) texts.push(`${reference}=${referredText(place, reference, refers)}`);
  const [own = "", ...referred] = texts;
  const text = [own, ...referred.sort()].join("\n");
  meanings.set(place, text);
  return text;
}

function referredText(place: Place, reference: string, refers: Set<string>): string {
  try {
    return schemaText(target(place, reference).schema, refers);
  } catch (cause) {
    if (!(cause instanceof NotFollowed)) throw cause;
    return orderedJson(place.root as JsonValue); // then only wholly equal schemas are equal
  }
}

function schemaText(schema: JsonValue, refers: Set<string>): string {
  if (!isKeywords(schema)) return JSON.stringify(schema);
  const parts: string[] = [];
  for (const [word, value] of inOrder(schema)) {
    if (isAnnotation(word) || saysNothing(word, schema)) continue;
    if (word === "$ref" && typeof value === "string") refers.add(value);
    if (word === "$dynamicRef" && typeof value === "string") refers.add(`!${value}`);
    parts.push(`${JSON.stringify(word === "const" ? "enum" : word)}:${keywordText(word, value, refers)}`);
  }
  return parts.length === 0 ? "true" : `{${parts.join(",")}}`;
}

function keywordText(word: string, value: JsonValue, refers: Set<string>): string {
  if (oneSchema.has(word)) return schemaText(value, refers);
  if (word === "const") return `[${orderedJson(value)}]`;
  if (word === "type" && typeof value === "string") return `["${value}"]`;
  if (Array.isArray(value)) {
    const texts = value.map((item) => schemaList.has(word) ? schemaText(item, refers) : orderedJson(item));
    return `[${(anyOrder.has(word) ? texts.sort() : texts).join(",")}]`;
  }
  if (schemaMap.has(word) && isKeywords(value)) {
    return `{${inOrder(value).map(([key, item]) => `${JSON.stringify(key)}:${schemaText(item, refers)}`).join(",")}}`;
  }
  return orderedJson(value);
}

/** Whether a keyword's value is the same as leaving it out. */
function saysNothing(word: string, schema: Keywords): boolean {
  const value = schema[word];
  switch (word) {
    case "minLength":
    case "minItems":
    case "minProperties":
      return value === 0;
    case "uniqueItems":
      return value === false;
    case "required":
    case "prefixItems":
      return Array.isArray(value) && value.length === 0;
    case "properties":
    case "patternProperties":
    case "dependentSchemas":
    case "dependentRequired":
      return isKeywords(value) && Object.keys(value).length === 0;
    default:
      return false;
  }
}

/** The keywords of a schema that say something about which values are valid. */
export function tellingKeywords(place: Place): string[] {
  const words = keywordsOf(place);
  return Object.keys(words).filter((word) => !isAnnotation(word) && !saysNothing(word, words));
}
