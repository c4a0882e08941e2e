/**
 * Makes a plugin's handle. It can be made before the plugin is loaded, and stays the same for the registry's life.
 *
 * @param id As `kind/name`.
 * @param hooks The plugin's hooks, once they are known.
 * @param call Calls a hook; decides whether there is one.
 */
export function createHandle(
  id: string,
  hooks: () => ReadonlySet<string> | undefined,
  call: (hook: string, args: unknown[]) => Promise<unknown>,
): object {
  const callers = new Map<string, (...args: unknown[]) => Promise<unknown>>();
  const caller = (name: string) => {
    let own = callers.get(name);
    if (own === undefined) callers.set(name, own = (...args) => call(name, args));
    return own;
  };
  return new Proxy(Object.create(null), {
    get(_target, name) {
      if (typeof name === "symbol") return name === Symbol.toStringTag ? `Plugin ${id}` : undefined;
      // NB: an object that answers to `then` hangs whoever awaits it.
      if (name === "then" || name === "toJSON" || name in Object.prototype) return Reflect.get(Object.prototype, name);
      return caller(name);
    },
    has: (_target, name) => typeof name === "string" && hooks()?.has(name) === true,
    ownKeys: () => [...hooks() ?? []],
    getOwnPropertyDescriptor(_target, name) {
      if (typeof name === "symbol" || hooks()?.has(name) !== true) return undefined;
      return { configurable: true, enumerable: true, writable: false, value: caller(name) };
    },
    preventExtensions: () => false,
    set: () => false,
    deleteProperty: () => false,
    defineProperty: () => false,
  });
}
