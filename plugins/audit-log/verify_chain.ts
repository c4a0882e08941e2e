import { type ChainHead, EMPTY_CHAIN, type OpenedRecord, openSealed } from "./seal.ts";

/** Something wrong in a log. */
export interface ChainProblem {
  /** Which line, from 1; 0 for the log as a whole. */
  line: number;
  reason: string;
}

/** What a log is found to be. */
export interface ChainReport {
  /** Whether there is no problem. */
  ok: boolean;
  problems: ChainProblem[];
  /** How many records it holds, repeated ones counted once. */
  records: number;
  /** How many lines stand there again, as a sink leaves them that failed after writing. No problem. */
  repeated: number;
  /** How many chains: each start of the plugin begins one, unless its sink has `last`. */
  chains: number;
  /** Calls that began and have no end, in the order of their beginning: a crash, or calls under way. No problem. */
  unfinished: string[];
  /** Whether its last record says that the plugin was torn down in good order. */
  closed: boolean;
  /** The end of the last chain. */
  head: ChainHead;
}

/** How to verify. */
export interface VerifyChainOptions {
  /** An end of the chain that was kept elsewhere: the last chain must hold it. Shows that nothing was cut off. */
  head?: ChainHead;
}

/**
 * Verifies a log: every record is as it was written, none is missing, none was put in.
 *
 * A chain shows what was changed inside it. Who can write the whole log anew can forge all of it, or cut its end: a
 * `head` kept where they cannot reach shows that.
 *
 * @param lines The lines, in order; empty ones are passed over.
 * @returns What was found. Never throws over what a line holds.
 */
export async function verifyChain(
  lines: Iterable<string> | AsyncIterable<string>,
  options: VerifyChainOptions = {},
): Promise<ChainReport> {
  const check = new ChainCheck();
  for await (const line of lines) await check.take(line);
  return check.report(options.head);
}

class ChainCheck {
  readonly #problems: ChainProblem[] = [];
  readonly #unfinished = new Set<string>();
  /** Hashes of the running chain, by number. */
  #hashes = new Map<number, string>();
  #head = EMPTY_CHAIN;
  #line = 0;
  #records = 0;
  #repeated = 0;
  #chains = 0;
  #lastType = "";

  async take(line: string): Promise<void> {
    this.#line++;
    if (line.trim() === "") return;
    const record = await openSealed(line);
    if (record === undefined) return this.#say("it is no record");
    if (!record.intact) this.#say(`record ${record.sequence} was changed: its hash is not that of its text`);
    else if (this.#hashes.get(record.sequence) === record.hash) return void this.#repeated++;
    this.#place(record);
    const { sequence, hash, type, call } = record;
    this.#head = { sequence, hash };
    this.#hashes.set(sequence, hash);
    this.#records++;
    this.#lastType = type;
    if (type === "begin" && call !== undefined) this.#unfinished.add(call);
    if (type === "end" && call !== undefined) this.#unfinished.delete(call);
  }

  #place({ sequence, previous }: OpenedRecord): void {
    if (sequence === 1 && previous === EMPTY_CHAIN.hash) {
      this.#chains++;
      this.#hashes = new Map();
      return;
    }
    const { sequence: last, hash } = this.#head;
    if (sequence !== last + 1) this.#say(`record ${sequence} follows record ${last}`);
    else if (previous !== hash) this.#say(`record ${sequence} does not hold the hash of the record before it`);
  }

  #say(reason: string): void {
    this.#problems.push({ line: this.#line, reason });
  }

  report(kept: ChainHead | undefined): ChainReport {
    if (kept !== undefined && kept.sequence > 0 && this.#hashes.get(kept.sequence) !== kept.hash) {
      this.#problems.push({ line: 0, reason: `record ${kept.sequence}, which was kept, is not in it` });
    }
    return {
      ok: this.#problems.length === 0,
      problems: this.#problems,
      records: this.#records,
      repeated: this.#repeated,
      chains: this.#chains,
      unfinished: [...this.#unfinished],
      closed: this.#lastType === "close",
      head: this.#head,
    };
  }
}
