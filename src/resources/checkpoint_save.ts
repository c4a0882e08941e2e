import { tooLarge } from "./blob_parts.ts";
import type { SaveOptions } from "./checkpoint_store.ts";
import { toJsonText } from "./json_text.ts";
import { CheckpointConflict, describeOperation, StoreError, type StoreOperation } from "./store_error.ts";
import { checkKey } from "./store_key.ts";

/**
 * Checks all that a save is given, before anything is changed.
 *
 * @param operation What is asked of which store.
 * @param state The state.
 * @param options How it is saved.
 * @param maxBytes The largest state, in bytes of its JSON text.
 * @returns The state's text.
 */
export function checkSave(operation: StoreOperation, state: unknown, options: SaveOptions, maxBytes: number): string {
  checkKey(operation);
  // A misspelt option would save over what it was to keep.
  const unknown = Object.keys(options).find((key) => key !== "expectedVersion");
  if (unknown !== undefined) {
    const reason = `save has no option ${JSON.stringify(unknown)}; it knows "expectedVersion"`;
    throw new TypeError(describeOperation(operation, reason));
  }
  const { expectedVersion } = options;
  if (expectedVersion !== undefined && (!Number.isSafeInteger(expectedVersion) || expectedVersion < 0)) {
    const reason = `expectedVersion is a whole number of at least 0, not ${expectedVersion}`;
    throw new RangeError(describeOperation(operation, reason));
  }
  const text = toJsonText(state, `state of checkpoint ${JSON.stringify(operation.key)}`);
  if (text.length > maxBytes || new TextEncoder().encode(text).length > maxBytes) throw tooLarge(operation, maxBytes);
  return text;
}

/**
 * The version that a save becomes.
 *
 * @param operation What is asked of which store.
 * @param latest The version that is there; 0 when there is none.
 * @throws {CheckpointConflict} If it is not the expected one.
 * @throws {StoreError} If there is no number after it.
 */
export function nextVersion(operation: StoreOperation, latest: number, { expectedVersion }: SaveOptions): number {
  if (expectedVersion !== undefined && expectedVersion !== latest) {
    throw new CheckpointConflict(operation, expectedVersion, latest);
  }
  if (latest >= Number.MAX_SAFE_INTEGER) throw new StoreError(operation, `there is no version after ${latest}`);
  return latest + 1;
}
