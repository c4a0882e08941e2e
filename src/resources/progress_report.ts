import type { JsonValue } from "../json.ts";
import { frozenJson, toJsonText } from "./json_text.ts";

/** How far the work was; frozen at any depth. */
export interface ProgressUpdate {
  /** From 0 to 1. */
  readonly percent: number;
  /** For people. */
  readonly message: string;
  /** For programs, where there was any. */
  readonly payload?: JsonValue;
}

/** What happened; frozen at any depth. */
export interface ProgressEvent {
  /** What kind of thing. */
  readonly type: string;
  /** About it, where there was anything. */
  readonly payload?: JsonValue;
}

/**
 * Checks an update, and takes it as it is at this moment.
 *
 * @throws {RangeError} If `percent` is not between 0 and 1.
 * @throws {TypeError} If `percent` is no number, or `message` no string.
 * @throws {SerializationError} If `payload` is no JSON value.
 */
export function takeUpdate(percent: unknown, message: unknown, payload: unknown): ProgressUpdate {
  if (typeof percent !== "number") {
    throw new TypeError(`Cannot update progress: percent is ${typeof percent}, no number`);
  }
  if (!(percent >= 0 && percent <= 1)) {
    throw new RangeError(`Cannot update progress: percent is ${percent}, not 0 to 1`);
  }
  if (typeof message !== "string") {
    throw new TypeError(`Cannot update progress: message is ${typeof message}, no string`);
  }
  return Object.freeze({ percent, message, ...takePayload(payload, "payload of a progress update") });
}

/**
 * Checks an event, and takes it as it is at this moment.
 *
 * @throws {RangeError} If `type` is empty.
 * @throws {TypeError} If `type` is no string.
 * @throws {SerializationError} If `payload` is no JSON value.
 */
export function takeEvent(type: unknown, payload: unknown): ProgressEvent {
  if (typeof type !== "string") {
    throw new TypeError(`Cannot report a progress event: its type is ${typeof type}, no string`);
  }
  if (type === "") throw new RangeError("Cannot report a progress event: its type is empty");
  return Object.freeze({ type, ...takePayload(payload, `payload of progress event ${JSON.stringify(type)}`) });
}

function takePayload(payload: unknown, what: string): { payload?: JsonValue } {
  return payload === undefined ? {} : { payload: frozenJson(toJsonText(payload, what)) };
}
