/** What a writer that will be killed writes: from any part of a value one can tell which round it is of. */
import type { JsonValue } from "../../src/json.ts";

/** A writer's keys. */
export const SLOTS = 3;

/** A round's blob: its number in each word; 4 bytes to 200 KB. */
export function blobOf(round: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint32Array(1 + (round * 7919) % 50_000).fill(round).buffer);
}

/** The round of a blob; throws if it is not all of one. */
export function roundOfBlob(bytes: Uint8Array<ArrayBuffer>): number {
  const words = new Uint32Array(bytes.buffer);
  const round = words[0]!;
  if (words.length !== 1 + (round * 7919) % 50_000) throw new Error(`${words.length} words of round ${round}`);
  if (words.some((word) => word !== round)) throw new Error(`round ${round} holds another`);
  return round;
}

/** A round's state. */
export function stateOf(round: number): JsonValue {
  return { round, pages: new Array((round * 31) % 2000).fill(round) };
}
