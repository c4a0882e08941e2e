import { MAX_DEPTH } from "../json.ts";

/**
 * Leaves out what does not cross a boundary: fields that are `undefined`. Nothing at all is null. The JSON Schema
 * library would count such a field as one that is there.
 *
 * Past what a boundary lets through, or what is worth the time, a value stays as it is.
 *
 * @param value What a hook is called with, or answers.
 * @returns The value itself when there is nothing to leave out.
 */
export function withoutUndefined(value: unknown): unknown {
  return value === undefined ? null : strip(value, 0, { values: 100_000 });
}

function strip(value: unknown, depth: number, left: { values: number }): unknown {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH || --left.values < 0) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => strip(item, depth + 1, left));
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return value;
  const entries = Object.entries(value);
  const kept = entries.filter(([, item]) => item !== undefined).map(([key, item]) =>
    [key, strip(item, depth + 1, left)] as const
  );
  const isSame = kept.length === entries.length && kept.every(([, item], i) => item === entries[i]![1]);
  return isSame ? value : Object.fromEntries(kept);
}
