import type { JsonValue, PathStep } from "../json.ts";
import { nearestName } from "../near.ts";
import { type SchemaTable, schemaWords } from "./words.ts";
import { show } from "./show.ts";

/** What the JSON Schema library says of one keyword that a value does not fit; with its `verbose` option. */
export interface LibraryError {
  keyword: string;
  instancePath: string;
  params: Record<string, unknown>;
  /** The keyword's value. */
  schema?: unknown;
  parentSchema?: unknown;
  data?: unknown;
}

/** What is wrong with a value, its path still in steps. */
export interface Explanation {
  steps: PathStep[];
  expected: string;
  found: string;
}

/**
 * Says what one error of the library means, for a keyword without forms.
 *
 * @param error The error.
 * @param steps Where it stands.
 */
export function describeError(error: LibraryError, steps: PathStep[]): Explanation {
  const { keyword, params, data } = error;
  const schema = (typeof error.parentSchema === "object" ? error.parentSchema : error.schema) as SchemaTable;
  const say = (expected: string, found = show(data)): Explanation => ({ steps, expected, found });
  switch (keyword) {
    case "required":
      return missingField(String(params.missingProperty), schema, data, say);
    case "dependentRequired":
    case "dependencies":
      return say(`the field ${show(params.missingProperty)} beside ${show(params.property)}`, "no such field");
    case "additionalProperties":
      return unknownField(String(params.additionalProperty), schema, data, say);
    case "unevaluatedProperties":
      return unknownField(String(params.unevaluatedProperty), schema, data, say);
    case "items":
    case "additionalItems":
    case "unevaluatedItems":
      return say(schemaWords({ maxItems: (params.limit ?? params.len) as number }), countOf(data));
    case "minItems":
    case "maxItems":
    case "minProperties":
    case "maxProperties":
      return say(schemaWords(schema), countOf(data));
    case "uniqueItems":
      return say("a list whose entries differ", `entries ${params.j} and ${params.i}, which are equal`);
    case "contains":
      return say(containsWords(schema, params), countOf(data));
    case "oneOf": // more than one: none is told by its forms
      return say("a value of exactly one form", `${show(data)}, which is of forms ${formsOf(params.passingSchemas)}`);
    case "not":
      return say(`anything but ${schemaWords(schema.not)}`);
    case "false schema":
      return say("no value");
    default:
      return say(schemaWords(schema));
  }
}

type Say = (expected: string, found?: string) => Explanation;

function missingField(name: string, schema: SchemaTable, data: unknown, say: Say): Explanation {
  const known = Object.keys((schema.properties ?? {}) as object);
  const strange = Object.keys(data as object).filter((key) => !known.includes(key)).slice(0, 100);
  const near = name.length < 3 ? undefined : nearestName(name, strange); // a letter is near to every other
  return say(`the field ${show(name)}`, near === undefined ? "no such field" : `the field ${show(near)}`);
}

function unknownField(name: string, schema: SchemaTable, data: unknown, say: Say): Explanation {
  const known = Object.keys((schema.properties ?? {}) as object).filter((key) => !Object.hasOwn(data as object, key));
  const near = nearestName(name, known.slice(0, 1000));
  const hint = near === undefined ? "" : ` (did you mean ${show(near)}?)`;
  return say(`no field ${show(name)}${hint}`, show(Reflect.get(data as object, name)));
}

function countOf(data: unknown): string {
  const [count, one, many] = Array.isArray(data)
    ? [data.length, "entry", "entries"]
    : [Object.keys(data as object).length, "field", "fields"];
  return `${count} ${count === 1 ? one : many}`;
}

function containsWords(schema: SchemaTable, params: Record<string, unknown>): string {
  const { minContains: least = 1, maxContains: most } = { ...schema, ...params } as Record<string, JsonValue>;
  const range = typeof most === "number" ? `${least} to ${most}` : `at least ${least}`;
  return `a list with ${range} of: ${schemaWords(schema.contains)}`;
}

function formsOf(passing: unknown): string {
  return Array.isArray(passing) ? passing.map((index) => Number(index) + 1).join(" and ") : "more than one";
}
