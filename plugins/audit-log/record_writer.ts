import type { AuditRecord } from "./audit_record.ts";
import { type ChainHead, seal, type SealedRecord } from "./seal.ts";

/** A record was not written. */
export class WriteFailure extends Error {
  /** Whether it may stand in the log all the same, because the sink failed over this very line. */
  readonly doubtful: boolean;

  constructor(cause: unknown, doubtful: boolean) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "WriteFailure";
    this.doubtful = doubtful;
  }
}

interface Entry {
  record: AuditRecord;
  /** Whether it stays in line when the sink fails. */
  kept: boolean;
  resolve: () => void;
  reject: (failure: WriteFailure) => void;
}

/**
 * Puts records into the chain, in the order in which they come, one line at a time.
 *
 * When the sink fails, everybody who waits is told, and what was not to be kept leaves the line. The record over which
 * the sink failed always stays: whether it was written is not known, so it is sent again, word for word, before any
 * other; else two records could claim one place in the chain. The next record that comes makes the next attempt.
 */
export class RecordWriter {
  #queue: Entry[] = [];
  /** The first of the queue as a line, from its first attempt on. */
  #sealed: SealedRecord | undefined;
  #head: ChainHead;
  #writing = false;
  #attempt: Promise<void> = Promise.resolve();
  readonly #append: (line: string) => Promise<void>;
  readonly #told: (failure: Error | undefined) => void;
  #failing = false;

  /**
   * @param head Where the chain goes on.
   * @param append Keeps a line.
   * @param told Told when the sink begins to fail, and with `undefined` when it works again.
   */
  constructor(head: ChainHead, append: (line: string) => Promise<void>, told: (failure: Error | undefined) => void) {
    this.#head = head;
    this.#append = append;
    this.#told = told;
  }

  /** The end of what is written. */
  get head(): ChainHead {
    return this.#head;
  }

  /** How many records are not written yet. */
  get pending(): number {
    return this.#queue.length;
  }

  /**
   * Writes a record.
   *
   * @param record What comes next.
   * @param kept Whether it is written later when the sink fails now.
   * @throws {WriteFailure} As a rejection, if it is not written now.
   */
  write(record: AuditRecord, kept: boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#queue.push({ record, kept, resolve, reject });
    this.retry();
    return promise;
  }

  /** Puts a record in line without an attempt to write it: the next record makes one. */
  keep(record: AuditRecord): void {
    this.#queue.push({ record, kept: true, resolve() {}, reject() {} });
  }

  /** Makes another attempt at what is left, if none is under way. */
  retry(): void {
    if (!this.#writing) this.#attempt = this.#writeAll();
  }

  /** Waits for the attempt that is under way, however it ends. */
  async idle(): Promise<void> {
    while (this.#writing) await this.#attempt;
  }

  /** Takes what could not be written out of the line, sealed as it would have been. */
  async takeRest(): Promise<string[]> {
    const lines: string[] = [];
    for (const { record } of this.#queue.splice(0)) {
      const { line, head } = this.#sealed ?? await seal(this.#head, record);
      this.#sealed = undefined;
      this.#head = head;
      lines.push(line);
    }
    return lines;
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    try {
      for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
        this.#sealed ??= await seal(this.#head, first.record);
        await this.#append(this.#sealed.line);
        this.#head = this.#sealed.head;
        this.#sealed = undefined;
        this.#queue.shift();
        first.resolve();
        this.#tell(undefined);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#writing = false;
    }
  }

  #fail(error: unknown): void {
    const waiting = this.#queue;
    this.#queue = waiting.filter(({ kept }, place) => kept || place === 0);
    for (const [place, { reject }] of waiting.entries()) reject(new WriteFailure(error, place === 0));
    this.#tell(error instanceof Error ? error : new Error(String(error)));
  }

  #tell(failure: Error | undefined): void {
    if (this.#failing === (failure !== undefined)) return;
    this.#failing = !this.#failing;
    this.#told(failure);
  }
}
