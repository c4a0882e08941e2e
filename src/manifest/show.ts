import type { ManifestProblem } from "../errors.ts";

/** A problem before it is known where in its file the manifest stands. */
export interface Problem extends Omit<ManifestProblem, "path" | "line" | "column"> {
  /** From the root, `plugin` first. */
  steps: string[];
  /** Whether the field itself is wrong there, or its value. */
  at: "key" | "value";
}

/** Writes steps the way errors show them: `plugin.resources.required[1]`. */
export function formatSteps(steps: readonly string[]): string {
  return steps.reduce((path, step) => {
    if (/^\d+$/.test(step)) return `${path}[${step}]`;
    const own = /^[\w-]+$/.test(step) ? step : JSON.stringify(step);
    return path === "" ? own : `${path}.${own}`;
  }, "");
}

/** The other way round, for paths without quotes. */
export function parseSteps(path: string): string[] {
  return path.match(/[^.[\]]+/g) ?? [];
}

/** Shows a value in an error, cut to one line. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text === undefined ? String(value) : text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
