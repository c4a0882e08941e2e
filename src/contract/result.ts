import type { CheckName, Finding, Inconclusive } from "./options.ts";

/** The verdict on a plugin. */
export class ContractResult {
  /** What the plugin breaks. */
  readonly failures: readonly Finding[];
  /** What could not be checked. Never counted as passed. */
  readonly inconclusive: readonly Inconclusive[];
  /** What was checked and found sound. */
  readonly passed: readonly CheckName[];

  /**
   * Gathers the outcome of all checks.
   *
   * @param failures What the plugin breaks.
   * @param inconclusive What could not be checked.
   * @param passed What was found sound.
   */
  constructor(failures: readonly Finding[], inconclusive: readonly Inconclusive[], passed: readonly CheckName[]) {
    this.failures = failures;
    this.inconclusive = inconclusive;
    this.passed = passed;
  }

  /** Whether there are no failures. */
  get ok(): boolean {
    return this.failures.length === 0;
  }

  /** All failures as text for a terminal; what was inconclusive is listed below them. */
  formatFailures(): string {
    const lines: string[] = [];
    for (const { violation, check, invariant, plugin, message, location, evidence, fix } of this.failures) {
      const rule = invariant === undefined ? check : `${check}, invariant ${invariant}`;
      lines.push(`${violation} (${rule}) in plugin "${plugin}": ${message}`);
      if (location !== undefined) lines.push(`    at ${location}`);
      if (evidence !== undefined) lines.push(...evidence.split("\n").map((line) => `    | ${line}`));
      lines.push(`    to mend: ${fix}`);
    }
    for (const { check, reason } of this.inconclusive) lines.push(`inconclusive (${check}): ${reason}`);
    return lines.join("\n");
  }
}
