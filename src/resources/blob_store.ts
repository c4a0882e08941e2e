/** What can be stored: bytes, text (kept as UTF-8), or a stream of bytes. */
export type BlobData = Uint8Array | string | AsyncIterable<Uint8Array>;

/**
 * Values under keys, as a resource (SPEC section 8). A value appears whole or not at all; of several writers to one key
 * the last to finish wins; whoever reads sees one whole value, also while it is being replaced.
 *
 * A key is 1 to 1024 bytes of well-formed Unicode. It does not start with a slash, and has neither control characters nor
 * a `.` or `..` between slashes. Keys that differ in case or in Unicode form only are different keys.
 */
export interface BlobStore {
  /**
   * Stores a value, in place of the one that was there. Bytes are copied when it is called.
   *
   * @param key The key.
   * @param data Bytes, text, or a stream of bytes for what is too large to be held at once.
   * @returns When it is stored.
   * @throws {RangeError} If the key is none, text is not well-formed Unicode, or the value is larger than the store allows.
   * @throws {TypeError} If key or data are of another type.
   * @throws {StoreError} If the store is closed or cannot write. What was there before still is.
   */
  put(key: string, data: BlobData): Promise<void>;
  /**
   * A value, whole.
   *
   * @param key The key.
   * @returns The caller's own copy; `undefined` when there is none.
   * @throws {RangeError} If the key is none.
   * @throws {StoreError} If the store is closed, cannot read, or finds a file that is torn or not its own.
   */
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /**
   * A value, in parts. It is read when the stream is, and is the value of that moment.
   *
   * @param key The key.
   * @returns Its parts, of at most 64 KiB each; `undefined` when there is none.
   * @throws {RangeError} If the key is none.
   * @throws {StoreError} As for `get`; what is found out at the end of the value rejects there.
   */
  read(key: string): Promise<AsyncIterable<Uint8Array<ArrayBuffer>> | undefined>;
  /**
   * Removes a value.
   *
   * @param key The key.
   * @returns Whether there was one.
   * @throws {RangeError} If the key is none.
   * @throws {StoreError} If the store is closed or cannot remove it.
   */
  delete(key: string): Promise<boolean>;
  /**
   * The keys.
   *
   * @param prefix What they start with. @default "" all of them
   * @returns Sorted by UTF-16 code units.
   * @throws {RangeError} If no key can start so.
   * @throws {StoreError} If the store is closed or cannot read.
   */
  list(prefix?: string): Promise<string[]>;
  /**
   * Whether there is a value.
   *
   * @param key The key.
   * @throws {RangeError} If the key is none.
   * @throws {StoreError} If the store is closed or cannot look.
   */
  exists(key: string): Promise<boolean>;
}

/** What a plugin may call of a {@linkcode BlobStore}, whatever other methods the host's object has. */
export const BLOB_STORE_METHODS: readonly (keyof BlobStore)[] = ["put", "get", "read", "delete", "list", "exists"];

/** Limits of a blob store. */
export interface BlobStoreOptions {
  /** The largest value, in bytes. @default 1 GiB */
  maxBytes?: number;
  /** What the store is called in errors. */
  name?: string;
}

/** The largest value where nothing else is said, in bytes. */
export const DEFAULT_MAX_BLOB_BYTES: number = 2 ** 30;

/** The largest part of a stream, in bytes. */
export const BLOB_PART_BYTES: number = 64 * 1024;
