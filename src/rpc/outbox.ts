import { SerializationError } from "../errors.ts";
import { encodeFrameParts } from "./frame.ts";
import { ITEM, ITEMS } from "./messages.ts";
import { encodeError } from "./remote_error.ts";
import { whenSettled } from "./shapes.ts";
import { type EncodedValue, nameOf } from "./values.ts";
import { isTooHeavy, LIGHT_TEXT, MAX_MARKS } from "./weight.ts";

/** How to make an {@linkcode Outbox}. */
export interface OutboxOptions {
  /** Puts bytes on the wire. While a returned promise is pending, what is sent meanwhile is gathered. */
  write: (bytes: Uint8Array) => void | Promise<void>;
  /** The largest message, and the largest frame, in bytes. */
  maxBytes: number;
  /** From how many bytes that wait to be written it is full. */
  maxQueuedBytes: number;
  /** Told when it was full and is no more. */
  onDrain: () => void;
  /** Which lines of a stack of this side are worth sending with an error. */
  keepFrame: ((line: string) => boolean) | undefined;
}

/** Messages that share a frame. */
interface Batch {
  /** With commas between them. */
  text: string;
  /** The stream whose items are the last message, which more of them can join; 0 if there is none. */
  run: number;
  attachments: Uint8Array[];
  /** How many bytes the frame takes at most. */
  bytes: number;
  /** The same, its text counted in UTF-16 units. */
  size: number;
}

const { stringify } = JSON;
const microtask = queueMicrotask;
const encoder = new TextEncoder();
const encode = encoder.encode.bind(encoder);
const none: readonly Uint8Array[] = [];

/** So many microtasks in a row must add nothing before a frame leaves: generators and async hooks take a few each. */
const QUIET_TICKS = 8;
/** A frame of so many messages or bytes leaves without waiting for more. */
const MANY_MESSAGES = 1024;
const MANY_BYTES = 256 * 1024;

/** What goes out: gathers the messages of one turn, and hands them to the channel as frames. */
export class Outbox {
  readonly #options: OutboxOptions;
  #batches: Batch[] = [];
  #last: Batch | undefined;
  #messages = 0;
  #queuedBytes = 0;
  #flushing = false;
  #wasFull = false;
  #closed = false;
  #seen = 0;
  #quiet = 0;

  /** @param options The channel and its limits. */
  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** How many bytes wait to be written, texts counted in UTF-16 units. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Whether so much waits that nothing should be added that can wait elsewhere. */
  get full(): boolean {
    if (this.#queuedBytes <= this.#options.maxQueuedBytes) return false;
    return this.#wasFull = true;
  }

  /** Sends a small message of numbers. */
  sendNumbers(message: number[]): void {
    const text = stringify(message);
    this.#add(text, text.length, none);
  }

  /**
   * Sends a message.
   *
   * @param head Its text up to the value.
   * @param value The value and its bytes.
   * @param tail What follows the value.
   * @param what What is sent, for the error.
   * @param method Whose it is, if that is not yet said.
   * @returns How many bytes the value takes, its text counted in UTF-16 units.
   * @throws {SerializationError} If the message is too large.
   */
  send(head: string, { text, attachments }: EncodedValue, tail: string, what: string, method?: string): number {
    const message = head + text + tail;
    let size = text.length;
    for (let i = 0; i < attachments.length; i++) size += attachments[i]!.byteLength;
    this.#add(message, this.#measure(message, size - text.length, what, method), attachments);
    return size;
  }

  /** Sends an item of a stream; items that follow each other share a message. Else as {@linkcode Outbox.send}. */
  sendItem(stream: number, value: EncodedValue, what: string): number {
    const { text, patched } = value;
    if (patched === true) return this.send(`[${ITEM},${stream},`, value, "]", what);
    const bytes = this.#measure(text, 64, what); // with room for the head of a new message
    const run = this.#last?.run === stream && this.#fits(this.#last, bytes);
    this.#add(run ? text : `[${ITEMS},${stream},[${text}`, bytes, none, stream);
    return text.length;
  }

  /** Sends an error, cut short if it is too large. */
  sendError(kind: number, id: number, error: unknown): void {
    const head = `[${kind},${id},`;
    const record = encodeError(error, this.#options.keepFrame);
    const brief = { name: record.name, message: record.message.slice(0, 100) };
    for (const one of [record, brief]) {
      try {
        this.send(head, { text: stringify(one), attachments: none }, "]", "error");
        return;
      } catch {
        continue; // too large: the next one is smaller
      }
    }
    this.#add(`${head}null]`, 3 * head.length, none);
  }

  /** Forgets what has not left. Nothing leaves any more. */
  close(): void {
    this.#closed = true;
    this.#batches = [];
    this.#last = undefined;
    this.#messages = this.#queuedBytes = 0;
  }

  /** How many bytes a message may take. */
  #measure(text: string, more: number, what: string, method?: string): number {
    const { maxBytes } = this.#options;
    // UTF-8 takes at most 3 bytes per UTF-16 unit; only long texts are worth counting exactly.
    let bytes = text.length * 3 + more;
    if (bytes > 65_536 || bytes > maxBytes) bytes = encode(text).byteLength + more;
    const tooLarge = bytes > maxBytes;
    if (!tooLarge && !isTooHeavy(text)) return bytes;
    const found = tooLarge
      ? `${bytes} bytes, the limit is ${maxBytes} bytes`
      : `more than ${MAX_MARKS} values and keys; send them in pieces, as a stream, or as bytes`;
    throw new SerializationError("$", found, { what: nameOf(what, method) });
  }

  /** NB: a frame that is larger than this holds one message alone, so that only such a one needs to be weighed. */
  #fits(batch: Batch, bytes: number): boolean {
    return batch.bytes + bytes < Math.min(this.#options.maxBytes, LIGHT_TEXT);
  }

  #add(message: string, bytes: number, attachments: readonly Uint8Array[], run = 0): void {
    if (this.#closed) return;
    let batch = this.#last;
    if (batch === undefined || !this.#fits(batch, bytes)) {
      batch = this.#last = { text: message, run, attachments: [], bytes: 0, size: 0 };
      this.#batches.push(batch);
    } else {
      if (batch.run !== run) endRun(batch, run);
      batch.text += `,${message}`;
    }
    let size = message.length + 1;
    for (let i = 0; i < attachments.length; i++) {
      batch.attachments.push(attachments[i]!);
      size += attachments[i]!.byteLength;
    }
    batch.bytes += bytes + 1;
    batch.size += size;
    this.#queuedBytes += size;
    this.#messages++;
    if (this.#flushing) return;
    this.#flushing = true;
    this.#seen = this.#quiet = 0;
    microtask(this.#tick);
  }

  /** Waits until some microtasks have added nothing: the answers of async hooks settle over several. */
  readonly #tick = (): void => {
    if (this.#messages > this.#seen) {
      this.#seen = this.#messages;
      this.#quiet = 0;
    } else this.#quiet++;
    if (this.#quiet < QUIET_TICKS && this.#messages < MANY_MESSAGES && this.#queuedBytes < MANY_BYTES) {
      microtask(this.#tick);
    } else this.#flush();
  };

  /** Writes all there is, frame by frame; when the channel takes its time, what is sent meanwhile shares the next. */
  #flush(): void {
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      if (batch === this.#last) this.#last = undefined;
      endRun(batch, 0);
      this.#messages = 0;
      const { size } = batch;
      const pending = this.#write(encodeFrameParts(`[${batch.text}]`, batch.attachments));
      if (pending === undefined) this.#written(size);
      else {
        whenSettled(pending, () => {
          this.#written(size);
          this.#flush();
        }, ignore);
        return;
      }
    }
    this.#flushing = false;
  }

  #write(parts: readonly Uint8Array[]): Promise<void> | undefined {
    let last: void | Promise<void> = undefined;
    try {
      for (let i = 0; i < parts.length; i++) {
        if (last !== undefined) whenSettled(last, undefined, ignore);
        last = this.#options.write(parts[i]!);
      }
    } catch {
      return new Promise(ignore); // NB: as when a write rejects: nothing leaves, until the channel's owner closes
    }
    return last ?? undefined;
  }

  #written(size: number): void {
    if (this.#closed) return;
    this.#queuedBytes -= size;
    if (!this.#wasFull || this.#queuedBytes > this.#options.maxQueuedBytes) return;
    this.#wasFull = false;
    this.#options.onDrain();
  }
}

function endRun(batch: Batch, next: number): void {
  if (batch.run !== 0) batch.text += "]]";
  batch.run = next;
}

/** NB: the channel's owner sees a broken pipe, and closes. */
function ignore(): void {}
