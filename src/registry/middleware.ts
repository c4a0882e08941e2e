import { orderForChain, wrapsHook } from "../dispatch/mod.ts";
import type { PluginStore } from "./plugin_store.ts";
import type { PluginRecord } from "./record.ts";

const none: readonly PluginRecord[] = [];

/**
 * Which middleware wraps which hook (SPEC section 7). Every plugin with `chain_wrap` counts, whatever its state: one
 * that guards calls and has failed must not let them pass. Middleware itself is not wrapped.
 */
export class Middleware {
  readonly #store: PluginStore;
  #ofHook = new Map<string, readonly PluginRecord[]>();
  #all: readonly PluginRecord[] = none;
  #version = -1;

  /** @param store The plugins. */
  constructor(store: PluginStore) {
    this.#store = store;
  }

  /** Whether there is any. */
  get any(): boolean {
    if (this.#version !== this.#store.version) this.#refresh();
    return this.#all.length > 0;
  }

  /** What wraps a plugin's hook, outermost first. */
  of({ manifest: { kind, chain_wrap } }: PluginRecord, hook: string): readonly PluginRecord[] {
    if (!this.any || chain_wrap !== undefined) return none;
    const key = `${kind}/${hook}`;
    let own = this.#ofHook.get(key);
    if (own === undefined) {
      own = this.#all.filter(({ manifest }) => wrapsHook(manifest, kind, hook));
      this.#ofHook.set(key, own);
    }
    return own;
  }

  #refresh(): void {
    this.#version = this.#store.version;
    this.#ofHook = new Map();
    this.#all = orderForChain(this.#store.all().filter(({ manifest }) => manifest.chain_wrap !== undefined));
  }
}
