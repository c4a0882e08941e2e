import { ProtocolError } from "../errors.ts";
import { checkBoundaryValue, type FoundBytes, type PathStep } from "../json.ts";

/**
 * What JSON cannot say, said beside it: `[path, length]` means that the next `length` raw bytes of the frame stand at
 * `path`, `[path]` that `undefined` stands there (only as a whole argument, so that defaults apply). In the text both
 * are `null`. Bytes need no base64 this way, and no value of a plugin can be mistaken for a marker.
 */
export type Patch = [path: PathStep[], length?: number];

/** A value ready to be written: JSON text, and the raw bytes it speaks of. */
export interface EncodedValue {
  /** `value`, or `value,patches`. */
  text: string;
  /** In the order of the patches. */
  attachments: readonly Uint8Array[];
}

const { stringify } = JSON;
const { isArray } = Array;
const { isSafeInteger } = Number;
const { hasOwn } = Object;
const { get, set } = Reflect;
const noAttachments: readonly Uint8Array[] = [];

/**
 * Checks and writes one value.
 *
 * @param value The value; not `undefined`.
 * @param what What it is, for the error.
 * @returns Its text and bytes.
 * @throws {SerializationError} If it cannot cross.
 */
export function encodeValue(value: unknown, what: string): EncodedValue {
  return write(value, checkBoundaryValue(value, what), []);
}

/**
 * Checks and writes an argument list. Each argument is a value of its own, with its own `$`.
 *
 * @param args The arguments; `undefined` among them is kept.
 * @param what Whose arguments they are, for the error: `hook "chunk"`.
 * @returns Their text and bytes.
 * @throws {SerializationError} If one cannot cross.
 */
export function encodeArguments(args: readonly unknown[], what: string): EncodedValue {
  let found: FoundBytes[] | undefined;
  let voids: Patch[] | undefined;
  for (let i = 0; i < args.length; i++) {
    if (args[i] === undefined) (voids ??= []).push([[i]]);
    else {
      const inner = checkBoundaryValue(args[i], `argument ${i + 1} of ${what}`);
      for (const { path, bytes } of inner) (found ??= []).push({ path: [i, ...path], bytes });
    }
  }
  return write(args, found ?? [], voids ?? []);
}

function write(value: unknown, found: readonly FoundBytes[], patches: Patch[]): EncodedValue {
  if (found.length === 0 && patches.length === 0) return { text: stringify(value), attachments: noAttachments };
  // Copies, for what is written is what was there at the moment of the call, and the caller may go on using its own.
  const copies = found.map(({ bytes }) => bytes.slice());
  for (const [i, { path }] of found.entries()) patches.push([path, copies[i]!.byteLength]);
  const text = found.length === 0 ? stringify(value) : stringify(value, withoutBytes);
  return { text: `${text},${stringify(patches)}`, attachments: copies };
}

function withoutBytes(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? null : value;
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

  /** Takes a copy of the next `length` bytes, or `undefined` when there are not that many. */
  take(length: number): Uint8Array | undefined {
    if (length > this.#rest.byteLength) return undefined;
    const bytes = this.#rest.slice(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }
}

/**
 * Puts bytes and `undefined` back where the patches say.
 *
 * @param message The message, changed in place.
 * @param at The index in it of what the patches speak of; they stand right behind it, if there are any.
 * @param attachments The frame's raw bytes.
 * @returns What stands at `at`.
 * @throws {ProtocolError} If a patch leads nowhere or speaks of bytes that are not there.
 */
export function decodeValue(message: unknown[], at: number, attachments: Attachments): unknown {
  const patches = message[at + 1];
  if (patches === undefined) return message[at];
  if (!isArray(patches)) throw malformed();
  for (const patch of patches) {
    if (!isArray(patch) || !isArray(patch[0])) throw malformed();
    let holder: object = message;
    let step: PathStep = at;
    for (const next of patch[0] as unknown[]) {
      const inner: unknown = hasOwn(holder, step) ? get(holder, step) : undefined;
      if (typeof inner !== "object" || inner === null) throw malformed();
      if (typeof next !== "string" && !isSafeInteger(next)) throw malformed();
      holder = inner;
      step = next as PathStep;
    }
    if (!hasOwn(holder, step) || get(holder, step) !== null) throw malformed();
    const length: unknown = patch[1];
    let value: Uint8Array | undefined;
    if (length !== undefined) {
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
