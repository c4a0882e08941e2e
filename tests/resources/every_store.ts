/** One suite runs against every implementation of a store: where they come from. */
import type { BlobStore, BlobStoreOptions } from "../../src/resources/blob_store.ts";
import type { CheckpointStore, CheckpointStoreOptions } from "../../src/resources/checkpoint_store.ts";
import { FileBlobStore } from "../../src/resources/file_blob_store.ts";
import { FileCheckpointStore } from "../../src/resources/file_checkpoint_store.ts";
import { InMemoryBlobStore } from "../../src/resources/in_memory_blob_store.ts";
import { InMemoryCheckpointStore } from "../../src/resources/in_memory_checkpoint_store.ts";
import { TempFolder } from "../support.ts";

/** Opens a store in a folder; one in memory has no use for it. */
type Open<S, O> = (folder: string, options?: O) => S & AsyncDisposable;

const BLOB_STORES: Record<string, Open<BlobStore, BlobStoreOptions>> = {
  "in memory": (_folder, options) => new InMemoryBlobStore(options),
  "in files": (folder, options) => new FileBlobStore(folder, { ...options, durable: false }),
};

const CHECKPOINT_STORES: Record<string, Open<CheckpointStore, CheckpointStoreOptions>> = {
  "in memory": (_folder, options) => new InMemoryCheckpointStore(options),
  "in files": (folder, options) => new FileCheckpointStore(folder, { ...options, durable: false }),
};

/** A test of every blob store, each in a fresh folder. */
export function everyBlobStore(
  name: string,
  test: (open: (options?: BlobStoreOptions) => BlobStore & AsyncDisposable) => Promise<void>,
): void {
  every(BLOB_STORES, "blob store", name, test);
}

/** A test of every checkpoint store, each in a fresh folder. */
export function everyCheckpointStore(
  name: string,
  test: (open: (options?: CheckpointStoreOptions) => CheckpointStore & AsyncDisposable) => Promise<void>,
): void {
  every(CHECKPOINT_STORES, "checkpoint store", name, test);
}

function every<S, O>(
  stores: Record<string, Open<S, O>>,
  what: string,
  name: string,
  test: (open: (options?: O) => S & AsyncDisposable) => Promise<void>,
): void {
  for (const [where, open] of Object.entries(stores)) {
    Deno.test(`${what} ${where}: ${name}`, async () => {
      await using folder = new TempFolder();
      await test((options) => open(`${folder.path}/store`, options));
    });
  }
}

/** Keys that go wrong where somebody is careless, and are keys all the same; all different. */
export const AWKWARD_KEYS: readonly string[] = [
  "a",
  "A",
  "\u00e9", // é as one character
  "e\u0301", // and as two
  "\u00c9",
  "ß",
  "ss",
  "\u212a", // the Kelvin sign, which lower-cases to k
  "k",
  "ﬁ",
  "fi",
  "con",
  "nul.txt",
  "a.",
  "a ",
  " ",
  "%2e%2e",
  "%2e%2e/x",
  "..a",
  "a..",
  "...",
  "a:b",
  "a*?<>|\"'",
  "a/b",
  "a//b",
  "a\\b",
  "a/",
  "~",
  "$HOME",
  ".tmp-x",
  "k-a.blob",
  "🦕".repeat(256), // 1024 bytes
  "x".repeat(1024),
  `${"x".repeat(1023)}X`,
  "\u202e\u200b",
];

/** What is no key, and a word of the error that says so. */
export const NO_KEYS: readonly [key: string, reason: RegExp][] = [
  ["", /at least one character/],
  ["..", /no "\."/],
  ["../outside", /no "\."/],
  ["a/../b", /no "\."/],
  ["a\\..\\b", /no "\."/],
  ["./a", /no "\."/],
  ["a/.", /no "\."/],
  ["/etc/passwd", /start with a slash/],
  ["\\\\server\\share", /start with a slash/],
  ["a\0b", /control characters/],
  ["a\nb", /control characters/],
  ["a\u0085b", /control characters/],
  ["\ud800", /well-formed/],
  ["x".repeat(1025), /at most 1024 bytes/],
  [`x${"🦕".repeat(256)}`, /at most 1024 bytes/],
];

/** Text as bytes. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A stream of bytes, one part a turn. */
export async function* streamOf(...parts: (Uint8Array | string)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    await null;
    yield typeof part === "string" ? bytesOf(part) : part;
  }
}

/** The parts of a stream. */
export async function partsOf(stream: AsyncIterable<Uint8Array> | undefined): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const part of stream!) parts.push(part);
  return parts;
}

/** Bytes that differ from place to place. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + seed) & 255;
  return bytes;
}
