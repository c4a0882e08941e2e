import { SerializationError } from "../errors.ts";
import { checkBoundaryValue, formatPath, type JsonValue } from "../json.ts";

/**
 * Writes a value that must be JSON: bytes, which cross boundaries, are none.
 *
 * @param value The value.
 * @param what What it is, for the error.
 * @returns Its text.
 * @throws {SerializationError} At the first thing that is no JSON, with its path.
 */
export function toJsonText(value: unknown, what: string): string {
  if (value === undefined) throw new SerializationError("$", "undefined (use null)", { what });
  const [bytes] = checkBoundaryValue(value, what);
  if (bytes !== undefined) throw new SerializationError(formatPath(bytes.path), "Uint8Array", { what });
  return JSON.stringify(value);
}

/** A value of its own that nobody can change, at any depth. */
export function frozenJson(text: string): JsonValue {
  return JSON.parse(text, (_key, value) => Object.freeze(value));
}
