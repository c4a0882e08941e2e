import type { JsonValue } from "../json.ts";

/** What {@linkcode CheckpointStore.load} gives. */
export interface Checkpoint {
  /** The state of the latest version; `null` when there is none. */
  state: JsonValue;
  /** The latest version; 0 when there is none. */
  version: number;
}

/** What {@linkcode CheckpointStore.list} gives. */
export interface CheckpointEntry {
  /** The key. */
  key: string;
  /** Its latest version. */
  version: number;
}

/** How a state is saved. */
export interface SaveOptions {
  /** Save only over this version; 0 only where there is none. @default over any */
  expectedVersion?: number;
}

/**
 * States of units of work, as a resource (SPEC sections 8 and 11). A state is saved whole or not at all, also when the
 * process is killed at any moment; what was saved is what is loaded next, by whichever process. Keys are those of a
 * `BlobStore`.
 */
export interface CheckpointStore {
  /**
   * Saves a state as the next version. The state is taken as it is when this is called; several saves of one key take
   * effect in the order of their calls.
   *
   * @param key The key.
   * @param state A JSON value.
   * @param options Over which version.
   * @returns Its version: 1 for the first, then one more each time; no two saves of a key get the same.
   * @throws {SerializationError} If the state is no JSON value, with the path inside it.
   * @throws {RangeError} If the key is none, the state is larger than the store allows, or the expected version is none.
   * @throws {TypeError} If there is an option that is none, so that a misspelt one is not ignored.
   * @throws {CheckpointConflict} If another version than the expected one is there.
   * @throws {StoreError} If the store is closed or cannot write. What was saved before still is.
   */
  save(key: string, state: JsonValue, options?: SaveOptions): Promise<number>;
  /**
   * The latest state.
   *
   * @param key The key.
   * @returns The caller's own copy, and its version.
   * @throws {RangeError} If the key is none.
   * @throws {StoreError} If the store is closed, cannot read, or finds a file that is torn or not its own.
   */
  load(key: string): Promise<Checkpoint>;
  /**
   * The keys that hold a state.
   *
   * @param prefix What they start with. @default "" all of them
   * @returns Sorted by UTF-16 code units of the key.
   * @throws {RangeError} If no key can start so.
   * @throws {StoreError} If the store is closed or cannot read.
   */
  list(prefix?: string): Promise<CheckpointEntry[]>;
}

/** What a plugin may call of a {@linkcode CheckpointStore}, whatever other methods the host's object has. */
export const CHECKPOINT_STORE_METHODS: readonly (keyof CheckpointStore)[] = ["save", "load", "list"];

/** Limits of a checkpoint store. */
export interface CheckpointStoreOptions {
  /** The largest state, in bytes of its JSON text. @default 16 MiB */
  maxBytes?: number;
  /** What the store is called in errors. */
  name?: string;
}

/** The largest state where nothing else is said, in bytes of its JSON text. */
export const DEFAULT_MAX_STATE_BYTES: number = 16 * 1024 * 1024;
