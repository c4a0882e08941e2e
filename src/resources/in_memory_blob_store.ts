import { takeBlobParts } from "./blob_parts.ts";
import {
  BLOB_PART_BYTES,
  type BlobData,
  type BlobStore,
  type BlobStoreOptions,
  DEFAULT_MAX_BLOB_BYTES,
} from "./blob_store.ts";
import { checkMaxBytes } from "./check_max_bytes.ts";
import { StoreError } from "./store_error.ts";
import { checkKey, checkPrefix } from "./store_key.ts";
import { StoreOperations } from "./store_operations.ts";

/** A {@linkcode BlobStore} in memory, for tests: as strict as the one in files, gone with the process. */
export class InMemoryBlobStore implements BlobStore, AsyncDisposable {
  readonly #values = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #operations: StoreOperations;
  readonly #maxBytes: number;

  /**
   * Makes an empty store.
   *
   * @param options Its limits.
   * @throws {RangeError} If a limit is none.
   */
  constructor(options: BlobStoreOptions = {}) {
    this.#maxBytes = checkMaxBytes(options.maxBytes ?? DEFAULT_MAX_BLOB_BYTES);
    this.#operations = new StoreOperations(`blob store "${options.name ?? "in memory"}"`);
  }

  /** Stores a value, in place of the one that was there. */
  async put(key: string, data: BlobData): Promise<void> {
    const operation = this.#operations.of("put", key);
    checkKey(operation);
    this.#operations.checkOpen(operation);
    const source = takeBlobParts(operation, data, { maxBytes: this.#maxBytes, signal: this.#operations.signal });
    await this.#operations.run(operation, async () => {
      const parts: Uint8Array[] = [];
      for await (const part of source) parts.push(new Uint8Array(part)); // the stream may use its buffer again
      this.#values.set(key, join(parts));
    });
  }

  /** A value, whole. */
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#look("get", key, (value) => value?.slice());
  }

  /** A value, in parts. */
  read(key: string): Promise<AsyncIterable<Uint8Array<ArrayBuffer>> | undefined> {
    return this.#look("read", key, (value) => value === undefined ? undefined : this.#parts(key));
  }

  /** Removes a value. */
  delete(key: string): Promise<boolean> {
    return this.#look("delete", key, () => this.#values.delete(key));
  }

  /** The keys. */
  async list(prefix = ""): Promise<string[]> {
    const operation = this.#operations.of("list", prefix);
    checkPrefix(operation);
    return await this.#operations.run(
      operation,
      () => [...this.#values.keys()].filter((key) => key.startsWith(prefix)).sort(),
    );
  }

  /** Whether there is a value. */
  exists(key: string): Promise<boolean> {
    return this.#look("look for", key, (value) => value !== undefined);
  }

  /** Forgets all values, as between two runs of a test. */
  clear(): void {
    this.#values.clear();
  }

  /** Ends the store: every method rejects from now on, and streams under way end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#operations.close();
    this.#values.clear();
  }

  async #look<T>(action: string, key: string, find: (value: Uint8Array<ArrayBuffer> | undefined) => T): Promise<T> {
    return await this.#operations.onKey(action, key, () => find(this.#values.get(key)));
  }

  async *#parts(key: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const operation = this.#operations.of("read", key);
    const value = await this.get(key);
    if (value === undefined) throw new StoreError(operation, "it was deleted before it was read");
    for (let at = 0; at < value.length; at += BLOB_PART_BYTES) {
      this.#operations.checkOpen(operation);
      yield value.slice(at, at + BLOB_PART_BYTES);
    }
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
