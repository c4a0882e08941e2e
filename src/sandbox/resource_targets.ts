import { PluginRegistryError } from "../errors.ts";
import type { CallHandler, Connection } from "../rpc/mod.ts";

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
   * @returns Its target.
   */
  serve(resource: object, methods: readonly string[]): number {
    const allowed = new Set(methods);
    return this.open((method, args) => {
      if (!allowed.has(method)) {
        throw new PluginRegistryError(`Cannot call "${method}": the resource has no such method`);
      }
      return apply(get(resource, method) as () => unknown, resource, args);
    });
  }

  /** Serves whatever a function answers. @returns Its target. */
  open(handler: CallHandler): number {
    const target = ++this.#last;
    this.#connection.serve(target, handler);
    return target;
  }
}
