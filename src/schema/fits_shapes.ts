import type { JsonValue } from "../json.ts";
import { accepts, entries, list, regex } from "./fits_accepts.ts";
import { type Clause, clausesOf, clausesWith, Type } from "./fits_clauses.ts";
import { anything, below, keywordsOf, nothing, type Place, placeOf } from "./fits_place.ts";

/** The fields that one schema speaks of. */
export interface Fields {
  readonly named: ReadonlyMap<string, Place>;
  readonly patterns: readonly (readonly [pattern: string, place: Place])[];
  readonly others: Place;
}

/** The items that one schema speaks of. */
export interface Items {
  readonly first: readonly Place[];
  readonly rest: Place;
}

/** How many items must be of a kind. */
export interface Contains {
  readonly place: Place;
  readonly least: number;
  readonly most: number;
}

/** One way to be valid, of one type: a clause with its keywords gathered. */
export interface Shape {
  readonly type: keyof typeof Type;
  readonly clause: Clause;
  /** The schemas that all of it came from: what decides whether a value belongs to it. */
  readonly from: readonly Place[];
  /** All values, where they are few. */
  readonly values?: readonly JsonValue[];
  /** Bounds of numbers; inclusive unless `open…`. */
  readonly least: number;
  readonly most: number;
  readonly openLeast: boolean;
  readonly openMost: boolean;
  readonly multiples: readonly number[];
  /** Bounds of the length of a string, the items of a list, the fields of an object. */
  readonly shortest: number;
  readonly longest: number;
  readonly patterns: readonly string[];
  readonly unique: boolean;
  readonly items: readonly Items[];
  readonly contains: readonly Contains[];
  readonly required: ReadonlySet<string>;
  readonly fields: readonly Fields[];
  readonly names: readonly Place[];
}

/** The shapes of what satisfies all of some schemas. Together they take all of it, and perhaps more. */
export function shapesOf(conjunction: readonly Place[]): Shape[] {
  return clausesOf(conjunction).flatMap((clause) => shapesOfClause(clause, conjunction));
}

/** The shapes of what has a shape and satisfies a schema as well. */
export function shapesWith(shape: Shape, place: Place): Shape[] {
  return clausesWith(shape.clause, place).flatMap((clause) => shapesOfClause(clause, [...shape.from, place]));
}

function shapesOfClause(clause: Clause, from: readonly Place[]): Shape[] {
  const shapes: Shape[] = [];
  for (const [type, bit] of Object.entries(Type) as [keyof typeof Type, number][]) {
    if ((clause.bits & bit) === 0) continue;
    const shape = gathered(type, { ...clause, bits: bit }, from);
    if (shape !== undefined) shapes.push(shape);
  }
  return shapes;
}

function gathered(type: keyof typeof Type, clause: Clause, from: readonly Place[]): Shape | undefined {
  const words = clause.plain.map(keywordsOf);
  const numbers = (word: string): number[] => words.flatMap((one) => typeof one[word] === "number" ? [one[word]] : []);
  const highest = (word: string, start: number): number => Math.max(start, ...numbers(word));
  const lowest = (word: string, start: number): number => Math.min(start, ...numbers(word));
  let [least, most] = [highest("minimum", -Infinity), lowest("maximum", Infinity)];
  let [openLeast, openMost] = [false, false];
  if (highest("exclusiveMinimum", -Infinity) >= least) {
    [least, openLeast] = [highest("exclusiveMinimum", -Infinity), true];
  }
  if (lowest("exclusiveMaximum", Infinity) <= most) [most, openMost] = [lowest("exclusiveMaximum", Infinity), true];
  if (type === "integer") {
    if (Number.isFinite(least)) [least, openLeast] = [openLeast ? Math.floor(least) + 1 : Math.ceil(least), false];
    if (Number.isFinite(most)) [most, openMost] = [openMost ? Math.ceil(most) - 1 : Math.floor(most), false];
  }
  const suffix = type === "string" ? "Length" : type === "array" ? "Items" : "Properties";
  const required = new Set(words.flatMap((one) => list(one.required).map(String)));
  const shape: Shape = {
    type,
    clause,
    from,
    least,
    most,
    openLeast,
    openMost,
    multiples: [...new Set(numbers("multipleOf"))],
    shortest: Math.max(highest(`min${suffix}`, 0), type === "object" ? required.size : 0),
    longest: lowest(`max${suffix}`, Infinity),
    patterns: [...new Set(words.flatMap((one) => typeof one.pattern === "string" ? [one.pattern] : []))],
    unique: words.some((one) => one.uniqueItems === true),
    items: clause.plain.flatMap(itemsOf),
    contains: clause.plain.flatMap(containsOf),
    required,
    fields: clause.plain.flatMap(fieldsOf),
    names: clause.plain.flatMap((place) => {
      const names = keywordsOf(place).propertyNames;
      return names === undefined ? [] : [below(place, names)];
    }),
  };
  const values = fewValues(shape, words);
  if (values === undefined) return isImpossible(shape) ? undefined : shape;
  const valid = values.filter((value) => from.every((place) => accepts(place, value)));
  return valid.length === 0 ? undefined : { ...shape, values: valid };
}

/** All values of a shape, if they are few. */
function fewValues(shape: Shape, words: readonly { readonly [word: string]: JsonValue }[]): JsonValue[] | undefined {
  for (const one of words) {
    if (one.const === undefined && one.enum === undefined) continue;
    const all = one.const === undefined ? list(one.enum) : [one.const];
    return all.filter((value) => typeOf(value) === shape.type);
  }
  if (shape.type === "null") return [null];
  if (shape.type === "boolean") return [false, true];
  if (shape.type === "integer" && shape.most - shape.least <= 32) {
    return Array.from({ length: Math.max(0, shape.most - shape.least + 1) }, (_, i) => shape.least + i);
  }
  if (shape.type === "string" && shape.longest === 0) return [""];
  if (shape.type === "array" && shape.longest === 0) return [[]];
  if (shape.type === "object" && shape.longest === 0) return [{}];
  return undefined;
}

function isImpossible(shape: Shape): boolean {
  switch (shape.type) {
    case "integer":
    case "fraction":
      if (shape.type === "fraction" && shape.multiples.some(Number.isInteger)) return true;
      return shape.least > shape.most || shape.least === shape.most && (shape.openLeast || shape.openMost);
    case "object":
      return shape.shortest > shape.longest ||
        [...shape.required].some((name) => fieldPlaces(shape, name).includes(nothing));
    default:
      return shape.shortest > shape.longest;
  }
}

/** The type of a value. */
export function typeOf(value: JsonValue): keyof typeof Type {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "fraction";
  return typeof value as "string" | "boolean" | "object";
}

const inPlaceWords = ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas"];

/** Whether `unevaluated…` looks at nothing but its neighbours. */
export function looksAtNeighboursOnly(place: Place): boolean {
  const words = keywordsOf(place);
  return !inPlaceWords.some((word) => word in words);
}

/** The fields that a schema speaks of. */
export function fieldsOf(place: Place): Fields[] {
  const words = keywordsOf(place);
  const rest = words.additionalProperties ?? (looksAtNeighboursOnly(place) ? words.unevaluatedProperties : undefined);
  if (words.properties === undefined && words.patternProperties === undefined && rest === undefined) return [];
  return [{
    named: new Map(entries(words.properties).map(([name, schema]) => [name, below(place, schema)])),
    patterns: entries(words.patternProperties).map(([pattern, schema]) => [pattern, below(place, schema)] as const),
    others: rest === undefined ? anything : below(place, rest),
  }];
}

/** The items that a schema speaks of. */
export function itemsOf(place: Place): Items[] {
  const words = keywordsOf(place);
  const unevaluated = looksAtNeighboursOnly(place) && words.contains === undefined ? words.unevaluatedItems : undefined;
  const rest = words.items ?? unevaluated;
  if (words.prefixItems === undefined && rest === undefined) return [];
  return [{
    first: list(words.prefixItems).map((schema) => below(place, schema)),
    rest: rest === undefined ? anything : below(place, rest),
  }];
}

/** What a list of a schema must contain. */
export function containsOf(place: Place): Contains[] {
  const words = keywordsOf(place);
  if (words.contains === undefined) return [];
  const most = typeof words.maxContains === "number" ? words.maxContains : Infinity;
  return [{ place: below(place, words.contains), least: Number(words.minContains ?? 1), most }];
}

/** What the schemas of a set of fields say of one name. */
export function placesForName(fields: Fields, name: string): Place[] {
  const places = fields.patterns.filter(([pattern]) => regex(pattern).test(name)).map(([, place]) => place);
  const named = fields.named.get(name);
  if (named !== undefined) places.push(named);
  return places.length === 0 ? [fields.others] : places;
}

/** What a field of a shape must satisfy. */
export function fieldPlaces(shape: Shape, name: string): Place[] {
  if (shape.names.some((place) => !accepts(place, name))) return [nothing];
  return distinct(shape.fields.flatMap((fields) => placesForName(fields, name)));
}

/** What an item of a shape must satisfy. */
export function itemPlaces(shape: Shape, index: number): Place[] {
  return distinct(shape.items.map((items) => items.first[index] ?? items.rest));
}

/** What a field must satisfy that no schema names; `pattern` is one that its name is known to match, or none of `unmatched`. */
export function otherFieldPlaces(shape: Shape, pattern: string | undefined, unmatched: readonly string[]): Place[] {
  return distinct(shape.fields.flatMap((fields) => {
    const sure = fields.patterns.filter(([known]) => known === pattern).map(([, place]) => place);
    if (sure.length > 0) return sure;
    const perhaps = fields.patterns.filter(([known]) => !unmatched.includes(known)).map(([, place]) => place);
    return perhaps.length === 0 ? [fields.others] : [eitherOf([...perhaps, fields.others])];
  }));
}

const eithers = new Map<string, Place>();

function eitherOf(places: readonly Place[]): Place {
  if (places.includes(anything)) return anything;
  const real = places.filter((place) => place !== nothing);
  const [one, ...more] = real;
  if (one === undefined) return nothing;
  if (more.length === 0) return one;
  if (more.some((place) => place.root !== one.root)) return anything;
  const key = real.map((place) => place.id).join();
  let known = eithers.get(key);
  if (known === undefined) {
    if (eithers.size > 2000) eithers.clear();
    known = placeOf({ anyOf: real.map((place) => place.schema as JsonValue) }, one.root);
    eithers.set(key, known);
  }
  return known;
}

/** Without repeats, and without what takes everything. */
export function distinct(places: readonly Place[]): Place[] {
  return [...new Set(places)].filter((place) => place !== anything);
}

/** Whether a shape is one of objects. */
export function isObjectShape(shape: Shape): boolean {
  return shape.type === "object";
}
