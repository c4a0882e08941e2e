/** What is said of a list of numbers. */
export interface Summary {
  count: number;
  sum: number;
  min: number;
  max: number;
  mean: number;
  median: number;
  /** Of the whole list, not of a sample. */
  standard_deviation: number;
}

/** Sums a list of numbers up. @param numbers One or more. */
export function summarise(numbers: readonly number[]): Summary {
  const sorted = numbers.toSorted((a, b) => a - b);
  const count = sorted.length;
  const sum = exactSum(sorted);
  const mean = sum / count;
  const half = count >> 1;
  return {
    count,
    sum,
    min: sorted[0]!,
    max: sorted[count - 1]!,
    mean,
    median: count % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2,
    standard_deviation: Math.sqrt(exactSum(sorted.map((n) => (n - mean) ** 2)) / count),
  };
}

/** Neumaier's sum: what each addition rounds away is kept and added at the end. */
function exactSum(numbers: readonly number[]): number {
  let sum = 0, lost = 0;
  for (const n of numbers) {
    const next = sum + n;
    lost += Math.abs(sum) >= Math.abs(n) ? (sum - next) + n : (n - next) + sum;
    sum = next;
  }
  return sum + lost;
}
