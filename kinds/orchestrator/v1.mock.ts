// deno-fmt-ignore-file
// Generated from kinds/orchestrator/v1.yaml; do not edit.
// Write anew: deno run -RW -E -S=cpus jsr:@dagstack/plugin-system/emit kinds/orchestrator/v1.yaml --only mock

/**
 * A plugin of kind "orchestrator" for the tests of hosts.
 *
 * @module
 */

import type {
  OrchestratorBackfillInput,
  OrchestratorBackfillOutput,
  OrchestratorEnqueueInput,
  OrchestratorEnqueueOutput,
  OrchestratorPlugin,
  OrchestratorStatusInput,
  OrchestratorStatusOutput,
} from "./v1.ts";

/** What the mock answers, by hook. */
export interface MockOrchestratorAnswers {
  /** To `enqueue`. */
  enqueue: OrchestratorEnqueueOutput;
  /** To `status`. */
  status: OrchestratorStatusOutput;
  /** To `backfill`. */
  backfill: OrchestratorBackfillOutput;
}

/** One call of the mock. */
export interface MockOrchestratorCall {
  /** The hook. */
  readonly hook: "enqueue" | "status" | "backfill";
  /** What it was given. */
  readonly input: unknown;
}

/**
 * A plugin of kind "orchestrator" for the tests of hosts.
 *
 * It answers with `answers`, throws what stands in `throws`, and remembers its calls in `calls`. Its only methods are the hooks.
 */
export class MockOrchestratorPlugin implements OrchestratorPlugin {
  /** The calls so far, oldest first. */
  readonly calls: MockOrchestratorCall[] = [];
  /** What each hook answers; copied at each call. */
  readonly answers: Partial<MockOrchestratorAnswers>;
  /** What a hook throws in place of an answer. */
  readonly throws: { [hook in "enqueue" | "status" | "backfill"]?: unknown } = {};

  /**
   * Makes a mock.
   *
   * @param answers What to answer, where the standard answer does not do.
   */
  constructor(answers: Partial<MockOrchestratorAnswers> = {}) {
    this.answers = { ...standardAnswers(), ...answers };
  }

  /** Answers `answers.enqueue`. */
  enqueue(input: OrchestratorEnqueueInput): Promise<OrchestratorEnqueueOutput> {
    return this.#answer("enqueue", input);
  }

  /** Answers `answers.status`. */
  status(input: OrchestratorStatusInput): Promise<OrchestratorStatusOutput> {
    return this.#answer("status", input);
  }

  /** Answers `answers.backfill`. */
  backfill(input: OrchestratorBackfillInput): Promise<OrchestratorBackfillOutput> {
    return this.#answer("backfill", input);
  }

  #answer<Hook extends "enqueue" | "status" | "backfill">(
    hook: Hook,
    input: unknown,
  ): Promise<MockOrchestratorAnswers[Hook]> {
    this.calls.push({ hook, input: structuredClone(input) });
    if (hook in this.throws) return Promise.reject(this.throws[hook]);
    if (hook in this.answers) {
      return Promise.resolve(structuredClone(this.answers[hook]) as MockOrchestratorAnswers[Hook]);
    }
    return Promise.reject(
      new Error(`Cannot answer hook "${hook}": it has no answer; set answers.${hook}`),
    );
  }
}

function standardAnswers(): Partial<MockOrchestratorAnswers> {
  return {
    enqueue: { unit_id: "", deduplicated: true },
    status: { unit_id: "", state: "queued" },
    backfill: { enqueued_count: 0 },
  };
}
