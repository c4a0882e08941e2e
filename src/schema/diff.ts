import type { JsonValue } from "../json.ts";
import type { JsonSchema } from "./json_schema.ts";
import { both, type Changes, joined, type Side } from "./changes.ts";
import { diffNotes } from "./diff_notes.ts";
import { diffRequired, fieldAdded, fieldRemoved } from "./diff_fields.ts";
import { diffWhole, isEqual } from "./diff_whole.ts";
import {
  below,
  isAnnotation,
  isKeywords,
  keywordsOf,
  NotFollowed,
  type Place,
  placeOf,
  resolved,
} from "./fits_place.ts";
import { placeFits } from "./fits.ts";
import { meaningText, orderedJson } from "./fits_text.ts";
import { list } from "./fits_accepts.ts";

const schemaMaps = ["properties", "patternProperties"];
const schemaLists = ["allOf", "anyOf", "oneOf", "prefixItems"];
const oneSchemas = ["additionalProperties", "items"];

/** Compares two schemas, and says whom each change breaks. */
export class SchemaDiff {
  readonly #seen = new Set<string>();

  constructor(readonly changes: Changes, readonly side: Side) {}

  /** Compares two schemas at a path. */
  compare(old: JsonSchema, next: JsonSchema, path: string): void {
    if (orderedJson(old as JsonValue) === orderedJson(next as JsonValue)) return;
    const before = this.changes.found.length;
    this.#places(placeOf(old), placeOf(next), path);
    if (this.changes.found.length === before) {
      this.changes.add("cosmetic", path, "is written differently, and means the same");
    }
  }

  #places(oldPlace: Place, nextPlace: Place, path: string): void {
    diffNotes(oldPlace, nextPlace, path, this.changes);
    const [old, next] = [followed(oldPlace), followed(nextPlace)];
    const key = `${old.id}:${next.id}`;
    if (old === next || this.#seen.has(key)) return;
    this.#seen.add(key);
    if (old !== oldPlace || next !== nextPlace) diffNotes(old, next, path, this.changes);
    const same = meaningText(old) === meaningText(next) || isEqual(old, next);
    if (!same && (typeof old.schema === "boolean" || typeof next.schema === "boolean")) {
      return diffWhole(old, next, path, this);
    }
    if (!same) this.#own(old, next, path);
    this.#parts(old, next, path, same);
  }

  /** Walks into the parts that both have. */
  #parts(old: Place, next: Place, path: string, same: boolean): void {
    const [a, b] = [keywordsOf(old), keywordsOf(next)];
    for (const word of schemaMaps) {
      const [was, is] = [isKeywords(a[word]) ? a[word] : {}, isKeywords(b[word]) ? b[word] : {}];
      for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
        const at = joined(joined(path, word), name);
        const [one, other] = [Object.hasOwn(was, name), Object.hasOwn(is, name)];
        if (one && other) this.#places(below(old, was[name]), below(next, is[name]), at);
        else if (same) {
          if (word === "properties" && other) {
            this.changes.add("compatible", at, `the field ${JSON.stringify(name)} is named now`);
          }
        } else if (word === "properties") {
          other ? fieldAdded(old, next, name, at, this) : fieldRemoved(next, name, at, this);
        } else this.#breaks(other ? "new" : "gone", at);
      }
    }
    for (const word of schemaLists) {
      const [was, is] = [list(a[word]), list(b[word])];
      if (a[word] === undefined || b[word] === undefined || was.length !== is.length) continue;
      const before = this.changes.found.length;
      was.forEach((schema, i) => this.#places(below(old, schema), below(next, is[i]), joined(joined(path, word), i)));
      const some = this.changes.found.slice(before).some((change) => change.kind === "compatible");
      if (word === "oneOf" && some && placeFits(old, next).fits !== true && placeFits(next, old).fits !== true) {
        this.changes.add(
          "breaking",
          joined(path, word),
          `cannot show that each value still fits one branch alone: ${both(this.side)}`,
        );
      }
    }
    for (const word of oneSchemas) {
      if (isKeywords(a[word]) && isKeywords(b[word])) {
        this.#places(below(old, a[word]), below(next, b[word]), joined(path, word));
      }
    }
    if (!same) diffRequired(a, b, path, this);
  }

  /** Compares what is left of two schemas without the parts that are walked into. */
  #own(old: Place, next: Place, path: string): void {
    const [a, b] = [keywordsOf(old), keywordsOf(next)];
    const words = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((word) => {
      if (isAnnotation(word) || word === "required" || schemaMaps.includes(word)) return false;
      if (schemaLists.includes(word)) {
        return list(a[word]).length !== list(b[word]).length || a[word] === undefined || b[word] === undefined;
      }
      if (oneSchemas.includes(word)) return !(isKeywords(a[word]) && isKeywords(b[word]));
      return true;
    });
    const changed = words.filter((word) => orderedJson(a[word] ?? null) !== orderedJson(b[word] ?? null));
    if (changed.length === 0) return;
    const pick = (place: Place) => {
      const kept = keywordsOf(place);
      return placeOf(
        Object.fromEntries(words.flatMap((word) => kept[word] === undefined ? [] : [[word, kept[word]]])),
        place.root,
      );
    };
    const [was, is] = [pick(old), pick(next)];
    const at = changed.length === 1 && changed[0] !== undefined ? joined(path, changed[0]) : path;
    if (changed.includes("additionalProperties") && changed.length === 1) {
      // the fields beside it would make what is left look like another question
      const [one, other] = [a.additionalProperties ?? true, b.additionalProperties ?? true];
      return diffWhole(below(old, one), below(next, other), at, this);
    }
    diffWhole(was, is, at, this);
  }

  #breaks(what: string, path: string): void {
    this.changes.add("breaking", path, `the pattern is ${what}: ${both(this.side)}`);
  }
}

function followed(place: Place): Place {
  try {
    return resolved(place);
  } catch (cause) {
    if (cause instanceof NotFollowed) return place;
    throw cause;
  }
}
