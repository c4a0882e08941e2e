import type { JsonValue } from "../json.ts";
import { syncFolder, writeAtomicFile } from "./atomic_file.ts";
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
import { fileNameOfKey, keyOfFileName } from "./key_file_name.ts";
import { withFolderLock } from "./folder_lock.ts";
import { StoreError, type StoreOperation } from "./store_error.ts";
import { nameOfFolder, StoreFolder } from "./store_folder.ts";
import { checkPrefix } from "./store_key.ts";
import { StoreOperations } from "./store_operations.ts";
import { Turns } from "./turns.ts";
import { OpenValue, writeValue } from "./value_file.ts";
import { fileNameOfVersion, listVersions } from "./version_folder.ts";

/** Settings of a {@linkcode FileCheckpointStore}. */
export interface FileCheckpointStoreOptions extends CheckpointStoreOptions {
  /**
   * Whether a state is on the disk, safe from a power cut, when `save` resolves. Without it states are still whole
   * after a killed process, and each save is faster; by how much is the disk's matter.
   *
   * @default true
   */
  durable?: boolean;
}

/** A version found in its file. */
interface Found {
  value: OpenValue;
  version: number;
}

const ENDING = ".ckpt";

/** The latest version may be replaced between the look at the folder and its opening as often as this. */
const ATTEMPTS = 100;

/**
 * A {@linkcode CheckpointStore} in a folder: a folder a key, in it a file a version. Several processes may share it: who
 * saves holds the key's lock for the moment in which the next version is found and put in its place, by a hard link, which
 * fails where there is one. The version before the latest stays beside it. It needs read and write permission for its
 * folder and nothing else, and a file system with locks and hard links.
 */
export class FileCheckpointStore implements CheckpointStore, AsyncDisposable {
  readonly #folder: StoreFolder;
  readonly #operations: StoreOperations;
  readonly #turns = new Turns();
  readonly #maxBytes: number;
  readonly #durable: boolean;

  /**
   * Makes a store. Touches no file yet.
   *
   * @param folder The store's own folder.
   * @param options Its limits.
   * @throws {RangeError} If a limit is none.
   */
  constructor(folder: string | URL, options: FileCheckpointStoreOptions = {}) {
    this.#maxBytes = checkMaxBytes(options.maxBytes ?? DEFAULT_MAX_STATE_BYTES);
    this.#durable = options.durable ?? true;
    this.#folder = new StoreFolder(folder);
    this.#operations = new StoreOperations(`checkpoint store "${options.name ?? nameOfFolder(folder)}"`);
  }

  /** Saves a state as the next version. */
  async save(key: string, state: JsonValue, options: SaveOptions = {}): Promise<number> {
    const operation = this.#operations.of("save", key);
    const given = { ...options };
    const text = checkSave(operation, state, given, this.#maxBytes);
    return await this.#operations.run(
      operation,
      () => this.#turns.take(key, () => this.#save(operation, text, given)),
    );
  }

  /** The latest state. */
  async load(key: string): Promise<Checkpoint> {
    return await this.#operations.onKey("load", key, async (operation) => {
      const folder = await this.#folder.open();
      const found = await openLatest(operation, `${folder}/${await fileNameOfKey(key, ENDING)}`, key);
      if (found === undefined) return { state: null, version: 0 };
      using value = found.value;
      return { state: JSON.parse(new TextDecoder().decode(await value.bytes())), version: found.version };
    });
  }

  /** The keys that hold a state. */
  async list(prefix = ""): Promise<CheckpointEntry[]> {
    const operation = this.#operations.of("list", prefix);
    checkPrefix(operation);
    return await this.#operations.run(operation, async () => {
      const folder = await this.#folder.open();
      const entries: CheckpointEntry[] = [];
      for await (const { name } of Deno.readDir(folder)) {
        const entry = await entryOf(operation, `${folder}/${name}`, name);
        if (entry?.key.startsWith(prefix)) entries.push(entry);
      }
      return entries.sort((a, b) => a.key < b.key ? -1 : 1);
    });
  }

  /** Ends the store: every method rejects from now on, once the saves that run are done. The files stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#operations.close();
  }

  async #save(operation: StoreOperation, text: string, options: SaveOptions): Promise<number> {
    const { key } = operation;
    const durability = { durable: this.#durable };
    const root = await this.#folder.open();
    const folder = `${root}/${await fileNameOfKey(key, ENDING)}`;
    // Asked before anything is written, and again by each attempt to put it in its place.
    nextVersion(operation, (await listVersions(operation, folder)).at(-1) ?? 0, options);
    const version = await writeAtomicFile(
      root,
      durability,
      (file) => writeValue(file, "checkpoint", key, onePart(text)),
      async (unfinished) => {
        if (await makeFolder(folder)) await syncFolder(root, durability);
        return await withFolderLock(operation, folder, () => placeNext(operation, unfinished, folder, options));
      },
    );
    await syncFolder(folder, durability);
    await removeBefore(operation, folder, version - 1);
    return version;
  }
}

/** Opens the latest version of a key. */
async function openLatest(operation: StoreOperation, folder: string, key?: string): Promise<Found | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const version = (await listVersions(operation, folder)).at(-1);
    if (version === undefined) return undefined;
    const value = await OpenValue.open(operation, `${folder}/${fileNameOfVersion(version)}`, "checkpoint", key);
    if (value !== undefined) return { value, version };
  }
  throw new StoreError(operation, "its versions are replaced faster than they can be opened");
}

/** What a name in the store's folder comes to; `undefined` for what is no key with a state. */
async function entryOf(operation: StoreOperation, path: string, name: string): Promise<CheckpointEntry | undefined> {
  const named = keyOfFileName(name, ENDING);
  if (named === undefined) return undefined;
  if ("key" in named) {
    const version = (await listVersions(operation, path)).at(-1);
    return version === undefined ? undefined : { key: named.key, version };
  }
  const found = await openLatest(operation, path);
  if (found === undefined) return undefined;
  using value = found.value;
  return { key: value.key, version: found.version };
}

/**
 * Puts a state in its place as the version after the latest. Under the folder's lock: without it, others could save
 * and remove so many versions between the look and the link that an old number would be free again.
 */
async function placeNext(
  operation: StoreOperation,
  unfinished: string,
  folder: string,
  options: SaveOptions,
): Promise<number> {
  for (;;) {
    const latest = (await listVersions(operation, folder)).at(-1) ?? 0;
    const version = nextVersion(operation, latest, options);
    if (await tryLink(unfinished, `${folder}/${fileNameOfVersion(version)}`)) return version;
  }
}

async function* onePart(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

/** @returns Whether it was not there. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await Deno.mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** @returns Whether there was no file of that name. */
async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await Deno.link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** Removes versions that nobody can want: a reader that has seen an older one as the latest looks again. Never rejects. */
async function removeBefore(operation: StoreOperation, folder: string, version: number): Promise<void> {
  const versions = await listVersions(operation, folder).catch(() => []); // the state is saved, whatever this finds
  for (const old of versions) {
    if (old < version) await Deno.remove(`${folder}/${fileNameOfVersion(old)}`).catch(() => {}); // another removed it
  }
}
