import type { Deadline, Deadlines } from "../deadlines.ts";
import type { CallOptions, Waiter } from "../dispatch/mod.ts";
import { HookTimeout, PluginUnavailable } from "../errors.ts";

/** A call that is held back. */
export interface HeldCall {
  /** As `kind/name`. */
  plugin: string;
  hook: string;
  /** Who waits for it. */
  waiter: Waiter;
  options: CallOptions | undefined;
  /** What it may wait, in milliseconds. */
  limitMs: number;
  /** Makes the call after all. */
  goOn: () => void;
}

/** Holds calls back while another instance of their plugin is made ready, and lets them go in the order they came. */
export class Fence {
  readonly #deadlines: Deadlines;
  #held = new Set<Held>();

  /** @param deadlines The sweep that ends what waits too long. */
  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  /** Holds a call. Its signal and its limit end it here, too. */
  hold(call: HeldCall): void {
    this.#held.add(new Held(call, this.#deadlines, (held) => this.#held.delete(held)));
  }

  /** Lets all go on. */
  lift(): void {
    for (const held of [...this.#held]) held.leave()?.goOn();
  }

  /** Rejects all: the plugin is torn down. */
  close(): void {
    for (const held of [...this.#held]) {
      const call = held.leave();
      call?.waiter.reject(new PluginUnavailable(call.plugin, "it is torn down"));
    }
  }
}

class Held implements Deadline {
  at = 0;
  previous: Deadline | undefined = undefined;
  next: Deadline | undefined = undefined;
  readonly #call: HeldCall;
  readonly #deadlines: Deadlines;
  readonly #left: (held: Held) => boolean;
  readonly #abort = () => this.leave()?.waiter.reject(this.#call.options?.signal?.reason);

  constructor(call: HeldCall, deadlines: Deadlines, left: (held: Held) => boolean) {
    this.#call = call;
    this.#deadlines = deadlines;
    this.#left = left;
    if (call.limitMs !== Infinity) deadlines.put(this, call.limitMs);
    call.options?.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  /** The call, if nothing has become of it yet. */
  leave(): HeldCall | undefined {
    if (!this.#left(this)) return undefined;
    this.#deadlines.remove(this);
    this.#call.options?.signal?.removeEventListener("abort", this.#abort);
    return this.#call;
  }

  expire(): void {
    const { plugin, hook, limitMs } = this.#call;
    const elapsedMs = performance.now() - this.at + limitMs;
    this.leave()?.waiter.reject(new HookTimeout("hook", limitMs, elapsedMs, { plugin, hook }));
  }
}
