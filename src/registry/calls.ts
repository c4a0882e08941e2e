import { findTelemetry, tracing } from "../context/mod.ts";
import { Deadlines } from "../deadlines.ts";
import { type CallOptions, type DirectHook, findHook, untilAborted, type Waiter } from "../dispatch/mod.ts";
import type { RemoteStream } from "../rpc/mod.ts";
import { checkCallOptions } from "./call_options.ts";
import { DirectCalls } from "./direct_calls.ts";
import type { HookContract } from "./hook_contract.ts";
import { HookCall } from "./hook_call.ts";
import type { Middleware } from "./middleware.ts";
import { underOneLimit } from "./one_limit.ts";
import { unavailable, unknownHook } from "./plugin_store.ts";
import type { PluginRecord } from "./record.ts";
import { StreamWatch } from "./stream_watch.ts";
import { startTraced } from "./telemetry.ts";
import { WrappedCalls } from "./wrapped_calls.ts";

/** Milliseconds that a hook may take, unless the host says otherwise. */
const HOOK_TIMEOUT_MS = 30_000;

/** What calls need of the registry. */
export interface CallsOptions {
  /** What a hook may take. @default 30000 */
  limitMs: number | undefined;
  /** The plugin that now is what another was: an override or a reload may have put it there. */
  current: (record: PluginRecord) => PluginRecord;
  /** Takes a plugin out of service. */
  giveUp: (record: PluginRecord, reason: string) => void;
  middleware: Middleware;
}

/** Calls hooks of running plugins, each under its deadline. */
export class Calls implements Disposable {
  /** One sweep for all. */
  readonly deadlines: Deadlines = new Deadlines();
  readonly limitMs: number;
  /** Calls through middleware. */
  readonly wrapped: WrappedCalls;
  readonly #own: CallsOptions;

  /** @param own What it needs. */
  constructor(own: CallsOptions) {
    this.limitMs = own.limitMs ?? HOOK_TIMEOUT_MS;
    this.#own = own;
    this.wrapped = new WrappedCalls(this, {
      current: own.current,
      begin: (...call) => this.#begin(...call),
      holdOrRefuse: (...call) => this.#holdOrRefuse(...call),
    });
    findTelemetry();
  }

  /**
   * Calls a hook.
   *
   * @throws {PluginUnavailable | HookUnknown | HookTimeout} As a rejection; or whatever the hook throws.
   */
  call(record: PluginRecord, hook: string, args: readonly unknown[], options?: CallOptions): Promise<unknown> {
    return new Promise((resolve, reject) => this.start(record, hook, args, { resolve, reject }, options));
  }

  /** As {@linkcode Calls.call}, for who has a promise already. Never throws. */
  start(
    record: PluginRecord,
    hook: string,
    args: readonly unknown[],
    waiter: Waiter,
    options?: CallOptions,
  ): void {
    if (options === undefined) {
      const { live, hooks } = record;
      if (
        live !== undefined && hooks?.has(hook) === true && !this.#own.middleware.covers(record) &&
        tracing() === undefined
      ) {
        const contract = record.contract?.of(hook);
        if (contract !== undefined) return this.#beginHeld(record, hook, contract, args, waiter, undefined);
        return new HookCall(this, record, hook, waiter).begin(live, args);
      }
    }
    try {
      this.#startTraced(record, hook, args, waiter, checkCallOptions(options, hook));
    } catch (error) {
      waiter.reject(error);
    }
  }

  /**
   * The shortest way to a plugin's hook, which takes its one argument and nothing beside it: there is one where the plugin
   * shares this isolate and no middleware wraps the hook.
   */
  direct(record: PluginRecord, hook: string): DirectHook | undefined {
    if (tracing() !== undefined || this.#own.middleware.of(record, hook).length > 0) return undefined;
    return DirectCalls.of(this, record, hook);
  }

  /** Grows with each change of the plugins. */
  get version(): number {
    return this.#own.middleware.version;
  }

  /** Calls a hook, as a part of a span while telemetry is on. */
  #startTraced(
    record: PluginRecord,
    hook: string,
    args: readonly unknown[],
    waiter: Waiter,
    options: CallOptions | undefined,
  ): void {
    const on = tracing();
    if (on === undefined) return this.#startWrapped(record, hook, args, waiter, options);
    const call = { record, hook, waiter, options };
    startTraced(on, call, (...inside) => this.#startWrapped(record, hook, args, ...inside));
  }

  /** Calls a hook through its middleware, if there is any. */
  #startWrapped(
    record: PluginRecord,
    hook: string,
    args: readonly unknown[],
    waiter: Waiter,
    options: CallOptions | undefined,
  ): void {
    const now = this.#own.current(record);
    const name = ownName(now, hook);
    if (name === undefined && now.live === undefined && now.fence !== undefined) { // which middleware it has is not known yet
      return this.#holdOrRefuse(now, hook, waiter, options, (fresh) => {
        this.#startWrapped(fresh, hook, args, waiter, options);
      });
    }
    const wraps = name === undefined ? [] : this.#own.middleware.of(now, name);
    if (wraps.length === 0) this.#begin(now, hook, args, waiter, options);
    else this.wrapped.begin(now, name!, args, waiter, options, wraps);
  }

  /** Calls a hook past its middleware. */
  #begin(
    record: PluginRecord,
    hook: string,
    args: readonly unknown[],
    waiter: Waiter,
    options: CallOptions | undefined,
  ): void {
    if (options?.signal?.aborted === true) return waiter.reject(options.signal.reason);
    const { live } = record;
    if (live === undefined) {
      return this.#holdOrRefuse(record, hook, waiter, options, (now) => this.#begin(now, hook, args, waiter, options));
    }
    const name = ownName(record, hook);
    if (name === undefined) return waiter.reject(unknownHook(record, hook));
    const contract = record.contract?.of(name);
    if (contract !== undefined) return this.#beginHeld(record, name, contract, args, waiter, options);
    new HookCall(this, record, name, waiter, options).begin(live, args);
  }

  /** Calls a hook of a plugin that runs, and holds what goes in and what comes out against its hookspec. */
  #beginHeld(
    record: PluginRecord,
    hook: string,
    contract: HookContract,
    args: readonly unknown[],
    waiter: Waiter,
    options: CallOptions | undefined,
  ): void {
    try {
      const held = contract.arguments(args);
      const guarding = contract.guard?.(held[0]);
      if (guarding !== undefined) return this.#beginGuarded(record, hook, contract, held, waiter, options, guarding);
      new HookCall(this, record, hook, waiter, options, contract).begin(record.live!, held);
    } catch (error) {
      waiter.reject(error);
    }
  }

  /** The same, once it is known whether it may be: what is waited for counts to the caller's limit. */
  #beginGuarded(
    record: PluginRecord,
    hook: string,
    contract: HookContract,
    args: readonly unknown[],
    waiter: Waiter,
    options: CallOptions | undefined,
    guarding: Promise<void>,
  ): void {
    const limited = underOneLimit(this.deadlines, record.id, hook, options);
    const { signal } = limited;
    const own = options === undefined
      ? undefined
      : { metadata: options.metadata ?? {}, ...(signal === undefined ? {} : { signal }) };
    const inside: Waiter = {
      resolve: (value) => (limited.done(), waiter.resolve(value)),
      reject: (error) => (limited.done(), waiter.reject(error)),
    };
    untilAborted(guarding, signal).then(() => {
      const now = this.#own.current(record);
      if (now !== record || now.live === undefined) return this.#begin(now, hook, args, inside, own);
      new HookCall(this, record, hook, inside, own, contract).begin(now.live, args);
    }).catch(inside.reject);
  }

  #holdOrRefuse(
    record: PluginRecord,
    hook: string,
    waiter: Waiter,
    options: CallOptions | undefined,
    again: (now: PluginRecord) => void,
  ): void {
    if (record.fence === undefined) return waiter.reject(unavailable(record));
    const limitMs = Math.min(options?.timeoutMs ?? Infinity, this.limitMs);
    const goOn = () => again(this.#own.current(record));
    record.fence.hold({ plugin: record.id, hook, waiter, options, limitMs, goOn });
  }

  /** Asks a plugin's own `matches`, as a call of its. */
  matches(record: PluginRecord, input: unknown, options: CallOptions | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const own = checkCallOptions(options, "matches");
      const now = this.#own.current(record);
      if (now.live === undefined) return reject(unavailable(now));
      new HookCall(this, now, "#matches", { resolve, reject }, own).begin(now.live, [input]);
    });
  }

  /** A call has given a stream, whose items have the deadline of a call. */
  watch({ record, hook }: HookCall, stream: RemoteStream): void {
    const { limitMs } = this;
    if (limitMs === Infinity || record.opened?.inspected === true) return;
    const reason = `stream of hook "${hook}" gave nothing within ${limitMs} ms`;
    new StreamWatch(stream, this.deadlines, limitMs, () => this.#own.giveUp(record, reason));
  }

  /** A sandboxed plugin has not answered in time: it is ended, for it may be in a loop that nothing else stops. */
  missed({ record, hook }: HookCall): void {
    this.#own.giveUp(record, `hook "${hook}" did not answer within ${this.limitMs} ms`);
  }

  /** Stops the deadlines of all calls. */
  [Symbol.dispose](): void {
    this.deadlines[Symbol.dispose]();
  }
}

const none: ReadonlySet<string> = new Set();

/** A plugin's own name of a hook, which may be asked for by either form of the name that its hookspec has for it. */
function ownName({ contract, hooks = none }: PluginRecord, hook: string): string | undefined {
  return contract?.ownName(hook) ?? findHook(hooks, hook);
}
