import { type Metadata, NO_METADATA, runInCall, type RunningCall } from "../context/mod.ts";
import { PluginUnavailable } from "../errors.ts";
import { isStream, isThenable } from "../rpc/mod.ts";
import { bindStream } from "./bind_stream.ts";
import { untilOver } from "./until_over.ts";

/** The time in which a plugin may use what the host gives it, the same in every sandbox. */
export class Tenure {
  /** As `kind/name`. */
  readonly plugin: string;
  readonly #over = new AbortController();
  #held: (() => void)[] | undefined = [];

  /** @param plugin Whose it is, as `kind/name`. */
  constructor(plugin: string) {
    this.plugin = plugin;
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Ends it: no more calls, and the streams that are open end. May be called twice. */
  end(): void {
    if (!this.isOver) this.#over.abort(new PluginUnavailable(this.plugin, "it is torn down"));
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const release of held) release();
  }

  /** Holds what was made for the plugin alone, as long as it lasts. */
  hold(holders: { hold(): () => void } | undefined): void {
    if (holders === undefined) return;
    const release = holders.hold();
    if (this.#held === undefined) release();
    else this.#held.push(release);
  }

  /** @throws {PluginUnavailable} If it has ended. */
  check(): void {
    if (this.isOver) throw this.#over.signal.reason;
  }

  /**
   * Calls a method of the host's on behalf of the plugin: it finds the call, and streams in both directions end with the
   * tenure.
   *
   * @param work Calls the method.
   * @param args Its arguments.
   * @param metadata What the plugin's own call carries.
   * @param signal Gives the signal of the plugin's call, if there is one.
   * @throws {PluginUnavailable} If the tenure has ended.
   */
  call(
    work: (args: readonly unknown[]) => unknown,
    args: readonly unknown[],
    metadata: Metadata = NO_METADATA,
    signal?: () => AbortSignal,
  ): unknown {
    this.check();
    const over = this.#over.signal;
    let made: AbortSignal | undefined;
    const running: RunningCall = {
      plugin: this.plugin,
      metadata,
      get signal() {
        return made ??= signal === undefined ? over : AbortSignal.any([over, signal()]);
      },
    };
    const given = args.some(isStream) ? args.map((arg) => isStream(arg) ? untilOver(arg, over) : arg) : args;
    const result = runInCall(running, () => work(given));
    const bound = (value: unknown) =>
      isStream(value) ? untilOver(bindStream(running, value) as typeof value, over) : value;
    return isThenable(result) ? Promise.resolve(result).then(bound) : bound(result);
  }
}
