import { errorClasses } from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import type { JsonValue } from "../json.ts";
import { checkBoundaryValue } from "../json.ts";

/** An error as it crosses a boundary. */
export interface ErrorRecord {
  /** The class's name. */
  name: string;
  /** The known class that it extends, where the class itself is not known everywhere. */
  base?: string;
  message: string;
  code?: string;
  /** The frames below the message, without the header line. */
  frames?: string;
  cause?: ErrorRecord;
  /** What `AggregateError` and the like gather. */
  errors?: ErrorRecord[];
  /** Own JSON properties, for example `path` of a `SerializationError`. */
  fields?: Record<string, JsonValue>;
}

const MAX_MESSAGE = 16_384;
const MAX_FRAMES = 8_192;
const MAX_FIELDS = 16_384;
const MAX_CAUSES = 8;
/** Of all errors gathered in one, at any depth: an `AggregateError` may gather itself. */
const MAX_GATHERED = 64;
const { parse, stringify } = JSON;
const str = String;
const { getOwnPropertyDescriptor, getPrototypeOf, keys, setPrototypeOf, defineProperty } = Object;

/**
 * Makes a record of anything that was thrown. Never throws, whatever it is given.
 *
 * @param thrown What was thrown: an `Error`, or anything else.
 * @param keepFrame Whether a line of the stack is of interest to the other side.
 * @returns Its record; long texts are cut and say so.
 */
export function encodeError(
  thrown: unknown,
  keepFrame: (line: string) => boolean = () => true,
  depth = 0,
  budget = { records: MAX_GATHERED },
): ErrorRecord {
  try {
    if (!(thrown instanceof Error)) {
      return { name: "Error", message: cut(`thrown value: ${describe(thrown)}`, MAX_MESSAGE) };
    }
    const record: ErrorRecord = { name: cut(nameOf(thrown), 128), message: cut(str(thrown.message), MAX_MESSAGE) };
    const base = baseOf(thrown);
    if (base !== undefined && base !== record.name) record.base = base;
    const code: unknown = Reflect.get(thrown, "code");
    if (typeof code === "string") record.code = cut(code, 128);
    const frames = str(thrown.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line) && keepFrame(line));
    if (frames.length > 0) record.frames = cut(frames.join("\n"), MAX_FRAMES);
    if (depth < MAX_CAUSES) {
      if (thrown.cause !== undefined) record.cause = encodeError(thrown.cause, keepFrame, depth + 1, budget);
      const errors: unknown = Reflect.get(thrown, "errors");
      if (Array.isArray(errors)) {
        record.errors = errors.slice(0, 32).filter(() => budget.records-- > 0).map((e) =>
          encodeError(e, keepFrame, depth + 1, budget)
        );
      }
    }
    const fields = ownJsonFields(thrown);
    if (fields !== undefined) record.fields = fields;
    return record;
  } catch {
    return { name: "Error", message: "unprintable error" };
  }
}

/** The name an error goes by; of a class that sets none, and would go by what it extends, the class's own. */
function nameOf(error: Error): string {
  const name = str(error.name);
  const own = str(error.constructor?.name ?? "");
  return own !== "" && own !== name && name === (baseOf(error) ?? "Error") ? own : name;
}

/** The nearest class of the language that an error's class extends; nothing for `Error` itself. */
function baseOf(error: Error): string | undefined {
  for (let at: unknown = getPrototypeOf(error); at !== null; at = getPrototypeOf(at)) {
    const name = languageErrors.find((one) => (Reflect.get(globalThis, one) as { prototype: object }).prototype === at);
    if (name !== undefined) return name;
    if (at === Error.prototype) return undefined;
  }
  return undefined;
}

const wellKnown = new Set(["name", "message", "stack", "cause", "code", "errors"]);

function ownJsonFields(error: Error): Record<string, JsonValue> | undefined {
  const fields: Record<string, JsonValue> = {};
  let size = 0;
  for (const key of keys(error)) {
    if (wellKnown.has(key)) continue;
    const value: unknown = getOwnPropertyDescriptor(error, key)?.value;
    if (value === undefined) continue;
    try {
      if (checkBoundaryValue(value, "field").length > 0) continue;
      const text = stringify(value);
      if ((size += text.length) > MAX_FIELDS) break;
      fields[key] = parse(text);
    } catch {
      continue; // a field that cannot cross stays behind; the error itself does not
    }
  }
  return size > 0 ? fields : undefined;
}

function describe(value: unknown): string {
  if (typeof value === "string") return stringify(value);
  if (typeof value === "object" && value !== null) {
    try {
      return stringify(value) ?? "object";
    } catch {
      return "object";
    }
  }
  return str(value);
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}… (${text.length - max} more characters)`;
}

/**
 * Makes an error of a record, with the class it had: one of this package, of `Deno.errors`, or of the language;
 * else an `Error` of that name.
 *
 * @param value What arrived; anything malformed is tolerated and described.
 * @param origin Where it comes from, for the last line of its stack: `plugin "chunker/fixed"`.
 * @returns The error, never thrown here.
 */
export function decodeError(value: unknown, origin: string, depth = 0): Error {
  const record = (typeof value === "object" && value !== null ? value : {}) as Partial<
    Record<keyof ErrorRecord, unknown>
  >;
  const name = typeof record.name === "string" ? record.name : "Error";
  const message = typeof record.message === "string" ? record.message : "unprintable error";
  const error = new Error(cut(message, 2 * MAX_MESSAGE));
  const ownCode = typeof record.code === "string" ? record.code : undefined;
  const errorClass = classNamed(ownCode ?? name) ?? classNamed(name) ??
    (typeof record.base === "string" ? classNamed(record.base) : undefined);
  if (errorClass !== undefined) setPrototypeOf(error, errorClass.prototype);
  if (error.name !== name) defineProperty(error, "name", { value: name, configurable: true, writable: true });
  if (ownCode !== undefined && Reflect.get(error, "code") !== ownCode) {
    defineProperty(error, "code", { value: ownCode, configurable: true, writable: true, enumerable: true });
  }
  const frames = typeof record.frames === "string" ? `\n${record.frames}` : "";
  // The stack is what terminals and logs are shown; the message stays as it was.
  error.stack = `${escapeControl(`${name}: ${error.message}`)}${cut(frames, 2 * MAX_FRAMES)}\n    at ${origin}`;
  if (depth < MAX_CAUSES) {
    if (record.cause !== undefined) error.cause = decodeError(record.cause, origin, depth + 1);
    if (Array.isArray(record.errors)) {
      const errors = record.errors.slice(0, 32).map((e: unknown) => decodeError(e, origin, depth + 1));
      defineProperty(error, "errors", { value: errors, configurable: true, writable: true });
    }
  }
  if (typeof record.fields === "object" && record.fields !== null) {
    for (const [key, field] of Object.entries(record.fields)) {
      if (!wellKnown.has(key) && !(key in Error.prototype)) {
        defineProperty(error, key, { value: field, configurable: true, writable: true, enumerable: true });
      }
    }
  }
  return error;
}

function classNamed(name: string): { prototype: object } | undefined {
  if (Object.hasOwn(errorClasses, name)) return errorClasses[name];
  if (languageErrors.includes(name)) return Reflect.get(globalThis, name) as { prototype: object };
  if (Object.hasOwn(Deno.errors, name)) return Reflect.get(Deno.errors, name) as { prototype: object };
  return undefined;
}

const languageErrors = [
  "RangeError",
  "TypeError",
  "SyntaxError",
  "ReferenceError",
  "EvalError",
  "URIError",
  "AggregateError",
];
