import {
  CallSpan,
  carryingActive,
  createPluginView,
  type InFlightCall,
  loggerTo,
  type LogLevel,
  type Metadata,
  NO_METADATA,
  type PluginServices,
  runInCall,
  type RunningCall,
  runningCall,
  SERVER,
  SERVICE_METHODS,
  type Tracing,
  tracing,
  withCallFields,
} from "../../context/mod.ts";
import { buildResource, type Method, type Remote, wrapRemote } from "../../resources/mod.ts";
import { type CallContext, type CallOptions, type Connection, isThenable } from "../../rpc/mod.ts";
import { bindStream } from "../bind_stream.ts";
import type { LoadRequest, SentResource, SetupRequest } from "../guest_protocol.ts";
import { OWN, PluginInstance, WRAP } from "../instance.ts";
import { ResourceView, type SendReport } from "../resource_view.ts";
import { Tenure } from "../tenure.ts";
import { wrappedCall } from "./wrap_call.ts";

/** What a guest sends of a plugin's records. */
export type GuestLog = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;

/** A plugin's code in a guest: one instance, or a pool of workers with an instance each. */
export interface GuestSlot {
  readonly hooks: readonly string[];
  readonly arities: readonly number[];
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
  #view: ResourceView | undefined;

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

  get arities(): readonly number[] {
    return this.#instance.arities;
  }

  get methods(): readonly string[] {
    return this.#instance.methods;
  }

  get source(): string | undefined {
    return this.#instance.source;
  }

  setup({ manifest, config, resources, dependencies, services: target, reports }: SetupRequest): Promise<void> {
    const logger = loggerTo((level, message, fields) => this.#log(level, String(message), withCallFields(fields)));
    const { plugin } = this.#request;
    const view = this.#view = new ResourceView(
      new Tenure(plugin),
      reports === undefined ? undefined : this.#sendTo(reports),
    );
    const built = new Map(resources.map(([name, resource]) => [name, this.#build(name, resource, view)]));
    const inFlight = () => this.#inFlight();
    const services = target === undefined
      ? undefined
      : this.#remote(target, SERVICE_METHODS) as unknown as PluginServices;
    return this.#instance.setup(
      createPluginView({ plugin, manifest, config, logger, resources: built, inFlight, dependencies, services }),
    );
  }

  #build(name: string, resource: SentResource, view: ResourceView): unknown {
    if ("data" in resource) return view.inScope(name, buildResource(resource.data), resource.isReported === true);
    const remote = this.#remote(resource.target, resource.methods, (call) => view.guard(name, call));
    return resource.wrap === undefined ? remote : wrapRemote(resource.wrap, remote as Remote);
  }

  /** Reports that the host does not read are dropped, and counted. */
  #sendTo(target: number): SendReport {
    return (calls, dropped) => {
      try {
        this.#connection.notify(target, "report", [calls, dropped]);
        return true;
      } catch {
        return false;
      }
    };
  }

  /** An object of the host's: its methods are called over messages, and carry what the running call does. */
  #remote(target: number, methods: readonly string[], guard = (call: Method): Method => call): object {
    const call = (method: string) => (...args: unknown[]) => this.#connection.call(target, method, args, carriedOn());
    return Object.freeze(Object.fromEntries(methods.map((method) => [method, guard(call(method))])));
  }

  call(hook: string, args: unknown[], context: CallContext): unknown {
    if (context.metadata === undefined && hook !== WRAP) return this.#instance.call(hook, args);
    return this.#callCarrying(hook, args, context);
  }

  #callCarrying(hook: string, args: unknown[], context: CallContext): unknown {
    const { metadata } = context;
    const work = hook === WRAP ? () => this.#wrap(args, context) : () => this.#instance.call(hook, args);
    if (metadata === undefined) return work();
    const on = tracing();
    const span = on === undefined || (hook !== WRAP && hook.startsWith(OWN))
      ? undefined
      : this.#span(on, hook, metadata);
    const running: RunningCall = {
      plugin: this.#request.plugin,
      metadata: span?.metadata ?? metadata,
      get signal() {
        return context.signal; // made only for who asks
      },
      outlives: hook === WRAP,
    };
    const result = runInCall(running, span === undefined ? work : () => span.around(work));
    return isThenable(result) ? boundLater(running, result) : bindStream(running, result);
  }

  /** The call as it is seen from inside. The host tells of its errors, and knows what must not be shown of them. */
  #span(on: Tracing, hook: string, metadata: Metadata): CallSpan {
    const [kind, plugin] = this.#request.plugin.split("/") as [string, string];
    const name = hook === WRAP ? "wrap" : "hook";
    const attributes = { plugin, kind, ...(hook === WRAP ? {} : { hook }) };
    return new CallSpan(on, { name, kind: SERVER, attributes, metadata, local: false });
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

  async teardown(): Promise<unknown> {
    try {
      return await this.#instance.teardown();
    } finally {
      this.#view?.end();
    }
  }
}

async function boundLater(call: RunningCall, result: PromiseLike<unknown>): Promise<unknown> {
  return bindStream(call, await result);
}

/** What a call back to the host carries. */
function carriedOn(): CallOptions | undefined {
  const on = tracing();
  const call = runningCall();
  const carried = on === undefined ? call : carryingActive(on, call);
  return call?.outlives === true ? { metadata: carried?.metadata } : carried;
}
