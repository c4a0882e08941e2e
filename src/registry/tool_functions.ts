import { type HookInputInvalid, HookOutputInvalid, type HookValueProblem, isHookspecInvalid } from "../errors.ts";
import { compileSchema, type JsonSchema, type SchemaCheck } from "../schema/mod.ts";
import { formatPath } from "../json.ts";
import { nearNames } from "../near.ts";
import { whyUnboundedSchema } from "./bounded_schema.ts";
import { isTooCostly, type KeywordCost } from "./check_cost.ts";
import { inputMisfit } from "./input_misfit.ts";

/** What one plugin may list: all of it is kept, and looked through for near names. */
const MAX_FUNCTIONS = 1000;
const MAX_NAME = 128;

/** A function of a tool. */
interface ToolFunction {
  readonly place: number;
  readonly parameters: JsonSchema;
  /** What a check may take, of schemas that are not the host's own. */
  readonly costs: KeywordCost[];
  check?: SchemaCheck;
  compiling?: Promise<SchemaCheck>;
}

/** What a plugin of kind `tool` lists: its functions, and what their arguments must be. */
export class ToolFunctions {
  readonly #plugin: string;
  readonly #isTrusted: boolean;
  readonly #functions = new Map<string, ToolFunction>();

  /**
   * Takes the answer of `get_schema`.
   *
   * @param plugin As `kind/name`.
   * @param isTrusted Whether its schemas are the host's own, and need no bounds.
   * @param answer What it answered; looked at whatever its hookspec was held against.
   * @throws {HookOutputInvalid} If it is no list of functions, or names one twice.
   */
  constructor(plugin: string, isTrusted: boolean, answer: unknown) {
    this.#plugin = plugin;
    this.#isTrusted = isTrusted;
    if (!Array.isArray(answer)) {
      throw this.#refuse({ path: "$", expected: "a list of functions", found: typeof answer });
    }
    if (answer.length > MAX_FUNCTIONS) {
      throw this.#refuse({ path: "$", expected: `at most ${MAX_FUNCTIONS} functions`, found: `${answer.length}` });
    }
    for (const [place, one] of answer.entries()) this.#take(place, one);
  }

  #take(place: number, one: unknown): void {
    const { name, parameters = {} }: { name?: unknown; parameters?: unknown } = Object(one);
    const path = `$[${place}].name`;
    if (typeof name !== "string" || name === "" || name.length > MAX_NAME) {
      const found = typeof name === "string" ? `${name.length} characters` : typeof name;
      throw this.#refuse({ path, expected: `a name of 1 to ${MAX_NAME} characters`, found });
    }
    if (this.#functions.has(name)) {
      throw this.#refuse({ path, expected: "a name that no other of its functions has", found: JSON.stringify(name) });
    }
    this.#functions.set(name, { place, parameters: parameters as JsonSchema, costs: [] });
  }

  /** The names, in the order of the answer. */
  keys(): IterableIterator<string> {
    return this.#functions.keys();
  }

  /** Whether it lists a function. */
  has(name: string): boolean {
    return this.#functions.has(name);
  }

  /**
   * Holds the input of `execute` against what is listed. Waits only the first time that a function is called, for its
   * schema to be compiled.
   *
   * @throws {HookInputInvalid} If it names no function, or the arguments do not fit; as a rejection, where it waits.
   * @throws {HookOutputInvalid} As a rejection, if the function's schema is none.
   */
  check(input: unknown): Promise<void> | undefined {
    const { function: name, args } = (input ?? {}) as { function?: unknown; args?: unknown };
    const own = this.#functions.get(name as string);
    if (own === undefined) throw this.#unknown(name);
    if (own.check !== undefined) return this.#hold(own, own.check, args);
    own.compiling ??= this.#compile(own);
    return own.compiling.then((check) => this.#hold(own, own.check = check, args));
  }

  #hold({ costs }: ToolFunction, check: SchemaCheck, args: unknown): undefined {
    if (isTooCostly(args, costs)) {
      throw inputMisfit(this.#plugin, "execute", {
        path: "$.args",
        expected: "values that the function's patterns and uniqueItems take less than a second to check " +
          "(a maxLength or maxItems beside them in its schema helps)",
        found: "too long a text or list",
      });
    }
    const problem = check(args === undefined ? {} : args);
    if (problem === undefined) return;
    throw inputMisfit(this.#plugin, "execute", { ...problem, path: `$.args${problem.path.slice(1)}` });
  }

  async #compile({ place, parameters, costs }: ToolFunction): Promise<SchemaCheck> {
    const at = [place, "parameters"];
    const unbounded = this.#isTrusted ? undefined : whyUnboundedSchema(parameters, at, costs);
    if (unbounded !== undefined) throw this.#refuse(unbounded);
    try {
      return await compileSchema(parameters, `${formatPath(at)} of ${this.#plugin}`);
    } catch (error) {
      if (!isHookspecInvalid(error)) throw error;
      const [{ path, expected, found }] = error.problems as [HookValueProblem];
      throw this.#refuse({ path: `${formatPath(at)}${path === "" ? "" : ` ${path}`}`, expected, found });
    }
  }

  #unknown(name: unknown): HookInputInvalid {
    const near = typeof name === "string" ? nearNames(name, this.keys()).slice(0, 5) : [];
    const names =
      (near.length > 0 ? near : [...this.keys()].slice(0, 20)).map((one) => JSON.stringify(one)).join(", ") ||
      "none";
    return inputMisfit(this.#plugin, "execute", {
      path: "$.function",
      expected: near.length > 0 ? `one of its functions (did you mean ${names}?)` : `one of its functions (${names})`,
      found: typeof name === "string" ? JSON.stringify(name.slice(0, MAX_NAME)) : typeof name,
    });
  }

  #refuse(problem: HookValueProblem): HookOutputInvalid {
    return new HookOutputInvalid(this.#plugin, "get_schema", problem);
  }
}
