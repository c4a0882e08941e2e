import { parse } from "@std/semver/parse";
import { parseRange } from "@std/semver/parse-range";
import { satisfies } from "@std/semver/satisfies";

/** The version of this core, which a manifest's `core_version` speaks of. */
export const CORE_VERSION = "0.2.0";

/** A `core_version` that cannot be read. */
export interface RangeProblem {
  /** What may stand there. */
  expected: string;
  /** The range that was probably meant. */
  suggestion?: string;
}

const EXPECTED = 'a version range such as ">=0.1.0,<1.0.0"';

/**
 * Reads a `core_version` (SPEC section 3).
 *
 * @param range For example `>=0.1.0,<1.0.0`.
 * @returns A test for versions, or what is wrong with the range.
 */
export function parseCoreVersion(range: string): ((version: string) => boolean) | RangeProblem {
  const text = range.trim();
  if (text === "") return { expected: EXPECTED };
  if (/^v?\d+(\.\d+)*([-+].*)?$/.test(text)) {
    return { expected: `${EXPECTED}, for a bare version is not a range`, suggestion: `>=${text.replace(/^v/, "")}` };
  }
  try {
    const parsed = parseRange(text.replaceAll(/\s*,\s*/g, " "));
    return (version) => {
      const { major, minor, patch } = parse(version);
      return satisfies({ major, minor, patch, prerelease: [], build: [] }, parsed); // a pre-release counts as its release
    };
  } catch {
    return { expected: EXPECTED };
  }
}
