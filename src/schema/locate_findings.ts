import type { HookspecProblem } from "../errors.ts";
import { type Finding, formatSteps } from "./finding.ts";

type Find = (finding: Finding) => { line: number; column: number } | undefined;

/**
 * Gives findings their places in the texts. The parser that knows places loads here, only when something is wrong.
 *
 * @param findings What is wrong.
 * @param texts The files' texts by name; what has none gets no place.
 * @returns The problems, file by file, in the order of the lines.
 */
export async function locateFindings(
  findings: readonly Finding[],
  texts: ReadonlyMap<string, string>,
): Promise<HookspecProblem[]> {
  const problems: HookspecProblem[] = [];
  for (const file of new Set(findings.map((finding) => finding.file))) {
    const text = texts.get(file);
    const inFile = findings.filter((finding) => finding.file === file);
    const isAsked = inFile.some(({ position, steps }) => position === undefined && steps.length > 0);
    const find: Find = text !== undefined && isAsked ? await finderOf(text) : ({ steps }) => rootOf(steps, text);
    const own = inFile.map((finding) => toProblem(finding, finding.position ?? find(finding)));
    problems.push(...own.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)));
  }
  return problems;
}

function rootOf(steps: Finding["steps"], text: string | undefined): ReturnType<Find> {
  return steps.length === 0 && text !== undefined && text !== "" ? { line: 1, column: 1 } : undefined;
}

/** A problem as errors hold it. */
export function toProblem(finding: Finding, place?: { line: number; column: number }): HookspecProblem {
  const { file, steps, expected, found, suggestion } = finding;
  const position = finding.position ?? place;
  return {
    ...(file === "" ? {} : { file }),
    path: formatSteps(steps),
    expected,
    found,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...position,
  };
}

async function finderOf(text: string): Promise<Find> {
  const { isMap, isNode, isPair, isSeq, LineCounter, parseDocument } = await import("yaml");
  const lineCounter = new LineCounter();
  let root: unknown;
  try {
    root = parseDocument(text, { lineCounter, uniqueKeys: false, logLevel: "silent" }).contents;
  } catch {
    return () => undefined; // nested too deep for this parser: a problem without a place must do
  }
  const keyOf = (key: unknown) => (isNode(key) ? String((key as { value?: unknown }).value) : String(key));
  return ({ steps, at }) => {
    let key: unknown;
    let node: unknown = root;
    for (const [i, step] of steps.entries()) {
      const isLast = i === steps.length - 1;
      if (isMap(node)) {
        const pair = node.items.find((item) => isPair(item) && keyOf(item.key) === step);
        if (pair === undefined) return placeOf(key ?? node); // what is missing is missing in what is around it
        key = pair.key;
        node = isLast && at === "key" ? pair.key : pair.value ?? pair.key;
      } else if (isSeq(node) && typeof step === "number" && step < node.items.length) {
        key = undefined;
        node = node.items[step];
      } else return placeOf(key ?? node);
    }
    return placeOf(node);
  };

  function placeOf(node: unknown): { line: number; column: number } | undefined {
    const start = isNode(node) ? node.range?.[0] : undefined;
    if (start === undefined) return undefined;
    const { line, col } = lineCounter.linePos(start);
    return { line, column: col };
  }
}
