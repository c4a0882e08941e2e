/** A version as PEP 440 writes it: `1!2.0rc1.post2.dev3+local`. */
interface Version {
  epoch: number;
  release: number[];
  /** Where it stands about its final release: below 0 before it, above 0 after it. Compared element by element. */
  suffix: number[];
  /** Whether it is exactly a final release. */
  isFinal: boolean;
  text: string;
}

const VERSION = new RegExp(
  "^v?(?:(?<epoch>\\d+)!)?(?<release>\\d+(?:\\.\\d+)*)" +
    "(?:[-_.]?(?<pre>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?<preN>\\d*))?" +
    "(?<post>-(?<postN1>\\d+)|[-_.]?(?:post|rev|r)[-_.]?(?<postN2>\\d*))?" +
    "(?<dev>[-_.]?dev[-_.]?(?<devN>\\d*))?" +
    "(?:\\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$",
  "i",
);

const PRE_ORDER: Readonly<Record<string, number>> = {
  a: -3,
  alpha: -3,
  b: -2,
  beta: -2,
  c: -1,
  rc: -1,
  pre: -1,
  preview: -1,
};

function parseVersion(text: string): Version | undefined {
  const groups = VERSION.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const { epoch, release, pre, preN, post, postN1, postN2, dev, devN, local } = groups;
  const after = post === undefined ? -1 : Number(postN1 ?? (postN2 || 0));
  const develop = dev === undefined ? Infinity : Number(devN || 0);
  // A development release without anything else comes before every pre-release.
  const phase = pre !== undefined ? PRE_ORDER[pre.toLowerCase()]! : post === undefined && dev !== undefined ? -4 : 0;
  return {
    epoch: Number(epoch ?? 0),
    release: release!.split(".").map(Number),
    suffix: [phase, Number(preN || 0), after, develop, local === undefined ? 0 : 1],
    isFinal: pre === undefined && post === undefined && dev === undefined && local === undefined,
    text: text.toLowerCase(),
  };
}

function compareReleases(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const FINAL_SUFFIX = [0, 0, -1, Infinity, 0];

/** Compares a final release of epoch 0 with a version. */
function compareWith(release: readonly number[], version: Version): number {
  if (version.epoch > 0) return -1;
  const difference = compareReleases(release, version.release);
  if (difference !== 0) return difference;
  for (const [i, own] of FINAL_SUFFIX.entries()) {
    const other = version.suffix[i]!;
    if (own !== other) return own < other ? -1 : 1;
  }
  return 0;
}

/** Tests a final release, given as its numbers. */
export type ReleaseTest = (release: readonly number[]) => boolean;

/**
 * Reads a PEP 440 specifier set: clauses joined by commas, all of which must hold.
 *
 * @param text For example `>=0.1.0,<1.0.0` or `~=0.2.0, !=0.2.3`.
 * @returns A test for final releases, or `undefined` when it is none.
 */
export function tryParseSpecifierSet(text: string): ReleaseTest | undefined {
  const tests: ReleaseTest[] = [];
  for (const clause of text.split(",")) {
    const test = parseClause(clause.trim());
    if (test === undefined) return undefined;
    tests.push(test);
  }
  return (release) => tests.every((test) => test(release));
}

function parseClause(clause: string): ReleaseTest | undefined {
  const match = /^(~=|===|==|!=|<=|>=|<|>)\s*(\S+)$/.exec(clause);
  if (match === null) return undefined;
  const [, operator, operand] = match as unknown as [string, string, string];
  if (operator === "===") return (release) => release.join(".") === operand.toLowerCase();
  if (operator === "==" || operator === "!=") {
    const equal = operand.endsWith(".*") ? parsePrefix(operand.slice(0, -2)) : parseEqual(operand);
    if (equal === undefined) return undefined;
    return operator === "==" ? equal : (release) => !equal(release);
  }
  const version = parseVersion(operand);
  if (version === undefined || operand.includes("+")) return undefined; // local versions have no order
  switch (operator) {
    case "~=": {
      if (version.release.length < 2) return undefined;
      const prefix = version.release.slice(0, -1);
      return (release) => compareWith(release, version) >= 0 && version.epoch === 0 && hasPrefix(release, prefix);
    }
    case ">=":
      return (release) => compareWith(release, version) >= 0;
    case "<=":
      return (release) => compareWith(release, version) <= 0;
    case ">":
      return (release) => compareWith(release, version) > 0;
    default:
      return (release) => compareWith(release, version) < 0;
  }
}

function parseEqual(operand: string): ReleaseTest | undefined {
  const version = parseVersion(operand);
  return version && ((release) => compareWith(release, version) === 0);
}

function parsePrefix(operand: string): ReleaseTest | undefined {
  const version = parseVersion(operand);
  if (version === undefined || version.text.includes("+") || /dev/.test(version.text)) return undefined;
  return (release) => version.isFinal && version.epoch === 0 && hasPrefix(release, version.release);
}

function hasPrefix(release: readonly number[], prefix: readonly number[]): boolean {
  return prefix.every((part, i) => (release[i] ?? 0) === part);
}
