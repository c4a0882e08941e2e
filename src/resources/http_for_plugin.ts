/**
 * The key of a method by which a resource gives each plugin a view of its own, which knows what the manifest grants.
 * Registered globally, so that two copies of the package agree.
 */
export const FOR_PLUGIN: unique symbol = Symbol.for("@dagstack/plugin-system/for-plugin") as typeof FOR_PLUGIN;

/** The key of a method by which a resource says how it is called by message. Registered globally as well. */
export const BY_MESSAGE: unique symbol = Symbol.for("@dagstack/plugin-system/by-message") as typeof BY_MESSAGE;

/** For whom a view is made. */
export interface ResourceUser {
  /** As `kind/name`. */
  plugin: string;
  /** `hosts` of `[plugin.resources.http_client]`. */
  hosts: readonly string[];
}

/** A resource that differs by plugin. */
export interface ForPlugin {
  /** The view of one plugin, offered to it in the resource's place. */
  [FOR_PLUGIN](user: ResourceUser): object;
}

/** How a resource is called by message whose results are more than data: its plugin's side is made by `wrapRemote`. */
export interface RemoteOffer {
  /** Which wrapper the plugin's side is made with. */
  wrap: "http_client";
  /** What is served; disposed of when the plugin has ended, so that no request outlives it. */
  instance: object & Disposable;
  /** Its methods that can be called. */
  methods: string[];
}

/** A resource that is called by message in a way of its own. */
export interface ByMessage {
  /** What is served in its place. */
  [BY_MESSAGE](): RemoteOffer;
}

/** Whether a resource differs by plugin. */
export function isForPlugin(resource: unknown): resource is ForPlugin {
  return hasMethod(resource, FOR_PLUGIN);
}

/** Whether a resource is called by message in a way of its own. */
export function isByMessage(resource: unknown): resource is ByMessage {
  return hasMethod(resource, BY_MESSAGE);
}

function hasMethod(resource: unknown, key: symbol): boolean {
  return typeof resource === "object" && resource !== null && typeof Reflect.get(resource, key) === "function";
}
