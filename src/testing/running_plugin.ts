import type { PluginHandle } from "../context/mod.ts";
import type { CallOptions } from "../dispatch/mod.ts";
import { isTeardownErrors, PluginRegistryError } from "../errors.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { PluginRegistry } from "../registry/mod.ts";
import { checkArguments } from "../rpc/mod.ts";
import { copied } from "./crossing.ts";
import type { TestDoubles } from "./doubles.ts";

/** What a running plugin is made of. */
export interface RunningPluginParts<T> {
  registry: PluginRegistry;
  manifest: Manifest;
  /** The instance. */
  instance: () => T;
  /** Whether arguments and results are such as cross a boundary. */
  strict: boolean;
  /** What every call carries. */
  carried: CallOptions;
}

/** A plugin that was set up for a test, and the doubles around it. Disposing of it calls its `teardown`. */
export interface RunningPlugin<T extends object> extends TestDoubles, AsyncDisposable {
  /** Its hooks, each giving a promise; what they carry is what `runPlugin` was told. */
  readonly hooks: PluginHandle<T>;
  /** The object itself, for what no hook shows. */
  readonly instance: T;
  /**
   * Its hooks, with what these calls carry.
   *
   * @param options Metadata, a signal, a time limit; each wins over what `runPlugin` was told.
   */
  with(options: CallOptions): PluginHandle<T>;
  /**
   * Asks for its health, as a registry does: the method that `health_check` names, or `health`.
   *
   * @returns What that says.
   * @throws {PluginRegistryError} If it has no such method.
   */
  health(): Promise<unknown>;
  /**
   * Calls its `teardown`, once.
   *
   * @returns `false` if it says that it cannot be set up again before the host starts anew.
   * @throws {Error} What it throws.
   */
  teardown(): Promise<false | undefined>;
}

/** Makes what a test is given of a plugin that was set up. */
export function runningPlugin<T extends object>(
  doubles: TestDoubles,
  { registry, manifest, instance, strict, carried }: RunningPluginParts<T>,
): RunningPlugin<T> {
  const { kind, name, health_check = "health" } = manifest;
  const handle = registry.getPlugin<Record<string, (...args: unknown[]) => unknown>>(kind, { name });
  const hooks = (options: CallOptions): PluginHandle<T> => {
    const carries = Object.keys(options).length > 0;
    const call = (hook: string) => async (...args: unknown[]) => {
      if (strict) checkArguments(args, hook);
      const own = strict ? args.map(copied) : args;
      const result: unknown = await (carries ? registry.call(kind, name, hook, own, options) : handle[hook]!(...own));
      return strict ? copied(result) : result;
    };
    // What is no hook, `then` above all, is the handle's own affair.
    const isHook = (key: string | symbol) => typeof key === "string" && typeof Reflect.get(handle, key) === "function";
    return new Proxy(handle, {
      get: (own, key) => isHook(key) && !(key in Object.prototype) ? call(key as string) : Reflect.get(own, key),
    }) as unknown as PluginHandle<T>;
  };
  const teardown = async () => {
    try {
      await registry.teardownAll();
    } catch (error) {
      throw isTeardownErrors(error) && error.errors.length === 1 ? error.errors[0] : error;
    }
    const status = registry.status().plugins.find((one) => one.kind === kind && one.name === name);
    return status?.state === "requires_restart" ? false : undefined;
  };
  return {
    ...doubles,
    hooks: hooks(carried),
    instance: instance(),
    with: (options) => hooks({ ...carried, ...options }),
    async health() {
      const method: unknown = Reflect.get(instance(), health_check);
      if (typeof method === "function") return await Reflect.apply(method, instance(), []);
      throw new PluginRegistryError(`Cannot ask for health: the plugin has no method "${health_check}"`);
    },
    teardown,
    [Symbol.asyncDispose]: async () => void await teardown(),
  };
}
