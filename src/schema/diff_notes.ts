import { type Changes, joined } from "./changes.ts";
import { annotations, isAnnotation, keywordsOf, type Place } from "./fits_place.ts";
import { orderedJson } from "./fits_text.ts";

/** Tells of notes that changed: they say nothing of what is accepted. */
export function diffNotes(old: Place, next: Place, path: string, changes: Changes): void {
  const [a, b] = [keywordsOf(old), keywordsOf(next)];
  for (const word of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (!isAnnotation(word) || word === "$defs" || word === "definitions") continue;
    if (orderedJson(a[word] ?? null) === orderedJson(b[word] ?? null)) continue;
    const how = a[word] === undefined ? "is new" : b[word] === undefined ? "is gone" : "is another";
    changes.add(
      "cosmetic",
      joined(path, word),
      annotations.has(word) ? `${word} ${how}` : `the note ${word} ${how}`,
    );
  }
}
