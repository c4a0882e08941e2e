import { isUnfinished, syncFolder, writeAtomicFile } from "./atomic_file.ts";
import { takeBlobParts } from "./blob_parts.ts";
import {
  BLOB_PART_BYTES,
  type BlobData,
  type BlobStore,
  type BlobStoreOptions,
  DEFAULT_MAX_BLOB_BYTES,
} from "./blob_store.ts";
import { checkMaxBytes } from "./check_max_bytes.ts";
import { fileNameOfKey, keyOfFileName } from "./key_file_name.ts";
import { kindOf, lookAt } from "./regular_file.ts";
import { StoreError, type StoreOperation } from "./store_error.ts";
import { nameOfFolder, StoreFolder } from "./store_folder.ts";
import { checkKey, checkPrefix } from "./store_key.ts";
import { StoreOperations } from "./store_operations.ts";
import { OpenValue, writeValue } from "./value_file.ts";

/** Settings of a {@linkcode FileBlobStore}. */
export interface FileBlobStoreOptions extends BlobStoreOptions {
  /**
   * Whether a value is on the disk, safe from a power cut, when `put` resolves. Without it values are still whole after
   * a killed process, and each write is faster; by how much is the disk's matter.
   *
   * @default true
   */
  durable?: boolean;
}

const ENDING = ".blob";

/**
 * A {@linkcode BlobStore} in a folder, one file a key. Several processes may share the folder. It needs read and write
 * permission for that folder and nothing else; the folder is made, readable to its owner only, when it is first used.
 * Nothing that a key says leads out of it, and no symlink in it is followed.
 */
export class FileBlobStore implements BlobStore, AsyncDisposable {
  readonly #folder: StoreFolder;
  readonly #operations: StoreOperations;
  readonly #maxBytes: number;
  readonly #durable: boolean;

  /**
   * Makes a store. Touches no file yet.
   *
   * @param folder The store's own folder.
   * @param options Its limits.
   * @throws {RangeError} If a limit is none.
   */
  constructor(folder: string | URL, options: FileBlobStoreOptions = {}) {
    this.#maxBytes = checkMaxBytes(options.maxBytes ?? DEFAULT_MAX_BLOB_BYTES);
    this.#durable = options.durable ?? true;
    this.#folder = new StoreFolder(folder);
    this.#operations = new StoreOperations(`blob store "${options.name ?? nameOfFolder(folder)}"`);
  }

  /** Stores a value, in place of the one that was there. */
  async put(key: string, data: BlobData): Promise<void> {
    const operation = this.#operations.of("put", key);
    checkKey(operation);
    this.#operations.checkOpen(operation);
    const parts = takeBlobParts(operation, data, { maxBytes: this.#maxBytes, signal: this.#operations.signal });
    await this.#operations.run(operation, async () => {
      const [folder, path] = await this.#pathOf(key);
      const options = { durable: this.#durable };
      const write = (file: Deno.FsFile) => writeValue(file, "blob", key, parts);
      await writeAtomicFile(folder, options, write, (unfinished) => Deno.rename(unfinished, path));
      await syncFolder(folder, options);
    });
  }

  /** A value, whole. */
  async get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return await this.#operations.onKey("get", key, async (operation) => {
      using value = await this.#openValue(operation);
      return await value?.bytes();
    });
  }

  /** A value, in parts. */
  async read(key: string): Promise<AsyncIterable<Uint8Array<ArrayBuffer>> | undefined> {
    return await this.#operations.onKey("read", key, async (operation) => {
      // Closed again: a stream that nobody reads must not hold a file.
      using value = await this.#openValue(operation);
      return value === undefined ? undefined : this.#parts(operation);
    });
  }

  /** Removes a value. */
  async delete(key: string): Promise<boolean> {
    return await this.#operations.onKey("delete", key, async (operation) => {
      const [folder, path] = await this.#pathOf(key);
      if (!await this.#isThere(operation, path)) return false;
      try {
        await Deno.remove(path);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return false; // somebody else was faster
        throw error;
      }
      await syncFolder(folder, { durable: this.#durable });
      return true;
    });
  }

  /** The keys. */
  async list(prefix = ""): Promise<string[]> {
    const operation = this.#operations.of("list", prefix);
    checkPrefix(operation);
    return await this.#operations.run(operation, async () => {
      const folder = await this.#folder.open();
      const keys: string[] = [];
      for await (const { name } of Deno.readDir(folder)) {
        const named = isUnfinished(name) ? undefined : keyOfFileName(name, ENDING);
        const key = named === undefined
          ? undefined
          : "key" in named
          ? named.key
          : await keyInFile(operation, `${folder}/${name}`);
        if (key?.startsWith(prefix)) keys.push(key);
      }
      return keys.sort();
    });
  }

  /** Whether there is a value. */
  async exists(key: string): Promise<boolean> {
    return await this.#operations.onKey("look for", key, async (operation) => {
      const [, path] = await this.#pathOf(key);
      return await this.#isThere(operation, path);
    });
  }

  /** Ends the store: every method rejects from now on, what runs ends, streams are cut off. The files stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#operations.close();
  }

  async #pathOf(key: string): Promise<[folder: string, path: string]> {
    const folder = await this.#folder.open();
    return [folder, `${folder}/${await fileNameOfKey(key, ENDING)}`];
  }

  async #isThere(operation: StoreOperation, path: string): Promise<boolean> {
    const info = await lookAt(path);
    if (info === undefined || info.isFile) return info !== undefined;
    throw new StoreError(operation, `file "${path}" is none of the store's: it is ${kindOf(info)}`);
  }

  async #openValue(operation: StoreOperation): Promise<OpenValue | undefined> {
    const [, path] = await this.#pathOf(operation.key);
    return await OpenValue.open(operation, path, "blob", operation.key);
  }

  async *#parts(operation: StoreOperation): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const value = await this.#operations.run(operation, () => this.#openValue(operation));
    if (value === undefined) throw new StoreError(operation, "it was deleted before it was read");
    // Held by the store: whoever stops in the middle and says nothing leaves the file open no longer than that.
    using _held = this.#operations.hold(value);
    const parts = value.parts(BLOB_PART_BYTES);
    for (;;) {
      const step = await this.#operations.run(operation, () => parts.next());
      if (step.done) return;
      yield step.value;
    }
  }
}

/** The key that a file holds; `undefined` when the file is gone. */
async function keyInFile(operation: StoreOperation, path: string): Promise<string | undefined> {
  using value = await OpenValue.open(operation, path, "blob");
  return value?.key;
}
