import type { JsonValue } from "../json.ts";
import type { JsonSchema } from "./hookspec.ts";
import { type Changes, joined, type Side } from "./diff_change.ts";
import { placesForName } from "./schema_fits_shapes.ts";
import {
  annotations,
  below,
  isAnnotation,
  isKeywords,
  keywordsOf,
  NotFollowed,
  type Place,
  placeOf,
  resolved,
} from "./schema_fits_place.ts";
import { placeFits } from "./schema_fits.ts";
import { meaningText, orderedJson } from "./schema_fits_text.ts";
import { list } from "./schema_fits_accepts.ts";

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
    this.#annotations(oldPlace, nextPlace, path);
    const [old, next] = [followed(oldPlace), followed(nextPlace)];
    const key = `${old.id}:${next.id}`;
    if (old === next || this.#seen.has(key)) return;
    this.#seen.add(key);
    if (old !== oldPlace || next !== nextPlace) this.#annotations(old, next, path);
    const same = meaningText(old) === meaningText(next) || isEqual(old, next);
    if (!same && (typeof old.schema === "boolean" || typeof next.schema === "boolean")) {
      return this.#whole(old, next, path);
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
        } else if (word === "properties") other ? this.#added(old, next, name, at) : this.#removed(old, next, name, at);
        else this.#breaks(other ? "new" : "gone", at);
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
          `cannot show that each value still fits one branch alone: ${this.#both()}`,
        );
      }
    }
    for (const word of oneSchemas) {
      if (isKeywords(a[word]) && isKeywords(b[word])) {
        this.#places(below(old, a[word]), below(next, b[word]), joined(path, word));
      }
    }
    if (!same) this.#required(list(a.required), list(b.required), a, b, path);
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
      return this.#whole(below(old, one), below(next, other), at);
    }
    this.#whole(was, is, at);
  }

  /** Compares two schemas by what they accept. */
  #whole(old: Place, next: Place, path: string): void {
    const [kept, back] = [placeFits(old, next), placeFits(next, old)];
    if (kept.fits === true && back.fits === true) return;
    const example = (fit: typeof kept) => fit.fits === false ? ` (${short(fit.witness)}, for example)` : "";
    if (kept.fits === true && back.fits === false) {
      return this.changes.add("breaking", path, `accepts more than before${example(back)}: ${this.side.wider}`);
    }
    if (back.fits === true && kept.fits === false) {
      return this.changes.add("breaking", path, `accepts less than before${example(kept)}: ${this.side.narrower}`);
    }
    if (kept.fits === false && back.fits === false) {
      const message = `no longer accepts ${short(kept.witness)}, and accepts ${short(back.witness)}: ${this.#both()}`;
      return this.changes.add("breaking", path, message);
    }
    const told = kept.fits === "unknown" ? "it accepts all that it did" : "it accepts no more than it did";
    const fit = kept.fits === "unknown" ? kept : back;
    const why = fit.fits === "unknown" ? fit.reason : "";
    this.changes.add("breaking", path, `cannot show that ${told} (${why}): perhaps ${this.#both()}`);
  }

  #added(old: Place, next: Place, name: string, path: string): void {
    const field = JSON.stringify(name);
    if (list(keywordsOf(next).required).includes(name)) {
      return this.changes.add("breaking", path, `the new field ${field} is required: ${this.side.narrower}`);
    }
    const before = keywordsOf(old);
    const spoken = isKeywords(before.additionalProperties) || isKeywords(before.patternProperties);
    const [was, ...more] = spoken ? fieldPlacesOf(old, name) : [];
    if (was === undefined) return this.changes.add("compatible", path, `the new field ${field} is optional`);
    const is = below(
      next,
      isKeywords(keywordsOf(next).properties) ? (keywordsOf(next).properties as Fields)[name] : true,
    );
    if (more.length === 0 && isEqual(was, is)) {
      return this.changes.add("compatible", path, `the field ${field} is named now`);
    }
    if (was.schema === false) return this.changes.add("compatible", path, `the new field ${field} is optional`);
    this.#whole(was, is, path);
  }

  #removed(_old: Place, next: Place, name: string, path: string): void {
    const closed = keywordsOf(next).additionalProperties === false;
    const who = closed ? this.side.narrower : this.#both();
    this.changes.add("breaking", path, `the field ${JSON.stringify(name)} is gone: ${who}`);
  }

  #breaks(what: string, path: string): void {
    this.changes.add("breaking", path, `the pattern is ${what}: ${this.#both()}`);
  }

  #required(was: readonly JsonValue[], is: readonly JsonValue[], a: Fields, b: Fields, path: string): void {
    const had = (words: Fields, name: JsonValue) =>
      isKeywords(words.properties) && Object.hasOwn(words.properties, String(name));
    for (const name of is) {
      if (was.includes(name) || had(b, name) && !had(a, name)) continue;
      const at = had(b, name) ? joined(joined(path, "properties"), String(name)) : joined(path, "required");
      this.changes.add("breaking", at, `the field ${JSON.stringify(name)} is required now: ${this.side.narrower}`);
    }
    for (const name of was) {
      if (is.includes(name) || had(a, name) && !had(b, name)) continue;
      const at = had(b, name) ? joined(joined(path, "properties"), String(name)) : joined(path, "required");
      this.changes.add("breaking", at, `the field ${JSON.stringify(name)} is optional now: ${this.side.wider}`);
    }
  }

  #annotations(old: Place, next: Place, path: string): void {
    const [a, b] = [keywordsOf(old), keywordsOf(next)];
    for (const word of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (!isAnnotation(word) || word === "$defs" || word === "definitions") continue;
      if (orderedJson(a[word] ?? null) === orderedJson(b[word] ?? null)) continue;
      const how = a[word] === undefined ? "is new" : b[word] === undefined ? "is gone" : "is another";
      this.changes.add(
        "cosmetic",
        joined(path, word),
        annotations.has(word) ? `${word} ${how}` : `the note ${word} ${how}`,
      );
    }
  }

  #both(): string {
    return `${this.side.narrower}; ${this.side.wider}`;
  }
}

type Fields = { readonly [keyword: string]: JsonValue };

function fieldPlacesOf(place: Place, name: string): Place[] {
  const words = keywordsOf(place);
  const patterns = isKeywords(words.patternProperties) ? Object.entries(words.patternProperties) : [];
  return placesForName({
    named: new Map(),
    patterns: patterns.map(([pattern, schema]) => [pattern, below(place, schema)] as const),
    others: below(place, words.additionalProperties ?? true),
  }, name).filter((one) => one.schema !== true);
}

function isEqual(old: Place, next: Place): boolean {
  return placeFits(old, next).fits === true && placeFits(next, old).fits === true;
}

function followed(place: Place): Place {
  try {
    return resolved(place);
  } catch (cause) {
    if (cause instanceof NotFollowed) return place;
    throw cause;
  }
}

function short(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
