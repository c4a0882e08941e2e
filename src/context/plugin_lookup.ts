import { PluginRegistryError } from "../errors.ts";
import type { PluginHandle } from "./plugin_handle.ts";
import type { DependencyRef, PluginServices } from "./plugin_services.ts";

/** What a context's `registry` can do: for a plugin, look up what its manifest depends on. */
export interface PluginLookup {
  /**
   * A plugin's handle.
   *
   * @param kind Its kind.
   * @param options Its name, where the kind alone is not enough.
   */
  getPlugin<T = Record<string, (...args: unknown[]) => unknown>>(
    kind: string,
    options?: string | { name?: string },
  ): PluginHandle<T>;
}

/** Looks nothing up, and says why. */
export function noLookup(reason: string): PluginLookup {
  return {
    getPlugin(kind) {
      throw new PluginRegistryError(`Cannot look up a plugin of kind "${kind}": ${reason}`);
    },
  };
}

/**
 * The plugins that one plugin depends on, each as an object whose methods call its hooks. The same object each time.
 *
 * @param plugin Whose view it is, as `kind/name`.
 * @param dependencies What its manifest depends on.
 * @param services Calls them.
 */
export function dependencyLookup(
  plugin: string,
  dependencies: readonly DependencyRef[],
  services: Pick<PluginServices, "callPlugin">,
): PluginLookup {
  if (dependencies.length === 0) return noLookup(`plugin "${plugin}" depends on no other plugin`);
  const handles = new Map<DependencyRef, object>();
  return {
    getPlugin<T>(kind: string, options: string | { name?: string } = {}): PluginHandle<T> {
      const wanted = typeof options === "string" ? options : options.name;
      const found = dependencies.filter((one) => one.kind === kind && (wanted === undefined || one.name === wanted));
      if (found.length !== 1) throw notOne(plugin, kind, wanted, found.length === 0 ? dependencies : found);
      const [one] = found as [DependencyRef];
      let handle = handles.get(one);
      if (handle === undefined) handles.set(one, handle = handleOf(one, services));
      return handle as PluginHandle<T>;
    },
  };
}

function notOne(
  plugin: string,
  kind: string,
  name: string | undefined,
  among: readonly DependencyRef[],
): PluginRegistryError {
  const ids = among.map((one) => `${one.kind}/${one.name}`).join(", ");
  const wanted = name === undefined ? `a plugin of kind "${kind}"` : `plugin "${kind}/${name}"`;
  return new PluginRegistryError(
    `Cannot look up ${wanted}: plugin "${plugin}" depends on ${ids}; add it to depends_on, or name one of these`,
    { plugin },
  );
}

function handleOf({ kind, name }: DependencyRef, { callPlugin }: Pick<PluginServices, "callPlugin">): object {
  const callers = new Map<string, (...args: unknown[]) => Promise<unknown>>();
  return new Proxy(Object.freeze(Object.create(null)), {
    get(_target, hook) {
      // What makes a text of it asks here first, so that `toString` can be called as any hook is.
      if (hook === Symbol.toPrimitive) return () => `[object Plugin ${kind}/${name}]`;
      // NB: an object that answers to `then` hangs whoever awaits it.
      if (typeof hook === "symbol" || hook === "then" || hook === "toJSON" || hook === "__proto__") return undefined;
      let caller = callers.get(hook);
      if (caller === undefined) callers.set(hook, caller = (...args) => callPlugin(kind, name, hook, args));
      return caller;
    },
  });
}
