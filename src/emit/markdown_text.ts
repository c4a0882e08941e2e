import { plainText } from "./doc_text.ts";

/**
 * A hookspec's text as it can stand in Markdown: as text. It opens no tag, link, heading, list, table or fence; only code
 * between single backticks stays what it is.
 *
 * @param text As the hookspec has it.
 */
export function markdownText(text: string): string {
  return plainText(text).split(/(`[^`\n]+`)/).map((part, index) => index % 2 === 1 ? part : escaped(part)).join("");
}

function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~!$]/g, (sign) => sign === "<" ? "&lt;" : sign === ">" ? "&gt;" : `\\${sign}`)
    .replace(/&(?!lt;|gt;)/g, "&amp;")
    .replace(
      /^([ \t]*)([-+=]|\d+(?=[.)]))/gm,
      (_all, space: string, sign: string) => /\d/.test(sign) ? `${space}${sign}\\` : `${space}\\${sign}`,
    )
    .replace(/^(?: {4,}|\t)/gm, "");
}

/** The same in a cell of a table: on one line. */
export function markdownCell(text: string): string {
  return markdownText(text).replace(/\s*\n\s*/g, " ").replace(/(?<!\\)\|/g, "\\|");
}

/**
 * Any text as code in a line.
 *
 * @param text It may hold backticks, and line ends, which become spaces.
 */
export function markdownCode(text: string): string {
  const line = plainText(text).replace(/\s*\n\s*/g, " ");
  const fence = "`".repeat(longestRun(line) + 1);
  const pad = line.startsWith("`") || line.endsWith("`") || line === "" ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`.replace(/\|/g, "\\|");
}

/**
 * JSON in a block of its own, which nothing in it can end.
 *
 * @param value The value.
 */
export function markdownJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}json\n${text}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
