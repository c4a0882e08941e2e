import { openRegularFile } from "./regular_file.ts";
import { StoreError, type StoreOperation } from "./store_error.ts";

/**
 * A file that holds one value: a line of text that says of what key, how long and with what SHA-256, then the value.
 *
 * ```text
 * dagstack-blob/1 0000000000000005 2cf24dba…9824 "greeting"
 * hello
 * ```
 *
 * @module
 */

/** Whose value it is. */
export type ValueKind = "blob" | "checkpoint";

/** The first line of a file. */
interface Header {
  key: string;
  size: number;
  sha256: string;
  /** Where the value begins. */
  start: number;
}

/** A header is never longer: a key of 1024 bytes with every character escaped, and the rest. */
const MAX_HEADER_BYTES = 4096;

/**
 * Writes a value.
 *
 * @param file A new file, open for writing.
 * @param kind Whose value it is.
 * @param key Its key.
 * @param parts The value.
 */
export async function writeValue(
  file: Deno.FsFile,
  kind: ValueKind,
  key: string,
  parts: AsyncIterable<Uint8Array>,
): Promise<void> {
  const hash = await sha256();
  await writeAll(file, header(kind, key, 0, "0".repeat(64))); // its length is known now, the rest at the end
  let size = 0;
  for await (const part of parts) {
    hash.update(part);
    await writeAll(file, part);
    size += part.byteLength;
  }
  await file.seek(0, Deno.SeekMode.Start);
  await writeAll(file, header(kind, key, size, hash.digest("hex")));
}

/** A value in its file, open for reading. */
export class OpenValue implements Disposable {
  /** Its key, as the file says. */
  readonly key: string;
  /** Its size, in bytes. */
  readonly size: number;
  readonly #file: Deno.FsFile;
  readonly #header: Header;
  readonly #torn: (reason: string) => StoreError;

  private constructor(file: Deno.FsFile, header: Header, torn: (reason: string) => StoreError) {
    this.#file = file;
    this.#header = header;
    this.#torn = torn;
    this.key = header.key;
    this.size = header.size;
  }

  /**
   * Opens a value's file.
   *
   * @param operation What is asked of which store.
   * @param path The file.
   * @param kind Whose value it must be.
   * @param key The key it must be of. @default any
   * @returns The value; `undefined` when there is no file.
   * @throws {StoreError} If it is torn, or is none of the store's own.
   */
  static async open(
    operation: StoreOperation,
    path: string,
    kind: ValueKind,
    key?: string,
  ): Promise<OpenValue | undefined> {
    const found = await openRegularFile(path);
    if (found === undefined) return undefined;
    const wrong = (reason: string) => new StoreError(operation, `file "${path}" ${reason}`);
    if ("foreign" in found) throw wrong(`is none of the store's: it is ${found.foreign}`);
    const { file, info } = found;
    try {
      const header = parseHeader(await readUpTo(file, MAX_HEADER_BYTES), kind);
      if (header === undefined) throw wrong(`is none of the store's: it does not begin as a ${kind} does`);
      if (key !== undefined && header.key !== key) throw wrong(`holds the value of ${JSON.stringify(header.key)}`);
      if (info.size !== header.start + header.size) {
        throw wrong(`is torn: its value has ${info.size - header.start} bytes of ${header.size}`);
      }
      return new OpenValue(file, header, wrong);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * The value, from its beginning.
   *
   * @param partBytes The size of the parts, all but the last.
   * @throws {StoreError} At the end, if it is not what was written.
   */
  async *parts(partBytes: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const hash = await sha256();
    await this.#file.seek(this.#header.start, Deno.SeekMode.Start);
    for (let left = this.size; left > 0;) {
      const part = await readUpTo(this.#file, Math.min(left, partBytes));
      if (part.byteLength === 0) throw this.#torn(`is torn: it ends ${left} bytes early`);
      hash.update(part);
      left -= part.byteLength;
      yield part;
    }
    if (hash.digest("hex") !== this.#header.sha256) throw this.#torn("is torn: its value has another SHA-256");
  }

  /** The value, whole. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    let whole = new Uint8Array();
    for await (const part of this.parts(this.size)) whole = part; // the only one, and the end is checked
    return whole;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

function header(kind: ValueKind, key: string, size: number, hash: string): Uint8Array {
  const line = `dagstack-${kind}/1 ${String(size).padStart(16, "0")} ${hash} ${JSON.stringify(key)}\n`;
  return new TextEncoder().encode(line);
}

function parseHeader(bytes: Uint8Array, kind: ValueKind): Header | undefined {
  const end = bytes.indexOf(10);
  if (end < 0) return undefined;
  try {
    const line = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, end));
    const match = /^dagstack-(\w+)\/1 (\d{16}) ([0-9a-f]{64}) (".*")$/.exec(line);
    if (match === null || match[1] !== kind) return undefined;
    const key: unknown = JSON.parse(match[4]!);
    if (typeof key !== "string") return undefined;
    return { key, size: Number(match[2]), sha256: match[3]!, start: end + 1 };
  } catch {
    return undefined; // no UTF-8, or no JSON: not written by a store
  }
}

async function readUpTo(file: Deno.FsFile, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const read = await file.read(bytes.subarray(at));
    if (read === null) break;
    at += read;
  }
  return at === size ? bytes : bytes.slice(0, at);
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

/** Loaded when it is needed: a host without stores does without it. */
async function sha256() {
  const { createHash } = await import("node:crypto");
  return createHash("sha256");
}
