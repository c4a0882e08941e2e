import { type Expected, type FaultCase, type Says, TIERS } from "./case.ts";

/**
 * Makes the table of `docs/sandbox.md` from what the tests have seen to be so.
 *
 * @param cases The faults.
 * @returns Markdown.
 */
export function renderMatrix(cases: readonly FaultCase[]): string {
  const rows = cases.map((fault) => [numbers(fault), fault.title, ...TIERS.map((tier) => cell(fault.expect[tier]))]);
  return table(["", "A plugin…", "`process`", "`worker`", "`none`"], rows);
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function numbers({ rows, publicCases = [] }: FaultCase): string {
  return [...rows.map((row) => `A${row}`), ...publicCases.map((number) => `P${number}`)].join(" ");
}

function cell({ harms = [], mayHarm = [], refused, notRun, note, says }: Expected): string {
  if (notRun !== undefined) return `not contained: ${notRun}`;
  const what = refused === true ? "refused" : harms.length > 0 ? `**not contained**: ${harms.join(", ")}` : "contained";
  const atTimes = mayHarm.length > 0 ? `; at times ${mayHarm.join(", ")}` : "";
  const told = quoted(says);
  return what + atTimes + (told === "" ? "" : `; ${told}`) + (note === undefined ? "" : ` (${note})`);
}

function quoted(says: Says | Record<string, Says> | undefined): string {
  const texts = typeof says === "string"
    ? [says]
    : says === undefined || says instanceof RegExp
    ? []
    : Object.values(says);
  const unique = new Set(texts.filter((text) => typeof text === "string" && text !== ""));
  return [...unique].map((text) => `\`${text}\``).join(", ");
}
