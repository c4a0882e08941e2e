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
  /** The kinds that any names; all, where one names `*`. */
  #kinds: ReadonlySet<string> | "all" = new Set();
  #version = -1;

  /** @param store The plugins. */
  constructor(store: PluginStore) {
    this.#store = store;
  }

  /** Grows with each change of the plugins, after which another middleware may wrap a hook. */
  get version(): number {
    return this.#store.version;
  }

  /** Whether any wraps hooks of a plugin. Asked before each call. */
  covers({ manifest }: PluginRecord): boolean {
    if (this.#version !== this.#store.version) this.#refresh();
    return this.#kinds === "all" || (this.#kinds.size > 0 && this.#kinds.has(manifest.kind));
  }

  /** What wraps a plugin's hook, outermost first. */
  of(record: PluginRecord, hook: string): readonly PluginRecord[] {
    const { kind, chain_wrap } = record.manifest;
    if (!this.covers(record) || chain_wrap !== undefined) return none;
    const key = `${kind}/${hook}`;
    let own = this.#ofHook.get(key);
    if (own === undefined) {
      own = this.#all.filter(({ manifest }) => wrapsHook(manifest, kind, hook));
      this.#ofHook.set(key, own);
    }
    return own;
  }

  /** What wraps hooks of a plugin's kind, whichever they are, outermost first. */
  ofKind(record: PluginRecord): readonly PluginRecord[] {
    const { kind, chain_wrap } = record.manifest;
    if (!this.covers(record) || chain_wrap !== undefined) return none;
    return this.#all.filter(({ manifest: { chain_wrap: wrap } }) =>
      wrap !== undefined && (wrap.kinds.includes("*") || wrap.kinds.includes(kind))
    );
  }

  #refresh(): void {
    this.#version = this.#store.version;
    this.#ofHook = new Map();
    this.#all = orderForChain(this.#store.all().filter(({ manifest }) => manifest.chain_wrap !== undefined));
    const kinds = this.#all.flatMap(({ manifest }) => manifest.chain_wrap?.kinds ?? []);
    this.#kinds = kinds.includes("*") ? "all" : new Set(kinds);
  }
}
