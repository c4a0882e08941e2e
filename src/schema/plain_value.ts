import type { JsonValue, PathStep } from "../json.ts";
import type { Finding } from "./finding.ts";
import { SCHEMA_LIMITS } from "./limits.ts";

/** A value of JSON that nothing else holds, or what keeps it from being one. */
export type PlainValue = { value: JsonValue } | { finding: Finding };

class NotPlain extends Error {
  readonly steps: PathStep[] = [];
  constructor(readonly expected: string, readonly found: string) {
    super();
  }
}

/**
 * Copies a value to plain JSON, within the limits. What YAML aliases repeat is copied each time, and counted.
 *
 * @param value What a parser or a caller gave.
 * @param file What the file is called.
 * @returns The copy, or the first thing that JSON does not know.
 */
export function toPlainValue(value: unknown, file: string): PlainValue {
  const left = { values: SCHEMA_LIMITS.values };
  try {
    return { value: copy(value, 0, left) };
  } catch (error) {
    if (!(error instanceof NotPlain)) throw error;
    const { steps, expected, found } = error;
    return { finding: { file, steps: steps.reverse().slice(0, 8), at: "value", expected, found } };
  }
}

function copy(value: unknown, depth: number, left: { values: number }): JsonValue {
  if (depth > SCHEMA_LIMITS.depth) {
    throw new NotPlain(`at most ${SCHEMA_LIMITS.depth} levels of nesting`, "more");
  }
  if (--left.values < 0) throw new NotPlain(`at most ${SCHEMA_LIMITS.values} values`, "more");
  if (typeof value === "number" && !Number.isFinite(value)) throw new NotPlain("a finite number", String(value));
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number") {
    return value;
  }
  if (typeof value !== "object") throw new NotPlain("a value that JSON knows", typeof value);
  if (Array.isArray(value)) return Array.from(value, (item, i) => under(i, () => copy(item, depth + 1, left)));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    throw new NotPlain("a value that JSON knows", `a ${prototype.constructor?.name ?? "value of a class"}`);
  }
  const table: Record<string, JsonValue> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const own = under(key, () => copy(item, depth + 1, left));
    // Defined, not assigned: a key named __proto__ is data like any other.
    Object.defineProperty(table, key, { value: own, configurable: true, enumerable: true, writable: true });
  }
  return table;
}

function under<T>(step: PathStep, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof NotPlain) error.steps.push(step);
    throw error;
  }
}
