import type { Next, PluginContext, WrappedCall } from "@dagstack/plugin-system";
import { AuditNotWritten } from "./audit_not_written.ts";
import type { AuditRecord, CallFields, Outcome } from "./audit_record.ts";
import { appendTo, type AuditSink } from "./audit_sink.ts";
import { describeCall, describeError } from "./describe_call.ts";
import { RecordWriter, type WriteFailure } from "./record_writer.ts";
import { type ChainHead, EMPTY_CHAIN, openSealed } from "./seal.ts";

const REFUSE = "refuse";

/** Records every call, in a chain of hashes. */
export class AuditLog {
  #context!: PluginContext;
  #writer!: RecordWriter;
  #refuses = true;
  #maxKept = 0;
  #lost = 0;
  #run = "";
  #calls = 0;
  #closed = false;

  async setup(context: PluginContext): Promise<void> {
    const { config, logger, resources } = context;
    this.#context = context;
    this.#refuses = (config.on_sink_failure ?? REFUSE) === REFUSE;
    this.#maxKept = Number(config.max_kept ?? 10_000);
    this.#run = resources.clock.now().getTime().toString(36);
    const sink = resources.tryGet<AuditSink>("audit_sink");
    if (sink !== undefined && typeof sink.append !== "function") {
      throw new TypeError('Cannot use resource "audit_sink": it has no method append');
    }
    const append = sink === undefined
      ? (line: string) => Promise.resolve(logger.info(line))
      : appendTo(sink, Number(config.sink_timeout_ms ?? 5_000));
    const head = sink === undefined ? EMPTY_CHAIN : await this.#headOf(sink);
    this.#writer = new RecordWriter(head, append, (failure) => this.#tell(failure));
  }

  /** Where the chain goes on. */
  async #headOf(sink: AuditSink): Promise<ChainHead> {
    if (typeof sink.last !== "function") return EMPTY_CHAIN;
    try {
      const line: unknown = await sink.last();
      if (line === undefined || line === null || line === "") return EMPTY_CHAIN;
      const record = typeof line === "string" ? await openSealed(line) : undefined;
      if (record?.intact === true) return { sequence: record.sequence, hash: record.hash };
      throw new Error("its last line is no whole record");
    } catch (cause) {
      const error = new Error(`Cannot go on with the audit log: ${(cause as Error).message}`, { cause });
      if (this.#refuses) throw error;
      this.#context.logger.error(`${error.message}; a new chain begins`);
      return EMPTY_CHAIN;
    }
  }

  /**
   * Records a call.
   *
   * @param call The call.
   * @param next Makes it.
   * @returns What it gives.
   * @throws {AuditNotWritten} If it cannot be recorded, and is to fail then.
   */
  async wrap(call: WrappedCall, next: Next): Promise<unknown> {
    const { clock } = this.#context.resources;
    const startNs = clock.monotonicNs();
    const fields = await describeCall(call, `${this.#run}-${++this.#calls}`, clock.now().toISOString());
    const end = (outcome: Outcome): AuditRecord => {
      const duration_ms = Number(clock.monotonicNs() - startNs) / 1e6;
      return { type: "end", ...fields, ...outcome, duration_ms };
    };
    if (this.#refuses) await this.#begin(call, fields, end);
    const given = await next().then((value) => ({ value }), (error: unknown) => ({ error }));
    if ("error" in given) {
      // It fails in any case, and its own error says more. Its record is kept.
      await this.#end(end(describeError(given.error))).catch(() => {});
      throw given.error;
    }
    await this.#end(end({ outcome: "ok" })).catch((cause: Error) => {
      throw new AuditNotWritten(call, true, cause);
    });
    return given.value;
  }

  async #begin(call: WrappedCall, fields: CallFields, end: (outcome: Outcome) => AuditRecord): Promise<void> {
    try {
      if (this.#closed) throw new Error("the audit log is closed");
      await this.#writer.write({ type: "begin", ...fields }, false);
    } catch (cause) {
      const error = new AuditNotWritten(call, false, cause as Error);
      // The log may say that the call began: then it is to say, too, that it was not made.
      if ((cause as WriteFailure).doubtful === true) this.#writer.keep(end(describeError(error)));
      throw error;
    }
  }

  /** @returns When it is written; with `continue`, at once. */
  async #end(record: AuditRecord): Promise<void> {
    if (this.#closed) {
      this.#context.logger.error(`a call ended after the audit log was closed: ${JSON.stringify(record)}`);
      throw new Error("the audit log is closed");
    }
    if (this.#refuses) return await this.#writer.write(record, true);
    if (this.#writer.pending >= this.#maxKept) {
      this.#lost++;
      this.#writer.retry();
    } else {
      this.#tellLost();
      this.#writer.write(record, true).catch(() => {}); // it is kept, and the failure was told
    }
  }

  #tellLost(): void {
    if (this.#lost === 0) return;
    const count = this.#lost;
    this.#lost = 0;
    this.#writer.write({ type: "lost", time: this.#now(), count }, true).catch(() => {});
  }

  #tell(failure: Error | undefined): void {
    const { logger } = this.#context;
    if (failure === undefined) return logger.info("the audit sink takes records again");
    logger.error(`the audit sink fails: ${failure.message}; calls ${this.#refuses ? "are refused" : "go on"}`);
  }

  #now(): string {
    return this.#context.resources.clock.now().toISOString();
  }

  /** The end of what is written, to be kept where nobody who can write the log can change it. */
  head(): ChainHead {
    return { ...this.#writer.head };
  }

  /** Writes what is left, and that the log ends here. */
  async teardown(): Promise<void> {
    if (this.#writer === undefined || this.#closed) return;
    this.#closed = true;
    await this.#writer.idle(); // an attempt that began before this and fails is not the last one
    this.#tellLost();
    try {
      await this.#writer.write({ type: "close", time: this.#now() }, true);
    } catch (cause) {
      const rest = await this.#writer.takeRest();
      for (const line of rest) this.#context.logger.error(line);
      throw new Error(`Cannot write the last ${rest.length} records of the audit log: they are in the host's log`, {
        cause,
      });
    }
  }
}
