import type { DispatchOptions } from "./filter.ts";
import type { PreparedDispatch } from "./stages.ts";
import type { DispatchTarget } from "./target.ts";

/**
 * Keeps what was made ready for a list of plugins, for as long as the list holds the same plugins. A caller who keeps
 * the list pays nothing for the comparison.
 */
export class PreparedCache<P extends PreparedDispatch> {
  readonly #prepare: (hook: string, plugins: readonly DispatchTarget[]) => P;
  readonly #byHook = new Map<string, P>();
  #list: readonly DispatchTarget[] | undefined = undefined;
  #plugins: readonly DispatchTarget[] = [];

  /** @param prepare Makes a dispatch ready. */
  constructor(prepare: (hook: string, plugins: readonly DispatchTarget[]) => P) {
    this.#prepare = prepare;
  }

  /**
   * Makes a dispatch ready, or finds it so.
   *
   * @throws Whatever making it throws; that is not kept.
   */
  get(plugins: readonly DispatchTarget[], hook: string): P {
    if (plugins !== this.#list || plugins.length !== this.#plugins.length) this.#take(plugins);
    let prepared = this.#byHook.get(hook);
    if (prepared === undefined) this.#byHook.set(hook, prepared = this.#prepare(hook, this.#plugins));
    return prepared;
  }

  /** Starts a dispatch; whatever is thrown on the way is its rejection. */
  dispatch(
    plugins: readonly DispatchTarget[],
    hook: string,
    input: unknown,
    options: DispatchOptions | undefined,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => this.get(plugins, hook).start(input, { resolve, reject }, options));
  }

  #take(plugins: readonly DispatchTarget[]): void {
    const old = this.#plugins;
    this.#list = plugins;
    if (plugins.length === old.length && plugins.every((plugin, i) => plugin === old[i])) return;
    this.#plugins = [...plugins];
    this.#byHook.clear();
  }
}
