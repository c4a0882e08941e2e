import type { JsonValue } from "../json.ts";

/** Where a plugin says how far it is, as a resource (SPEC sections 8 and 11). */
export interface ProgressSink {
  /**
   * Says how far the work is.
   *
   * @param percent From 0 to 1, both included.
   * @param message For people.
   * @param payload For programs: a JSON value. @default none
   * @returns When it is taken.
   * @throws {RangeError} If `percent` is not between 0 and 1.
   * @throws {TypeError} If `percent` is no number, or `message` no string.
   * @throws {SerializationError} If `payload` is no JSON value, with the path inside it.
   */
  update(percent: number, message: string, payload?: JsonValue): Promise<void>;
  /**
   * Says that something happened.
   *
   * @param type What kind of thing, for example `page_done`; not empty.
   * @param payload About it: a JSON value. @default none
   * @returns When it is taken.
   * @throws {RangeError} If `type` is empty.
   * @throws {TypeError} If `type` is no string.
   * @throws {SerializationError} If `payload` is no JSON value, with the path inside it.
   */
  event(type: string, payload?: JsonValue): Promise<void>;
}

/** What a plugin may call of a {@linkcode ProgressSink}, whatever other methods the host's object has. */
export const PROGRESS_SINK_METHODS: readonly (keyof ProgressSink)[] = ["update", "event"];
