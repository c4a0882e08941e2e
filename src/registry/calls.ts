import { type Deadline, Deadlines } from "../deadlines.ts";
import { HookTimeout, HookUnknown } from "../errors.ts";
import { nearNames } from "../near.ts";
import type { RemoteStream } from "../rpc/mod.ts";
import type { PluginScope } from "../sandbox/mod.ts";
import { isRemoteStream, StreamWatch } from "./stream_watch.ts";
import { unavailable } from "./plugin_store.ts";
import type { PluginRecord } from "./record.ts";

/** Milliseconds that a hook may take, unless the host says otherwise. */
const HOOK_TIMEOUT_MS = 30_000;

/** Calls hooks of running plugins, each under its deadline. */
export class Calls implements Disposable {
  readonly #deadlines = new Deadlines();
  readonly #limitMs: number;
  readonly #giveUp: (record: PluginRecord, reason: string) => void;

  /** @param limitMs What a hook may take; @param giveUp Takes a plugin out of service. */
  constructor(limitMs: number | undefined, giveUp: (record: PluginRecord, reason: string) => void) {
    this.#limitMs = limitMs ?? HOOK_TIMEOUT_MS;
    this.#giveUp = giveUp;
  }

  /**
   * Calls a hook.
   *
   * @throws {PluginUnavailable | HookUnknown | HookTimeout} As a rejection; or whatever the hook throws.
   */
  call(record: PluginRecord, hook: string, args: unknown[]): Promise<unknown> {
    const { opened, hooks, state, id } = record;
    if (state !== "active" || opened === undefined) return Promise.reject(unavailable(record));
    if (hooks?.has(hook) !== true) {
      const near = nearNames(hook, hooks ?? []).map((name) => `"${name}"`);
      const all = [...hooks ?? []].slice(0, 20).map((name) => `"${name.slice(0, 64)}"`).join(", ") || "none";
      const known = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `its hooks are ${all}`;
      return Promise.reject(
        new HookUnknown(`Cannot call "${hook}" of plugin "${id}": no such hook; ${known}`, { plugin: id }),
      );
    }
    return new Promise((resolve, reject) => {
      const call = new HookCall(record, hook, this.#limitMs, resolve, reject, this, opened.scope);
      if (!opened.inspected && this.#limitMs !== Infinity) this.#deadlines.put(call, this.#limitMs);
      opened.scope.start(hook, args, call);
    });
  }

  /** A call has ended in time. */
  settled(call: HookCall): void {
    this.#deadlines.remove(call);
  }

  /** A call has given a stream, whose items have the deadline of a call. */
  watch({ record, hook, limitMs }: HookCall, stream: RemoteStream): void {
    if (limitMs === Infinity || record.opened?.inspected === true) return;
    const reason = `stream of hook "${hook}" gave nothing within ${limitMs} ms`;
    new StreamWatch(stream, this.#deadlines, limitMs, () => this.#giveUp(record, reason));
  }

  /** A call has not ended in time. A sandboxed plugin is ended: it may be in a loop that nothing else stops. */
  missed({ record, hook, limitMs }: HookCall): void {
    if (record.sandbox !== "none") this.#giveUp(record, `hook "${hook}" did not answer within ${limitMs} ms`);
  }

  /** Stops the deadlines of all calls. */
  [Symbol.dispose](): void {
    this.#deadlines[Symbol.dispose]();
  }
}

/** One call: who waits for it, and its deadline. One object does it all, for a call is the commonest thing there is. */
class HookCall implements Deadline {
  at = 0;
  previous: Deadline | undefined = undefined;
  next: Deadline | undefined = undefined;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;
  readonly #calls: Calls;
  readonly #scope: PluginScope;

  constructor(
    readonly record: PluginRecord,
    readonly hook: string,
    readonly limitMs: number,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
    calls: Calls,
    scope: PluginScope,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#calls = calls;
    this.#scope = scope;
  }

  resolve(value: unknown): void {
    this.#calls.settled(this);
    if (isRemoteStream(value)) this.#calls.watch(this, value);
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#calls.settled(this);
    this.#reject(this.#scope.explain(error));
  }

  expire(): void {
    const { record, hook, limitMs } = this;
    const elapsedMs = performance.now() - this.at + limitMs;
    this.#reject(new HookTimeout("hook", limitMs, elapsedMs, { plugin: record.id, hook }));
    this.#calls.missed(this);
  }
}
