import type { Metadata } from "../context/mod.ts";
import { SerializationError } from "../errors.ts";
import { checkBoundaryValue, formatPath } from "../json.ts";
import type { EncodedValue } from "./values.ts";

const { stringify } = JSON;
const { isArray } = Array;
const { freeze, values } = Object;

/**
 * Checks what is to be carried beside the arguments of a call.
 *
 * @param metadata What the caller gives.
 * @param method The call's method, for the error.
 * @throws {SerializationError} If it is no object of JSON values.
 */
export function checkMetadata(metadata: Metadata, method: string): void {
  const what = `metadata of hook "${method}"`;
  if (!isRecord(metadata)) throw new SerializationError("$", "no object", { what });
  const [bytes] = checkBoundaryValue(metadata, what);
  if (bytes !== undefined) throw new SerializationError(formatPath(bytes.path), "Uint8Array", { what });
}

/**
 * Checks and writes what follows the arguments of a call.
 *
 * @param metadata What the caller gives.
 * @param args The arguments as written; the place of their patches must not be left out.
 * @param method The call's method, for the error.
 * @throws {SerializationError} If it is no object of JSON values.
 */
export function metadataTail(metadata: Metadata, args: EncodedValue, method: string): string {
  checkMetadata(metadata, method);
  return `${args.patched === true ? "" : ",[]"},${stringify(metadata)}]`;
}

/** Freezes metadata that arrived, at every depth; `null` if it is none. */
export function freezeMetadata(value: unknown): Metadata | null {
  if (!isRecord(value)) return null;
  deepFreeze(value);
  return value as Metadata;
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !isArray(value);
}

/** It is no deeper than what a frame may be. */
function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const inner of values(value)) deepFreeze(inner);
  freeze(value);
}
