import { createPluginView, loggerTo } from "../context/mod.ts";
import { PluginUnavailable } from "../errors.ts";
import { buildResource } from "../resources/mod.ts";
import { isThenable, type Waiter } from "../rpc/mod.ts";
import { EndSignal } from "./end_signal.ts";
import { PluginInstance } from "./instance.ts";
import type { LoadedPlugin, OpenScopeOptions, PluginScope, PluginSetup, ResolvedEntryPoint } from "./scope.ts";

/** What a scope without walls needs: an entry point to import, or the code itself. */
export interface NoneScopeOptions extends Omit<OpenScopeOptions, "entry"> {
  code: { entry: ResolvedEntryPoint } | { module: unknown };
}

/**
 * Opens a scope without walls: the plugin shares the host's isolate, its permissions and its fate. Only for plugins
 * that the host trusts by name.
 *
 * @param options The plugin.
 * @returns The scope.
 */
export function openNoneScope(options: NoneScopeOptions): PluginScope {
  return new NoneScope(options);
}

class NoneScope implements PluginScope {
  readonly sandbox = "none";
  readonly ended = new EndSignal();
  readonly #options: NoneScopeOptions;
  /** Rejects each call under way: nothing else ends those of a plugin that is torn down. */
  readonly #waiting = new Set<Waiter>();
  #instance: PluginInstance | undefined;

  constructor(options: NoneScopeOptions) {
    this.#options = options;
  }

  get #plugin(): string {
    return `${this.#options.plugin.kind}/${this.#options.plugin.name}`;
  }

  async load(): Promise<LoadedPlugin> {
    const { code } = this.#options;
    this.#instance = "module" in code
      ? await PluginInstance.make(code.module, this.#plugin)
      : await PluginInstance.load(code.entry.url, code.entry.exportName);
    const { hooks, source } = this.#instance;
    return source === undefined ? { hooks: [...hooks] } : { hooks: [...hooks], source };
  }

  async setup({ manifest, config, offers }: PluginSetup): Promise<void> {
    const resources = new Map<string, unknown>();
    for (const [name, offer] of offers) {
      resources.set(name, offer.how === "by message" ? offer.instance : offer.instance ?? buildResource(offer.data));
    }
    const logger = loggerTo(this.#options.log);
    await this.#loaded().setup(createPluginView({ plugin: this.#plugin, manifest, config, logger, resources }));
  }

  start(hook: string, args: readonly unknown[], waiter: Waiter): void {
    try {
      const result = this.#loaded().call(hook, args);
      if (!isThenable(result)) return waiter.resolve(result);
      this.#waiting.add(waiter);
      const settled = () => this.#waiting.delete(waiter);
      Promise.resolve(result).then(
        (value) => settled() && waiter.resolve(value),
        (error) => settled() && waiter.reject(error),
      );
    } catch (error) {
      waiter.reject(error);
    }
  }

  explain(error: unknown): unknown {
    return error;
  }

  async teardown(): Promise<void> {
    await this.#loaded().teardown();
  }

  #loaded(): PluginInstance {
    if (this.#instance !== undefined) return this.#instance;
    throw this.#tornDown();
  }

  #tornDown(): PluginUnavailable {
    return new PluginUnavailable(this.#plugin, "it is torn down");
  }

  close(): Promise<void> {
    this.#instance = undefined;
    for (const waiter of this.#waiting) waiter.reject(this.#tornDown());
    this.#waiting.clear();
    this.ended.finish("closed");
    return Promise.resolve();
  }
}
