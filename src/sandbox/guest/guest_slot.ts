import { createPluginView, loggerTo, type LogLevel } from "../../context/mod.ts";
import { buildResource } from "../../resources/mod.ts";
import type { CallContext, Connection } from "../../rpc/mod.ts";
import type { LoadRequest, SentResource, SetupRequest } from "../guest_protocol.ts";
import { PluginInstance } from "../instance.ts";

/** What a guest sends of a plugin's records. */
export type GuestLog = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;

/** A plugin's code in a guest: one instance, or a pool of workers with an instance each. */
export interface GuestSlot {
  readonly hooks: readonly string[];
  readonly source: string | undefined;
  setup(request: SetupRequest): Promise<unknown>;
  call(hook: string, args: unknown[], call: CallContext): unknown;
  teardown(): Promise<unknown>;
}

/** A plugin that runs in the guest's own isolate. */
export class InstanceSlot implements GuestSlot {
  readonly #instance: PluginInstance;
  readonly #plugin: string;
  readonly #connection: Connection;
  readonly #log: GuestLog;

  private constructor(instance: PluginInstance, plugin: string, connection: Connection, log: GuestLog) {
    this.#instance = instance;
    this.#plugin = plugin;
    this.#connection = connection;
    this.#log = log;
  }

  /** Imports the plugin's code. */
  static async load(request: LoadRequest, connection: Connection, log: GuestLog): Promise<InstanceSlot> {
    const instance = await PluginInstance.load(request.url, request.exportName);
    return new InstanceSlot(instance, request.plugin, connection, log);
  }

  get hooks(): readonly string[] {
    return this.#instance.hooks;
  }

  get source(): string | undefined {
    return this.#instance.source;
  }

  setup({ manifest, config, resources }: SetupRequest): Promise<void> {
    const logger = loggerTo((level, message, fields) => this.#log(level, String(message), fields));
    const built = new Map(resources.map(([name, resource]) => [name, this.#build(resource)]));
    return this.#instance.setup(createPluginView({ plugin: this.#plugin, manifest, config, logger, resources: built }));
  }

  #build(resource: SentResource): unknown {
    if ("data" in resource) return buildResource(resource.data);
    const { target, methods } = resource;
    const remote = methods.map((method) => [
      method,
      (...args: unknown[]) => this.#connection.call(target, method, args),
    ]);
    return Object.freeze(Object.fromEntries(remote));
  }

  call(hook: string, args: unknown[]): unknown {
    return this.#instance.call(hook, args);
  }

  teardown(): Promise<void> {
    return this.#instance.teardown();
  }
}
