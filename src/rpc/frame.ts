import { ProtocolError } from "../errors.ts";

/**
 * A frame on the wire: `<json bytes> <binary bytes>\n`, then that many bytes of JSON text, then that many raw bytes.
 * Both numbers are decimal and padded to ten digits, so that a frame is written into one buffer in one pass.
 */
const HEADER_BYTES = 22;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const encodeInto = encoder.encodeInto.bind(encoder);
const encode = encoder.encode.bind(encoder);
const decode = decoder.decode.bind(decoder);

/** A frame taken apart. */
export interface Frame {
  /** JSON text. */
  json: string;
  /** The raw bytes beside it; a view into the received data. */
  binary: Uint8Array;
}

/**
 * Writes a frame.
 *
 * @param json JSON text.
 * @param attachments Raw bytes, in the order in which the text speaks of them.
 * @returns The whole frame.
 */
export function encodeFrame(json: string, attachments: readonly Uint8Array[] = []): Uint8Array {
  let binaryBytes = 0;
  for (const bytes of attachments) binaryBytes += bytes.byteLength;
  // UTF-8 takes at most 3 bytes per UTF-16 unit. For long text that guess wastes more than a second pass costs.
  const exact = json.length > 1 << 16 ? encode(json) : undefined;
  const buffer = new Uint8Array(HEADER_BYTES + (exact?.byteLength ?? json.length * 3) + binaryBytes);
  let jsonBytes: number;
  if (exact === undefined) jsonBytes = encodeInto(json, buffer.subarray(HEADER_BYTES)).written;
  else {
    jsonBytes = exact.byteLength;
    buffer.set(exact, HEADER_BYTES);
  }
  writeDecimal(buffer, 0, jsonBytes);
  buffer[10] = 0x20;
  writeDecimal(buffer, 11, binaryBytes);
  buffer[21] = 0x0a;
  let end = HEADER_BYTES + jsonBytes;
  for (const bytes of attachments) {
    buffer.set(bytes, end);
    end += bytes.byteLength;
  }
  return buffer.subarray(0, end);
}

function writeDecimal(buffer: Uint8Array, offset: number, value: number): void {
  for (let i = offset + 9; i >= offset; i--) {
    buffer[i] = 0x30 + value % 10;
    value = Math.floor(value / 10);
  }
}

/** Cuts a stream of bytes into frames, without copying what arrives whole. */
export class FrameDecoder {
  readonly #maxBytes: number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** How many bytes the frame under way needs in all; 0 until its header is read. */
  #needed = 0;

  /** @param maxBytes The largest frame accepted, text and raw bytes together. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes bytes as they arrive, in pieces of any size.
   *
   * @param chunk The next bytes; must not be changed afterwards.
   * @param onFrame Called for each frame completed by them, in order.
   * @throws {ProtocolError} If the bytes are not frames, or one is larger than allowed.
   */
  push(chunk: Uint8Array, onFrame: (frame: Frame) => void): void {
    if (this.#pendingBytes > 0) {
      this.#pending.push(chunk);
      this.#pendingBytes += chunk.byteLength;
      if (this.#pendingBytes < HEADER_BYTES || this.#pendingBytes < this.#needed) return;
      chunk = concat(this.#pending, this.#pendingBytes);
      this.#pending = [];
      this.#pendingBytes = 0;
    }
    let offset = 0;
    while (chunk.byteLength - offset >= HEADER_BYTES) {
      const jsonBytes = readDecimal(chunk, offset, 0x20);
      const binaryBytes = readDecimal(chunk, offset + 11, 0x0a);
      if (jsonBytes + binaryBytes > this.#maxBytes) {
        throw new ProtocolError(
          `Cannot read message: it is ${jsonBytes + binaryBytes} bytes, the limit is ${this.#maxBytes} bytes`,
        );
      }
      const start = offset + HEADER_BYTES;
      const end = start + jsonBytes + binaryBytes;
      this.#needed = end - offset;
      if (end > chunk.byteLength) break;
      this.#needed = 0;
      offset = end;
      onFrame({
        json: decodeText(chunk.subarray(start, start + jsonBytes)),
        binary: chunk.subarray(start + jsonBytes, end),
      });
    }
    if (offset < chunk.byteLength) {
      const rest = chunk.subarray(offset);
      if (rest.byteLength < HEADER_BYTES) this.#needed = 0;
      this.#pending.push(rest);
      this.#pendingBytes = rest.byteLength;
    }
  }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return decode(bytes);
  } catch (cause) {
    throw new ProtocolError("Cannot read message: its text is not UTF-8", { cause });
  }
}

function readDecimal(buffer: Uint8Array, offset: number, terminator: number): number {
  let value = 0;
  for (let i = offset; i < offset + 10; i++) {
    const digit = buffer[i]! - 0x30;
    if (digit < 0 || digit > 9) throw notAFrame();
    value = value * 10 + digit;
  }
  if (buffer[offset + 10] !== terminator) throw notAFrame();
  return value;
}

function notAFrame(): ProtocolError {
  return new ProtocolError("Cannot read message: the bytes received are no frame");
}

function concat(parts: readonly Uint8Array[], total: number): Uint8Array {
  const whole = new Uint8Array(total);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}
