import { runInCall } from "../context/mod.ts";
import { PluginRegistryError } from "../errors.ts";
import type { CallContext, CallHandler, Connection } from "../rpc/mod.ts";
import type { Tenure } from "./tenure.ts";

const { apply, get } = Reflect;

/** Serves resources of the host to the other end of a connection, each under a target of its own. */
export class ResourceTargets {
  readonly #connection: Connection;
  #last = 0;

  /** @param connection The channel to the plugin; which resources it may call is decided by what is served on it. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Serves a resource.
   *
   * @param resource The host's object.
   * @param methods The only names that can be called.
   * @param tenure Whose calls these are, and how long.
   * @returns Its target.
   */
  serve(resource: object, methods: readonly string[], tenure: Tenure): number {
    return this.open(among(methods, (method, args, call) => {
      const work = (given: readonly unknown[]) => apply(get(resource, method) as () => unknown, resource, given);
      return tenure.call(work, args, call.metadata, () => call.signal);
    }));
  }

  /** As {@linkcode ResourceTargets.serve}, for methods that ask whether the call carries anything. */
  serveServices(services: object, methods: readonly string[], tenure: Tenure): number {
    const { plugin } = tenure;
    return this.open(among(methods, (method, args, call) => {
      tenure.check();
      const work = () => apply(get(services, method) as () => unknown, services, args);
      return call.metadata === undefined ? work() : runInCall(running(plugin, call.metadata, call), work);
    }));
  }

  /** Serves whatever a function answers. @returns Its target. */
  open(handler: CallHandler): number {
    const target = ++this.#last;
    this.#connection.serve(target, handler);
    return target;
  }
}

function among(methods: readonly string[], handler: CallHandler): CallHandler {
  const allowed = new Set(methods);
  return (method, args, call) => {
    if (allowed.has(method)) return handler(method, args, call);
    throw new PluginRegistryError(`Cannot call "${method}": the resource has no such method`);
  };
}

function running(plugin: string, metadata: NonNullable<CallContext["metadata"]>, call: CallContext) {
  return {
    plugin,
    metadata,
    get signal() {
      return call.signal; // made only for who asks
    },
  };
}
