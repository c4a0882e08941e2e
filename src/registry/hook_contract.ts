import { type HookInputInvalid, HookOutputInvalid } from "../errors.ts";
import type { CompiledHook, HookDefinition } from "../hookspec/mod.ts";
import type { SchemaCheck, SchemaProblem } from "../schema/mod.ts";
import { STOP_CHAIN } from "../stop_chain.ts";
import { inputMisfit } from "./input_misfit.ts";

/** What becomes of an input or an output that does not fit: throws it, or tells somebody. */
export type Misfit = (error: HookInputInvalid | HookOutputInvalid) => void;

/** Looks at an input beyond the schema, before the plugin is called; waits where it must. Throws or rejects. */
export type InputGuard = (input: unknown) => Promise<void> | undefined;

/** What a hookspec asks of one hook of one plugin. */
export class HookContract {
  /** Further checks of the input. */
  readonly guard: InputGuard | undefined;
  readonly #plugin: string;
  readonly #definition: HookDefinition;
  readonly #checkInput: SchemaCheck | undefined;
  /** Of a notify there is none. */
  readonly #checkOutput: SchemaCheck | undefined;
  readonly #isChain: boolean;
  readonly #misfit: Misfit;

  /**
   * @param plugin As `kind/name`.
   * @param definition The hook.
   * @param checks Its schemas; none where nothing is checked.
   * @param misfit Hears of what does not fit.
   * @param guard Further checks of the input.
   */
  constructor(
    plugin: string,
    definition: HookDefinition,
    checks: CompiledHook | undefined,
    misfit: Misfit,
    guard?: InputGuard,
  ) {
    this.#plugin = plugin;
    this.#definition = definition;
    this.#checkInput = checks?.checkInput;
    this.#checkOutput = definition.dispatch === "broadcast_notify" ? undefined : checks?.checkOutput;
    this.#isChain = definition.dispatch === "chain";
    this.#misfit = misfit;
    this.guard = guard;
  }

  /**
   * Holds the arguments of a call against the hook's input schema.
   *
   * @returns What the plugin is called with: no argument is `{}`.
   * @throws {HookInputInvalid} If they do not fit.
   */
  arguments(args: readonly unknown[]): readonly unknown[] {
    if (args.length === 0 || (args.length === 1 && args[0] === undefined)) {
      const input = {}; // a fresh one: a plugin of this isolate may write to it
      this.input(input);
      return [input];
    }
    if (args.length === 1 || this.#checkInput === undefined) this.input(args[0]);
    else this.#refuseInput({ path: "$", expected: "one object", found: `${args.length} arguments` });
    return args;
  }

  /** Holds an input against the hook's schema. @throws {HookInputInvalid} If it does not fit. */
  input(input: unknown): void {
    const check = this.#checkInput;
    if (check === undefined) return;
    const problem = isPlainObject(input) ? check(input) : { path: "$", expected: "one object", found: describe(input) };
    if (problem !== undefined) this.#refuseInput(problem);
  }

  #refuseInput(problem: SchemaProblem): void {
    this.#misfit(inputMisfit(this.#plugin, this.#definition.name, problem));
  }

  /**
   * Holds an answer against the hook's output schema; nothing is `null`. That of a notify is not used, and not looked at. `STOP_CHAIN` keeps
   * the input, which therefore is what must fit.
   *
   * @param output The answer.
   * @param input What the plugin was called with.
   * @param by Who gave the answer, when it was not the plugin.
   * @throws {HookOutputInvalid} If it does not fit.
   */
  output(output: unknown, input: unknown, by?: string): void {
    const check = this.#checkOutput;
    if (check === undefined) return;
    if (isStream(output)) return this.#refuseStream(output);
    const stops = this.#isChain && output === STOP_CHAIN;
    const problem = check(stops ? input : output === undefined ? null : output);
    if (problem === undefined) return;
    const isMissing = output === undefined && !stops && problem.path === "$"; // there is no return, not one of null
    const found = isMissing ? "nothing" : problem.found;
    const cause = stops ? " (which STOP_CHAIN keeps)" : by === undefined ? "" : ` (given by ${by})`;
    this.#misfit(
      new HookOutputInvalid(
        this.#plugin,
        this.#definition.name,
        { ...problem, found: found + cause },
      ),
    );
  }

  #refuseStream(stream: AsyncIterable<unknown>): void {
    if (this.#definition.output_schema === true) return;
    const problem = { path: "$", expected: "a value of the output schema", found: "a stream" };
    try {
      this.#misfit(new HookOutputInvalid(this.#plugin, this.#definition.name, problem));
    } catch (error) {
      end(stream).catch(() => {}); // nobody will read it, and what it fails with is its own affair
      throw error;
    }
  }
}

async function end(stream: AsyncIterable<unknown>): Promise<void> {
  await stream[Symbol.asyncIterator]().return?.();
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return isStream(value) ? "a stream" : "an object of a class";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 64 ? `${text.slice(0, 64)}…` : text;
}
