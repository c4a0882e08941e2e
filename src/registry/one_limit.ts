import type { Deadlines } from "../deadlines.ts";
import type { CallOptions } from "../dispatch/mod.ts";
import { HookTimeout } from "../errors.ts";

/** What ends all steps of a call. */
export interface OneLimit {
  /** The caller's signal, and its limit as one; absent where it has neither. */
  signal: AbortSignal | undefined;
  /** Takes the limit back. */
  done: () => void;
}

/**
 * For a call that takes several steps: one signal that ends them all, the caller's limit included.
 *
 * @param deadlines Where the limit stands.
 * @param plugin As `kind/name`, for the error.
 * @param hook What is called, for the error.
 * @param options The caller's.
 */
export function underOneLimit(
  deadlines: Deadlines,
  plugin: string,
  hook: string,
  options: CallOptions | undefined,
): OneLimit {
  const { signal, timeoutMs } = options ?? {};
  if (timeoutMs === undefined) return { signal, done: () => {} };
  const limit = new AbortController();
  const start = performance.now();
  const deadline = deadlines.add(timeoutMs, () => {
    limit.abort(new HookTimeout("hook", timeoutMs, performance.now() - start, { plugin, hook }));
  });
  const done = () => deadlines.remove(deadline);
  return { signal: signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]), done };
}
