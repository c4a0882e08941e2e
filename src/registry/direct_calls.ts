import { runningCall } from "../context/mod.ts";
import type { Deadlines } from "../deadlines.ts";
import { type DirectFunction, type DirectHook, type OpenHook, promised, type Waiter } from "../dispatch/mod.ts";
import { HookTimeout } from "../errors.ts";
import { isStopChainError, STOP_CHAIN } from "../stop_chain.ts";
import type { PluginScope } from "../sandbox/mod.ts";
import type { CallLedger } from "./call_ledger.ts";
import type { Calls } from "./calls.ts";
import type { HookContract } from "./hook_contract.ts";
import { HookCall } from "./hook_call.ts";
import type { PluginRecord } from "./record.ts";

/** A scope whose hooks can be called without it. */
interface OpenScope extends PluginScope {
  direct(hook: string): OpenHook;
}

/** The direct calls of one hook of a plugin without a sandbox, as it is now; every change of any plugin ends the short way. */
export class DirectCalls implements DirectHook {
  readonly owner: CallLedger;
  readonly deadlines: Deadlines;
  readonly limitMs: number;
  readonly #calls: Calls;
  readonly #record: PluginRecord;
  readonly #hook: string;
  readonly #version: number;
  readonly checks: boolean;
  readonly #call: DirectFunction;
  /** The hook itself, which takes its input as it is. */
  readonly #unchecked: DirectFunction;
  readonly #check: ((result: unknown) => void) | undefined;

  private constructor(calls: Calls, record: PluginRecord, scope: OpenScope, hook: string) {
    this.owner = record.calls;
    this.owner.deadlines = calls.deadlines;
    this.deadlines = calls.deadlines;
    this.limitMs = calls.limitMs;
    this.#calls = calls;
    this.#record = record;
    this.#hook = hook;
    this.#version = calls.version;
    const { call, unchecked, check } = scope.direct(hook);
    const contract = record.contract?.of(hook);
    this.checks = check !== undefined;
    const again = (input: unknown) => calls.call(record, hook, [input]);
    this.#call = contract === undefined ? call : held(record, contract, call, again);
    this.#unchecked = contract === undefined ? unchecked : held(record, contract, unchecked, again);
    this.#check = check;
  }

  /** The direct calls of a hook, where its plugin can be called so. */
  static of(calls: Calls, record: PluginRecord, hook: string): DirectCalls | undefined {
    const { live } = record;
    return live !== undefined && isOpen(live) ? new DirectCalls(calls, record, live, hook) : undefined;
  }

  start(input: unknown, waiter: Waiter): boolean {
    if (!this.#isOpen()) return false;
    new HookCall(this.#calls, this.#record, this.#hook, waiter).beginDirectly(this.#call, input, this.#check);
    return true;
  }

  enter(isChecked: boolean): DirectFunction | undefined {
    if (!this.#isOpen() || !this.owner.enterDirectly()) return undefined;
    return isChecked ? this.#unchecked : this.#call;
  }

  #isOpen(): boolean {
    if (this.#record.live === undefined || this.#calls.version !== this.#version) return false;
    return runningCall() === undefined; // else it would be taken for the call that it is made from
  }

  answered(result: unknown): void {
    this.owner.leave();
    try {
      this.#check?.(result);
    } catch (error) {
      this.owner.failed++;
      throw error;
    }
  }

  failed(): void {
    this.owner.leave();
    this.owner.failed++;
  }

  late(): void {
    this.owner.leave();
    if (this.#record.opened !== undefined) this.owner.late++; // else its end has told
  }

  missed(elapsedMs: number): HookTimeout {
    this.owner.timedOut++;
    return new HookTimeout("hook", this.limitMs, elapsedMs, { plugin: this.#record.id, hook: this.#hook });
  }
}

/** A hook whose input and output are held against its hookspec; `again` calls whatever is in the plugin's place by then. */
function held(
  record: PluginRecord,
  contract: HookContract,
  call: DirectFunction,
  again: (input: unknown) => Promise<unknown>,
): DirectFunction {
  const finish = (output: unknown, input: unknown) => {
    contract.output(output, input);
    return output;
  };
  const fail = (error: unknown, input: unknown): never => {
    if (isStopChainError(error)) contract.output(STOP_CHAIN, input);
    throw error;
  };
  const run = (input: unknown) => {
    let result: unknown;
    try {
      result = call(input);
    } catch (error) {
      return fail(error, input);
    }
    const promise = promised(result);
    if (promise === undefined) return finish(result, input);
    return promise.then((output) => finish(output, input), (error) => fail(error, input));
  };
  return (given) => {
    const input = given === undefined ? contract.arguments([])[0] : given;
    if (given !== undefined) contract.input(input);
    const guarding = contract.guard?.(input);
    if (guarding === undefined) return run(input);
    return guarding.then(() => record.live === undefined ? again(input) : run(input)); // it may be reloaded or torn down
  };
}

function isOpen(scope: PluginScope): scope is OpenScope {
  return scope.sandbox === "none" && "direct" in scope;
}
