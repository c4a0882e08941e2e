import { SerializationError } from "./errors.ts";

/** A JSON value, or bytes: what crosses every boundary unchanged (SPEC section 9). */
export type BoundaryValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly BoundaryValue[]
  | { readonly [key: string]: BoundaryValue | undefined };

/** A JSON value. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** Deeper than this a value does not cross a boundary: every reader of it recurses. */
export const MAX_DEPTH = 256;

// Captured, because in a plugin's scope the plugin shares the isolate and may replace them.
const { isArray, prototype: arrayPrototype } = Array;
const { getPrototypeOf, keys: ownKeys, prototype: objectPrototype } = Object;
const { isFinite } = Number;

/** A step into a value: a key or an index. */
export type PathStep = string | number;

/** Bytes found inside a value, and where. */
export interface FoundBytes {
  /** The steps from the value's root; empty when the value itself is bytes. */
  path: PathStep[];
  /** The bytes, not copied. */
  bytes: Uint8Array;
}

/**
 * Checks that a value can cross a boundary and still be equal on the other side.
 *
 * @param value The value.
 * @param what What it is, for the error: `result of hook "chunk"`.
 * @param options.allowUndefined Take `undefined` itself as void.
 * @returns The bytes inside it; almost always none.
 * @throws {SerializationError} At the first thing that cannot cross, with its path.
 */
export function checkBoundaryValue(value: unknown, what: string): FoundBytes[] {
  try {
    if (value === undefined || isPlain(value, 0)) return none;
  } catch {
    // NB: a getter or a Proxy threw; the slow way finds out where
  }
  const found: FoundBytes[] = [];
  const path: PathStep[] = [];
  try {
    walk(value, path, [], found, what);
  } catch (cause) {
    if (cause instanceof SerializationError) throw cause;
    throw refuse(path, "value that cannot be read", what, cause);
  }
  return found;
}

const none: FoundBytes[] = [];

/** The fast way: `true` only for JSON values without bytes, surprises or great depth. Knows nothing of paths. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return isFinite(value);
    case "object":
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth >= MAX_DEPTH) return false;
  const prototype = getPrototypeOf(value);
  if (isArray(value)) {
    if (prototype !== arrayPrototype || rewrites(value)) return false;
    for (let i = 0; i < value.length; i++) if (!isPlain(value[i], depth + 1)) return false;
    return true;
  }
  if ((prototype !== objectPrototype && prototype !== null) || rewrites(value)) return false;
  for (const key in value) {
    const property = (value as Record<string, unknown>)[key];
    if (property !== undefined && !isPlain(property, depth + 1)) return false;
  }
  return true;
}

/** Whether `JSON.stringify` would write something else in its place. */
function rewrites(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}

/** The slow way, taken when the fast one says no: finds the bytes, or the path of what cannot cross. */
function walk(value: unknown, path: PathStep[], ancestors: object[], found: FoundBytes[], what: string): void {
  switch (typeof value) {
    case "string":
    case "boolean":
      return;
    case "number":
      if (isFinite(value)) return;
      throw refuse(path, String(value), what);
    case "undefined":
      throw refuse(path, "undefined (use null)", what);
    case "object":
      break;
    default:
      throw refuse(path, typeof value === "bigint" ? "BigInt" : typeof value, what);
  }
  if (value === null) return;
  if (value instanceof Uint8Array && className(value) === "Uint8Array") {
    if (rewrites(value)) throw refuse([...path, "toJSON"], "function", what);
    if (value.buffer instanceof ArrayBuffer && value.buffer.detached) throw refuse(path, "detached Uint8Array", what);
    found.push({ path: [...path], bytes: value });
    return;
  }
  if (ancestors.includes(value)) throw refuse(path, "cycle", what);
  if (ancestors.length >= MAX_DEPTH) throw refuse(path.slice(0, 8), `nested deeper than ${MAX_DEPTH} levels`, what);
  ancestors.push(value);
  const prototype = getPrototypeOf(value);
  if (isArray(value)) {
    if (prototype !== arrayPrototype) throw refuse(path, className(value), what);
    if (rewrites(value)) throw refuse([...path, "toJSON"], "function", what);
    for (let i = 0; i < value.length; i++) {
      path.push(i);
      if (!(i in value)) throw refuse(path, "array hole", what);
      walk(value[i], path, ancestors, found, what);
      path.pop();
    }
  } else {
    if (prototype !== objectPrototype && prototype !== null) throw refuse(path, className(value), what);
    if (rewrites(value)) throw refuse([...path, "toJSON"], "function", what);
    for (const key of ownKeys(value)) {
      const property = (value as Record<string, unknown>)[key];
      if (property === undefined) continue;
      path.push(key);
      walk(property, path, ancestors, found, what);
      path.pop();
    }
  }
  ancestors.pop();
}

function refuse(path: readonly PathStep[], found: string, what: string, cause?: unknown): SerializationError {
  return new SerializationError(formatPath(path), found, cause === undefined ? { what } : { what, cause });
}

function className(value: object): string {
  try {
    const name: unknown = getPrototypeOf(value)?.constructor?.name;
    return typeof name === "string" && name !== "" ? name : "object of unknown class";
  } catch {
    return "object of unknown class"; // a Proxy whose traps throw
  }
}

/**
 * Writes a path the way errors show it.
 *
 * @param path Steps from the root.
 * @returns For example `$.items[3].when`.
 */
export function formatPath(path: readonly PathStep[]): string {
  let text = "$";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += /^[A-Za-z_$][\w$]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  }
  return text;
}
