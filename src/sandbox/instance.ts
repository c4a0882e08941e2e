import { PluginLoadError, PluginRegistryError } from "../errors.ts";
import type { PluginContext } from "../context/mod.ts";
import { methodNames } from "../resources/mod.ts";

/** Methods that the registry calls itself and that are no hooks. */
export const LIFECYCLE_METHODS: ReadonlySet<string> = new Set(["setup", "teardown", "health", "matches"]);

const { apply, get } = Reflect;
const functionSource = Function.prototype.toString;

/** A plugin's instance, used the same way inside every kind of scope. */
export class PluginInstance {
  readonly #instance: object;
  readonly #hooks: ReadonlySet<string>;
  /** Names of its public methods, without lifecycle methods. */
  readonly hooks: readonly string[];
  /** Source text of the export, when it is a class or function. */
  readonly source: string | undefined;

  private constructor(instance: object, source: string | undefined) {
    this.#instance = instance;
    this.hooks = methodNames(instance).filter((name) => !LIFECYCLE_METHODS.has(name));
    this.#hooks = new Set(this.hooks);
    this.source = source;
  }

  /**
   * Imports a module and makes an instance of its export: a class without constructor arguments, a factory, or an
   * object (SPEC section 5).
   *
   * @param url The module. Never a literal in this code: Deno would load that with the wrong permissions.
   * @param exportName Its export.
   * @throws {PluginLoadError} If there is no such export, or it is none of these. What the module throws is passed on.
   */
  static async load(url: string, exportName: string): Promise<PluginInstance> {
    const namespace: Record<string, unknown> = await import(url);
    if (!Object.hasOwn(namespace, exportName)) {
      const names = Object.keys(namespace).map((name) => `"${name}"`).join(", ");
      throw new PluginLoadError(`it has no export "${exportName}"; it exports ${names || "nothing"}`);
    }
    return await PluginInstance.make(namespace[exportName], exportName);
  }

  /**
   * Makes an instance of an export: a class without constructor arguments, a factory, or an object.
   *
   * @param exported The export.
   * @param exportName What errors call it.
   * @throws {PluginLoadError} If it is none of these. What the constructor or the factory throws is passed on.
   */
  static async make(exported: unknown, exportName: string): Promise<PluginInstance> {
    let instance: unknown = exported;
    let source: string | undefined;
    if (typeof exported === "function") {
      source = apply(functionSource, exported, []) as string;
      if (!source.startsWith("class")) instance = await exported();
      else if (exported.length === 0) instance = Reflect.construct(exported, []);
      else {throw new PluginLoadError(
          `the constructor of "${exportName}" takes ${exported.length} arguments, expected none`,
        );}
    }
    if (typeof instance !== "object" || instance === null) {
      const found = instance === null ? "null" : typeof instance;
      const what = typeof exported === "function" ? `"${exportName}" gives ${found}` : `"${exportName}" is ${found}`;
      throw new PluginLoadError(`${what}, expected a class, a factory or an object`);
    }
    return new PluginInstance(instance, source);
  }

  /** Calls `setup`, if there is one. */
  async setup(context: PluginContext): Promise<void> {
    await this.#lifecycle("setup", [context]);
  }

  /** Calls `teardown`, if there is one. */
  async teardown(): Promise<void> {
    await this.#lifecycle("teardown", []);
  }

  /** Calls a hook. */
  call(hook: string, args: readonly unknown[]): unknown {
    if (!this.#hooks.has(hook)) throw new PluginRegistryError(`Cannot call hook "${hook}": there is none`);
    return apply(get(this.#instance, hook) as () => unknown, this.#instance, args);
  }

  async #lifecycle(name: string, args: readonly unknown[]): Promise<void> {
    const method: unknown = get(this.#instance, name);
    if (typeof method === "function") await apply(method, this.#instance, args);
  }
}
