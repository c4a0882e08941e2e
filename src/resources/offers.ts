import type { Manifest } from "../manifest/mod.ts";
import { SystemClock } from "./clock.ts";
import { FetchHttpClient } from "./http_client.ts";
import {
  BY_MESSAGE,
  FOR_PLUGIN,
  isByMessage,
  isForPlugin,
  type RemoteOffer,
  type ResourceUser,
} from "./http_for_plugin.ts";
import { Holders } from "./http_holders.ts";
import { IN_SCOPE, isInScope, type ScopeData } from "./in_scope.ts";
import { RandomRng } from "./rng.ts";

/** How a plugin comes by one of its resources. */
export type Offer =
  /** Built inside the scope from data; `instance` is the host's own, for scopes that share its isolate. */
  | {
    how: "in scope";
    data: ScopeData;
    instance?: unknown;
    /** Whether somebody wants to know of its calls. */
    isReported?: boolean;
  }
  /** A fresh folder, made when the plugin starts and removed when it has stopped. */
  | { how: "temp dir" }
  /** Stays with the host; its methods are called over messages. */
  | {
    how: "by message";
    instance: object;
    methods: string[];
    /** What the plugin's side is made with, where its methods as they are do not do. */
    wrap?: RemoteOffer["wrap"];
    /** Who uses what was made for this plugin alone, whatever decorates it: the plugin's scopes. */
    holders?: Holders;
  };

/** What a manifest's resources come to. */
export interface Offers {
  /** By resource name, in the order of the manifest. */
  offers: Map<string, Offer>;
  /** Required resources that nobody offers. */
  missing: string[];
  /** Resources that cannot be offered to a sandbox, and why. */
  refused: { name: string; reason: string }[];
}

/** Resources whose methods answer at once, so that they must live inside the scope. */
const SYNCHRONOUS = new Set(["clock", "rng"]);

/** Whether a resource's methods answer at once, by its name. */
export function isSynchronous(name: string): boolean {
  return SYNCHRONOUS.has(name);
}

/**
 * Finds how a plugin comes by each resource that its manifest declares.
 *
 * @param manifest The manifest.
 * @param registered What the host registered; wins over what every registry offers.
 * @returns An offer for each, and what is missing.
 */
export function resolveOffers(manifest: Manifest, registered: Readonly<Record<string, unknown>>): Offers {
  const offers = new Map<string, Offer>();
  const missing: string[] = [];
  const refused: Offers["refused"] = [];
  const { required, optional, http_client } = manifest.resources;
  const user = { plugin: `${manifest.kind}/${manifest.name}`, hosts: http_client.hosts };
  for (const name of [...required, ...optional]) {
    const own = Object.hasOwn(registered, name) ? registered[name] : undefined;
    const offer = own === undefined ? standardOffer(name, manifest, user) : offerOf(own, user);
    if (offer === undefined) {
      if (required.includes(name)) missing.push(name);
      continue;
    }
    offers.set(name, offer);
    if (offer.how !== "by message") continue;
    if (SYNCHRONOUS.has(name)) {
      const reason =
        "its methods are synchronous, and this implementation cannot live in a sandbox; offer one that can, " +
        `such as ${name === "clock" ? "SystemClock" : "RandomRng"}, or run the plugin with sandbox "none"`;
      refused.push({ name, reason });
    }
  }
  return { offers, missing, refused };
}

function standardOffer(name: string, manifest: Manifest, user: ResourceUser): Offer | undefined {
  switch (name) {
    case "clock":
      return offerOf(new SystemClock(), user);
    case "rng":
      return offerOf(new RandomRng(), user);
    case "http_client":
      return offerOf(new FetchHttpClient(), user);
    case "env":
      return { how: "in scope", data: { type: "env", variables: [...manifest.resources.env.variables] } };
    case "filesystem":
    case "packages":
    case "subprocess":
      return { how: "in scope", data: { type: "nothing" } };
    case "tmpdir":
      return { how: "temp dir" };
    default:
      return undefined;
  }
}

function offerOf(registered: unknown, user: ResourceUser): Offer {
  const resource = isForPlugin(registered) ? registered[FOR_PLUGIN](user) : registered;
  if (isByMessage(resource)) {
    const remote = resource[BY_MESSAGE]();
    return { how: "by message", ...remote, holders: new Holders(remote.instance) };
  }
  return isInScope(resource)
    ? { how: "in scope", data: resource[IN_SCOPE](), instance: resource }
    : { how: "by message", instance: Object(resource), methods: methodNames(resource) };
}

/**
 * Why an object cannot be a resource, whoever it is offered to.
 *
 * @param resource What the host registers.
 * @returns The reason, and what would mend it; `undefined` when it can.
 */
export function refusalOf(resource: unknown): string | undefined {
  if (resource === null || (typeof resource !== "object" && typeof resource !== "function")) {
    return `it is ${resource === null ? "null" : typeof resource}, and a resource is an object with methods`;
  }
  if (typeof resource === "function") {
    return "it is a function, and a resource is an object with methods; register an instance, or { call: … } around it";
  }
  try {
    if (typeof Reflect.get(resource, "then") === "function" && resource instanceof Promise) {
      return "it is a promise; await it first";
    }
    if (isInScope(resource)) return undefined;
    if (methodNames(resource).length > 0) return undefined;
    return hasGetters(resource)
      ? "it has getters and no methods, and only methods can be called over messages; make methods of them"
      : "it has no methods that can be listed, and only methods can be called over messages; give it some";
  } catch (error) {
    const thrown = error instanceof Error ? `${error.name}: ${error.message}` : "a value that is no error";
    return `looking at its methods throws ${thrown}; register a plain object or a class instance in its place`;
  }
}

/** The public methods of an object, own and inherited, without those of `Object.prototype`. */
export function methodNames(value: unknown): string[] {
  const names = new Set<string>();
  for (
    let at: unknown = value;
    at !== null && at !== undefined && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    if (typeof at !== "object" && typeof at !== "function") break;
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (name === "constructor" || name === "then" || name in Object.prototype) continue;
      if (typeof property.value === "function") names.add(name);
    }
  }
  return [...names];
}

function hasGetters(value: object): boolean {
  for (let at: object | null = value; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (get !== undefined && !(name in Object.prototype)) return true;
    }
  }
  return false;
}
