import { levenshteinDistance } from "@std/text/levenshtein-distance";

/**
 * Finds the name that was probably meant.
 *
 * @param given What was written.
 * @param known The names that exist.
 * @returns The nearest one, or `undefined` when none is within a third of its length.
 */
export function nearestName(given: string, known: Iterable<string>): string | undefined {
  return nearNames(given, known)[0];
}

/** All names that may have been meant, nearest first. */
export function nearNames(given: string, known: Iterable<string>): string[] {
  if (given.length > 64) return [];
  const folded = fold(given);
  const near: [distance: number, name: string][] = [];
  for (const name of known) {
    const distance = levenshteinDistance(folded, fold(name));
    const allowed = Math.max(1, Math.floor(Math.min(given.length, name.length) / 3));
    const swapped = distance === 2 && letters(folded) === letters(fold(name)); // two letters changed places
    if (distance <= allowed || swapped) near.push([distance, name]);
  }
  return near.sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1)).map(([, name]) => name);
}

function letters(name: string): string {
  return [...name].sort().join("");
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, "");
}
