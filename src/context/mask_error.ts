import { createMask } from "./mask_text.ts";

/** Causes further down than this are left as they are. */
const MAX_DEPTH = 8;

/**
 * Masks secrets in an error and its causes, in place: whoever logs it logs all of them. An error that cannot be changed is
 * left as it is.
 *
 * @param error The error.
 * @param secrets What must not be shown.
 * @returns The same error.
 */
export function maskError(error: Error, secrets: readonly string[]): Error {
  if (secrets.length === 0) return error;
  const mask = createMask(secrets);
  let at: unknown = error;
  for (let depth = 0; depth < MAX_DEPTH && at instanceof Error; depth++, at = at.cause) {
    for (const key of ["message", "stack", "reason"]) {
      const text: unknown = Reflect.get(at, key);
      if (typeof text === "string") Reflect.set(at, key, mask(text));
    }
  }
  return error;
}

/** Masks secrets in the texts of a log record's fields, at any depth of plain objects and lists. */
export function maskFields(fields: Record<string, unknown>, mask: (text: string) => string): Record<string, unknown> {
  return maskValue(fields, mask, 0) as Record<string, unknown>;
}

function maskValue(value: unknown, mask: (text: string) => string, depth: number): unknown {
  if (typeof value === "string") return mask(value);
  if (typeof value !== "object" || value === null || depth >= MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((item) => maskValue(item, mask, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskValue(inner, mask, depth + 1)]));
}
