// deno-fmt-ignore-file
// Generated from kinds/tool/v1.yaml; do not edit.
// Write anew: deno run -RW -E -S=cpus jsr:@dagstack/plugin-system/emit kinds/tool/v1.yaml --only mock

/**
 * A plugin of kind "tool" for the tests of hosts.
 *
 * @module
 */

import type {
  ToolExecuteInput,
  ToolExecuteOutput,
  ToolGetSchemaInput,
  ToolGetSchemaOutput,
  ToolPlugin,
} from "./v1.ts";

/** What the mock answers, by hook. */
export interface MockToolAnswers {
  /** To `getSchema`. */
  getSchema: ToolGetSchemaOutput;
  /** To `execute`. */
  execute: ToolExecuteOutput;
}

/** One call of the mock. */
export interface MockToolCall {
  /** The hook. */
  readonly hook: "getSchema" | "execute";
  /** What it was given. */
  readonly input: unknown;
}

/**
 * A plugin of kind "tool" for the tests of hosts.
 *
 * It answers with `answers`, throws what stands in `throws`, and remembers its calls in `calls`. Its only methods are the hooks.
 */
export class MockToolPlugin implements ToolPlugin {
  /** The calls so far, oldest first. */
  readonly calls: MockToolCall[] = [];
  /** What each hook answers; copied at each call. */
  readonly answers: Partial<MockToolAnswers>;
  /** What a hook throws in place of an answer. */
  readonly throws: { [hook in "getSchema" | "execute"]?: unknown } = {};

  /**
   * Makes a mock.
   *
   * @param answers What to answer, where the standard answer does not do.
   */
  constructor(answers: Partial<MockToolAnswers> = {}) {
    this.answers = { ...standardAnswers(), ...answers };
  }

  /** Answers `answers.getSchema`. */
  getSchema(input: ToolGetSchemaInput): Promise<ToolGetSchemaOutput> {
    return this.#answer("getSchema", input);
  }

  /** Answers `answers.execute`. */
  execute(input: ToolExecuteInput): Promise<ToolExecuteOutput> {
    return this.#answer("execute", input);
  }

  #answer<Hook extends "getSchema" | "execute">(
    hook: Hook,
    input: unknown,
  ): Promise<MockToolAnswers[Hook]> {
    this.calls.push({ hook, input: structuredClone(input) });
    if (hook in this.throws) return Promise.reject(this.throws[hook]);
    if (hook in this.answers) {
      return Promise.resolve(structuredClone(this.answers[hook]) as MockToolAnswers[Hook]);
    }
    return Promise.reject(
      new Error(`Cannot answer hook "${hook}": it has no answer; set answers.${hook}`),
    );
  }
}

function standardAnswers(): Partial<MockToolAnswers> {
  return {
    getSchema: [],
    execute: { result: null },
  };
}
