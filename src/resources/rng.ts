import { IN_SCOPE, type InScope, type ScopeData } from "./in_scope.ts";

/** Chance, as a resource (SPEC section 8). */
export interface Rng {
  /** A number of at least 0 and below 1, with 53 random bits. */
  nextFloat(): number;
  /**
   * A whole number, both ends possible, all equally likely.
   *
   * @throws {RangeError} If the ends are no safe integers, or `low` is above `high`.
   */
  nextInt(low: number, high: number): number;
  /** A version 4 UUID. */
  uuid4(): string;
  /**
   * One of the items, all equally likely.
   *
   * @throws {RangeError} If there are none.
   */
  choice<T>(items: readonly T[]): T;
}

/** Chance from the operating system. */
export class RandomRng implements Rng, InScope {
  /** A number of at least 0 and below 1, with 53 random bits. */
  nextFloat(): number {
    const [high, low] = crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number];
    return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
  }

  /** A whole number between `low` and `high`, both possible. */
  nextInt(low: number, high: number): number {
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || low > high) {
      throw new RangeError(`Cannot choose a whole number: low is ${low}, high is ${high}`);
    }
    // Taken from 64 bits and refused above the largest multiple, so that all numbers are equally likely.
    const span = BigInt(high) - BigInt(low) + 1n;
    const limit = 2n ** 64n - 2n ** 64n % span;
    for (;;) {
      const [bits] = crypto.getRandomValues(new BigUint64Array(1)) as unknown as [bigint];
      if (bits < limit) return Number(BigInt(low) + bits % span);
    }
  }

  /** A version 4 UUID. */
  uuid4(): string {
    return crypto.randomUUID();
  }

  /** One of the items, all equally likely. */
  choice<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("Cannot choose an item: there are none");
    return items[this.nextInt(0, items.length - 1)]!;
  }

  /** @ignore */
  [IN_SCOPE](): ScopeData {
    return { type: "random_rng" };
  }
}
