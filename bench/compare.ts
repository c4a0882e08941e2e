/** One measurement against its floor. */
export interface Comparison {
  /** What is measured. */
  name: string;
  unit: string;
  /** Medians over all rounds. */
  floor: number;
  ours: number;
  /** Median of the rounds' ratios: ours / floor, or (ours - floor) / allowance. */
  ratio: number;
  /** The same of the floor against itself; the comparison is void when it leaves 0.9 to 1.1. */
  nullRatio: number;
  /** What the ratio may be at most. */
  limit: number;
}

/** How to compare. */
export interface CompareOptions {
  /** Interleaved rounds, after three that are not counted. */
  rounds: number;
  /** What the ratio may be at most. */
  limit: number;
  /** What ours may add to the floor, in the row's unit: the ratio is then of what it adds to this. */
  allowance?: number;
}

/**
 * Measures floor, ours and floor again in each round, in alternating order, so that what the machine does meanwhile
 * falls on all of them.
 */
export async function compare(
  name: string,
  unit: string,
  floor: () => Promise<number>,
  ours: () => Promise<number>,
  { rounds, limit, allowance }: CompareOptions,
): Promise<Comparison> {
  const floors: number[] = [], own: number[] = [], ratios: number[] = [], nulls: number[] = [];
  for (let round = -3; round < rounds; round++) {
    const measured: Record<string, number> = {};
    const order = [["a", floor], ["b", ours], ["c", floor]] as const;
    for (const [key, measure] of round % 2 === 0 ? order : order.toReversed()) measured[key] = await measure();
    if (round < 0) continue;
    floors.push(measured.a!, measured.c!);
    own.push(measured.b!);
    const besides = (measured.a! + measured.c!) / 2;
    ratios.push(allowance === undefined ? measured.b! / besides : (measured.b! - besides) / allowance);
    nulls.push(round % 2 === 0 ? measured.a! / measured.c! : measured.c! / measured.a!);
  }
  return {
    name,
    unit,
    floor: median(floors),
    ours: median(own),
    ratio: median(ratios),
    nullRatio: median(nulls),
    limit,
  };
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
