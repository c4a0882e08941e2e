import { PluginRegistryError } from "../errors.ts";

/** Which operation of which store an error is about. */
export interface StoreOperation {
  /** What was asked for, for example `put`. */
  action: string;
  /** The key concerned; for a listing, the prefix. */
  key: string;
  /** Which store, for example `blob store "/var/blobs"`. */
  store: string;
}

/**
 * A store could not do what it was asked: it is closed, the disk is full, a file of it is torn or is none of its own.
 * What was stored under the key before is still there. `cause` is Deno's error, where there is one.
 */
export class StoreError extends PluginRegistryError {
  /** Which store. */
  readonly store: string;
  /** The key concerned; for a listing, the prefix. */
  readonly key: string;

  /**
   * Makes the error.
   *
   * @param operation What was asked of which store.
   * @param reason Why it could not be done.
   */
  constructor(operation: StoreOperation, reason: string, options: ErrorOptions = {}) {
    super(describeOperation(operation, reason), options);
    this.store = operation.store;
    this.key = operation.key;
  }
}

/** A checkpoint was to be saved over one version, and another is there. */
export class CheckpointConflict extends StoreError {
  /** The version that was expected. */
  readonly expected: number;
  /** The version that is there; 0 when there is none. */
  readonly actual: number;

  /**
   * Makes the error.
   *
   * @param operation What was asked of which store.
   * @param expected The version that was expected.
   * @param actual The version that is there.
   */
  constructor(operation: StoreOperation, expected: number, actual: number) {
    super(operation, `version ${expected} was expected, version ${actual} is there`);
    this.expected = expected;
    this.actual = actual;
  }
}

// On the prototypes, as errors.ts does it: a stack trace's first line is written while the error is made.
for (const [code, errorClass] of Object.entries({ StoreError, CheckpointConflict })) {
  Object.defineProperty(errorClass.prototype, "name", { value: code, configurable: true, writable: true });
  Object.defineProperty(errorClass.prototype, "code", { value: code, configurable: true, writable: true });
}

/** The message of any error about a store. */
export function describeOperation({ action, key, store }: StoreOperation, reason: string): string {
  const shown = key.length > 100 ? `${key.slice(0, 100)}…` : key;
  return `Cannot ${action} ${JSON.stringify(shown)} in ${store}: ${reason}`;
}
