import { nearestName } from "../near.ts";
import { type Field, FIELDS } from "./fields.ts";
import { listRuleProblems } from "./rules.ts";
import { type Problem, show } from "./show.ts";
import { validate as compiled } from "./validator.generated.ts";

interface SchemaError {
  instancePath: string;
  keyword: string;
  params: Record<string, unknown>;
}

const validate = compiled as unknown as { (raw: unknown): boolean; errors?: SchemaError[] | null };

/**
 * Lists everything that is wrong with the raw value of a manifest: first what the schema says, and where the schema
 * is content, what the rules say that no schema can.
 *
 * @param raw The whole file, `[plugin]` wrapper included.
 * @param moved For fields that were written in another way, where they stood.
 * @returns The problems; none when it is valid.
 */
export function listProblems(raw: unknown, moved: ReadonlyMap<string, string> = NOTHING_MOVED): Problem[] {
  if (validate(raw)) return listRuleProblems((raw as { plugin: Record<string, unknown> }).plugin);
  const problems = new Map<string, Problem>();
  for (const error of validate.errors ?? []) {
    const problem = describe(raw, error);
    // One problem per place: `anyOf` and `enum` report several.
    const place = problem?.steps.join("\0") ?? "";
    if (problem !== undefined && !problems.has(place)) problems.set(place, problem);
  }
  return [...problems.values()].map((problem) => ({ ...problem, steps: stepsAsWritten(problem.steps, moved) }));
}

const NOTHING_MOVED: ReadonlyMap<string, string> = new Map();

function stepsAsWritten(steps: string[], moved: ReadonlyMap<string, string>): string[] {
  const written = moved.get(steps.slice(1, 3).join("."));
  return written === undefined ? steps : ["plugin", ...written.split("."), ...steps.slice(3)];
}

function describe(raw: unknown, error: SchemaError): Problem | undefined {
  const steps = error.instancePath.split("/").slice(1).map((s) => s.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (error.keyword === "required") {
    const missing = [...steps, String(error.params.missingProperty)];
    return { steps: missing, at: "key", expected: fieldAt(missing)?.expected ?? "a table [plugin]", found: "nothing" };
  }
  if (error.keyword === "additionalProperties") {
    const unknown = String(error.params.additionalProperty);
    const own = [...steps, unknown];
    const problem: Problem = {
      steps: own,
      at: "key",
      expected: "no field of that name",
      found: show(valueAt(raw, own)),
    };
    return withSuggestion(problem, nearestName(unknown, knownKeys(steps)));
  }
  if (error.keyword === "propertyNames") return undefined; // reported once more, by its pattern
  const found = valueAt(raw, steps);
  const field = fieldAt(steps);
  const problem: Problem = { steps, at: "value", expected: field?.expected ?? "a table", found: show(found) };
  if (error.keyword === "maxItems") problem.expected = `at most ${error.params.limit} entries`;
  if (error.keyword === "maxLength") problem.expected = `at most ${error.params.limit} characters`;
  if (field !== undefined && "values" in field.type && field.type.values !== undefined && typeof found === "string") {
    return withSuggestion(problem, nearestName(found, field.type.values));
  }
  return problem;
}

/** The row a place belongs to; what lies inside a list or an open table belongs to its row. */
function fieldAt(steps: readonly string[]): Field | undefined {
  const names = steps.slice(1).filter((step) => !/^\d+$/.test(step));
  for (let length = names.length; length > 0; length--) {
    const key = names.slice(0, length).join(".");
    const field = FIELDS.find((own) => own.key === key);
    if (field !== undefined) return field;
  }
  return undefined;
}

function knownKeys(steps: readonly string[]): Set<string> {
  if (steps.length === 0) return new Set(["plugin"]);
  if (steps[1] === "depends_on") return new Set(["kind", "name"]);
  const prefix = steps.slice(1).map((step) => `${step}.`).join("");
  const known = new Set<string>();
  for (const { key } of FIELDS) if (key.startsWith(prefix)) known.add(key.slice(prefix.length).split(".")[0]!);
  return known;
}

function valueAt(raw: unknown, steps: readonly string[]): unknown {
  let value = raw;
  for (const step of steps) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function withSuggestion(problem: Problem, suggestion: string | undefined): Problem {
  return suggestion === undefined ? problem : { ...problem, suggestion };
}
