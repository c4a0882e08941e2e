import {
  activeByEnvironment,
  type DispatchFilter,
  type DispatchOptions,
  type FunctionListing,
  PreparedByFunction,
  type PreparedDispatch,
  prepareDispatch,
  type PrepareOptions,
  type RoutingPolicy,
} from "../dispatch/mod.ts";
import { routesByFunction } from "./contracts.ts";
import type { Hookspecs } from "./hookspecs.ts";
import type { LoadedPluginEntry } from "./loaded_plugin.ts";
import { type PluginStore, unavailable } from "./plugin_store.ts";
import { answers } from "./states.ts";

/** Dispatches hooks among the plugins of a kind that run. What can be made ready is, until the plugins change. */
export class Dispatching {
  readonly #store: PluginStore;
  readonly #hooks: Hookspecs;
  readonly #listing: FunctionListing;
  readonly #loaded: () => readonly LoadedPluginEntry[];
  readonly #policies = new Map<string, RoutingPolicy>();
  readonly #filters = new Set<DispatchFilter>();
  #prepared = new Map<string, Map<string, PreparedDispatch>>();
  #version = -1;

  /**
   * @param store All plugins.
   * @param hooks What the host declares of hooks.
   * @param loaded The plugins that run.
   * @param listing What tools list.
   */
  constructor(
    store: PluginStore,
    hooks: Hookspecs,
    loaded: () => readonly LoadedPluginEntry[],
    listing: FunctionListing,
  ) {
    this.#store = store;
    this.#hooks = hooks;
    this.#listing = listing;
    this.#loaded = loaded;
  }

  /** See `PluginRegistry.dispatch`. */
  dispatch(kind: string, hook: string, input: unknown, options?: DispatchOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { version } = this.#store;
      if (this.#version !== version) {
        this.#prepared = new Map();
        this.#version = version;
      }
      const prepared = this.#prepared.get(kind)?.get(hook) ?? this.#prepare(kind, hook);
      const filtered = this.#filters.size === 0 ? options : { ...options, filter: this.#filter(options?.filter) };
      prepared.start(input, { resolve, reject }, filtered);
    });
  }

  /** Whether something other than priority chooses a kind's active plugin. */
  isRouted(kind: string): boolean {
    return this.#policies.has(kind) || activeByEnvironment(kind) !== undefined;
  }

  /** Lets a policy choose the active plugin of a kind, until it is disposed of. */
  route(kind: string, policy: RoutingPolicy): Disposable {
    this.#policies.set(kind, policy);
    this.#version = -1;
    return {
      [Symbol.dispose]: () => {
        if (this.#policies.get(kind) !== policy) return;
        this.#policies.delete(kind);
        this.#version = -1;
      },
    };
  }

  /** Narrows the candidates of all dispatches, until it is disposed of. */
  filterBy(filter: DispatchFilter): Disposable {
    const own: DispatchFilter = (manifest, call) => filter(manifest, call);
    this.#filters.add(own);
    return { [Symbol.dispose]: () => this.#filters.delete(own) };
  }

  #filter(one: DispatchFilter | undefined): DispatchFilter {
    const all = one === undefined ? [...this.#filters] : [...this.#filters, one];
    return (manifest, call) => all.every((filter) => filter(manifest, call));
  }

  #prepare(kind: string, hook: string): PreparedDispatch {
    this.#refuseWhereNoneRuns(kind);
    const prepared = this.#make(kind, hook);
    const ofKind = this.#prepared.get(kind) ?? new Map<string, PreparedDispatch>();
    ofKind.set(hook, prepared);
    this.#prepared.set(kind, ofKind);
    return prepared;
  }

  #make(kind: string, asked: string): PreparedDispatch {
    const hook = this.#hooks.hookName(kind, asked);
    const { dispatch = "singleton", errorPolicy } = this.#hooks.declaration(kind, hook) ?? {};
    const options: PrepareOptions = {};
    const route = this.#policies.get(kind);
    if (route !== undefined) options.route = route;
    if (errorPolicy !== undefined) options.errorPolicy = errorPolicy;
    const active = dispatch === "singleton" ? activeByEnvironment(kind) : undefined; // not asked at each call
    if (active !== undefined) options.active = () => active;
    if (routesByFunction(this.#hooks, kind, hook)) {
      return new PreparedByFunction(kind, hook, this.#loaded(), this.#listing, options);
    }
    return prepareDispatch(dispatch, kind, hook, this.#loaded(), options);
  }

  /** Where plugins of the kind are registered, and none runs, the first of them says why. */
  #refuseWhereNoneRuns(kind: string): void {
    const ofKind = this.#store.all().filter(({ manifest }) => manifest.kind === kind);
    if (ofKind.some(({ state }) => answers(state))) return;
    ofKind.sort((a, b) => b.manifest.priority - a.manifest.priority || (a.id < b.id ? -1 : 1));
    if (ofKind[0] !== undefined) throw unavailable(ofKind[0]);
    this.#store.find(kind, undefined); // throws, and says which kinds there are
  }
}
