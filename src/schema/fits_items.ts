import type { JsonValue } from "../json.ts";
import { list } from "./fits_accepts.ts";
import { isEmpty } from "./fits_empty.ts";
import { below, keywordsOf, NotFollowed, type Place } from "./fits_place.ts";
import { type Descend, type Gap, gapAt } from "./fits_gap.ts";
import { containsOf, itemPlaces, itemsOf, looksAtNeighboursOnly, type Shape } from "./fits_shapes.ts";

/** Whether lists of a shape keep a keyword. */
export function itemsGap(shape: Shape, wide: Place, word: string, descend: Descend): Gap | undefined {
  const value = keywordsOf(wide)[word];
  const first = Math.max(0, ...shape.items.map((items) => items.first.length));
  const longest = longestList(shape, first);
  switch (word) {
    case "minItems":
      return shape.shortest >= Number(value) ? undefined : gapAt([], `it may have fewer items than ${value}`);
    case "maxItems":
      return longest <= Number(value) ? undefined : gapAt([], `it may have more items than ${value}`);
    case "uniqueItems":
      return shape.unique || longest <= 1 ? undefined : gapAt([], "it may have an item twice");
    case "prefixItems":
      for (const [i, schema] of list(value).entries()) {
        if (i >= longest) break;
        const gap = descend(itemPlaces(shape, i), below(wide, schema), "prefixItems", i);
        if (gap !== undefined) {
          return lifted(gap, (item) => Array.from({ length: i + 1 }, (_, at) => at === i ? item : null));
        }
      }
      return undefined;
    case "items":
      return restGap(shape, wide, "items", first, longest, descend);
    case "unevaluatedItems":
      if (looksAtNeighboursOnly(wide) && keywordsOf(wide).contains === undefined) {
        return keywordsOf(wide).items === undefined ? restGap(shape, wide, word, first, longest, descend) : undefined;
      }
      throw new NotFollowed("unevaluatedItems beside other schemas");
    case "contains":
      return containsGap(shape, wide, longest, descend);
    default:
      return undefined;
  }
}

function longestList(shape: Shape, first: number): number {
  for (let i = 0; i <= first && i < shape.longest; i++) if (isEmpty(itemPlaces(shape, i))) return i;
  return shape.longest;
}

function restGap(
  shape: Shape,
  wide: Place,
  word: string,
  first: number,
  longest: number,
  descend: Descend,
): Gap | undefined {
  const [items] = itemsOf(wide);
  if (items === undefined) return undefined;
  const start = items.first.length;
  for (let i = start; i <= Math.max(first, start) && i < longest; i++) {
    const gap = descend(itemPlaces(shape, i), items.rest, word);
    if (gap !== undefined) return lifted(gap, (item) => Array.from({ length: i + 1 }, () => item));
  }
  return undefined;
}

function containsGap(shape: Shape, wide: Place, longest: number, descend: Descend): Gap | undefined {
  const [wanted] = containsOf(wide);
  if (wanted === undefined) return undefined;
  const { place, least, most } = wanted;
  const proven = (narrow: readonly Place[], goal: Place) => descend(narrow, goal) === undefined;
  const enough = least === 0 || shape.contains.some((held) => held.least >= least && proven([held.place], place)) ||
    shape.shortest >= least &&
      Array.from({ length: Math.min(shape.shortest, 16) }).every((_, i) => proven(itemPlaces(shape, i), place));
  if (!enough) return gapAt([], `it may have fewer than ${least} of what it must contain`);
  const few = longest <= most || shape.contains.some((held) => held.most <= most && proven([place], held.place));
  return few ? undefined : gapAt([], `it may have more than ${most} of what it must contain`);
}

/** A gap of an item, with lists around its values. */
function lifted(gap: Gap, around: (item: JsonValue) => JsonValue): Gap {
  return { ...gap, values: gap.values.map(around) };
}
