/** Texts up to this many UTF-16 units are read in a few milliseconds, whatever is in them; larger ones are counted. */
export const LIGHT_TEXT: number = 1024 * 1024;

/** What a message may hold of commas, colons and opening brackets: reading as many takes some 150 ms. */
export const MAX_MARKS = 1_000_000;

/**
 * Whether a JSON text holds so many values and keys that reading it would hold up everything else. The length alone does
 * not say: 16 MiB may be one string, or five million objects.
 *
 * @param json The text; the rest is of no interest once there are too many.
 */
export function isTooHeavy(json: string): boolean {
  if (json.length <= LIGHT_TEXT) return false;
  let marks = 0;
  for (let i = 0; i < json.length; i++) {
    const unit = json.charCodeAt(i);
    if (unit === 0x22) {
      i = endOfString(json, i + 1);
      if (i === -1) return false; // no JSON: the parser says so
    } else if (unit === 0x2c || unit === 0x3a || unit === 0x5b || unit === 0x7b) {
      if (++marks > MAX_MARKS) return true;
    }
  }
  return false;
}

/** Where the closing quote of a string stands: the first that has an even number of backslashes before it. */
function endOfString(json: string, from: number): number {
  for (let end = json.indexOf('"', from); end !== -1; end = json.indexOf('"', end + 1)) {
    let before = end;
    while (before > from && json.charCodeAt(before - 1) === 0x5c) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return -1;
}
