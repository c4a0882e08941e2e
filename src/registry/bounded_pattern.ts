/** Ways of going on that a pattern may leave open besides its endless repetitions. */
const MAX_WAYS = 4096;
/** Endless repetitions one after the other: each is a power of the text's length; so is a beginning anywhere. */
const MAX_POWER = 3;
const MAX_LENGTH = 1000;
/** Characters to match, each repetition written out. */
const MAX_SIZE = 10_000;

/** What stands between two brackets. */
interface Group {
  /** Alternatives. */
  branches: number;
  /** Whether anything in it can be matched in more ways than one. */
  varies: boolean;
  /** Characters in it, each repetition written out. */
  size: number;
}

/**
 * Says why a regular expression could keep the host busy for long, as far as its form tells: an endless repetition of
 * what itself can be matched in several ways takes exponential time. Sound patterns of such a form are refused too.
 *
 * @param pattern A valid regular expression, with the `u` flag.
 * @returns Why it is refused; `undefined` where its time is bounded by the cube of the text's length.
 */
export function whyUnbounded(pattern: string): string | undefined {
  const read = readPattern(pattern);
  return typeof read === "string" ? read : undefined;
}

/** How long a pattern may take: so many ways times the text's length, to a power; or why that has no bound. */
export function readPattern(pattern: string): { ways: number; power: number } | string {
  if (pattern.length > MAX_LENGTH) return `a pattern of ${pattern.length} characters`;
  if (/\\[1-9]|\\k</.test(pattern.replaceAll("\\\\", ""))) return "a pattern with a back reference";
  if (/\(\?(?:=|!|<=|<!)/.test(pattern)) return "a pattern that looks ahead or behind";
  const open: Group[] = [{ branches: 1, varies: false, size: 0 }];
  let ways = 1;
  let power = 0;
  const tokens = /\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?::|<[^>]*>))?|\)|\||[^]/gu;
  const repetition = /(?:[*+?]|\{(\d+)(,(\d*))?\})\??/uy;
  for (let match = tokens.exec(pattern); match !== null; match = tokens.exec(pattern)) {
    const [token] = match;
    if (token.startsWith("(")) {
      open.push({ branches: 1, varies: false, size: 0 });
      continue;
    }
    if (token === "|") {
      open.at(-1)!.branches++;
      continue;
    }
    const group = token === ")" ? open.pop()! : undefined;
    if (group !== undefined) ways *= group.branches;
    const within = open.at(-1);
    if (within === undefined) return "a pattern that cannot be read";
    const varies = group !== undefined && (group.varies || group.branches > 1);
    const size = group?.size ?? 1;
    repetition.lastIndex = tokens.lastIndex;
    const found = repetition.exec(pattern);
    if (found === null) {
      within.varies ||= varies;
      within.size += size;
      continue;
    }
    tokens.lastIndex = repetition.lastIndex;
    const [min, max] = timesOf(found);
    if (max > 1 && varies) return "a repetition of what can be matched in more ways than one";
    if (max === Infinity) power++;
    else ways *= max - min + 1;
    within.varies ||= varies || min !== max;
    within.size += size * (max === Infinity ? Math.max(1, min) : max);
  }
  const [{ branches, size }] = open as [Group];
  if (branches > 1 || !pattern.startsWith("^")) power++; // it may begin anywhere
  if (power > MAX_POWER) return "a pattern with too many endless repetitions";
  if (size > MAX_SIZE) return "a pattern of too many repetitions";
  ways *= branches;
  return ways > MAX_WAYS ? "a pattern that can be matched in too many ways" : { ways, power };
}

/** How often, at least and at most. */
function timesOf([text, least, comma, most]: readonly (string | undefined)[]): [min: number, max: number] {
  if (least === undefined) return text!.startsWith("?") ? [0, 1] : [text!.startsWith("+") ? 1 : 0, Infinity];
  const min = Number(least);
  if (comma === undefined) return [min, min];
  return [min, most === "" ? Infinity : Number(most)];
}
