import type { CallOptions, DirectHook, DispatchTarget, HookDeclaration, Waiter } from "../dispatch/mod.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { PluginHandle } from "../context/mod.ts";
import type { PluginRecord } from "./record.ts";

/** What a running plugin's entry needs of the registry. */
export interface LoadedPluginSteps {
  start(
    record: PluginRecord,
    hook: string,
    args: readonly unknown[],
    waiter: Waiter,
    options: CallOptions | undefined,
  ): void;
  /** The shortest way to a hook, where there is one. */
  direct(record: PluginRecord, hook: string): DirectHook | undefined;
  matches(record: PluginRecord, input: unknown, options: CallOptions | undefined): Promise<unknown>;
  declaration(kind: string, hook: string): HookDeclaration | undefined;
  failed(
    record: PluginRecord,
    hook: string,
    where: Parameters<Required<DispatchTarget>["failed"]>[1],
    error: unknown,
  ): void;
  answered(record: PluginRecord): void;
}

/** A running plugin, as `getLoadedPlugins` gives it: what the dispatchers take. */
export class LoadedPluginEntry implements DispatchTarget {
  /** Its manifest. */
  readonly manifest: Manifest;
  /** Its handle. */
  readonly instance: PluginHandle<Record<string, (...args: unknown[]) => unknown>>;
  /** The names of its hooks. */
  readonly hooks: ReadonlySet<string>;
  /** Asks its own `matches`, where it has one. */
  readonly matches?: (input: unknown, options?: CallOptions) => Promise<unknown>;
  readonly #record: PluginRecord;
  readonly #steps: LoadedPluginSteps;

  /**
   * Made by the registry.
   *
   * @param record The plugin.
   * @param instance Its handle.
   * @param steps What it needs.
   */
  constructor(record: PluginRecord, instance: object, steps: LoadedPluginSteps) {
    this.manifest = record.manifest;
    this.instance = instance as LoadedPluginEntry["instance"];
    this.hooks = record.hooks ?? new Set();
    if (record.methods?.has("matches") === true) {
      this.matches = (input, options) => steps.matches(record, input, options);
    }
    this.#record = record;
    this.#steps = steps;
  }

  /**
   * Calls a hook.
   *
   * @param hook The hook.
   * @param args Its arguments.
   * @param options Of this call.
   * @returns The hook's result.
   */
  call(hook: string, args: readonly unknown[] = [], options?: CallOptions): Promise<unknown> {
    return new Promise((resolve, reject) => this.start(hook, args, { resolve, reject }, options));
  }

  /** Calls a hook, and tells the waiter. */
  start(hook: string, args: readonly unknown[], waiter: Waiter, options?: CallOptions): void {
    this.#steps.start(this.#record, hook, args, waiter, options);
  }

  /**
   * The shortest way to a hook, where there is one: for dispatchers of this package.
   *
   * @internal
   */
  direct(hook: string): DirectHook | undefined {
    return this.#steps.direct(this.#record, hook);
  }

  /** Its own name of a hook that its kind's hookspec knows, by either form of the name. */
  ownName(hook: string): string | undefined {
    return this.#record.contract?.ownName(hook);
  }

  /** What the host declares of a hook. */
  declaration(hook: string): HookDeclaration | undefined {
    return this.#steps.declaration(this.manifest.kind, hook);
  }

  /** Hears that it failed where others may not have. */
  failed(...told: Parameters<Required<DispatchTarget>["failed"]>): void {
    this.#steps.failed(this.#record, ...told);
  }

  /** Hears that it answered. */
  answered(): void {
    this.#steps.answered(this.#record);
  }
}
