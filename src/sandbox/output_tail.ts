/** The last bytes of a stream, in a ring: what arrives is copied, for a byte may come as a view into a large buffer. */
export class OutputTail {
  readonly #maxBytes: number;
  #ring: Uint8Array | undefined;
  #written = 0;

  /** @param maxBytes How much of it is kept. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes the next bytes. */
  push(chunk: Uint8Array): void {
    const max = this.#maxBytes;
    const ring = this.#ring ??= new Uint8Array(max); // most plugins never say anything here
    const own = chunk.subarray(Math.max(0, chunk.byteLength - max));
    const at = this.#written % max;
    const head = own.subarray(0, max - at);
    ring.set(head, at);
    ring.set(own.subarray(head.byteLength), 0);
    this.#written += own.byteLength;
  }

  /** What was kept, as text. */
  toString(): string {
    const ring = this.#ring;
    if (ring === undefined) return "";
    const decoder = new TextDecoder();
    if (this.#written <= this.#maxBytes) return decoder.decode(ring.subarray(0, this.#written));
    const at = this.#written % this.#maxBytes;
    return decoder.decode(ring.subarray(at), { stream: true }) + decoder.decode(ring.subarray(0, at));
  }
}
