import type { JsonValue } from "../json.ts";
import type { Manifest } from "../manifest/mod.ts";

/** Whose resource is decorated. */
export interface ResourceOwner {
  /** The plugin, as `kind/name`. */
  readonly plugin: string;
  /** Its kind. */
  readonly kind: string;
  /** Its name. */
  readonly name: string;
  /** Its manifest. */
  readonly manifest: Manifest;
}

/** A call of a resource, after the fact. */
export interface ResourceCall {
  /** The plugin that made it, as `kind/name`. */
  readonly plugin: string;
  /** The resource's name. */
  readonly resource: string;
  /** The method that was called. */
  readonly method: string;
  /** When it was made, in milliseconds since 1970. */
  readonly atMs: number;
  /** How many milliseconds it took, until its promise was settled. */
  readonly ms: number;
  /** What the call of the plugin that made it carried; absent when that carried nothing. */
  readonly metadata?: Readonly<Record<string, JsonValue>>;
  /** What it threw, as `Name: message`; absent when it succeeded. */
  readonly error?: string;
}

/**
 * Takes calls of resources, after the fact: all of one plugin, in their order of ending.
 *
 * @param calls At most 1,000.
 * @param dropped How many more there were since the last batch that could not be kept.
 */
export type TakeReport = (calls: readonly ResourceCall[], dropped: number) => void | Promise<void>;

/**
 * What a host puts around resources: metering, audit, a rate limit. The plugin does not notice (SPEC section 8).
 *
 * A resource that stays with the host is decorated by `decorate`, and its calls go through that in every sandbox alike. One
 * that lives in the plugin's scope (`clock`, `rng`, `env`, `tmpdir`, the standard `http_client`) sends no message per call,
 * so that its calls can only be reported, by `report`. What a sandboxed plugin says of its own scope is its own word.
 */
export interface ResourceDecorator {
  /** The resource's name; `*` for every resource. */
  readonly resource: string;
  /**
   * Gives an object with the same methods to stand before a resource that stays with the host. Asked once for each
   * plugin at each start; a throw keeps the plugin from starting. With `*`, resources that live in the scope are left out.
   *
   * @param resource The resource, with what decorators before this one have put around it.
   * @param owner The plugin, and the resource's name.
   */
  decorate?(resource: object, owner: ResourceOwner & { readonly resource: string }): object;
  /**
   * Takes calls after the fact, every 100 ms or 1,000 calls, the last when the plugin has been torn down: those of
   * resources in the plugin's scope, and where there is no `decorate` of the others, too.
   */
  report?: TakeReport;
}

/** Goes on with a call of a resource. */
export type CallResource = (args: readonly unknown[]) => unknown;

/** All that stands between one plugin and its resources. */
export interface Decoration {
  /** The host's, innermost first. */
  readonly decorators: readonly ResourceDecorator[];
  /** Middleware's way around a call of a resource that stays with the host; outside the decorators. */
  readonly around?: (resource: string, method: string, args: readonly unknown[], goOn: CallResource) => unknown;
  /** What else takes reports. Asked once, right before the plugin's `setup`. */
  readonly reporter?: () => Promise<TakeReport | undefined>;
  /** Told of a `report` that failed. */
  readonly failed: (what: string, error: unknown) => void;
}
