import type { JsonValue } from "../json.ts";
import { both, joined, type Told } from "./changes.ts";
import { diffWhole, isEqual } from "./diff_whole.ts";
import { list } from "./fits_accepts.ts";
import { below, isKeywords, keywordsOf, type Place } from "./fits_place.ts";
import { placesForName } from "./fits_shapes.ts";

type Fields = { readonly [keyword: string]: JsonValue };

/** Tells of a field that is named now, and was not. */
export function fieldAdded(old: Place, next: Place, name: string, path: string, told: Told): void {
  const { changes, side } = told;
  const field = JSON.stringify(name);
  if (list(keywordsOf(next).required).includes(name)) {
    return changes.add("breaking", path, `the new field ${field} is required: ${side.narrower}`);
  }
  const before = keywordsOf(old);
  const spoken = isKeywords(before.additionalProperties) || isKeywords(before.patternProperties);
  const [was, ...more] = spoken ? fieldPlacesOf(old, name) : [];
  if (was === undefined) return changes.add("compatible", path, `the new field ${field} is optional`);
  const is = below(
    next,
    isKeywords(keywordsOf(next).properties) ? (keywordsOf(next).properties as Fields)[name] : true,
  );
  if (more.length === 0 && isEqual(was, is)) {
    return changes.add("compatible", path, `the field ${field} is named now`);
  }
  if (was.schema === false) return changes.add("compatible", path, `the new field ${field} is optional`);
  diffWhole(was, is, path, told);
}

/** Tells of a field that is named no more. */
export function fieldRemoved(next: Place, name: string, path: string, { changes, side }: Told): void {
  const closed = keywordsOf(next).additionalProperties === false;
  const who = closed ? side.narrower : both(side);
  changes.add("breaking", path, `the field ${JSON.stringify(name)} is gone: ${who}`);
}

/** Tells of fields that are required now, or no longer. */
export function diffRequired(a: Fields, b: Fields, path: string, { changes, side }: Told): void {
  const [was, is] = [list(a.required), list(b.required)];
  const had = (words: Fields, name: JsonValue) =>
    isKeywords(words.properties) && Object.hasOwn(words.properties, String(name));
  for (const name of is) {
    if (was.includes(name) || had(b, name) && !had(a, name)) continue;
    const at = had(b, name) ? joined(joined(path, "properties"), String(name)) : joined(path, "required");
    changes.add("breaking", at, `the field ${JSON.stringify(name)} is required now: ${side.narrower}`);
  }
  for (const name of was) {
    if (is.includes(name) || had(a, name) && !had(b, name)) continue;
    const at = had(b, name) ? joined(joined(path, "properties"), String(name)) : joined(path, "required");
    changes.add("breaking", at, `the field ${JSON.stringify(name)} is optional now: ${side.wider}`);
  }
}

function fieldPlacesOf(place: Place, name: string): Place[] {
  const words = keywordsOf(place);
  const patterns = isKeywords(words.patternProperties) ? Object.entries(words.patternProperties) : [];
  return placesForName({
    named: new Map(),
    patterns: patterns.map(([pattern, schema]) => [pattern, below(place, schema)] as const),
    others: below(place, words.additionalProperties ?? true),
  }, name).filter((one) => one.schema !== true);
}
