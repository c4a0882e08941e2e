import type { Logger } from "../context/mod.ts";
import { Deadlines } from "../deadlines.ts";
import { HookTimeout, HookUnknown, PluginUnavailable } from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import { nearNames } from "../near.ts";
import { unavailable } from "./plugin_store.ts";
import type { PluginRecord } from "./record.ts";

/** Milliseconds that a hook may take, unless the host says otherwise. */
const HOOK_TIMEOUT_MS = 30_000;

/** Calls hooks of running plugins, each under its deadline. */
export class Calls implements Disposable {
  readonly #deadlines = new Deadlines();
  readonly #limitMs: number;
  readonly #log: () => Logger;

  /** @param limitMs What a hook may take; @param log Where what goes wrong is told. */
  constructor(limitMs: number | undefined, log: () => Logger) {
    this.#limitMs = limitMs ?? HOOK_TIMEOUT_MS;
    this.#log = log;
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
    const limitMs = this.#limitMs;
    const start = performance.now();
    return new Promise((resolve, reject) => {
      const deadline = this.#deadlines.add(limitMs, () => {
        reject(new HookTimeout("hook", limitMs, performance.now() - start, { plugin: id, hook }));
        this.#giveUp(record, `hook "${hook}" did not answer within ${limitMs} ms`);
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

  /** A sandboxed plugin that missed a deadline is ended: it may be in a loop that nothing else stops. */
  #giveUp(record: PluginRecord, reason: string): void {
    if (record.sandbox === "none" || record.state !== "active") return;
    record.state = "unavailable";
    record.error = new PluginUnavailable(record.id, reason);
    this.#log().error(record.error.message);
    const { opened } = record;
    opened?.close(0).then((left) => left.forEach(({ message }) => this.#log().warn(message)), (error) => {
      this.#log().error(`Cannot end plugin "${record.id}": ${escapeControl(error.message)}`);
    });
  }

  /** Stops the deadlines of all calls. */
  [Symbol.dispose](): void {
    this.#deadlines[Symbol.dispose]();
  }
}
