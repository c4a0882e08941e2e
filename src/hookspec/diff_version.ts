import { parse } from "@std/semver/parse";

/** What a change calls for in SemVer. */
export type VersionBump = "major" | "minor" | "patch" | "none";

/** What the step from one version to another is. */
export type VersionStep = VersionBump | "prerelease" | "backwards";

/** The step between two versions. Build metadata counts for nothing. */
export function versionStep(old: string, next: string): VersionStep {
  const [from, to] = [parsed(old), parsed(next)];
  const order = ordered(from, to);
  if (order === 0) return "none";
  if (order > 0) return "backwards";
  if (to.major !== from.major) return "major";
  if (to.minor !== from.minor) return "minor";
  return to.patch !== from.patch ? "patch" : "prerelease";
}

const sizes: Record<VersionBump, number> = { none: 0, patch: 1, minor: 2, major: 3 };

/**
 * Whether a version made the step that a change calls for. Below 1.0.0 a breaking change asks for a minor step and all else for a
 * patch; what came before its own release (`1.0.0-rc.1` to `1.0.0`)
 * may change as it likes.
 */
export function isStepEnough(bump: VersionBump, old: string, step: VersionStep): boolean {
  if (step === "backwards") return false;
  if (step === "prerelease") return true;
  const asked = parsed(old).major > 0 || bump === "none" || bump === "patch"
    ? bump
    : bump === "major"
    ? "minor"
    : "patch";
  return sizes[step] >= sizes[asked];
}

type Version = ReturnType<typeof parse>;

/** Below 0 if the first comes first. */
function ordered(one: Version, other: Version): number {
  const numbers = one.major - other.major || one.minor - other.minor || one.patch - other.patch;
  return numbers || orderedTags(one.prerelease ?? [], other.prerelease ?? []);
}

/** A release comes after its prereleases; numbers come before words. */
function orderedTags(one: readonly (string | number)[], other: readonly (string | number)[]): number {
  if (one.length === 0 || other.length === 0) return other.length - one.length;
  for (const [i, a] of one.entries()) {
    const b = other[i];
    if (b === undefined) return 1;
    if (a === b) continue;
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return a < b ? -1 : 1;
  }
  return one.length - other.length;
}

function parsed(version: string): Version {
  try {
    return parse(version);
  } catch (cause) {
    throw new RangeError(`Cannot compare version "${version}": expected a SemVer such as "1.0.0"`, { cause });
  }
}

/** The bigger of two bumps. */
export function biggerBump(one: VersionBump, other: VersionBump): VersionBump {
  return sizes[one] >= sizes[other] ? one : other;
}
