import type { JsonValue } from "../json.ts";
import { below, isKeywords, type Keywords, NotFollowed, type Place, target } from "./fits_place.ts";
import { orderedJson } from "./fits_text.ts";

/** What in-place applicators have looked at: for `unevaluatedProperties` and `unevaluatedItems`. */
interface Seen {
  readonly properties: Set<string>;
  readonly items: Set<number>;
}

/**
 * Whether a schema accepts a value, without the validator, which loads asynchronously. Not fast; for witnesses only.
 *
 * @throws {NotFollowed} If the schema holds what is not followed here, `$dynamicRef` for example.
 */
export function accepts(place: Place, value: JsonValue): boolean {
  return judge(place, value, undefined, 0);
}

function judge(place: Place, value: JsonValue, outer: Seen | undefined, depth: number): boolean {
  if (typeof place.schema === "boolean") return place.schema;
  if (depth > 300) throw new NotFollowed("references without end");
  const words = place.schema;
  if ("$dynamicRef" in words || "$recursiveRef" in words) throw new NotFollowed("$dynamicRef");
  const watched = outer !== undefined || "unevaluatedProperties" in words || "unevaluatedItems" in words;
  const seen: Seen | undefined = watched ? { properties: new Set(), items: new Set() } : undefined;
  const inPlace = (schema: JsonValue): boolean => judge(below(place, schema), value, seen, depth + 1);
  const inside = (schema: JsonValue, part: JsonValue): boolean =>
    judge(below(place, schema), part, undefined, depth + 1);

  if (!plain(words, value)) return false;
  if (words.$ref !== undefined && !judge(target(place, words.$ref), value, seen, depth + 1)) return false;
  for (const schema of list(words.allOf)) if (!inPlace(schema)) return false;
  if (words.anyOf !== undefined && list(words.anyOf).filter(inPlace).length === 0) return false;
  if (words.oneOf !== undefined && list(words.oneOf).filter(inPlace).length !== 1) return false;
  if (words.not !== undefined && judge(below(place, words.not), value, undefined, depth + 1)) return false;
  if (words.if !== undefined) {
    const next = inPlace(words.if) ? words.then : words.else;
    if (next !== undefined && !inPlace(next)) return false;
  }
  if (isKeywords(value)) {
    if (!object(words, value, seen, inside, inPlace)) return false;
  } else if (Array.isArray(value) && !array(words, value, seen, inside)) return false;
  if (outer !== undefined && seen !== undefined) {
    for (const name of seen.properties) outer.properties.add(name);
    for (const index of seen.items) outer.items.add(index);
  }
  return true;
}

/** The keywords without subschemas. */
function plain(words: Keywords, value: JsonValue): boolean {
  if (words.type !== undefined && !list(words.type).some((type) => isOfType(value, String(type)))) return false;
  if (words.const !== undefined && orderedJson(words.const) !== orderedJson(positive(value))) return false;
  if (words.enum !== undefined) {
    const text = orderedJson(positive(value));
    if (!list(words.enum).some((one) => orderedJson(one) === text)) return false;
  }
  if (typeof value === "number") {
    if (typeof words.minimum === "number" && value < words.minimum) return false;
    if (typeof words.maximum === "number" && value > words.maximum) return false;
    if (typeof words.exclusiveMinimum === "number" && value <= words.exclusiveMinimum) return false;
    if (typeof words.exclusiveMaximum === "number" && value >= words.exclusiveMaximum) return false;
    if (typeof words.multipleOf === "number" && !Number.isInteger(value / words.multipleOf)) return false;
  } else if (typeof value === "string") {
    if (words.minLength !== undefined || words.maxLength !== undefined) {
      const length = [...value].length;
      if (length < Number(words.minLength ?? 0) || length > Number(words.maxLength ?? Infinity)) return false;
    }
    if (typeof words.pattern === "string" && !regex(words.pattern).test(value)) return false;
  }
  return true;
}

function object(
  words: Keywords,
  value: Keywords,
  seen: Seen | undefined,
  inside: (schema: JsonValue, part: JsonValue) => boolean,
  inPlace: (schema: JsonValue) => boolean,
): boolean {
  const fields = Object.entries(value);
  if (fields.length < Number(words.minProperties ?? 0) || fields.length > Number(words.maxProperties ?? Infinity)) {
    return false;
  }
  for (const name of list(words.required)) if (!Object.hasOwn(value, String(name))) return false;
  for (const [name, needs] of entries(words.dependentRequired)) {
    if (Object.hasOwn(value, name) && !list(needs).every((need) => Object.hasOwn(value, String(need)))) return false;
  }
  for (const [name, schema] of entries(words.dependentSchemas)) {
    if (Object.hasOwn(value, name) && !inPlace(schema)) return false;
  }
  const named = new Map(entries(words.properties));
  const patterns = entries(words.patternProperties);
  for (const [name, part] of fields) {
    if (words.propertyNames !== undefined && !inside(words.propertyNames, name)) return false;
    const schemas = patterns.filter(([pattern]) => regex(pattern).test(name)).map(([, schema]) => schema);
    const own = named.get(name);
    if (own !== undefined) schemas.push(own);
    if (schemas.length === 0 && words.additionalProperties !== undefined) schemas.push(words.additionalProperties);
    if (schemas.length > 0) seen?.properties.add(name);
    if (!schemas.every((schema) => inside(schema, part))) return false;
  }
  if (words.unevaluatedProperties !== undefined && seen !== undefined) {
    for (const [name, part] of fields) {
      if (seen.properties.has(name)) continue;
      if (!inside(words.unevaluatedProperties, part)) return false;
      seen.properties.add(name);
    }
  }
  return true;
}

function array(
  words: Keywords,
  value: readonly JsonValue[],
  seen: Seen | undefined,
  inside: (schema: JsonValue, part: JsonValue) => boolean,
): boolean {
  if (value.length < Number(words.minItems ?? 0) || value.length > Number(words.maxItems ?? Infinity)) return false;
  if (words.uniqueItems === true && new Set(value.map((item) => orderedJson(positive(item)))).size < value.length) {
    return false;
  }
  const prefix = list(words.prefixItems);
  for (const [i, item] of value.entries()) {
    const schema = i < prefix.length ? prefix[i] : words.items;
    if (schema === undefined) continue;
    if (!inside(schema, item)) return false;
    seen?.items.add(i);
  }
  if (words.contains !== undefined) {
    const contains = words.contains;
    const held = value.flatMap((item, i) => inside(contains, item) ? [i] : []);
    if (held.length < Number(words.minContains ?? 1) || held.length > Number(words.maxContains ?? Infinity)) {
      return false;
    }
    for (const i of held) seen?.items.add(i);
  }
  if (words.unevaluatedItems !== undefined && seen !== undefined) {
    for (const [i, item] of value.entries()) {
      if (seen.items.has(i)) continue;
      if (!inside(words.unevaluatedItems, item)) return false;
      seen.items.add(i);
    }
  }
  return true;
}

/** Whether a value is of a type of JSON Schema. */
export function isOfType(value: JsonValue, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isKeywords(value);
    case "integer":
      return Number.isInteger(value);
    case "number":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    default:
      return false;
  }
}

/** A list; a single value as a list of one, nothing as none. */
export function list(value: JsonValue | undefined): readonly JsonValue[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** The entries of an object; none of anything else. */
export function entries(value: JsonValue | undefined): [string, JsonValue][] {
  return isKeywords(value) ? Object.entries(value) : [];
}

/** JSON has one zero. */
function positive(value: JsonValue): JsonValue {
  return value === 0 ? 0 : value;
}

const compiled = new Map<string, RegExp>();

/** A pattern as JSON Schema reads it. */
export function regex(pattern: string): RegExp {
  let known = compiled.get(pattern);
  if (known === undefined) {
    try {
      known = new RegExp(pattern, "u");
    } catch {
      throw new NotFollowed(`the pattern "${pattern}"`);
    }
    if (compiled.size > 500) compiled.clear();
    compiled.set(pattern, known);
  }
  return known;
}
