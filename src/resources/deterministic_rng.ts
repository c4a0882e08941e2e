import { IN_SCOPE, type InScope, type ScopeData } from "./in_scope.ts";
import type { Rng } from "./rng.ts";

const TWO_TO_32 = 2 ** 32;

/**
 * Chance that is the same in every run, for tests: one seed gives one sequence, in every version of this package and on
 * every platform. Not for secrets.
 *
 * The generator is xoshiro128** 1.1 of Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c). Its state is
 * two results of their SplitMix64 (https://prng.di.unimi.it/splitmix64.c), started at the seed as a 64-bit two's
 * complement number; of each the lower half comes first. What each method takes from it is part of the promise:
 *
 * - `nextFloat` takes two words: the upper 27 bits of the first, the upper 26 of the second, over 2^53
 * - `nextInt` takes one word for up to 2^32 possible results, else two, the first being the upper half; a number at or above
 *   the largest multiple of the number of results is dropped and taken anew; the remainder is added to `low`
 * - `uuid4` takes four words, whose bytes it writes highest first
 * - `choice` is `nextInt` over the indexes
 *
 * A plugin in a sandbox gets a generator of its own with the same seed, at the beginning of its sequence, and so does each
 * member of a pool. Plugins without a sandbox use this very object, and take their turns in one sequence.
 */
export class DeterministicRng implements Rng, InScope {
  /** What it was seeded with. */
  readonly seed: number;
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /**
   * Makes a generator.
   *
   * @param seed Any safe integer, also a negative one. @default 0
   * @throws {RangeError} If it is none.
   */
  constructor(seed = 0) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`Cannot seed the generator: ${seed} is no safe integer`);
    this.seed = seed;
    this.reset();
  }

  /** A number of at least 0 and below 1, with 53 random bits. */
  nextFloat(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /**
   * A whole number between `low` and `high`, both possible, all equally likely.
   *
   * @throws {RangeError} If the ends are no safe integers, or `low` is above `high`.
   */
  nextInt(low: number, high: number): number {
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || low > high) {
      throw new RangeError(`Cannot choose a whole number: low is ${low}, high is ${high}`);
    }
    // NB: the difference of two safe integers may be none itself, but is exact up to 2^32 and above it only compared.
    return high - low < TWO_TO_32 ? low + this.#below(high - low + 1) : this.#farInt(BigInt(low), BigInt(high));
  }

  /** A version 4 UUID. */
  uuid4(): string {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < 16; at += 4) view.setUint32(at, this.#word());
    bytes[6] = bytes[6]! & 0x0f | 0x40;
    bytes[8] = bytes[8]! & 0x3f | 0x80;
    return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  /**
   * One of the items, all equally likely.
   *
   * @throws {RangeError} If there are none.
   */
  choice<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("Cannot choose an item: there are none");
    return items[this.nextInt(0, items.length - 1)]!;
  }

  /** Starts the sequence anew, as between two runs of a test. */
  reset(): void {
    const next = splitMix64(BigInt(this.seed));
    const [first, second] = [next(), next()];
    this.#a = Number(first & 0xffff_ffffn);
    this.#b = Number(first >> 32n);
    this.#c = Number(second & 0xffff_ffffn);
    this.#d = Number(second >> 32n);
  }

  /** @ignore */
  [IN_SCOPE](): ScopeData {
    return { type: "deterministic_rng", seed: this.seed };
  }

  /** The next 32 bits, as a number of at least 0. */
  #word(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotate(this.#d, 11);
    return result;
  }

  #below(count: number): number {
    const limit = TWO_TO_32 - TWO_TO_32 % count;
    for (;;) {
      const word = this.#word();
      if (word < limit) return word % count;
    }
  }

  #farInt(low: bigint, high: bigint): number {
    const count = high - low + 1n;
    const limit = 2n ** 64n - 2n ** 64n % count;
    for (;;) {
      const upper = BigInt(this.#word());
      const bits = upper << 32n | BigInt(this.#word());
      if (bits < limit) return Number(low + bits % count);
    }
  }
}

function rotate(word: number, by: number): number {
  return word << by | word >>> (32 - by);
}

function splitMix64(seed: bigint): () => bigint {
  const cut = (value: bigint) => BigInt.asUintN(64, value);
  let state = cut(seed);
  return () => {
    state = cut(state + 0x9e3779b97f4a7c15n);
    let mixed = state;
    mixed = cut((mixed ^ mixed >> 30n) * 0xbf58476d1ce4e5b9n);
    mixed = cut((mixed ^ mixed >> 27n) * 0x94d049bb133111ebn);
    return mixed ^ mixed >> 31n;
  };
}
