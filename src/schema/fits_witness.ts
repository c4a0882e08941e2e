import type { JsonValue } from "../json.ts";
import { accepts } from "./fits_accepts.ts";
import type { Gap } from "./fits_gap.ts";
import { isKeywords, type Place } from "./fits_place.ts";
import { type Search, valuesOf } from "./fits_values.ts";

/** Keeps of a gap's values those that show it, and looks for some where there are none. */
export function judged(gap: Gap, narrow: readonly Place[], wide: Place, search: Search, depth: number): Gap {
  const shows = (value: JsonValue) => narrow.every((place) => accepts(place, value)) && !accepts(wide, value);
  let values = gap.values.filter(shows).slice(0, 4);
  if (values.length === 0 && gap.values.length > 0) {
    const bases = found(narrow, search, depth).slice(0, 8);
    values = gap.values.flatMap((value) => bases.flatMap((base) => merged(base, value))).filter(shows);
  }
  if (values.length === 0) values = found(narrow, search, depth).filter(shows);
  return { ...gap, values: values.slice(0, 4) };
}

function found(narrow: readonly Place[], search: Search, depth: number): JsonValue[] {
  return search.steps > 0 ? valuesOf(narrow, search, Math.min(depth, 2)) : [];
}

/** A whole value with a part of it replaced. */
function merged(base: JsonValue, part: JsonValue): JsonValue[] {
  if (isKeywords(base) && isKeywords(part)) return [{ ...base, ...part }];
  if (!Array.isArray(base) || !Array.isArray(part)) return [];
  const at = part.length - 1;
  return at < base.length
    ? [base.map((item, i) => i === at ? part[at] ?? null : item)]
    : [[...base, ...part.slice(base.length)]];
}
