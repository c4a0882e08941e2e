import type { Next, NextChange } from "../context/mod.ts";
import { PluginRegistryError } from "../errors.ts";
import type { CallContext, Waiter } from "../rpc/mod.ts";

/** The error of a `next` that comes too late. */
export function wrapEnded(): PluginRegistryError {
  return new PluginRegistryError("Cannot go on with the call: the wrap that was given this next has ended");
}

/**
 * The calls that middleware in a guest wraps at the moment, each with a token by which its guest asks to go on. They are
 * kept per plugin, so that no token of another's means anything. One that is not known is answered with an error and is
 * no violation of the protocol: a made-up one cannot be told from one that merely comes late, and neither runs anything.
 */
export class RunningWraps {
  readonly #running = new Map<number, Next>();
  #last = 0;

  /** Begins one. @returns Its token, and a waiter that ends it. */
  begin(next: Next, waiter: Waiter): { token: number; waiter: Waiter } {
    const token = ++this.#last;
    const running = this.#running;
    running.set(token, next);
    return {
      token,
      waiter: {
        resolve(value) {
          running.delete(token);
          waiter.resolve(value);
        },
        reject(error, early) {
          running.delete(token);
          waiter.reject(error, early);
        },
        late: () => waiter.late?.(),
      },
    };
  }

  /** Takes the guest's `next`: the new arguments, if there are any, then the token and whether there are. */
  readonly handler = (_method: string, args: unknown[], { metadata }: CallContext): unknown => {
    const [token, replaced] = args.splice(-2);
    const next = this.#running.get(token as number);
    if (next === undefined) throw wrapEnded();
    const change: { -readonly [K in keyof NextChange]: NextChange[K] } = {};
    if (replaced === true) change.args = args;
    if (metadata !== undefined) change.metadata = metadata;
    return next(change);
  };
}
