import { PluginRegistryError } from "../errors.ts";
import type { AccessRequest } from "./tenant.ts";

/** A plugin that another depends on. */
export interface DependencyRef {
  kind: string;
  name: string;
}

/**
 * What the host does for one plugin besides its resources: what its view of the context is made of. In a sandbox every
 * method is called over messages; each call carries the metadata and the signal of the running one.
 */
export interface PluginServices {
  /** Calls a hook of a plugin that it depends on. */
  callPlugin(kind: string, name: string, hook: string, args: unknown[]): Promise<unknown>;
  /** Puts an event on the bus. */
  publish(topic: string, payload: unknown): unknown;
  /** The events of a topic, from now on. Ending it ends the subscription. */
  events(topic: string): AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>;
  /** Asks the host's tenants. */
  checkAccess(request: AccessRequest): Promise<boolean>;
}

/** The methods of {@linkcode PluginServices}. */
export const SERVICE_METHODS: readonly (keyof PluginServices)[] = ["callPlugin", "publish", "events", "checkAccess"];

/** What a plugin is given where nobody hosts it: no other plugins, nobody on the bus, and access to everything. */
export const NO_SERVICES: PluginServices = {
  callPlugin: (kind, name) =>
    Promise.reject(new PluginRegistryError(`Cannot call plugin "${kind}/${name}": there are no other plugins here`)),
  publish() {},
  async *events() {},
  checkAccess: () => Promise.resolve(true),
};
