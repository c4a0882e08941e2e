import { describeOperation, type StoreOperation } from "./store_error.ts";

/** The longest key, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024;

/**
 * Checks a key of a store. A key is 1 to 1024 bytes of well-formed Unicode. It may hold `/`, and is taken as it is: two
 * keys that differ in case or in Unicode form only (`é` as one character or as two) are two keys. What reads as a way
 * out of a folder is no key, wherever the values may lie.
 *
 * @param operation What is asked of which store; its `key` is checked.
 * @throws {TypeError} If it is no string.
 * @throws {RangeError} If it is empty or too long, starts with a slash, has a `.` or `..` between slashes, holds a
 * control character, or is not well-formed (it holds half of a surrogate pair).
 */
export function checkKey(operation: StoreOperation): void {
  const { key } = operation;
  checkText(operation, "key");
  if (key === "") throw refuse(operation, "a key has at least one character");
  if (/^[/\\]/.test(key)) throw refuse(operation, "a key does not start with a slash");
  if (/(^|[/\\])\.{1,2}([/\\]|$)/.test(key)) throw refuse(operation, 'a key has no "." and no ".." between slashes');
}

/**
 * Checks the prefix of a listing: any text that a key can start with, or nothing.
 *
 * @param operation What is asked of which store; its `key` is the prefix.
 * @throws {TypeError} If it is no string.
 * @throws {RangeError} If no key can start with it.
 */
export function checkPrefix(operation: StoreOperation): void {
  checkText(operation, "prefix");
}

function checkText(operation: StoreOperation, what: "key" | "prefix"): void {
  const key: unknown = operation.key;
  if (typeof key !== "string") {
    const found = key === null ? "null" : typeof key;
    throw new TypeError(describeOperation({ ...operation, key: found }, `a ${what} is a string`));
  }
  if (!key.isWellFormed()) throw refuse(operation, `a ${what} is well-formed Unicode, without half a surrogate pair`);
  // deno-lint-ignore no-control-regex -- control characters are what this is about
  if (/[\x00-\x1f\x7f-\x9f]/.test(key)) throw refuse(operation, `a ${what} has no control characters`);
  if (key.length > MAX_KEY_BYTES || new TextEncoder().encode(key).length > MAX_KEY_BYTES) {
    throw refuse(operation, `a ${what} has at most ${MAX_KEY_BYTES} bytes`);
  }
}

function refuse(operation: StoreOperation, reason: string): RangeError {
  return new RangeError(describeOperation(operation, reason));
}
