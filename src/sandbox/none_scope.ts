import { createPluginView, loggerTo } from "../context/mod.ts";
import { PluginUnavailable } from "../errors.ts";
import { buildResource } from "../resources/mod.ts";
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
  readonly ended: Promise<string>;
  readonly #options: NoneScopeOptions;
  readonly #end: (reason: string) => void;
  /** Rejects each call under way: nothing else ends those of a plugin that is torn down. */
  readonly #waiting = new Set<(reason: Error) => void>();
  #instance: PluginInstance | undefined;

  constructor(options: NoneScopeOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.#end = resolve;
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

  call(hook: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const settled = () => this.#waiting.delete(reject);
      Promise.resolve(this.#loaded().call(hook, args)).finally(settled).then(resolve, reject);
    });
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
    for (const reject of this.#waiting) reject(this.#tornDown());
    this.#waiting.clear();
    this.#end("closed");
    return Promise.resolve();
  }
}
