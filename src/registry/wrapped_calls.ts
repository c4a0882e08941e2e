import { type AroundCall, type Next, tracing, type WrappedCall } from "../context/mod.ts";
import { type CallOptions, runWrapped, type Waiter } from "../dispatch/mod.ts";
import { carriedOptions } from "./call_options.ts";
import type { Calls } from "./calls.ts";
import { HookCall } from "./hook_call.ts";
import { underOneLimit } from "./one_limit.ts";
import { unavailable } from "./plugin_store.ts";
import type { PluginRecord } from "./record.ts";
import { startTracedWrap } from "./telemetry.ts";

/** What calls through middleware need of the others. */
export interface WrappedCallSteps {
  /** The plugin that now is what another was. */
  current: (record: PluginRecord) => PluginRecord;
  /** Calls a hook past its middleware. */
  begin: (
    record: PluginRecord,
    hook: string,
    args: readonly unknown[],
    waiter: Waiter,
    options: CallOptions | undefined,
  ) => void;
  /** Keeps a call for a plugin that is being started anew, or refuses it where nothing is under way. */
  holdOrRefuse: (
    record: PluginRecord,
    hook: string,
    waiter: Waiter,
    options: CallOptions | undefined,
    again: (now: PluginRecord) => void,
  ) => void;
}

/** Calls that go through middleware, and calls of middleware itself. */
export class WrappedCalls {
  readonly #calls: Calls;
  readonly #steps: WrappedCallSteps;

  constructor(calls: Calls, steps: WrappedCallSteps) {
    this.#calls = calls;
    this.#steps = steps;
  }

  /** Calls a hook through its middleware. */
  begin(
    record: PluginRecord,
    hook: string,
    args: readonly unknown[],
    waiter: Waiter,
    options: CallOptions | undefined,
    wraps: readonly PluginRecord[],
  ): void {
    const { id, manifest: { kind, name: plugin } } = record;
    const contract = record.contract?.of(hook);
    let held: readonly unknown[];
    try {
      held = contract?.arguments(args) ?? args;
    } catch (error) {
      return waiter.reject(error);
    }
    const limited = underOneLimit(this.#calls.deadlines, id, hook, options);
    const inmost = (changed: readonly unknown[], metadata: WrappedCall["metadata"]) =>
      new Promise((resolve, reject) => {
        const own = carriedOptions(metadata, limited.signal);
        this.#steps.begin(this.#steps.current(record), hook, changed, { resolve, reject }, own);
      });
    const metadata = options?.metadata ?? {};
    const around = this.around(wraps, { kind, plugin, hook, args: held, metadata }, limited.signal, inmost);
    const checked = contract === undefined ? around : around.then((value) => {
      contract.output(value, held[0], "its middleware");
      return value;
    });
    checked.then(
      (value) => (limited.done(), waiter.resolve(value)),
      (error) => (limited.done(), waiter.reject(error)),
    );
  }

  /** Runs a call, of a hook or of a resource, through middleware. */
  around(
    wraps: readonly PluginRecord[],
    call: AroundCall,
    signal: AbortSignal | undefined,
    inmost: (args: readonly unknown[], metadata: WrappedCall["metadata"]) => Promise<unknown>,
  ): Promise<unknown> {
    const around = wraps.map((wrap) => ({
      id: wrap.id,
      run: (call: WrappedCall, next: Next) =>
        new Promise((resolve, reject) => this.#startTraced(wrap, call, next, { resolve, reject }, signal)),
    }));
    return runWrapped(around, call, inmost);
  }

  /** Tells a middleware of calls of resources, after the fact. */
  report(record: PluginRecord, calls: readonly unknown[], dropped: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const now = this.#steps.current(record);
      if (now.live === undefined) return reject(unavailable(now));
      new HookCall(this.#calls, now, "#resourceReport", { resolve, reject }).begin(now.live, [calls, dropped]);
    });
  }

  #startTraced(
    wrap: PluginRecord,
    call: AroundCall,
    next: Next,
    waiter: Waiter,
    signal: AbortSignal | undefined,
  ): void {
    const on = tracing();
    if (on === undefined) return this.#wrap(wrap, call, next, waiter, signal);
    const traced = { record: wrap, hook: call.hook, waiter, options: undefined };
    startTracedWrap(on, traced, call, next, (...inside) => this.#wrap(wrap, ...inside, signal));
  }

  /** Calls a middleware's `wrap`. What it waits for while `next` is under way is not its own time. */
  #wrap(wrap: PluginRecord, call: WrappedCall, next: Next, waiter: Waiter, signal: AbortSignal | undefined): void {
    const record = this.#steps.current(wrap);
    const { live } = record;
    const what = `wrap of ${call.hook}`;
    const options = carriedOptions(call.metadata, signal);
    if (live === undefined) {
      // Whoever guards calls must not be got round by its own failure.
      return this.#steps.holdOrRefuse(
        record,
        what,
        waiter,
        options,
        (now) => this.#wrap(now, call, next, waiter, signal),
      );
    }
    const own = new HookCall(this.#calls, record, what, waiter, options);
    const nextInItsOwnTime: Next = async (change) => {
      own.suspend();
      try {
        return await next(change);
      } finally {
        own.resume();
      }
    };
    own.beginWith((carried) => live.startWrap(call, nextInItsOwnTime, own, carried));
  }
}
