import type { PathStep } from "../json.ts";

/** A problem before it is known where in its file it stands. */
export interface Finding {
  /** The file's name beneath the hookspec's folder; empty for the hookspec itself. */
  file: string;
  /** Keys and indexes from the file's root. */
  steps: readonly PathStep[];
  /** Whether the key itself is wrong there, or its value. */
  at: "key" | "value";
  /** What may stand there. */
  expected: string;
  /** What stands there. */
  found: string;
  /** The name that was probably meant. */
  suggestion?: string;
  /** Where, when the parser has said it: both from 1. */
  position?: { line: number; column: number };
}

/** Writes steps the way problems show them: `hooks[0].input_schema`. */
export function formatSteps(steps: readonly PathStep[]): string {
  return steps.reduce<string>((path, step) => {
    if (typeof step === "number") return `${path}[${step}]`;
    const own = /^[\w$-]{1,80}$/.test(step) ? step : JSON.stringify(step.slice(0, 80));
    return path === "" ? own : `${path}.${own}`;
  }, "");
}
