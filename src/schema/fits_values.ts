import type { JsonValue } from "../json.ts";
import { accepts, regex } from "./fits_accepts.ts";
import { madeSchema } from "./fits_clauses.ts";
import { isKeywords, nothing, type Place } from "./fits_place.ts";
import { distinct, fieldPlaces, itemPlaces, otherFieldPlaces, type Shape, shapesOf } from "./fits_shapes.ts";
import { orderedJson } from "./fits_text.ts";
import { fractionCandidates, integerCandidates, stringCandidates } from "./fits_scalars.ts";

/** What to try besides the usual: what other schemas speak of, and texts for patterns. */
export interface Hints {
  readonly numbers: readonly number[];
  readonly names: readonly string[];
  readonly values: readonly JsonValue[];
  /** Texts that match a pattern, by pattern. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
}

/** Nothing to try besides the usual. */
export const noHints: Hints = { numbers: [], names: [], values: [], texts: new Map() };

/** A run of the generator: its hints, how much it may still do, and what it has done. */
export interface Search {
  readonly hints: Hints;
  readonly done: Map<string, JsonValue[]>;
  steps: number;
}

/** A run of the generator. */
export function newSearch(hints: Hints, steps = 3000): Search {
  return { hints, done: new Map(), steps };
}

/** Values of no schema in particular. */
const samplesOfAnything: readonly JsonValue[] = [null, "", 0, [], {}, false, 0.5, "text", -1, true, [null], {
  extra: null,
}, "😀"];

const MOST_DEPTH = 6;
const WIDTHS = [60, 16, 8, 5, 4, 3, 3];

/** Collects hints from schemas. */
export function hintsFrom(places: readonly Place[], texts: Hints["texts"] = new Map()): Hints {
  const numbers = new Set<number>();
  const names = new Set<string>();
  const values = new Map<string, JsonValue>();
  const walk = (value: JsonValue, depth: number): void => {
    if (typeof value === "number") {
      if (numbers.size < 200) numbers.add(value);
    } else if (Array.isArray(value)) value.forEach((item) => walk(item, depth + 1));
    else if (isKeywords(value) && depth < 40) {
      for (const [word, inner] of Object.entries(value)) {
        if (word === "properties" && isKeywords(inner)) {
          Object.keys(inner).slice(0, 50).forEach((name) => names.add(name));
        }
        if (word === "required" && Array.isArray(inner)) inner.forEach((name) => names.add(String(name)));
        const all = word === "const" ? [inner] : word === "enum" && Array.isArray(inner) ? inner : [];
        for (const one of all.slice(0, 50)) if (values.size < 200) values.set(orderedJson(one), one);
        walk(inner, depth + 1);
      }
    }
  };
  for (const place of new Set(places)) {
    if (typeof place.root !== "boolean") walk(place.root as JsonValue, 0);
    if (typeof place.schema !== "boolean" && place.schema !== place.root) walk(place.schema as JsonValue, 0);
  }
  return { numbers: [...numbers], names: [...names], values: [...values.values()], texts };
}

/** Values that satisfy all of some schemas, edge cases first, the ways to be valid by turns. */
export function valuesOf(conjunction: readonly Place[], search: Search, depth = 0): JsonValue[] {
  const places = distinct(conjunction);
  if (depth > MOST_DEPTH || places.includes(nothing)) return [];
  const width = WIDTHS[depth] ?? 3;
  if (places.length === 0) return samplesOfAnything.slice(0, width);
  const key = `${depth}:${places.map((place) => place.id).join()}`;
  const known = search.done.get(key);
  if (known !== undefined) return known;
  if (search.steps-- <= 0) return [];
  const lists = shapesOf(places).map((shape) => valuesOfShape(shape, search, depth, width));
  const found = new Map<string, JsonValue>();
  for (let turn = 0; found.size < width && lists.some((list) => turn < list.length); turn++) {
    for (const list of lists) {
      const value = list[turn];
      if (value !== undefined) found.set(orderedJson(value), value);
    }
  }
  const values = [...found.values()];
  search.done.set(key, values);
  return values;
}

/** Values of one shape. Each is checked: a shape may take too much. */
export function valuesOfShape(shape: Shape, search: Search, depth: number, width: number): JsonValue[] {
  const found = new Map<string, JsonValue>();
  let tried = 0;
  for (const value of candidates(shape, search, depth)) {
    if (found.size >= width || ++tried > width * 8) break;
    if (shape.from.every((place) => accepts(place, value))) found.set(orderedJson(value), value);
  }
  return [...found.values()];
}

function* candidates(shape: Shape, search: Search, depth: number): Generator<JsonValue> {
  if (shape.values !== undefined) return yield* shape.values;
  switch (shape.type) {
    case "integer":
      return yield* integerCandidates(shape, search.hints);
    case "fraction":
      return yield* fractionCandidates(shape, search.hints);
    case "string":
      return yield* stringCandidates(shape, search.hints, depth);
    case "array":
      return yield* listCandidates(shape, search, depth);
    case "object":
      return yield* objectCandidates(shape, search, depth);
  }
}

function* listCandidates(shape: Shape, search: Search, depth: number): Generator<JsonValue> {
  if (shape.shortest === 0) yield [];
  if (shape.shortest > 1000) return;
  const known = new Map<string, JsonValue[]>();
  const at = (index: number): JsonValue[] => {
    const places = itemPlaces(shape, index);
    const wanted = shape.contains.filter((contains) => contains.least > index).map((contains) => contains.place);
    const all = distinct([...places, ...wanted]);
    const key = all.map((place) => place.id).join();
    let values = known.get(key);
    if (values === undefined) known.set(key, values = valuesOf(all, search, depth + 1));
    if (values.length === 0 && wanted.length > 0) values = valuesOf(places, search, depth + 1);
    return values;
  };
  const build = (length: number, shift: number): JsonValue[] | undefined => {
    const items: JsonValue[] = [];
    const used = new Set<string>();
    for (let i = 0; i < length; i++) {
      const values = at(i);
      let item = values[(shift + (shape.unique ? i : 0)) % (values.length || 1)];
      if (shape.unique) item = values.find((value) => !used.has(orderedJson(value))) ?? item;
      if (item === undefined) return undefined;
      used.add(orderedJson(item));
      items.push(item);
    }
    return items;
  };
  const prefix = Math.max(0, ...shape.items.map((items) => items.first.length));
  const sizes = new Set([Math.max(1, shape.shortest), shape.shortest + 1, 2, prefix, prefix + 1]);
  if (shape.longest <= 40) sizes.add(shape.longest);
  for (const n of search.hints.numbers) if (Number.isInteger(n) && n >= 0 && n <= 20) sizes.add(n).add(n + 1);
  for (const size of sizes) {
    if (size < shape.shortest || size > shape.longest) continue;
    const list = build(size, 0);
    if (list !== undefined) yield list;
  }
  const base = build(Math.max(1, shape.shortest), 0);
  if (base === undefined || shape.longest < 1) return;
  for (const index of new Set([0, ...Array.from({ length: Math.min(prefix + 1, 8) }, (_, i) => i)])) {
    const longer = index < base.length ? base : build(index + 1, 0);
    if (longer === undefined || longer.length > shape.longest) continue;
    for (const item of at(index)) yield longer.map((old, i) => i === index ? item : old);
  }
  const twin = base[0];
  if (twin !== undefined && base.length < shape.longest) yield [...base, twin];
}

function* objectCandidates(shape: Shape, search: Search, depth: number): Generator<JsonValue> {
  const known = new Map<string, JsonValue[]>();
  const ofField = (name: string): JsonValue[] => {
    let values = known.get(name);
    if (values === undefined) known.set(name, values = valuesOf(fieldPlaces(shape, name), search, depth + 1));
    return values;
  };
  const firstOf = (name: string): JsonValue => ofField(name)[0] ?? null;
  const base = new Map<string, JsonValue>();
  for (const name of shape.required) {
    const values = ofField(name);
    if (values.length === 0) return;
    base.set(name, values[0] ?? null);
  }
  const optional = [...new Set(shape.fields.flatMap((fields) => [...fields.named.keys()]))]
    .filter((name) => !base.has(name)).slice(0, 60);
  const usable = optional.filter((name) => ofField(name).length > 0);
  const extra = extraNames(shape, search, depth).filter((name) => !base.has(name) && !optional.includes(name));
  const more = [...usable, ...extra.filter((name) => ofField(name).length > 0)];
  for (const name of more) if (base.size < shape.shortest) base.set(name, firstOf(name));
  const object = (fields: Map<string, JsonValue>): JsonValue => Object.fromEntries(fields);
  const along = (name: string, value: JsonValue): JsonValue => {
    const fields = new Map(base);
    if (!fields.has(name) && fields.size >= shape.longest) {
      const other = [...fields.keys()].find((key) => !shape.required.has(key));
      if (other !== undefined) fields.delete(other);
    }
    return object(fields.set(name, value));
  };

  yield object(base);
  const full = new Map(base);
  for (const name of usable) if (full.size < shape.longest) full.set(name, firstOf(name));
  yield object(full);
  for (const name of more) if (!base.has(name)) yield along(name, firstOf(name));
  for (let turn = 0; turn < (WIDTHS[depth + 1] ?? 3); turn++) {
    for (const name of [...base.keys(), ...more]) {
      const values = ofField(name);
      const value = values[turn];
      if (value !== undefined) yield along(name, value);
    }
  }
  for (const left of usable) yield object(new Map([...full].filter(([name]) => name !== left)));
  for (const one of usable.slice(0, 12)) {
    for (const two of usable.slice(0, 12)) {
      if (one < two) yield object(new Map([...base, [one, firstOf(one)], [two, firstOf(two)]]));
    }
  }
  const crowd = new Map(full);
  for (const name of more) if (crowd.size < shape.longest) crowd.set(name, firstOf(name));
  yield object(crowd);
}

/** Names that no schema of the shape spells out, if it takes any. */
function extraNames(shape: Shape, search: Search, depth: number): string[] {
  const patterns = shape.fields.flatMap((fields) => fields.patterns.map(([pattern]) => pattern));
  const matching = patterns.flatMap((pattern) => {
    const texts = [...search.hints.texts.get(pattern) ?? [], pattern.replaceAll(/[\^$\\]|\.\*/g, ""), ...plainNames];
    return texts.filter((text) => regex(pattern).test(text)).slice(0, 2);
  });
  if (otherFieldPlaces(shape, undefined, patterns).includes(nothing)) return matching;
  const few = depth < 2 ? [...search.hints.names.slice(0, 30), ...plainNames] : plainNames.slice(0, 3);
  const needed = shape.shortest > 20 && shape.shortest < 500
    ? Array.from({ length: shape.shortest }, (_, i) => `n${i}`)
    : [];
  const named = shape.names.length === 0 ? [] : valuesOf([...shape.names, stringsOnly], search, depth + 1).map(String);
  return [...matching, ...named, ...few, ...needed];
}

const plainNames = [
  "extra",
  "a",
  "b",
  "é",
  "a-b",
  "A",
  "x_1",
  "__proto__",
  "hasOwnProperty",
  "",
  "n1",
  "n2",
  "n3",
  "n4",
  "n5",
  "n6",
  "n7",
  "n8",
];
const stringsOnly = madeSchema({ type: "string" });
