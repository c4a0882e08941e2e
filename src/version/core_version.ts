import { parse } from "@std/semver/parse";
import { parseRange } from "@std/semver/parse-range";
import { satisfies } from "@std/semver/satisfies";
import { type ReleaseTest, tryParseSpecifierSet } from "./pep440.ts";

/** The version of this core, which a manifest's `core_version` speaks of. */
export const CORE_VERSION = "0.2.0";

/** The version of this core; the same as {@linkcode CORE_VERSION}, as the npm binding has it. */
export function getCoreVersion(): string {
  return CORE_VERSION;
}

/** A `core_version` that cannot be read. */
export interface RangeProblem {
  /** What may stand there. */
  expected: string;
  /** The range that was probably meant. */
  suggestion?: string;
}

const EXPECTED = 'a version range such as ">=0.1.0,<1.0.0"';
const MAX_LENGTH = 256;

/**
 * Reads a `core_version` in either grammar (SPEC section 3). A comma or one of `~=`, `==`, `===`, `!=` makes it a PEP
 * 440 specifier set; anything else is a SemVer range, and only what is none is tried as a single specifier. A
 * pre-release of the core counts as its release.
 *
 * @param range For example `>=0.1.0,<1.0.0` or `^0.2`.
 * @returns A test for versions, or what is wrong with the range.
 */
export function parseCoreVersion(range: string): ParsedRange {
  let parsed = known.get(range);
  if (parsed === undefined) {
    parsed = parseRangeAnew(range);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(range, parsed);
  }
  return parsed;
}

/** A test for versions, or what is wrong with the range. */
type ParsedRange = ((version: string) => boolean) | RangeProblem;

/** Plugins of one folder mostly ask for the same, and each is read twice: when it is validated and when it is registered. */
const known = new Map<string, ParsedRange>();
const MAX_KNOWN = 64;

function parseRangeAnew(range: string): ParsedRange {
  const text = range.trim();
  if (text.length > MAX_LENGTH) return { expected: `${EXPECTED} of at most ${MAX_LENGTH} characters` };
  if (/^v?\d+(\.\d+)*([-+].*)?$/.test(text) && !/\s/.test(text)) {
    return { expected: `${EXPECTED}, for a bare version is not a range`, suggestion: `>=${text.replace(/^v/, "")}` };
  }
  const test = /,|~=|==|!=/.test(text)
    ? tryParseSpecifierSet(text)
    : tryParseSemVerRange(text) ?? tryParseSpecifierSet(text);
  if (test === undefined) return { expected: EXPECTED };
  return (version) => {
    const { major, minor, patch } = parse(version);
    return test([major, minor, patch]);
  };
}

const PART = "(?:[xX*]|0|[1-9]\\d*)";
const PARTIAL = `v?${PART}(?:\\.${PART}(?:\\.${PART}(?:-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?)?)?`;
const COMPARATORS = new RegExp(
  `^(?:(?:<=|>=|<|>|=|\\^|~>|~)?\\s*${PARTIAL})(?:\\s+(?:<=|>=|<|>|=|\\^|~>|~)?\\s*${PARTIAL})*$`,
);
const HYPHEN = new RegExp(`^${PARTIAL}\\s+-\\s+${PARTIAL}$`);

/** NB: `parseRange` takes much that is no range, and an empty alternative as anything; so the shape is checked first. */
function tryParseSemVerRange(text: string): ReleaseTest | undefined {
  const alternatives = text.split("||").map((alternative) => alternative.trim());
  if (!alternatives.every((alternative) => COMPARATORS.test(alternative) || HYPHEN.test(alternative))) return undefined;
  try {
    const range = parseRange(alternatives.join(" || "));
    return ([major = 0, minor = 0, patch = 0]) => satisfies({ major, minor, patch, prerelease: [], build: [] }, range);
  } catch {
    return undefined; // a number too large to be one
  }
}
