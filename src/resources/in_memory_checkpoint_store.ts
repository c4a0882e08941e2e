import type { JsonValue } from "../json.ts";
import { checkMaxBytes } from "./check_max_bytes.ts";
import { checkSave, nextVersion } from "./checkpoint_save.ts";
import {
  type Checkpoint,
  type CheckpointEntry,
  type CheckpointStore,
  type CheckpointStoreOptions,
  DEFAULT_MAX_STATE_BYTES,
  type SaveOptions,
} from "./checkpoint_store.ts";
import { checkPrefix } from "./store_key.ts";
import { StoreOperations } from "./store_operations.ts";

/** A {@linkcode CheckpointStore} in memory, for tests: as strict as the one in files, gone with the process. */
export class InMemoryCheckpointStore implements CheckpointStore, AsyncDisposable {
  readonly #saved = new Map<string, { text: string; version: number }>();
  readonly #operations: StoreOperations;
  readonly #maxBytes: number;

  /**
   * Makes an empty store.
   *
   * @param options Its limits.
   * @throws {RangeError} If a limit is none.
   */
  constructor(options: CheckpointStoreOptions = {}) {
    this.#maxBytes = checkMaxBytes(options.maxBytes ?? DEFAULT_MAX_STATE_BYTES);
    this.#operations = new StoreOperations(`checkpoint store "${options.name ?? "in memory"}"`);
  }

  /** Saves a state as the next version. */
  async save(key: string, state: JsonValue, options: SaveOptions = {}): Promise<number> {
    const operation = this.#operations.of("save", key);
    const text = checkSave(operation, state, options, this.#maxBytes);
    return await this.#operations.run(operation, () => {
      const version = nextVersion(operation, this.#saved.get(key)?.version ?? 0, options);
      this.#saved.set(key, { text, version });
      return version;
    });
  }

  /** The latest state. */
  async load(key: string): Promise<Checkpoint> {
    return await this.#operations.onKey("load", key, () => {
      const { text, version } = this.#saved.get(key) ?? { text: "null", version: 0 };
      return { state: JSON.parse(text), version };
    });
  }

  /** The keys that hold a state. */
  async list(prefix = ""): Promise<CheckpointEntry[]> {
    const operation = this.#operations.of("list", prefix);
    checkPrefix(operation);
    return await this.#operations.run(operation, () => {
      const keys = [...this.#saved.keys()].filter((key) => key.startsWith(prefix)).sort();
      return keys.map((key) => ({ key, version: this.#saved.get(key)!.version }));
    });
  }

  /** Forgets all states, as between two runs of a test. */
  clear(): void {
    this.#saved.clear();
  }

  /** Ends the store: every method rejects from now on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#operations.close();
    this.#saved.clear();
  }
}
