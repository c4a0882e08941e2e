import type { DispatchClass, ErrorPolicy } from "../hookspec/mod.ts";
import type { JsonValue } from "../json.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { DirectHook } from "./direct.ts";

/** Who waits for an answer. */
export interface Waiter {
  /** Takes the answer. */
  resolve(value: unknown): void;
  /** Takes the failure. */
  reject(error: unknown): void;
}

/** Options of one call. */
export interface CallOptions {
  /** Ends the wait when it aborts, and tells the plugin. */
  signal?: AbortSignal;
  /** Milliseconds that a plugin may take. */
  timeoutMs?: number;
  /** What travels beside the arguments; the core does not interpret it. */
  metadata?: Readonly<Record<string, JsonValue>>;
}

/** Whether a call with these options has anything that must go with it. */
export function carriesAnything({ signal, timeoutMs, metadata }: CallOptions): boolean {
  return signal !== undefined || timeoutMs !== undefined || metadata !== undefined;
}

/** What a host says of a hook. */
export interface HookDeclaration {
  /** The one class that the hook may be dispatched by. */
  dispatch: DispatchClass;
  /** What a failure does to a `broadcast_collect`. */
  errorPolicy?: ErrorPolicy;
}

/**
 * A running plugin, as dispatchers see it. Its manifest and its hooks never change; a plugin that is loaded anew is
 * another target.
 */
export interface DispatchTarget {
  /** Its manifest. */
  readonly manifest: Manifest;
  /** Names of its hooks. */
  readonly hooks: ReadonlySet<string>;
  /**
   * Starts a hook that is in `hooks`. Never throws.
   *
   * @param hook The hook.
   * @param args Its arguments.
   * @param waiter Is told exactly once, perhaps before this returns.
   * @param options Of the call.
   */
  start(hook: string, args: readonly unknown[], waiter: Waiter, options?: CallOptions): void;
  /**
   * The shortest way to a hook that is in `hooks`, where there is one.
   *
   * @internal
   */
  direct?(hook: string): DirectHook | undefined;
  /** Asks the plugin's own `matches`, where it has one. */
  matches?(input: unknown, options?: CallOptions): Promise<unknown>;
  /** The target's own name of a hook that its kind's hookspec knows, by either form of the name. */
  ownName?(hook: string): string | undefined;
  /** The declaration of a hook of its kind, where the host has one. */
  declaration?(hook: string): HookDeclaration | undefined;
  /** Hears that this target failed in a broadcast or in `matches`. */
  failed?(hook: string, where: "fail_fast" | "best_effort" | "notify" | "matches", error: unknown): void;
  /** Hears that this target answered in a collect. */
  answered?(): void;
}
