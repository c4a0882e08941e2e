import type { JsonValue, PathStep } from "../json.ts";
import { accepts, entries, list } from "./schema_fits_accepts.ts";
import { having, madeSchema, Type, typeBits, without } from "./schema_fits_clauses.ts";
import { isEmpty, isEmptyShape } from "./schema_fits_empty.ts";
import {
  below,
  isKeywords,
  keywordsOf,
  NotFollowed,
  nothing,
  type Place,
  resolved,
  target,
} from "./schema_fits_place.ts";
import { numberGap, stringGap } from "./schema_fits_scalar_gaps.ts";
import { distinct, fieldPlaces, type Shape, shapesOf, shapesWith } from "./schema_fits_shapes.ts";
import { meaningText, orderedJson, tellingKeywords } from "./schema_fits_text.ts";
import { fieldsGap } from "./schema_fits_fields.ts";
import { itemsGap } from "./schema_fits_items.ts";
import { hintsFrom, newSearch, type Search, valuesOf } from "./schema_fits_values.ts";

/** Where a proof stopped, and values that may show why. */
export interface Gap {
  readonly path: readonly PathStep[];
  readonly reason: string;
  readonly values: readonly JsonValue[];
}

/** What a proof asks of the proof of a part: whether what satisfies some schemas satisfies another one, one level deeper. */
export type Descend = (narrow: readonly Place[], wide: Place, ...path: PathStep[]) => Gap | undefined;

const MOST_STEPS = 4000;

/** One question of what fits what, with all it has assumed. */
export class Proof {
  readonly #assumed = new Map<string, { readonly depth: number; readonly order: number }>();
  readonly #proven = new Set<string>();
  /** The earliest assumption that was leant on since. */
  #earliest = Infinity;
  readonly #search: Search;
  #steps = 0;

  constructor(places: readonly Place[]) {
    this.#search = newSearch(hintsFrom(places));
  }

  /**
   * Whether all that satisfies the narrow schemas satisfies the wide one; where it cannot be shown, the gap.
   *
   * A question that comes up within itself, a level deeper, is taken as answered: that is induction over the depth of a value.
   */
  gap(narrow: readonly Place[], wide: Place, depth = 0): Gap | undefined {
    const goal = resolved(wide);
    const from = distinct(narrow.map(resolved));
    if (goal.schema === true || from.includes(nothing) || from.includes(goal)) return undefined;
    const meaning = meaningText(goal);
    if (meaning === "true" || from.some((place) => meaningText(place) === meaning)) return undefined;
    const key = `${from.map((place) => place.id).sort().join()}<${goal.id}`;
    if (this.#proven.has(key)) return undefined;
    const since = this.#assumed.get(key);
    if (since !== undefined && since.depth < depth) {
      this.#earliest = Math.min(this.#earliest, since.order);
      return undefined;
    }
    if (since !== undefined) throw new NotFollowed("references without end");
    if (++this.#steps > MOST_STEPS || depth > 60) throw new NotFollowed("schemas of so many parts");
    const order = this.#assumed.size;
    const outer = this.#earliest;
    this.#earliest = Infinity;
    this.#assumed.set(key, { depth, order });
    try {
      for (const shape of shapesOf(from)) {
        const gap = this.#shape(shape, goal, depth, 0);
        if (gap !== undefined) return this.#judged(gap, from, goal, depth);
      }
      if (this.#earliest >= order) this.#proven.add(key); // it leans on nothing but itself
      return undefined;
    } finally {
      this.#assumed.delete(key);
      this.#earliest = Math.min(outer, this.#earliest >= order ? Infinity : this.#earliest);
    }
  }

  /** Keeps of a gap's values those that show it, and looks for some where there are none. */
  #judged(gap: Gap, narrow: readonly Place[], wide: Place, depth: number): Gap {
    const shows = (value: JsonValue) => narrow.every((place) => accepts(place, value)) && !accepts(wide, value);
    let values = gap.values.filter(shows).slice(0, 4);
    if (values.length === 0 && gap.values.length > 0) {
      const bases = this.#values(narrow, depth).slice(0, 8);
      values = gap.values.flatMap((value) => bases.flatMap((base) => merged(base, value))).filter(shows);
    }
    if (values.length === 0) values = this.#values(narrow, depth).filter(shows);
    return { ...gap, values: values.slice(0, 4) };
  }

  #values(narrow: readonly Place[], depth: number): JsonValue[] {
    return this.#search.steps > 0 ? valuesOf(narrow, this.#search, Math.min(depth, 2)) : [];
  }

  #shape(shape: Shape, wide: Place, depth: number, splits: number): Gap | undefined {
    if (++this.#steps > MOST_STEPS) throw new NotFollowed("schemas of so many parts");
    const goal = resolved(wide);
    if (goal.schema === true || isEmptyShape(shape)) return undefined;
    if (goal.schema === false) {
      return this.#refused(shape, depth) ? undefined : gapAt([], "nothing is accepted here", shape.values);
    }
    if (shape.clause.plain.includes(goal) && tellingKeywords(goal).every((word) => !inPlace.has(word))) {
      return undefined;
    }
    if (shape.values !== undefined) {
      const refused = shape.values.filter((value) => !accepts(goal, value));
      if (refused.length === 0) return undefined;
      const short = orderedJson(refused[0] ?? null);
      return gapAt([], `${short.length > 60 ? `${short.slice(0, 60)}…` : short} is not accepted`, refused);
    }
    for (const word of tellingKeywords(goal)) {
      const gap = this.#keyword(shape, goal, word, depth, splits);
      if (gap === undefined) continue;
      return this.#refused(shape, depth) ? undefined : gap;
    }
    return undefined;
  }

  /** Whether a shape takes nothing, because something that it refuses is all that it is. */
  #refused(shape: Shape, depth: number): boolean {
    return shape.clause.refused.some((place) => {
      const bare = { ...shape, clause: { ...shape.clause, refused: [] } };
      return this.#attempt(() => this.#shape(bare, place, depth, 2));
    });
  }

  /** Whether a proof succeeds. What cannot be followed on the way only means that it does not. */
  #attempt(proof: () => Gap | undefined): boolean {
    try {
      return proof() === undefined;
    } catch (cause) {
      if (cause instanceof NotFollowed) return false;
      throw cause;
    }
  }

  #keyword(shape: Shape, wide: Place, word: string, depth: number, splits: number): Gap | undefined {
    const words = keywordsOf(wide);
    const value = words[word];
    const descend: Descend = (narrow, place, ...path) => under(path, this.gap(narrow, place, depth + 1));
    switch (word) {
      case "type":
        if ((Type[shape.type] & typeBits(value)) !== 0) return undefined;
        return gapAt([], `it may be ${typeWords[shape.type]}, which "type" does not name`);
      case "const":
      case "enum":
        return gapAt([], `it may be ${typeWords[shape.type]} besides those of "${word}"`);
      case "$ref":
        return this.#shape(shape, target(wide, value), depth, splits);
      case "allOf":
        return first(
          list(value),
          (schema, i) => under(["allOf", i], this.#shape(shape, below(wide, schema), depth, splits)),
        );
      case "anyOf":
      case "oneOf":
        return this.#branches(shape, wide, word, depth, splits);
      case "not":
        return this.#apart(shape, below(wide, value), depth) ? undefined : gapAt([], 'cannot show that "not" is kept');
      case "if": {
        const place = below(wide, value);
        const [then, other] = [words.then ?? true, words.else ?? true];
        return this.#all(shapesWith(shape, place), below(wide, then), depth, splits, "then") ??
          this.#all(shapesWith(shape, notOf(place)), below(wide, other), depth, splits, "else");
      }
      case "dependentSchemas":
        return first(
          entries(value),
          ([name, schema]) =>
            this.#all(
              shapesWith(shape, having([name])).filter(isObject),
              below(wide, schema),
              depth,
              splits,
              word,
              name,
            ),
        );
      case "dependentRequired":
        return first(entries(value), ([name, needs]) => {
          const needed = having(list(needs).map(String));
          return this.#all(shapesWith(shape, having([name])).filter(isObject), needed, depth, splits, word, name);
        });
      case "then":
      case "else":
      case "minContains":
      case "maxContains":
        return undefined; // go with "if" and "contains"
    }
    if (value === undefined) return undefined;
    if (word === "$dynamicRef" || word === "$recursiveRef") throw new NotFollowed(word);
    if (shape.type === "integer" || shape.type === "fraction") return numberGap(shape, word, value);
    if (shape.type === "string") return stringGap(shape, word, value);
    if (shape.type === "array") return itemsGap(shape, wide, word, descend);
    if (shape.type === "object") return fieldsGap(shape, wide, word, descend);
    return undefined;
  }

  #all(shapes: readonly Shape[], wide: Place, depth: number, splits: number, ...path: PathStep[]): Gap | undefined {
    return under(path, first(shapes, (shape) => this.#shape(shape, wide, depth, splits)));
  }

  /** Whether nothing of a shape satisfies a schema. */
  #apart(shape: Shape, place: Place, depth: number): boolean {
    const goal = resolved(place);
    const meaning = meaningText(goal);
    if (
      shape.clause.refused.some((refused) => resolved(refused) === goal || meaningText(resolved(refused)) === meaning)
    ) return true;
    if (shapesWith(shape, goal).every((both) => isEmptyShape(both) || this.#refused(both, depth))) return true;
    return shape.clause.refused.some((refused) => this.#attempt(() => this.gap([goal], refused, depth)));
  }

  #branches(shape: Shape, wide: Place, word: "anyOf" | "oneOf", depth: number, splits: number): Gap | undefined {
    const branches = list(keywordsOf(wide)[word]).map((schema) => below(wide, schema));
    const values: JsonValue[] = [];
    const gaps: Gap[] = [];
    for (const [i, branch] of branches.entries()) {
      let gap: Gap | undefined;
      try {
        gap = under([word, i], this.#shape(shape, branch, depth, splits + 1));
      } catch (cause) {
        if (!(cause instanceof NotFollowed)) throw cause;
        gap = gapAt([word, i], `cannot follow ${cause.message}`);
      }
      if (gap === undefined) {
        if (word === "anyOf" || branches.every((other) => other === branch || this.#apart(shape, other, depth))) {
          return undefined;
        }
        gap = gapAt([word], "cannot show that only one branch takes it");
      }
      gaps.push(gap);
      values.push(...gap.values);
    }
    if (splits < 3) {
      const parts = this.#parts(shape, branches);
      if (parts !== undefined) {
        const gap = first(parts, (part) => this.#branches(part, wide, word, depth, splits + 1));
        return gap === undefined ? undefined : { ...gap, values: [...gap.values, ...values] };
      }
    }
    const last = branches.length === 1 ? gaps[0] : undefined;
    return { ...last ?? gapAt([], `no branch of "${word}" takes every ${shape.type} that may come`), values };
  }

  /** Splits a shape by a field that the branches tell apart: by its few values, or by whether it is there. */
  #parts(shape: Shape, branches: readonly Place[]): Shape[] | undefined {
    if (shape.type !== "object") return undefined;
    const speaksOf = branches.map((branch) => shapesOf([branch]).filter(isObject));
    const names = new Set(
      speaksOf.flat().flatMap((one) => [...one.required, ...one.fields.flatMap((f) => [...f.named.keys()])]),
    );
    for (const name of [...names].slice(0, 12)) {
      const places = fieldPlaces(shape, name);
      if (shape.required.has(name)) {
        const kinds = shapesOf(places);
        const values = kinds.flatMap((kind) => kind.values ?? []);
        if (kinds.every((kind) => kind.values !== undefined) && values.length > 1 && values.length <= 24) {
          return values.flatMap((one) => shapesWith(shape, fieldOf(name, { const: one })));
        }
        if (kinds.length > 1 && kinds.length <= 7 && new Set(kinds.map((kind) => kind.type)).size === kinds.length) {
          const types = kinds.map((kind) => kind.type).filter((type) => type !== "fraction");
          if (types.length > 1 && types.length === kinds.length) {
            return types.flatMap((t) => shapesWith(shape, fieldOf(name, { type: t })));
          }
        }
      } else if (!isEmpty(places)) {
        return [...shapesWith(shape, without(name)), ...shapesWith(shape, having([name]))];
      }
    }
    return undefined;
  }
}

const inPlace = new Set([
  "$ref",
  "allOf",
  "anyOf",
  "oneOf",
  "not",
  "if",
  "dependentSchemas",
  "dependentRequired",
  "unevaluatedProperties",
  "unevaluatedItems",
  "$dynamicRef",
]);

const typeWords: Record<Shape["type"], string> = {
  null: "null",
  boolean: "a boolean",
  integer: "a whole number",
  fraction: "a number with a fraction",
  string: "a string",
  array: "a list",
  object: "an object",
};

/** A whole value with a part of it replaced. */
function merged(base: JsonValue, part: JsonValue): JsonValue[] {
  if (isKeywords(base) && isKeywords(part)) return [{ ...base, ...part }];
  if (!Array.isArray(base) || !Array.isArray(part)) return [];
  const at = part.length - 1;
  return at < base.length
    ? [base.map((item, i) => i === at ? part[at] ?? null : item)]
    : [[...base, ...part.slice(base.length)]];
}

function isObject(shape: Shape): boolean {
  return shape.type === "object";
}

function fieldOf(name: string, schema: { [keyword: string]: JsonValue }): Place {
  return madeSchema({ properties: Object.fromEntries([[name, schema]]) });
}

const nots = new WeakMap<Place, Place>();

function notOf(place: Place): Place {
  if (typeof place.schema === "boolean") return below(place, !place.schema);
  let known = nots.get(place);
  if (known === undefined) nots.set(place, known = below(place, { not: place.schema }));
  return known;
}

/** A gap at a path. */
export function gapAt(path: readonly PathStep[], reason: string, values: readonly JsonValue[] = []): Gap {
  return { path, reason, values };
}

/** A gap below a path. */
export function under(path: readonly PathStep[], gap: Gap | undefined): Gap | undefined {
  return gap === undefined ? undefined : { ...gap, path: [...path, ...gap.path] };
}

/** The first gap among some. */
export function first<T>(items: readonly T[], find: (item: T, index: number) => Gap | undefined): Gap | undefined {
  for (const [index, item] of items.entries()) {
    const gap = find(item, index);
    if (gap !== undefined) return gap;
  }
  return undefined;
}
