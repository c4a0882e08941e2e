import { PluginLoadError, PluginRegistryError } from "../errors.ts";
import type { AroundCall, Next, PluginContext } from "../context/mod.ts";
import { methodNames } from "../resources/mod.ts";
import { checkConfig, type StandardSchema, takeConfigSchema } from "./config_check.ts";

/** Methods that the registry calls itself and that are no hooks. */
export const LIFECYCLE_METHODS: ReadonlySet<string> = new Set(["setup", "teardown", "health", "matches"]);

/** Marks names that are no hooks: what follows is a method that the registry calls itself. */
export const OWN = "#";
/** How middleware's `wrap` is called. */
export const WRAP = `${OWN}wrap`;
/** What the registry calls by {@linkcode OWN}; everything else of the kind has a way of its own. */
const CALLED: ReadonlySet<string> = new Set([`${OWN}health`, `${OWN}matches`, `${OWN}resourceReport`]);

/** What of middleware is no hook. */
const WRAP_METHODS = ["wrap", "wrapResource", "resourceReport"];

/** How an instance is made. */
export interface InstanceOptions {
  /** Whether the plugin is middleware, whose `wrap` is no hook. @default false */
  wraps?: boolean | undefined;
  /** How often the plugin was loaded before by the same process: later ones import it afresh. @default 0 */
  generation?: number | undefined;
}

const { apply, get } = Reflect;
const functionSource = Function.prototype.toString;

/** A plugin's instance, used the same way inside every kind of scope. */
export class PluginInstance {
  readonly #instance: object;
  readonly #hooks: ReadonlySet<string>;
  readonly #configSchema: StandardSchema | undefined;
  /** Names of its public methods, without those that the registry calls itself. */
  readonly hooks: readonly string[];
  /** How many arguments each of them takes, in the same order: the `length` of its function. */
  readonly arities: readonly number[];
  /** Which of the methods that the registry calls itself it has. */
  readonly methods: readonly string[];
  /** Source text of the export, when it is a class or function. */
  readonly source: string | undefined;

  private constructor(
    instance: object,
    source: string | undefined,
    configSchema: StandardSchema | undefined,
    { wraps = false }: InstanceOptions,
  ) {
    this.#instance = instance;
    this.#configSchema = configSchema;
    const own = wraps ? [...LIFECYCLE_METHODS, ...WRAP_METHODS] : [...LIFECYCLE_METHODS];
    const isOwn = (name: string) =>
      own.includes(name) || name.startsWith(OWN) || (name === "configSchema" && get(instance, name) === configSchema);
    this.hooks = methodNames(instance).filter((name) => !isOwn(name));
    this.arities = this.hooks.map((name) => arityOf(get(instance, name) as object));
    this.methods = own.filter((name) => typeof get(instance, name) === "function");
    this.#hooks = new Set(this.hooks);
    this.source = source;
  }

  /**
   * Imports a module and makes an instance of its export: a class without constructor arguments, a factory, or an
   * object (SPEC section 5).
   *
   * @param url The module. Never a literal in this code: Deno would load that with the wrong permissions.
   * @param exportName Its export.
   * @param options What it is, and whether it was loaded before.
   * @throws {PluginLoadError} If there is no such export, or it is none of these. What the module throws is passed on.
   */
  static async load(url: string, exportName: string, options: InstanceOptions = {}): Promise<PluginInstance> {
    const { generation = 0 } = options;
    // NB: Deno keeps modules by their whole URL, so that only another query gives fresh code.
    const address = generation > 0 ? `${url}?generation=${generation}` : url;
    const namespace: Record<string, unknown> = await import(address);
    if (!Object.hasOwn(namespace, exportName)) {
      const names = Object.keys(namespace).map((name) => `"${name}"`).join(", ");
      throw new PluginLoadError(`it has no export "${exportName}"; it exports ${names || "nothing"}`);
    }
    return await PluginInstance.make(namespace[exportName], exportName, options);
  }

  /**
   * Makes an instance of an export: a class without constructor arguments, a factory, or an object.
   *
   * @param exported The export.
   * @param exportName What errors call it.
   * @param options What it is.
   * @throws {PluginLoadError} If it is none of these. What the constructor or the factory throws is passed on.
   */
  static async make(exported: unknown, exportName: string, options: InstanceOptions = {}): Promise<PluginInstance> {
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
    return new PluginInstance(instance, source, takeConfigSchema(schemaOf(exported, instance)), options);
  }

  /** Holds the configuration against `configSchema`, then calls `setup`; each if there is one. */
  async setup(context: PluginContext): Promise<void> {
    const own = this.#configSchema === undefined ? context : await configured(context, this.#configSchema);
    await this.#lifecycle("setup", [own]);
  }

  /** Calls `teardown`, if there is one. @returns `false` when it says so; all else that it may give means nothing. */
  async teardown(): Promise<false | undefined> {
    return await this.#lifecycle("teardown", []) === false ? false : undefined;
  }

  /** Calls a hook, or by {@linkcode OWN} a method that is none. */
  call(hook: string, args: readonly unknown[]): unknown {
    if (this.#hooks.has(hook)) return apply(get(this.#instance, hook) as () => unknown, this.#instance, args);
    if (CALLED.has(hook)) return this.#callOwn(hook.slice(OWN.length), args);
    throw noHook(hook);
  }

  /**
   * A hook as a function, to be called often. A method of the class is looked up once; one of the instance's own each
   * time, for such are made to be replaced.
   */
  bound(hook: string): (input: unknown) => unknown {
    const instance = this.#instance as Record<string, (input: unknown) => unknown>;
    if (!this.#hooks.has(hook)) throw noHook(hook);
    return Object.hasOwn(instance, hook) ? (input) => instance[hook]!(input) : instance[hook]!.bind(instance);
  }

  /** Calls middleware's `wrap`, or its `wrapResource` where what it wraps is a call of a resource. */
  wrap(call: AroundCall, next: Next): unknown {
    const { kind, plugin, hook, resource, args, metadata } = call;
    const own = resource === undefined
      ? { kind, plugin, hook, args, metadata }
      : { kind, plugin, resource, method: hook, args, metadata };
    return this.#callOwn(resource === undefined ? "wrap" : "wrapResource", [Object.freeze(own), next]);
  }

  #callOwn(name: string, args: readonly unknown[]): unknown {
    if (!this.methods.includes(name)) throw new PluginRegistryError(`Cannot call "${name}": there is no such method`);
    return apply(get(this.#instance, name) as () => unknown, this.#instance, args);
  }

  async #lifecycle(name: string, args: readonly unknown[]): Promise<unknown> {
    const method: unknown = get(this.#instance, name);
    return typeof method === "function" ? await apply(method, this.#instance, args) : undefined;
  }
}

/** NB: `length` of a function can be made anything; what is no number could not be sent. */
function arityOf(method: object): number {
  const length: unknown = get(method, "length");
  return Number.isSafeInteger(length) ? length as number : 0;
}

function noHook(hook: string): PluginRegistryError {
  return new PluginRegistryError(`Cannot call hook "${hook}": there is none`);
}

/**
 * Where a `configSchema` stands: static on the class, also on that of an object that was given; on a factory; on an
 * object. A method of that name is a hook.
 */
function schemaOf(exported: unknown, instance: object): unknown {
  const ownClass: unknown = get(instance, "constructor");
  for (const holder of [exported, ownClass]) {
    const found: unknown = typeof holder === "function" ? get(holder, "configSchema") : undefined;
    if (found !== undefined) return found;
  }
  const own: unknown = Object.hasOwn(instance, "configSchema") ? get(instance, "configSchema") : undefined;
  return typeof own === "function" && !("~standard" in own) ? undefined : own;
}

/** The same view of the context, with what the schema makes of its configuration. */
async function configured(context: PluginContext, schema: StandardSchema): Promise<PluginContext> {
  const { kind, name } = context.manifest;
  const value = await checkConfig(schema, context.config, `${kind}/${name}`);
  const all = Object.getOwnPropertyDescriptors(context); // `metadata` and its like are asked each time
  return Object.freeze(Object.create(Object.prototype, { ...all, config: { value, enumerable: true } }));
}
