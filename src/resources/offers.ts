import type { Manifest } from "../manifest/mod.ts";
import { SystemClock } from "./clock.ts";
import { FetchHttpClient } from "./http_client.ts";
import { IN_SCOPE, isInScope, type ScopeData } from "./in_scope.ts";
import { RandomRng } from "./rng.ts";

/** How a plugin comes by one of its resources. */
export type Offer =
  /** Built inside the scope from data; `instance` is the host's own, for scopes that share its isolate. */
  | { how: "in scope"; data: ScopeData; instance?: unknown }
  /** A fresh folder, made when the plugin starts and removed when it has stopped. */
  | { how: "temp dir" }
  /** Stays with the host; its methods are called over messages. */
  | { how: "by message"; instance: object; methods: string[] };

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
  const { required, optional } = manifest.resources;
  for (const name of [...required, ...optional]) {
    const own = Object.hasOwn(registered, name) ? registered[name] : undefined;
    const offer = own === undefined ? standardOffer(name, manifest) : offerOf(own);
    if (offer === undefined) {
      if (required.includes(name)) missing.push(name);
      continue;
    }
    offers.set(name, offer);
    if (offer.how !== "by message") continue;
    if (SYNCHRONOUS.has(name)) {
      refused.push({ name, reason: "its methods are synchronous, and this implementation cannot live in a sandbox" });
    } else if (offer.methods.length === 0) refused.push({ name, reason: "it has no methods" });
  }
  return { offers, missing, refused };
}

function standardOffer(name: string, manifest: Manifest): Offer | undefined {
  switch (name) {
    case "clock":
      return offerOf(new SystemClock());
    case "rng":
      return offerOf(new RandomRng());
    case "http_client":
      return offerOf(new FetchHttpClient());
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

function offerOf(resource: unknown): Offer {
  return isInScope(resource)
    ? { how: "in scope", data: resource[IN_SCOPE](), instance: resource }
    : { how: "by message", instance: Object(resource), methods: methodNames(resource) };
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
