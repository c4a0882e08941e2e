import { formatPath } from "../json.ts";
import type { HookValueProblem } from "../errors.ts";
import { readPattern } from "./bounded_pattern.ts";
import { type KeywordCost, patternCost, uniqueCost } from "./check_cost.ts";

/** Values in a schema, each reference counted as what it refers to. */
const MAX_WEIGHT = 1000;
const MAX_DEPTH = 64;

/** What could make a reference lead elsewhere than its path says. */
const MOVING: ReadonlySet<string> = new Set(["$id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef"]);

type Path = readonly (string | number)[];

/**
 * Says why a schema that somebody else wrote must not be run here: by its size, by references that multiply or go round
 * in a circle, or by a pattern that can take exponential time.
 *
 * @param schema A JSON value.
 * @param at Where it stands, for the problem's path.
 * @param costs What its keywords take is added to these.
 */
export function whyUnboundedSchema(schema: unknown, at: Path, costs: KeywordCost[] = []): HookValueProblem | undefined {
  try {
    new Weight(schema, costs).of(schema, at);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Unbounded) return thrown.problem;
    throw thrown;
  }
}

class Unbounded extends Error {
  readonly problem: HookValueProblem;

  constructor(path: Path, expected: string, found: string) {
    super(found);
    this.problem = { path: formatPath(path), expected, found };
  }
}

class Weight {
  readonly #root: unknown;
  readonly #costs: KeywordCost[];
  #total = 0;
  readonly #following = new Set<string>();

  constructor(root: unknown, costs: KeywordCost[]) {
    this.#root = root;
    this.#costs = costs;
  }

  of(value: unknown, at: Path): void {
    if (++this.#total > MAX_WEIGHT) {
      throw new Unbounded(at, `a schema of at most ${MAX_WEIGHT} values, with what it refers to`, "a larger one");
    }
    if (at.length > MAX_DEPTH) throw new Unbounded(at.slice(0, 8), `at most ${MAX_DEPTH} levels`, "more");
    if (typeof value !== "object" || value === null) return;
    for (const [key, own] of Object.entries(value)) {
      const path = [...at, Array.isArray(value) ? Number(key) : key];
      if (key === "pattern" && typeof own === "string") this.#costs.push(patternCost(read(own, path), value));
      else if (key === "patternProperties" && isObject(own)) {
        for (const pattern of Object.keys(own)) {
          this.#costs.push(patternCost(read(pattern, [...path, pattern]), {}));
        }
      } else if (key === "uniqueItems" && own === true) {
        const cost = uniqueCost(value);
        if (cost !== undefined) this.#costs.push(cost);
      } else if (MOVING.has(key) && typeof own === "string") {
        throw new Unbounded(path, 'only references such as "#/$defs/name"', `"${key}"`);
      }
      if (key === "$ref" && typeof own === "string") this.#follow(own, path);
      else this.of(own, path);
    }
  }

  #follow(reference: string, at: Path): void {
    if (this.#following.has(reference)) throw new Unbounded(at, "a reference that does not lead to itself", "a circle");
    this.#following.add(reference);
    this.of(this.#find(reference, at), at);
    this.#following.delete(reference);
  }

  #find(reference: string, at: Path): unknown {
    if (reference === "#") return this.#root;
    const steps = reference.startsWith("#/") ? reference.slice(2).split("/") : undefined;
    let found: unknown = steps === undefined ? undefined : this.#root;
    for (const step of steps ?? []) {
      const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
      found = typeof found === "object" && found !== null && Object.hasOwn(found, key)
        ? Reflect.get(found, key)
        : undefined;
    }
    if (found === undefined) {
      throw new Unbounded(at, 'a reference such as "#/$defs/name" into the schema', `"${reference.slice(0, 64)}"`);
    }
    return found;
  }
}

function read(pattern: string, at: Path): { ways: number; power: number } {
  const found = readPattern(pattern);
  if (typeof found !== "string") return found;
  throw new Unbounded(at, "a pattern whose time is bounded", `${found}: ${JSON.stringify(pattern.slice(0, 64))}`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
