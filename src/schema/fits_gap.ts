import type { JsonValue, PathStep } from "../json.ts";
import type { Place } from "./fits_place.ts";

/** Where a proof stopped, and values that may show why. */
export interface Gap {
  readonly path: readonly PathStep[];
  readonly reason: string;
  readonly values: readonly JsonValue[];
}

/** What a proof asks of the proof of a part: whether what satisfies some schemas satisfies another one, one level deeper. */
export type Descend = (narrow: readonly Place[], wide: Place, ...path: PathStep[]) => Gap | undefined;

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
