import {
  createPluginView,
  type InFlightCall,
  loggerTo,
  type LogLevel,
  NO_METADATA,
  runInCall,
  type RunningCall,
} from "../../context/mod.ts";
import { buildResource } from "../../resources/mod.ts";
import { type CallContext, type Connection, isThenable } from "../../rpc/mod.ts";
import { bindStream } from "../bind_stream.ts";
import type { LoadRequest, SentResource, SetupRequest } from "../guest_protocol.ts";
import { OWN, PluginInstance, WRAP } from "../instance.ts";
import { wrappedCall } from "./wrap_call.ts";

/** What a guest sends of a plugin's records. */
export type GuestLog = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;

/** A plugin's code in a guest: one instance, or a pool of workers with an instance each. */
export interface GuestSlot {
  readonly hooks: readonly string[];
  readonly methods: readonly string[];
  readonly source: string | undefined;
  setup(request: SetupRequest): Promise<unknown>;
  call(hook: string, args: unknown[], call: CallContext): unknown;
  teardown(): Promise<unknown>;
}

/** A plugin that runs in the guest's own isolate. */
export class InstanceSlot implements GuestSlot {
  readonly #instance: PluginInstance;
  readonly #request: LoadRequest;
  readonly #connection: Connection;
  readonly #log: GuestLog;

  private constructor(instance: PluginInstance, request: LoadRequest, connection: Connection, log: GuestLog) {
    this.#instance = instance;
    this.#request = request;
    this.#connection = connection;
    this.#log = log;
  }

  /** Imports the plugin's code. */
  static async load(request: LoadRequest, connection: Connection, log: GuestLog): Promise<InstanceSlot> {
    const { url, exportName, next, generation } = request;
    const instance = await PluginInstance.load(url, exportName, { wraps: next !== undefined, generation });
    return new InstanceSlot(instance, request, connection, log);
  }

  get hooks(): readonly string[] {
    return this.#instance.hooks;
  }

  get methods(): readonly string[] {
    return this.#instance.methods;
  }

  get source(): string | undefined {
    return this.#instance.source;
  }

  setup({ manifest, config, resources }: SetupRequest): Promise<void> {
    const logger = loggerTo((level, message, fields) => this.#log(level, String(message), fields));
    const built = new Map(resources.map(([name, resource]) => [name, this.#build(resource)]));
    const { plugin } = this.#request;
    const inFlight = () => this.#inFlight();
    return this.#instance.setup(
      createPluginView({ plugin, manifest, config, logger, resources: built, inFlight }),
    );
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

  call(hook: string, args: unknown[], context: CallContext): unknown {
    if (context.metadata === undefined && hook !== WRAP) return this.#instance.call(hook, args);
    return this.#callCarrying(hook, args, context);
  }

  #callCarrying(hook: string, args: unknown[], context: CallContext): unknown {
    const { metadata } = context;
    const work = hook === WRAP ? () => this.#wrap(args, context) : () => this.#instance.call(hook, args);
    if (metadata === undefined) return work();
    const running: RunningCall = {
      plugin: this.#request.plugin,
      metadata,
      get signal() {
        return context.signal; // made only for who asks
      },
    };
    const result = runInCall(running, work);
    return isThenable(result) ? boundLater(running, result) : bindStream(running, result);
  }

  async #wrap(args: unknown[], { metadata }: CallContext): Promise<unknown> {
    const { next: target = 0 } = this.#request;
    const { call, next, letThrough } = wrappedCall(args, metadata, this.#connection, target);
    try {
      return await this.#instance.wrap(call, next);
    } catch (error) {
      throw letThrough(error);
    }
  }

  /** The connection knows what is not answered yet, so that no list of its own has to be kept for that. */
  #inFlight(): InFlightCall[] {
    const now = performance.now();
    const calls = this.#connection.underWay(this.#request.slot);
    return calls.filter(({ method }) => method === WRAP || !method.startsWith(OWN)).map((call) => ({
      hook: call.method === WRAP ? "wrap" : call.method,
      elapsedMs: now - call.since,
      metadata: call.metadata ?? NO_METADATA,
    }));
  }

  teardown(): Promise<unknown> {
    return this.#instance.teardown();
  }
}

async function boundLater(call: RunningCall, result: PromiseLike<unknown>): Promise<unknown> {
  return bindStream(call, await result);
}
