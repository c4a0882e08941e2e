import type { JsonValue } from "../json.ts";
import type { Finding } from "./finding.ts";
import { SCHEMA_LIMITS } from "./limits.ts";
import { toPlainValue } from "./plain_value.ts";

type ParseYaml = (text: string, options: { schema: "core" }) => unknown;

/** A text and what it holds. */
export interface ReadDocument {
  /** The value; `undefined` when it could not be read. */
  value?: JsonValue;
  /** Why it could not, or what is wrong with the text beside its value. */
  findings: Finding[];
}

/**
 * Parses a text of YAML or JSON to a plain value, within the limits.
 *
 * @param text The text.
 * @param file What it is called; what ends with `.json` is JSON.
 * @returns Its value, or what is wrong with it.
 */
export async function readDocument(text: string, file: string, isJson: boolean): Promise<ReadDocument> {
  const parseYaml: ParseYaml = (await import("@std/yaml/parse")).parse;
  let raw: unknown;
  try {
    raw = isJson ? JSON.parse(text.replace(/^\ufeff/, "")) : parseYaml(text, { schema: "core" });
  } catch (error) {
    const isDuplicate = !isJson && error instanceof Error && DUPLICATED.test(error.message);
    const duplicates = isDuplicate ? await findDuplicates(text, file) : [];
    return { findings: duplicates.length > 0 ? duplicates : [syntaxFinding(error, text, file, isJson)] };
  }
  const plain = toPlainValue(raw, file);
  if ("finding" in plain) return { findings: [plain.finding] };
  const findings = isJson ? await duplicatesInJson(text, file, parseYaml) : await tabsInYaml(text, file);
  return { value: plain.value, findings };
}

function syntaxFinding(error: unknown, text: string, file: string, isJson: boolean): Finding {
  const blank: Finding = { file, steps: [], at: "value", expected: "", found: "" };
  if (error instanceof RangeError) {
    return { ...blank, expected: `at most ${SCHEMA_LIMITS.depth} levels of nesting`, found: "many more" };
  }
  const message = error instanceof Error ? error.message.split("\n")[0]! : String(error);
  // "…: duplicated key at line 3, column 1:", "… in JSON at position 12 (line 2 column 3)"
  const place = /^(.*?)(?: in JSON)? at (?:position \d+ \()?line (\d+),? column (\d+)/.exec(message);
  const found = reword((place?.[1] ?? message).replace(/ in JSON$/, ""));
  const expected = isJson ? "JSON" : "one YAML document";
  if (place === null) return { ...blank, expected, found };
  const position = { line: Number(place[2]), column: Number(place[3]) };
  if (text.startsWith("\ufeff") && position.line === 1 && isJson) position.column++;
  return { ...blank, expected, found, position };
}

/** What the parsers say, without what is said already. */
function reword(message: string): string {
  if (/more than 1 document/.test(message)) return "a second document";
  const tag = /unknown tag (\S+)/.exec(message);
  if (tag !== null) return `the unknown tag ${tag[1]!.slice(0, 80)}`;
  const text = message.replace(/^Cannot (?:read|resolve|store) [^:]*: /, "");
  return `a mistake: ${text.charAt(0).toLowerCase()}${text.slice(1, 160)}`;
}

/** JSON's own parser takes the last of two equal keys, so the other one is asked. */
async function duplicatesInJson(text: string, file: string, parseYaml: ParseYaml): Promise<Finding[]> {
  try {
    parseYaml(text, { schema: "core" });
  } catch (error) {
    // NB: what else it does not like may well be JSON
    if (error instanceof Error && DUPLICATED.test(error.message)) return await findDuplicates(text, file);
  }
  return [];
}

const DUPLICATED = /duplicated key/;

/** Every key that stands again, with its place. */
async function findDuplicates(text: string, file: string): Promise<Finding[]> {
  const { isScalar, LineCounter, parseDocument, visit } = await import("yaml");
  const lineCounter = new LineCounter();
  const findings: Finding[] = [];
  visit(parseDocument(text, { lineCounter, uniqueKeys: false, logLevel: "silent" }), {
    Map(_, { items }) {
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name)) {
          const { line, col } = lineCounter.linePos(key.range?.[0] ?? 0);
          const found = `${JSON.stringify(name.slice(0, 80))} again`;
          const position = { line, column: col };
          findings.push({ file, steps: [], at: "value", expected: "every key once", found, position });
        }
        seen.add(name);
      }
    },
  });
  return findings;
}

/** A tab as indentation is none to the parser, which then reads another structure than the one written. */
async function tabsInYaml(text: string, file: string): Promise<Finding[]> {
  if (!/^ *\t[ \t]*[^\s#]/m.test(text)) return [];
  const { LineCounter, parseDocument } = await import("yaml");
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, uniqueKeys: false });
  return document.errors.filter((error) => error.code === "TAB_AS_INDENT").map((error) => {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    const position = { line, column: col };
    return { file, steps: [], at: "value", expected: "spaces for indentation", found: "a tab", position };
  });
}
