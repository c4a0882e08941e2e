import type { Metadata } from "./metadata.ts";
import { runningCall } from "./running_call.ts";

/** On whose behalf something runs. */
export interface CurrentCall {
  /** The plugin, as `kind/name`. */
  readonly plugin: string;
  /** What the plugin's own running call carries; empty when it carries nothing. */
  readonly metadata: Metadata;
  /** Aborted when the caller gives up, and when the plugin is torn down. */
  readonly signal: AbortSignal;
}

/**
 * The call that is running, for whoever implements a resource: inside a method that a plugin calls, also after awaits and
 * inside the stream that it gives, this says which plugin calls, what that plugin's own call carries, and when to stop.
 *
 * @returns The call; `undefined` outside of one.
 *
 * @example
 * ```ts
 * import { currentCall } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * class Search {
 *   async find(text: string): Promise<string> {
 *     const { plugin, signal } = currentCall() ?? {};
 *     signal?.throwIfAborted();
 *     return await Promise.resolve(`${text} for ${plugin ?? "the host"}`);
 *   }
 * }
 * assertEquals(await new Search().find("a"), "a for the host");
 * ```
 */
export function currentCall(): CurrentCall | undefined {
  const call = runningCall();
  if (call === undefined) return undefined;
  return Object.freeze({
    plugin: call.plugin,
    metadata: call.metadata,
    get signal() {
      return call.signal;
    },
  });
}
