import { parse as parseJsonc } from "@std/jsonc/parse";
import { parse as parseToml } from "@std/toml/parse";
import { ManifestInvalid, type ManifestProblem } from "../errors.ts";
import { MANIFEST_LIMITS } from "./fields.ts";
import { Locator } from "./locate.ts";

/** What a manifest is written in. `jsonc` is JSON with comments and trailing commas, as Deno's own files are. */
export type ManifestFormat = "toml" | "json" | "jsonc";

const EXPECTED: Readonly<Record<ManifestFormat, string>> = { toml: "TOML", json: "JSON", jsonc: "JSON" };

/**
 * Parses a manifest's text to a plain value, within the limits of a manifest.
 *
 * @param text The text; a byte order mark at its start is passed over.
 * @param format What it is written in.
 * @param source What errors call it.
 * @returns JSON values only: TOML dates have become text.
 * @throws {ManifestInvalid} If it is too large, not of its format, nested too deep, or has a key twice.
 */
export function readText(text: string, format: ManifestFormat, source: string): unknown {
  const bytes = text.length * 3 > MANIFEST_LIMITS.bytes ? new TextEncoder().encode(text).byteLength : 0;
  if (bytes > MANIFEST_LIMITS.bytes) {
    throw invalid(source, "", `at most ${MANIFEST_LIMITS.bytes} bytes`, `${bytes} bytes`);
  }
  if (format === "toml" && countKeys(text) > MANIFEST_LIMITS.keys) {
    // NB: @std/toml takes time that grows with the square of the number of keys.
    throw invalid(source, "", `at most ${MANIFEST_LIMITS.keys} keys`, "more");
  }
  let raw: unknown;
  try {
    raw = format === "toml" ? parseToml(text) : format === "json" ? JSON.parse(text) : parseJsonc(text);
  } catch (cause) {
    throw new ManifestInvalid(source, [syntaxProblem(text, format, cause)], { cause });
  }
  // The value is fresh from the parser, so it may be used as it is; what TOML knows beyond JSON is rare.
  const value = isJson(raw, 0) ? raw : toJson(raw, source, [], 0);
  if (format !== "toml" || mayRepeatKeys(text)) {
    const [twice] = new Locator(text, format === "toml" ? "toml" : "json").duplicates;
    if (twice !== undefined) {
      throw new ManifestInvalid(source, [twice]);
    }
  }
  return value;
}

function countKeys(text: string): number {
  let count = 0;
  for (let at = text.indexOf("="); at !== -1; at = text.indexOf("=", at + 1)) count++;
  return count;
}

/**
 * Whether a TOML text must be looked through for keys that stand twice, which `@std/toml` takes without a word. A plain
 * text, each line of which is a header, a key with its value, or none of these, is looked at here and now.
 */
function mayRepeatKeys(text: string): boolean {
  if (text.includes("__proto__") || text.includes('"""') || text.includes("'''") || text.includes("[[")) return true;
  const seen = new Set<string>();
  let header = "";
  for (const line of text.split("\n")) {
    const pair = /^\s*([\w-]+)\s*=(.*)$/.exec(line);
    if (pair !== null) {
      if (pair[2]!.includes("{") || seen.has(`${header}.${pair[1]}`)) return true;
      seen.add(`${header}.${pair[1]}`);
    } else if (/^\s*\[[\w.-]+\]\s*(#.*)?\r?$/.test(line)) {
      header = line.trim();
      if (seen.has(header)) return true;
      seen.add(header);
    } else if (line.includes("=") && !/^\s*#/.test(line)) return true; // a dotted or quoted key
  }
  return false;
}

function isJson(value: unknown, depth: number): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return !["bigint", "function", "symbol"].includes(typeof value);
  if (depth > MANIFEST_LIMITS.depth || value instanceof Date) return false;
  for (const key in value) {
    if (key === "__proto__" || !isJson((value as Record<string, unknown>)[key], depth + 1)) return false;
  }
  return true;
}

function syntaxProblem(text: string, format: ManifestFormat, cause: unknown): ManifestProblem {
  const expected = EXPECTED[format];
  if (cause instanceof RangeError) {
    return { path: "", expected: `at most ${MANIFEST_LIMITS.depth} levels of nesting`, found: "many more" };
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  const problem: ManifestProblem = { path: "", expected, found: message.split("\n")[0]!.slice(0, 200) };
  const at = /line (\d+),? column (\d+)/.exec(message);
  const offset = /position '?(\d+)'?/.exec(message);
  if (at !== null) {
    problem.line = Number(at[1]);
    problem.column = Number(at[2]);
    problem.found = message.replace(/^.*?line \d+, column \d+: */s, "").split("\n")[0]!.slice(0, 200);
  } else if (offset !== null) {
    const before = text.slice(0, Number(offset[1]));
    problem.line = before.split("\n").length;
    problem.column = before.length - before.lastIndexOf("\n");
  }
  return problem;
}

/**
 * A copy of a manifest's value that is JSON, within the depth of a manifest: dates become text.
 *
 * @throws {ManifestInvalid} At what is nested too deep, or a number that JSON does not know.
 */
export function toJson(value: unknown, source: string, path: string[], depth: number): unknown {
  if (depth > MANIFEST_LIMITS.depth) {
    throw invalid(
      source,
      path.slice(0, 4).join("."),
      `at most ${MANIFEST_LIMITS.depth} levels of nesting`,
      "many more",
    );
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw invalid(source, path.join("."), "a finite number", String(value));
  }
  if (typeof value === "function" || typeof value === "symbol") {
    throw invalid(source, path.join("."), "a value that JSON knows", typeof value);
  }
  if (typeof value === "bigint") throw invalid(source, path.join("."), "a number within 2^53", String(value));
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
  if (Array.isArray(value)) return value.map((item, i) => toJson(item, source, [...path, String(i)], depth + 1));
  const table: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    // Defined, not assigned: a key named __proto__ is data like any other.
    const own = toJson(item, source, [...path, key], depth + 1);
    Object.defineProperty(table, key, { value: own, configurable: true, enumerable: true, writable: true });
  }
  return table;
}

function invalid(source: string, path: string, expected: string, found: string): ManifestInvalid {
  return new ManifestInvalid(source, [{ path, expected, found }]);
}
