import type { InFlightCall } from "../context/mod.ts";
import type { Deadline } from "../deadlines.ts";
import {
  begunAt,
  type CallOptions,
  type DirectFunction,
  type Operation,
  promised,
  type Waiter,
} from "../dispatch/mod.ts";
import { HookTimeout } from "../errors.ts";
import type { PluginScope, StartedCall } from "../sandbox/mod.ts";
import { isStopChainError, STOP_CHAIN } from "../stop_chain.ts";
import type { CallLedger } from "./call_ledger.ts";
import type { Calls } from "./calls.ts";
import type { HookContract } from "./hook_contract.ts";
import type { PluginRecord } from "./record.ts";
import { isRemoteStream } from "./stream_watch.ts";

/** How far a call is. */
enum Phase {
  /** The plugin works on it. */
  Running,
  /** The scope is being told that nobody waits any more. */
  Cancelling,
  /** The caller has been answered; the plugin has not answered yet. */
  GivenUp,
  Over,
}

/**
 * One call of a hook: who waits for it, its deadline, and its place among all that is under way. One object does it all,
 * for a call is the commonest thing there is; and the clock is asked only by those that are timed.
 */
export class HookCall implements Waiter, Operation {
  // The list of deadlines keeps these.
  at = 0;
  previous: Deadline | undefined = undefined;
  next: Deadline | undefined = undefined;

  #phase = Phase.Running;
  #startedAt = 0;
  /** When it began, once its deadline does not tell any more. */
  #since = 0;
  #limitMs: number;
  #started: StartedCall | undefined = undefined;
  #unlisten: (() => void) | undefined = undefined;
  readonly #calls: Calls;
  readonly #waiter: Waiter;
  readonly #options: CallOptions | undefined;
  /** Kept here, for a plugin that is started again begins another. */
  readonly #ledger: CallLedger;
  readonly #isSandboxed: boolean;
  /** What its answer must be, where a hookspec says so. */
  readonly #contract: HookContract | undefined;
  #input: unknown = undefined;
  readonly record: PluginRecord;
  readonly hook: string;

  constructor(
    calls: Calls,
    record: PluginRecord,
    hook: string,
    waiter: Waiter,
    options?: CallOptions,
    contract?: HookContract,
  ) {
    this.#calls = calls;
    this.record = record;
    this.#ledger = record.calls;
    this.#isSandboxed = record.sandbox !== "none";
    this.hook = hook;
    this.#waiter = waiter;
    this.#options = options;
    this.#contract = contract;
    this.#limitMs = calls.limitMs;
  }

  /** Calls the plugin. */
  begin(scope: PluginScope, args: readonly unknown[]): void {
    if (this.#contract !== undefined) this.#input = args[0];
    this.#enter();
    this.#track(scope.start(this.hook, args, this, this.#carried()));
  }

  /** Calls something else of the plugin's than a hook. */
  beginWith(start: (options: CallOptions | undefined) => StartedCall | undefined): void {
    this.#enter();
    this.#track(start(this.#carried()));
  }

  /**
   * Calls a hook of a plugin of this isolate, past its scope.
   *
   * @param call The hook.
   * @param check Looks at what it gives, where that must be such as could cross into a sandbox.
   */
  beginDirectly(call: DirectFunction, input: unknown, check: ((result: unknown) => void) | undefined): void {
    this.#enter();
    try {
      const result = call(input);
      const promise = promised(result);
      if (promise === undefined) this.#take(result, check);
      else promise.then((value) => this.#take(value, check), (error) => this.reject(error));
    } catch (error) {
      this.reject(error);
    }
  }

  #take(result: unknown, check: ((result: unknown) => void) | undefined): void {
    try {
      check?.(result);
    } catch (error) {
      return this.reject(error);
    }
    this.resolve(result);
  }

  /** What goes to the scope. The signal does not: this call hears it, and cancels what it has started. */
  #carried(): CallOptions | undefined {
    return this.#options?.metadata === undefined ? undefined : { metadata: this.#options.metadata };
  }

  #enter(): void {
    const calls = this.#ledger;
    const { deadlines } = this.#calls;
    if (this.#isSandboxed && this.record.opened?.inspected === true) this.#limitMs = Infinity;
    if (this.#isSandboxed || calls.timesNext) this.#startedAt = performance.now();
    calls.deadlines ??= deadlines;
    calls.enter();
    deadlines.put(this, this.#ownLimitMs);
  }

  #track(started: StartedCall | undefined): void {
    if (this.#phase !== Phase.Running) return; // it was answered at once
    this.#started = started;
    const signal = this.#options?.signal;
    if (signal !== undefined) this.#listen(signal);
  }

  get #ownLimitMs(): number {
    return Math.min(this.#options?.timeoutMs ?? Infinity, this.#limitMs);
  }

  /** Takes its deadline back, while it waits for what is not its own doing. */
  suspend(): void {
    this.#since ||= this.#begunAt;
    this.#calls.deadlines.reset(this, Infinity);
  }

  /** Sets its deadline again. One that was given up keeps none where nothing could be done about it. */
  resume(): void {
    if (this.#phase === Phase.GivenUp && !this.#isSandboxed) return;
    this.#calls.deadlines.reset(this, this.#ownLimitMs);
  }

  get #begunAt(): number {
    return this.#startedAt || this.#since || begunAt(this, this.#ownLimitMs);
  }

  #listen(signal: AbortSignal): void {
    const abort = () => this.giveUp(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    this.#unlisten = () => signal.removeEventListener("abort", abort);
  }

  resolve(value: unknown): void {
    if (this.#phase !== Phase.Running) return this.late();
    if (this.#contract !== undefined) {
      try {
        this.#contract.output(value, this.#input);
      } catch (error) {
        return this.reject(error);
      }
    }
    this.#end();
    // A stream from a sandbox that a plugin outside of any hands on has its watch already.
    if (this.#isSandboxed && isRemoteStream(value)) this.#calls.watch(this, value);
    this.#waiter.resolve(value);
  }

  reject(error: unknown): void {
    switch (this.#phase) {
      case Phase.Running: {
        if (isStopChainError(error)) return this.resolve(STOP_CHAIN);
        const { record } = this;
        this.#end();
        this.#ledger.failed++;
        return this.#waiter.reject(record.opened?.scope.explain(error) ?? error);
      }
      case Phase.GivenUp:
        return this.late();
    }
  }

  /** The plugin has answered after the caller was. */
  late(): void {
    if (this.#phase !== Phase.GivenUp) return;
    this.#end();
    if (this.record.opened !== undefined) this.#ledger.late++; // else it is its scope's end that tells
  }

  /** Answers the caller now, and tells the plugin, where it can be told. Its deadline stays: it must answer some time. */
  giveUp(reason: unknown): void {
    if (this.#phase !== Phase.Running) return;
    this.#phase = Phase.Cancelling;
    this.#unlisten?.();
    this.#started?.cancel(reason);
    this.#phase = Phase.GivenUp;
    if (!this.#isSandboxed) this.#putOff();
    this.#waiter.reject(reason);
  }

  /** It stays among what is under way, and has no deadline: nothing could be done about it. */
  #putOff(): void {
    this.#since = this.#begunAt;
    const { deadlines } = this.#calls;
    if (this.next === undefined) deadlines.put(this, Infinity);
    else deadlines.reset(this, Infinity);
  }

  abort(owner: object, reason: unknown): void {
    if (owner === this.#ledger) this.giveUp(reason);
  }

  expire(): void {
    const { record, hook } = this;
    const own = this.#options?.timeoutMs ?? Infinity;
    const limitMs = Math.min(own, this.#limitMs);
    if (this.#phase === Phase.GivenUp) return this.#calls.missed(this);
    this.#ledger.timedOut++;
    const elapsedMs = performance.now() - this.at + limitMs;
    this.giveUp(new HookTimeout("hook", limitMs, elapsedMs, { plugin: record.id, hook }));
    if (this.#isOver() || !this.#isSandboxed) return;
    if (own < this.#limitMs) this.#calls.deadlines.put(this, this.#limitMs - own);
    else this.#calls.missed(this);
  }

  describe(owner: object): InFlightCall[] {
    if (owner !== this.#ledger) return [];
    const elapsedMs = Math.max(0, performance.now() - this.#begunAt);
    return [{ hook: this.hook, elapsedMs, metadata: this.#options?.metadata ?? {} }];
  }

  /** Asked where the compiler thinks it knows. */
  #isOver(): boolean {
    return this.#phase === Phase.Over;
  }

  #end(): void {
    this.#phase = Phase.Over;
    this.#calls.deadlines.remove(this);
    this.#unlisten?.();
    this.#ledger.leave();
    if (this.#startedAt !== 0) this.#ledger.time(performance.now() - this.#startedAt);
  }
}
