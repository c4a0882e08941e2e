const { isArray } = Array;

/**
 * Whether arrays and objects of a parsed JSON value nest deeper than a limit: readers of the value would recurse as deep.
 *
 * @param value The value.
 * @param limit How many levels are fine; no more than the stack can bear.
 */
export function nestsDeeper(value: unknown, limit: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (limit === 0) return true;
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const inner: unknown = value[i];
      if (typeof inner === "object" && inner !== null && nestsDeeper(inner, limit - 1)) return true;
    }
  } else {
    for (const key in value) {
      const inner = (value as Record<string, unknown>)[key];
      if (typeof inner === "object" && inner !== null && nestsDeeper(inner, limit - 1)) return true;
    }
  }
  return false;
}
