import type { InFlightCall } from "../context/mod.ts";
import type { Deadline, Deadlines } from "../deadlines.ts";
import type { Waiter } from "./target.ts";

/** A hook of a plugin of this isolate, taking its one argument. */
export type DirectFunction = (input: unknown) => unknown;

/** A hook of a plugin of this isolate, as functions. */
export interface OpenHook {
  /** The hook, which refuses what could not cross into a sandbox, where it must. */
  call: DirectFunction;
  /** The same, for an input that was looked at before. */
  unchecked: DirectFunction;
  /** Looks at a result, where it must be such as could cross into a sandbox. */
  check?: (result: unknown) => void;
}

/**
 * The shortest way to a hook of a plugin that shares the host's isolate: whoever calls several such hooks as one piece
 * of work has one deadline for all of them, and makes nothing for the single call. Between `enter` and one of
 * `answered`, `failed` and `late` the call counts as under way.
 */
export interface DirectHook {
  /** Whose calls they are; what {@linkcode Operation}s are asked by. */
  readonly owner: object;
  /** Where the work stands while it is under way. */
  readonly deadlines: Deadlines;
  /** What a call may take, in milliseconds. */
  readonly limitMs: number;
  /** Makes a call that is a piece of work by itself. @returns Whether it has; else it must go the long way. */
  start(input: unknown, waiter: Waiter): boolean;
  /** Whether results are looked at, so that they could cross a boundary; then arguments are, too. */
  readonly checks: boolean;
  /**
   * Begins a call that is part of one.
   *
   * @param isChecked Whether its input is a result that was looked at just now.
   * @returns The hook; `undefined` when this call must go the long way, and is not begun.
   */
  enter(isChecked: boolean): DirectFunction | undefined;
  /** A call has given its result. @throws {SerializationError} If that could not cross a boundary, where it must. */
  answered(result: unknown): void;
  /** A call has failed. */
  failed(): void;
  /** A call that was given up has ended after all. */
  late(): void;
  /** A call has not answered in time, and goes on. @returns The error that says so. */
  missed(elapsedMs: number): Error;
}

/** Work under way of one plugin or several, in the list of deadlines. */
export interface Operation extends Deadline {
  /** Answers who waits for an owner's part of it, and goes on without. */
  abort(owner: object, reason: unknown): void;
  /** An owner's calls in it. */
  describe(owner: object): readonly InFlightCall[];
}

/** The work under way among all that has a deadline. A list of its own: what is done with one may end others. */
export function operationsIn(deadlines: Iterable<Deadline>): Operation[] {
  return [...deadlines].filter((one): one is Operation => "abort" in one);
}

/** When a call began, as far as its deadline knows: the clock is not asked for it. */
export function begunAt({ at }: Deadline, limitMs: number): number {
  return at > 0 && at !== Infinity ? at - limitMs : performance.now();
}

/** What a hook gave, when it is to be waited for. */
export function promised(result: unknown): Promise<unknown> | undefined {
  if (typeof result !== "object" || result === null) return undefined;
  if (result instanceof Promise) return result;
  return typeof (result as { then?: unknown }).then === "function" ? Promise.resolve(result) : undefined;
}
