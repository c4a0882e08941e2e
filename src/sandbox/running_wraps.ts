import type { Next, NextChange } from "../context/mod.ts";
import { PluginRegistryError } from "../errors.ts";
import type { CallContext, Waiter } from "../rpc/mod.ts";

/** The error of a `next` that comes too late. */
export function wrapEnded(): PluginRegistryError {
  return new PluginRegistryError("Cannot go on with the call: the wrap that was given this next has ended");
}

/** The code of what a guest says when its wrap lets through what `next` has rejected with: which of them it was. */
export const LET_THROUGH = "NEXT_FAILED";

/** So many rejections of one wrap are kept, so that a guest cannot fill the host's memory with them. */
const MAX_FAILURES = 16;

interface RunningWrap {
  next: Next;
  /** What `next` has rejected with, by the guest's own numbers. */
  failures: Map<unknown, unknown>;
}

/**
 * The calls that middleware in a guest wraps at the moment, each with a token by which its guest asks to go on. They are
 * kept per plugin, so that no token of another's means anything. One that is not known is answered with an error and is
 * no violation of the protocol: a made-up one cannot be told from one that merely comes late, and neither runs anything.
 */
export class RunningWraps {
  readonly #running = new Map<number, RunningWrap>();
  #last = 0;

  /** Begins one. @returns Its token, and a waiter that ends it. */
  begin(next: Next, waiter: Waiter): { token: number; waiter: Waiter } {
    const token = ++this.#last;
    const running = this.#running;
    const failures: RunningWrap["failures"] = new Map();
    running.set(token, { next, failures });
    return {
      token,
      waiter: {
        resolve(value) {
          running.delete(token);
          waiter.resolve(value);
        },
        reject(error, early) {
          running.delete(token);
          waiter.reject(early === true ? error : original(error, failures), early);
        },
        late: () => waiter.late?.(),
      },
    };
  }

  /** Takes the guest's `next`: the new arguments, if any, then the token, whether there are any, and a number for it. */
  readonly handler = async (_method: string, args: unknown[], { metadata }: CallContext): Promise<unknown> => {
    const [token, replaced, number] = args.splice(-3);
    const running = this.#running.get(token as number);
    if (running === undefined) throw wrapEnded();
    const change: { -readonly [K in keyof NextChange]: NextChange[K] } = {};
    if (replaced === true) change.args = args;
    if (metadata !== undefined) change.metadata = metadata;
    try {
      return await running.next(change);
    } catch (error) {
      if (running.failures.size < MAX_FAILURES) running.failures.set(number, error);
      throw error;
    }
  };
}

/** An error that was let through is the one that `next` gave, with the stack that the guest has never seen. */
function original(error: unknown, failures: RunningWrap["failures"]): unknown {
  if (!(error instanceof Error) || Reflect.get(error, "code") !== LET_THROUGH) return error;
  const number: unknown = Reflect.get(error, "failure");
  return failures.has(number) ? failures.get(number) : error;
}
