import { ProtocolError } from "../errors.ts";

/**
 * A frame on the wire: `<json bytes> <binary bytes> `, then that many bytes of JSON text, then that many raw bytes.
 * Both numbers are decimal and padded to ten digits, so that a frame is written into one buffer in one pass. No line
 * ends in it: Deno's stdout writes what stands before one by itself, which would wake the reader twice.
 */
const HEADER_BYTES = 22;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const encodeInto = encoder.encodeInto.bind(encoder);
const encode = encoder.encode.bind(encoder);
const decode = decoder.decode.bind(decoder);

/** From here on raw bytes are not copied behind their text, but written by themselves. */
const LARGE_BYTES = 1 << 16;
const SCRATCH_BYTES = 3 << 16;

/** A frame taken apart. */
export interface Frame {
  /** JSON text. */
  json: string;
  /** The raw bytes beside it: a view into what was received, or in a buffer of their own when they came in pieces. */
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
  const binaryBytes = totalBytes(attachments);
  const [buffer, start] = encodeHead(json, binaryBytes, binaryBytes);
  let end = start;
  for (let i = 0; i < attachments.length; i++) {
    buffer.set(attachments[i]!, end);
    end += attachments[i]!.byteLength;
  }
  return buffer.subarray(0, end);
}

/**
 * Writes a frame without copying large bytes.
 *
 * @param json JSON text.
 * @param attachments Raw bytes, in the order in which the text speaks of them; must not be changed afterwards.
 * @returns The pieces to write one after the other; almost always one.
 */
export function encodeFrameParts(json: string, attachments: readonly Uint8Array[]): Uint8Array[] {
  const binaryBytes = totalBytes(attachments);
  if (binaryBytes < LARGE_BYTES || attachments.length * LARGE_BYTES > binaryBytes) {
    return [encodeFrame(json, attachments)];
  }
  const [buffer, end] = encodeHead(json, binaryBytes, 0);
  return [buffer.subarray(0, end), ...attachments];
}

function totalBytes(attachments: readonly Uint8Array[]): number {
  let total = 0;
  for (let i = 0; i < attachments.length; i++) total += attachments[i]!.byteLength;
  return total;
}

/** Where short texts are written first, for how many bytes they take is known only then. */
let scratch: Uint8Array | undefined;

/** Header and text, in a buffer with room behind them, and where they end. */
function encodeHead(json: string, binaryBytes: number, room: number): [buffer: Uint8Array, end: number] {
  let text: Uint8Array;
  if (json.length > SCRATCH_BYTES / 3) text = encode(json);
  else {
    scratch ??= new Uint8Array(SCRATCH_BYTES);
    text = scratch.subarray(0, encodeInto(json, scratch).written); // UTF-8 takes at most 3 bytes per UTF-16 unit
  }
  const end = HEADER_BYTES + text.byteLength;
  const buffer = new Uint8Array(end + room);
  writeDecimal(buffer, 0, text.byteLength);
  buffer[10] = 0x20;
  writeDecimal(buffer, 11, binaryBytes);
  buffer[21] = 0x20;
  buffer.set(text, HEADER_BYTES);
  return [buffer, end];
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
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  /** The frame under way, when it arrives in pieces: copied, for a small piece may be a view into a large buffer. */
  #json: Uint8Array | undefined;
  #binary: Uint8Array = this.#header;
  #filled = 0;

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
    let offset = 0;
    while (offset < chunk.byteLength) {
      if (this.#json === undefined) {
        let header = chunk;
        let at = offset;
        if (this.#headerBytes > 0 || chunk.byteLength - offset < HEADER_BYTES) {
          const more = chunk.subarray(offset, offset + HEADER_BYTES - this.#headerBytes);
          this.#header.set(more, this.#headerBytes);
          this.#headerBytes += more.byteLength;
          if (this.#headerBytes < HEADER_BYTES) return;
          this.#headerBytes = 0;
          header = this.#header;
          at = 0;
          offset += more.byteLength;
        } else offset += HEADER_BYTES;
        const jsonBytes = readDecimal(header, at, 0x20);
        const binaryBytes = readDecimal(header, at + 11, 0x20);
        const bytes = jsonBytes + binaryBytes;
        if (bytes > this.#maxBytes) {
          throw new ProtocolError(`Cannot read message: it is ${bytes} bytes, the limit is ${this.#maxBytes} bytes`);
        }
        if (chunk.byteLength - offset >= bytes) {
          const middle = offset + jsonBytes;
          const json = decodeText(chunk.subarray(offset, middle));
          offset = middle + binaryBytes;
          onFrame({ json, binary: chunk.subarray(middle, offset) });
        } else {
          this.#json = new Uint8Array(jsonBytes);
          this.#binary = new Uint8Array(binaryBytes);
          this.#filled = 0;
        }
      } else offset += this.#fill(chunk.subarray(offset), this.#json, onFrame);
    }
  }

  /** Takes what belongs to the frame under way, and says how much that was. */
  #fill(rest: Uint8Array, json: Uint8Array, onFrame: (frame: Frame) => void): number {
    const inBinary = this.#filled - json.byteLength;
    const piece = rest.subarray(0, inBinary < 0 ? -inBinary : this.#binary.byteLength - inBinary);
    if (inBinary < 0) json.set(piece, this.#filled);
    else this.#binary.set(piece, inBinary);
    this.#filled += piece.byteLength;
    if (this.#filled === json.byteLength + this.#binary.byteLength) {
      this.#json = undefined;
      onFrame({ json: decodeText(json), binary: this.#binary });
    }
    return piece.byteLength;
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
