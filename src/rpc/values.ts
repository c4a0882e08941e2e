import { ProtocolError } from "../errors.ts";
import { checkBoundaryValue, type FoundBytes, type PathStep } from "../json.ts";
import { isStream } from "./shapes.ts";

/**
 * What JSON cannot say, said beside it: `[path, length]` means that the next `length` raw bytes of the frame stand at
 * `path`, `[path]` that `undefined` stands there (only as a whole argument, so that defaults apply), `[path, null, id]`
 * that a stream does (only as a whole argument or a whole result). In the text all of them are `null`. Bytes need no
 * base64 this way, and no value of a plugin can be mistaken for a marker.
 */
export type Patch = [path: PathStep[], length?: number | null, stream?: number];

/** A value ready to be written: JSON text, and the raw bytes it speaks of. */
export interface EncodedValue {
  /** `value`, or `value,patches`. */
  text: string;
  /** In the order of the patches. */
  attachments: readonly Uint8Array[];
  /** Whether the text holds patches. */
  patched?: boolean;
}

/** Takes the streams among arguments, and gives each its number. */
export type StreamSink = (stream: AsyncIterable<unknown>, method: string) => number;

/** Makes a stream of the number that arrived for one. */
export type StreamSource = (id: unknown) => unknown;

const { stringify } = JSON;
const { isArray } = Array;
const { isFinite, isSafeInteger } = Number;
const { hasOwn } = Object;
const { get, set } = Reflect;
const noAttachments: readonly Uint8Array[] = [];

/**
 * Checks and writes one value.
 *
 * @param value The value; not `undefined`.
 * @param what What it is, for the error.
 * @param method Whose it is, if that is not yet said.
 * @returns Its text and bytes.
 * @throws {SerializationError} If it cannot cross.
 */
export function encodeValue(value: unknown, what: string, method?: string): EncodedValue {
  const text = writePrimitive(value);
  if (text !== undefined) return { text, attachments: noAttachments };
  return write(value, checkBoundaryValue(value, nameOf(what, method)));
}

/**
 * Checks and writes an argument list. Each argument is a value of its own, with its own `$`.
 *
 * @param args The arguments; `undefined` among them is kept.
 * @param what Whose arguments they are, for the error, up to the method's name: `hook `.
 * @param method The method's name.
 * @param sink Takes the streams among them; without it streams cannot cross.
 * @returns Their text and bytes.
 * @throws {SerializationError} If one cannot cross.
 */
export function encodeArguments(
  args: readonly unknown[],
  what: string,
  method: string,
  sink?: StreamSink,
): EncodedValue {
  let plain = "";
  for (let i = 0; i < args.length; i++) {
    const text = writePrimitive(args[i]);
    if (text === undefined) return encodeCloser(args, what, method, sink);
    plain += i === 0 ? text : `,${text}`;
  }
  return { text: `[${plain}]`, attachments: noAttachments };
}

/** Writes an argument list that holds more than primitives. */
function encodeCloser(args: readonly unknown[], what: string, method: string, sink?: StreamSink): EncodedValue {
  let found: FoundBytes[] | undefined;
  let patches: Patch[] | undefined;
  let sent = args as unknown[];
  for (let i = 0; i < args.length; i++) {
    const value = args[i];
    if (value === undefined) (patches ??= []).push([[i]]);
    else if (sink !== undefined && isStream(value)) {
      if (sent === args) sent = args.slice();
      sent[i] = null;
      (patches ??= []).push([[i], null, sink(value, method)]);
    } else {
      const inner = checkBoundaryValue(value, `argument ${i + 1} of ${nameOf(what, method)}`);
      for (let k = 0; k < inner.length; k++) {
        (found ??= []).push({ path: [i, ...inner[k]!.path], bytes: inner[k]!.bytes });
      }
    }
  }
  return write(sent, found, patches);
}

/** The text of what most values are, and what needs no closer look; `undefined` for anything else. */
function writePrimitive(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return stringify(value);
    case "number":
      return isFinite(value) ? `${value}` : undefined;
    case "boolean":
      return `${value}`;
    default:
      return value === null ? "null" : undefined;
  }
}

/** Put together only when an error needs it: `hook "chunk"`. */
export function nameOf(what: string, method: string | undefined): string {
  return method === undefined ? what : `${what}"${method}"`;
}

function write(value: unknown, found?: readonly FoundBytes[], patches?: Patch[]): EncodedValue {
  const bytes = found !== undefined && found.length > 0 ? found : undefined;
  if (bytes === undefined && patches === undefined) return { text: stringify(value), attachments: noAttachments };
  const all = patches ?? [];
  // Copies, for what is written is what was there at the moment of the call, and the caller may go on using its own.
  const copies = bytes?.map((one) => one.bytes.slice());
  bytes?.forEach(({ path }, i) => all.push([path, copies![i]!.byteLength]));
  const text = bytes === undefined ? stringify(value) : stringify(value, withoutBytes);
  return { text: `${text},${stringify(all)}`, attachments: copies ?? noAttachments, patched: true };
}

function withoutBytes(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? null : value;
}

/** A stream in place of a result, as it is written. */
export function encodeStream(id: number): EncodedValue {
  return { text: `null,${stringify([[[], null, id]])}`, attachments: noAttachments };
}

/** A lower bound of the length of a value's JSON text, plus its bytes: what a stream's reader charges for an item. */
export function weigh(value: unknown): number {
  if (typeof value === "string") return value.length + 1;
  if (typeof value !== "object" || value === null) return 1;
  if (value instanceof Uint8Array) return value.byteLength;
  let sum = 1;
  if (isArray(value)) { for (let i = 0; i < value.length; i++) sum += weigh(value[i]); }
  else for (const key in value) sum += key.length + 1 + weigh((value as Record<string, unknown>)[key]);
  return sum;
}

/** The raw bytes of a frame, taken from the front, message by message. */
export class Attachments {
  #rest: Uint8Array;

  /** @param binary All raw bytes of the frame. */
  constructor(binary: Uint8Array) {
    this.#rest = binary;
  }

  /** How many are not yet taken. */
  get remaining(): number {
    return this.#rest.byteLength;
  }

  /** Takes the next `length` bytes, in a buffer of their own, or `undefined` when there are not that many. */
  take(length: number): Uint8Array | undefined {
    if (length > this.#rest.byteLength) return undefined;
    // A buffer of their own they have already when nothing else is in it, not even the frame's header.
    const alone = length === this.#rest.buffer.byteLength;
    const bytes = alone ? this.#rest : this.#rest.slice(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }
}

/**
 * Puts bytes, `undefined` and streams back where the patches say.
 *
 * @param message The message, changed in place.
 * @param at The index in it of what the patches speak of; they stand right behind it, if there are any.
 * @param attachments The frame's raw bytes.
 * @param depth How many steps lead to where a stream may stand: none for a result, one for arguments.
 * @param source Makes the streams; without it there may be none.
 * @returns What stands at `at`.
 * @throws {ProtocolError} If a patch leads nowhere, or speaks of bytes or a stream that cannot be there.
 */
export function decodeValue(
  message: unknown[],
  at: number,
  attachments: Attachments,
  depth = 0,
  source?: StreamSource,
): unknown {
  const patches = message[at + 1];
  if (patches === undefined) return message[at];
  if (!isArray(patches)) throw malformed();
  for (const patch of patches) {
    if (!isArray(patch) || !isArray(patch[0])) throw malformed();
    const path: unknown[] = patch[0];
    let holder: object = message;
    let step: PathStep = at;
    for (const next of path) {
      const inner: unknown = hasOwn(holder, step) ? get(holder, step) : undefined;
      if (typeof inner !== "object" || inner === null) throw malformed();
      if (typeof next !== "string" && !isSafeInteger(next)) throw malformed();
      holder = inner;
      step = next as PathStep;
    }
    if (!hasOwn(holder, step) || get(holder, step) !== null) throw malformed();
    const length: unknown = patch[1];
    let value: unknown;
    if (length === null) {
      if (source === undefined || path.length !== depth) throw malformed();
      value = source(patch[2]);
    } else if (length !== undefined) {
      if (!isSafeInteger(length) || (length as number) < 0) throw malformed();
      value = attachments.take(length as number);
      if (value === undefined) throw malformed();
    }
    set(holder, step, value);
  }
  return message[at];
}

function malformed(): ProtocolError {
  return new ProtocolError("Cannot understand message: a patch fits neither its value nor the raw bytes");
}
