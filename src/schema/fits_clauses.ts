import type { JsonValue } from "../json.ts";
import { entries, list } from "./fits_accepts.ts";
import { below, isAnnotation, isKeywords, keywordsOf, type Place, placeOf, target } from "./fits_place.ts";
import { orderedJson } from "./fits_text.ts";

/** The types of JSON, as bits; numbers are whole ones and the others. */
export const Type = { null: 1, boolean: 2, integer: 4, fraction: 8, string: 16, array: 32, object: 64 } as const;
/** Every type. */
export const ALL_TYPES = 127;

/** The bits of a `type` keyword. */
export function typeBits(type: JsonValue | undefined): number {
  if (type === undefined) return ALL_TYPES;
  let bits = 0;
  for (const name of list(type)) {
    bits |= name === "number" ? Type.integer | Type.fraction : Type[name as keyof typeof Type] ?? 0;
  }
  return bits;
}

/**
 * One way to be valid: a conjunction without `anyOf` and the like. What cannot be said this way is left out, so that a clause takes
 * too much rather than too little.
 */
export interface Clause {
  readonly bits: number;
  /** Schemas of which the keywords hold that are no in-place applicators. */
  readonly plain: readonly Place[];
  /** Schemas that do not hold. */
  readonly refused: readonly Place[];
}

const open: Clause = { bits: ALL_TYPES, plain: [], refused: [] };
const MOST_CLAUSES = 48;
const made = new Map<string, Place>();

/** A schema of our own making; the same text gives the same place. */
export function madeSchema(schema: { [keyword: string]: JsonValue }): Place {
  const text = orderedJson(schema);
  let place = made.get(text);
  if (place === undefined) {
    if (made.size > 2000) made.clear();
    made.set(text, place = placeOf(schema));
  }
  return place;
}

/** The ways to satisfy all of some schemas at once. */
export function clausesOf(conjunction: readonly Place[]): Clause[] {
  return conjunction.reduce((clauses: Clause[], place) => both(clauses, ways(place, [])), [open]);
}

/** The ways to satisfy a clause and a schema. */
export function clausesWith(clause: Clause, place: Place): Clause[] {
  return both([clause], ways(place, []));
}

function both(left: readonly Clause[], right: readonly Clause[]): Clause[] {
  if (left.length * right.length > MOST_CLAUSES) return [...left]; // takes too much, never too little
  const clauses: Clause[] = [];
  for (const a of left) {
    for (const b of right) {
      const bits = a.bits & b.bits;
      if (bits === 0) continue;
      clauses.push({
        bits,
        plain: [...new Set([...a.plain, ...b.plain])],
        refused: [...new Set([...a.refused, ...b.refused])],
      });
    }
  }
  return clauses;
}

function ways(place: Place, within: readonly Place[]): Clause[] {
  if (typeof place.schema === "boolean") return place.schema ? [open] : [];
  if (within.includes(place)) return [open];
  const words = place.schema;
  const inner = [...within, place];
  const sub = (schema: JsonValue | undefined) => below(place, schema);
  let clauses: Clause[] = [{ bits: typeBits(words.type), plain: [place], refused: [] }];
  if (words.$ref !== undefined) clauses = both(clauses, ways(target(place, words.$ref), inner));
  for (const schema of list(words.allOf)) clauses = both(clauses, ways(sub(schema), inner));
  if (words.anyOf !== undefined) {
    clauses = both(
      clauses,
      list(words.anyOf).flatMap((schema) => ways(sub(schema), inner)),
    );
  }
  if (words.oneOf !== undefined) {
    const branches = list(words.oneOf).map(sub);
    const others = (branch: Place) => branches.filter((other) => other !== branch);
    clauses = both(
      clauses,
      branches.flatMap((branch) =>
        ways(branch, inner).map((clause) => ({ ...clause, refused: [...clause.refused, ...others(branch)] }))
      ),
    );
  }
  if (words.not !== undefined) clauses = both(clauses, waysNot(sub(words.not), inner));
  if (words.if !== undefined) {
    const when = both(ways(sub(words.if), inner), words.then === undefined ? [open] : ways(sub(words.then), inner));
    const otherwise = both(
      waysNot(sub(words.if), inner),
      words.else === undefined ? [open] : ways(sub(words.else), inner),
    );
    clauses = both(clauses, [...when, ...otherwise]);
  }
  for (const [name, needs] of entries(words.dependentRequired)) {
    clauses = both(clauses, [
      ...ways(without(name), inner),
      ...ways(having([name, ...list(needs).map(String)]), inner),
    ]);
  }
  for (const [name, schema] of entries(words.dependentSchemas)) {
    clauses = both(clauses, [
      ...ways(without(name), inner),
      ...both(ways(having([name]), inner), ways(sub(schema), inner)),
    ]);
  }
  return clauses;
}

/** Objects that lack a field, and all that is no object. */
export function without(name: string): Place {
  return madeSchema({ properties: Object.fromEntries([[name, false]]) });
}

/** Objects that have some fields, and all that is no object. */
export function having(names: readonly string[]): Place {
  return madeSchema({ required: [...names] });
}

/** The ways not to satisfy a schema. */
function waysNot(place: Place, within: readonly Place[]): Clause[] {
  if (typeof place.schema === "boolean") return place.schema ? [] : [open];
  const given: Clause[] = [{ ...open, refused: [place] }];
  if (within.includes(place)) return given;
  const words = Object.keys(place.schema).filter((word) => !isAnnotation(word));
  const clauses: Clause[] = [];
  for (const word of words) {
    const broken = waysToBreak(place, word, [...within, place]);
    if (broken === undefined) return given;
    clauses.push(...broken);
  }
  return clauses;
}

const limits: { readonly [word: string]: readonly [type: keyof typeof Type, word: string, step: number] } = {
  minLength: ["string", "maxLength", -1],
  maxLength: ["string", "minLength", 1],
  minItems: ["array", "maxItems", -1],
  maxItems: ["array", "minItems", 1],
  minProperties: ["object", "maxProperties", -1],
  maxProperties: ["object", "minProperties", 1],
};
const bounds: Record<string, string> = {
  minimum: "exclusiveMaximum",
  maximum: "exclusiveMinimum",
  exclusiveMinimum: "maximum",
  exclusiveMaximum: "minimum",
};

/** The ways to break one keyword, `undefined` where they cannot be said. */
function waysToBreak(place: Place, word: string, within: readonly Place[]): Clause[] | undefined {
  const words = keywordsOf(place);
  const value = words[word] ?? null;
  const only = (type: keyof typeof Type, schema: { [keyword: string]: JsonValue }): Clause[] => [
    { bits: Type[type], plain: [madeSchema(schema)], refused: [] },
  ];
  const limit = limits[word];
  if (limit !== undefined) {
    const [type, opposite, step] = limit;
    return Number(value) + step < 0 ? [] : only(type, { [opposite]: Number(value) + step });
  }
  const bound = bounds[word];
  if (bound !== undefined) return [...only("integer", { [bound]: value }), ...only("fraction", { [bound]: value })];
  switch (word) {
    case "type":
      return [{ ...open, bits: ALL_TYPES & ~typeBits(value) }];
    case "const":
    case "enum":
      return [{ ...open, refused: [madeSchema({ enum: [...list(word === "const" ? [value] : value)] })] }];
    case "$ref":
      return waysNot(target(place, value), within);
    case "not":
      return ways(below(place, value), within);
    case "allOf":
      return list(value).flatMap((schema) => waysNot(below(place, schema), within));
    case "anyOf":
      return list(value).reduce((all: Clause[], schema) => both(all, waysNot(below(place, schema), within)), [open]);
    case "required":
      return list(value).flatMap((name) => only("object", { properties: Object.fromEntries([[String(name), false]]) }));
    case "properties":
      if (words.additionalProperties !== undefined || words.patternProperties !== undefined || !isKeywords(value)) {
        return undefined;
      }
      return Object.entries(value).flatMap(([name, schema]) => {
        if (schema === true) return [];
        return [{ bits: Type.object, plain: [unlike(place, name, schema)], refused: [] }];
      });
    default:
      return undefined;
  }
}

const unlikes = new WeakMap<Place, Map<string, Place>>();

/** Objects with a field that does not satisfy its schema; the same place for the same question. */
function unlike(place: Place, name: string, schema: JsonValue): Place {
  let known = unlikes.get(place);
  if (known === undefined) unlikes.set(place, known = new Map());
  let found = known.get(name);
  if (found === undefined) {
    const not = isKeywords(schema) ? { not: schema as JsonValue } : schema === false;
    known.set(name, found = placeOf({ required: [name], properties: Object.fromEntries([[name, not]]) }, place.root));
  }
  return found;
}
