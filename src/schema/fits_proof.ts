import type { JsonValue, PathStep } from "../json.ts";
import { accepts, entries, list } from "./fits_accepts.ts";
import { having, Type, typeBits } from "./fits_clauses.ts";
import { isEmptyShape } from "./fits_empty.ts";
import { below, keywordsOf, NotFollowed, nothing, type Place, resolved, target } from "./fits_place.ts";
import { numberGap, stringGap } from "./fits_scalar_gaps.ts";
import { distinct, isObjectShape, type Shape, shapesOf, shapesWith } from "./fits_shapes.ts";
import { meaningText, orderedJson, tellingKeywords } from "./fits_text.ts";
import { fieldsGap } from "./fits_fields.ts";
import { type Descend, first, type Gap, gapAt, under } from "./fits_gap.ts";
import { itemsGap } from "./fits_items.ts";
import { partsOf } from "./fits_parts.ts";
import { hintsFrom, newSearch, type Search } from "./fits_values.ts";
import { judged } from "./fits_witness.ts";

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
        if (gap !== undefined) return judged(gap, from, goal, this.#search, depth);
      }
      if (this.#earliest >= order) this.#proven.add(key); // it leans on nothing but itself
      return undefined;
    } finally {
      this.#assumed.delete(key);
      this.#earliest = Math.min(outer, this.#earliest >= order ? Infinity : this.#earliest);
    }
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
              shapesWith(shape, having([name])).filter(isObjectShape),
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
          return this.#all(shapesWith(shape, having([name])).filter(isObjectShape), needed, depth, splits, word, name);
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
      const parts = partsOf(shape, branches);
      if (parts !== undefined) {
        const gap = first(parts, (part) => this.#branches(part, wide, word, depth, splits + 1));
        return gap === undefined ? undefined : { ...gap, values: [...gap.values, ...values] };
      }
    }
    const last = branches.length === 1 ? gaps[0] : undefined;
    return { ...last ?? gapAt([], `no branch of "${word}" takes every ${shape.type} that may come`), values };
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

const nots = new WeakMap<Place, Place>();

function notOf(place: Place): Place {
  if (typeof place.schema === "boolean") return below(place, !place.schema);
  let known = nots.get(place);
  if (known === undefined) nots.set(place, known = below(place, { not: place.schema }));
  return known;
}
