/** A plugin's code: a class without constructor arguments, a factory, or an object. */
export type PluginSource<T extends object> = (new () => T) | (() => T | Promise<T>) | T;

/** The code, and a way to the instance that will be made of it. */
export interface CapturedSource<T> {
  /** To be registered in place of the code. */
  readonly source: object;
  /** What was made of it. */
  readonly instance: () => T;
}

/**
 * Lets a test see the instance that is made of a plugin's code.
 *
 * @param plugin The code.
 */
export function capturing<T extends object>(plugin: PluginSource<T>): CapturedSource<T> {
  if (typeof plugin !== "function") return { source: plugin, instance: () => plugin };
  let made: T | undefined;
  const instance = () => made as T; // nobody asks before it is set up
  const isClass = Function.prototype.toString.call(plugin).startsWith("class");
  if (isClass && plugin.length > 0) return { source: plugin, instance }; // which is refused, with the reason
  const make = isClass ? () => Reflect.construct(plugin, []) as T : plugin as () => T | Promise<T>;
  const source = async () => made = await make();
  const configSchema: unknown = Reflect.get(plugin, "configSchema");
  return { source: configSchema === undefined ? source : Object.assign(source, { configSchema }), instance };
}
