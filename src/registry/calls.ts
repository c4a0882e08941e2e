import { Deadlines } from "../deadlines.ts";
import { HookTimeout, HookUnknown } from "../errors.ts";
import { nearNames } from "../near.ts";
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
    if (opened.inspected) return opened.scope.call(hook, args);
    const limitMs = this.#limitMs;
    const start = performance.now();
    return new Promise((resolve, reject) => {
      const deadline = this.#deadlines.add(limitMs, () => {
        reject(new HookTimeout("hook", limitMs, performance.now() - start, { plugin: id, hook }));
        // A sandboxed plugin that missed a deadline is ended: it may be in a loop that nothing else stops.
        if (record.sandbox !== "none") this.#giveUp(record, `hook "${hook}" did not answer within ${limitMs} ms`);
      });
      opened.scope.call(hook, args).then((result) => {
        this.#deadlines.remove(deadline);
        resolve(result);
      }, (error) => {
        this.#deadlines.remove(deadline);
        reject(error);
      });
    });
  }

  /** Stops the deadlines of all calls. */
  [Symbol.dispose](): void {
    this.#deadlines[Symbol.dispose]();
  }
}
