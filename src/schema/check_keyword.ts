import { escapeControl } from "../escape_control.ts";
import { type KeywordValue, TYPES } from "./accepted_keywords.ts";

const isText = (value: unknown) => typeof value === "string";
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every(isText) && new Set(value).size === value.length;
const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isSchema = (value: unknown) => typeof value === "boolean" || isTable(value);
const isType = (value: unknown) => TYPES.some((type) => type === value);

/** What each value must be in words, and the test of it. What lies inside of schemas is for who walks them. */
const TESTS: Readonly<Record<KeywordValue, [expected: string, test: (value: unknown) => boolean]>> = {
  "schema": ["a schema: an object, true or false", isSchema],
  "schemas": ["a list of at least one schema", (value) => Array.isArray(value) && value.length > 0],
  "schema map": ["an object of schemas", isTable],
  "pattern map": ["an object of schemas by pattern", isTable],
  "text": ["text", isText],
  "pattern": ["a regular expression", (value) => isText(value) && patternFault(value as string) === undefined],
  "texts": ["a list of names, each once", isTexts],
  "texts map": [
    "an object of lists of names, each once",
    (value) => isTable(value) && Object.values(value).every(isTexts),
  ],
  "count": ["a whole number of at least 0", (value) => Number.isSafeInteger(value) && (value as number) >= 0],
  "number": ["a number", (value) => typeof value === "number"],
  "positive number": ["a number above 0", (value) => typeof value === "number" && value > 0],
  "boolean": ["true or false", (value) => typeof value === "boolean"],
  "types": [
    `one of ${TYPES.map((type) => `"${type}"`).join(", ")}, or a list of them`,
    (value) =>
      isType(value) || (isTexts(value) && (value as unknown[]).length > 0 && (value as unknown[]).every(isType)),
  ],
  "values": ["a list of at least one value", (value) => Array.isArray(value) && value.length > 0],
  "list": ["a list", Array.isArray],
  "anything": ["anything", () => true],
  "reference": ['text such as "#/$defs/name" or "other.json"', isText],
  "anchor": [
    "a name of letters, digits, -, _ and .",
    (value) => isText(value) && /^[A-Za-z_][\w.-]*$/.test(value as string),
  ],
  "draft": ["text", isText],
  "id": ["text", isText],
};

/**
 * Says what a keyword's value should have been.
 *
 * @returns The words, or `undefined` when it is.
 */
export function keywordFault(kind: KeywordValue, value: unknown): string | undefined {
  const [expected, test] = TESTS[kind];
  return test(value) ? undefined : expected;
}

/** Why a pattern is no regular expression; `undefined` when it is one. */
export function patternFault(pattern: string): string | undefined {
  try {
    new RegExp(pattern, "u");
    return undefined;
  } catch (error) {
    const text = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : String(error);
    return escapeControl(text).replaceAll("\n", "\\n");
  }
}
