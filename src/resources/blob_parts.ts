import type { BlobData } from "./blob_store.ts";
import { describeOperation, type StoreOperation } from "./store_error.ts";
import { SourceFailure } from "./store_operations.ts";

/** How the parts of a value are taken in. */
export interface BlobPartsOptions {
  /** The largest value, in bytes. */
  maxBytes: number;
  /** Aborted when the store closes. */
  signal: AbortSignal;
}

/**
 * Takes a value as it is at this moment: the caller may go on writing to its buffer.
 *
 * @param operation What is asked of which store.
 * @param data The value.
 * @returns Its parts. Each is a `Uint8Array`; together they are no larger than allowed.
 * @throws {TypeError} If it is of another type.
 * @throws {RangeError} If text is not well-formed, or the value is too large.
 */
export function takeBlobParts(
  operation: StoreOperation,
  data: BlobData,
  options: BlobPartsOptions,
): AsyncIterable<Uint8Array> {
  const { maxBytes } = options;
  const value: unknown = data;
  if (typeof value === "string") {
    if (!value.isWellFormed()) {
      throw new RangeError(
        describeOperation(operation, "the text is not well-formed Unicode, it would not come back as it is"),
      );
    }
    if (value.length > maxBytes) throw tooLarge(operation, maxBytes);
    return onePart(operation, new TextEncoder().encode(value), maxBytes);
  }
  if (value instanceof Uint8Array) {
    if (value.byteLength > maxBytes) throw tooLarge(operation, maxBytes); // before it is copied
    return onePart(operation, new Uint8Array(value), maxBytes);
  }
  if (isAsyncIterable(value)) return partsOfStream(operation, value, options);
  const found = value === null ? "null" : typeof value;
  throw new TypeError(
    describeOperation(operation, `a value is a Uint8Array, text, or a stream of bytes, not ${found}`),
  );
}

/** @returns The error for a value over the limit. */
export function tooLarge(operation: StoreOperation, maxBytes: number): RangeError {
  return new RangeError(describeOperation(operation, `the value is over ${maxBytes} bytes (option maxBytes)`));
}

function onePart(operation: StoreOperation, part: Uint8Array, maxBytes: number): AsyncIterable<Uint8Array> {
  if (part.byteLength > maxBytes) throw tooLarge(operation, maxBytes);
  return {
    async *[Symbol.asyncIterator]() {
      yield part;
    },
  };
}

async function* partsOfStream(
  operation: StoreOperation,
  stream: AsyncIterable<unknown>,
  { maxBytes, signal }: BlobPartsOptions,
): AsyncGenerator<Uint8Array> {
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => {}); // nobody may be waiting when the store closes
  const onClose = () => closed.reject(signal.reason);
  signal.addEventListener("abort", onClose, { once: true });
  const iterator = stream[Symbol.asyncIterator]();
  let ended = false;
  let size = 0;
  try {
    for (let index = 0;; index++) {
      const step = await Promise.race([nextOf(iterator), closed.promise]);
      if (step.done) {
        ended = true;
        return;
      }
      if (!(step.value instanceof Uint8Array)) {
        throw new TypeError(describeOperation(operation, `part ${index} of its stream is no Uint8Array`));
      }
      size += step.value.byteLength;
      if (size > maxBytes) throw tooLarge(operation, maxBytes);
      yield step.value;
    }
  } finally {
    signal.removeEventListener("abort", onClose);
    if (!ended) endStream(iterator);
  }
}

async function nextOf(iterator: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
  try {
    return await iterator.next();
  } catch (cause) {
    throw new SourceFailure("the stream failed", { cause });
  }
}

/** Tells a stream that no more is wanted. Not waited for: one that hangs must not hold the store. */
function endStream(iterator: AsyncIterator<unknown>): void {
  const ignore = () => {}; // whatever it says now, the caller gets the error that ended the reading
  try {
    Promise.resolve(iterator.return?.()).catch(ignore);
  } catch {
    ignore();
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, Symbol.asyncIterator) === "function";
}
