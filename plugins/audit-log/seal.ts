import type { AuditRecord } from "./audit_record.ts";
import { sha256 } from "./sha256.ts";

/** The end of a chain. */
export interface ChainHead {
  /** The number of its last record; 0 before the first. */
  sequence: number;
  /** That record's hash. */
  hash: string;
}

/** The head of a chain that has no record yet. */
export const EMPTY_CHAIN: ChainHead = Object.freeze({ sequence: 0, hash: "0".repeat(64) });

/** A record as a line of the log. */
export interface SealedRecord {
  line: string;
  /** The head of the chain once the line is written. */
  head: ChainHead;
}

/**
 * Makes a record the next of a chain: it holds the hash of the one before, and ends with its own, which is taken over
 * every byte of the line before that.
 *
 * @param head The chain's end.
 * @param record What comes next.
 */
export async function seal(head: ChainHead, record: AuditRecord): Promise<SealedRecord> {
  const sequence = head.sequence + 1;
  const body = JSON.stringify({ sequence, previous: head.hash, ...record });
  const hash = await sha256(body);
  return { line: `${body.slice(0, -1)},"hash":"${hash}"}`, head: { sequence, hash } };
}

/** A line of the log, taken apart. */
export interface OpenedRecord {
  sequence: number;
  previous: string;
  type: string;
  /** The call that it speaks of, where it does. */
  call?: string;
  /** The hash that the line holds. */
  hash: string;
  /** Whether that is the hash of its text. */
  intact: boolean;
}

/**
 * Takes a line of the log apart.
 *
 * @param line Any text.
 * @returns `undefined` when it is no record.
 */
export async function openSealed(line: string): Promise<OpenedRecord | undefined> {
  const [, start, hash] = /^(\{.*),"hash":"([0-9a-f]{64})"\}$/s.exec(line) ?? [];
  if (start === undefined || hash === undefined) return undefined;
  const body = `${start}}`;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  const { sequence, previous, type, call } = value as Record<string, unknown>;
  if (typeof sequence !== "number" || typeof previous !== "string" || typeof type !== "string") return undefined;
  const intact = await sha256(body) === hash;
  return { sequence, previous, type, hash, intact, ...(typeof call === "string" ? { call } : {}) };
}
