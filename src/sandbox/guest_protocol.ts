import type { DependencyRef, Metadata } from "../context/mod.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { RemoteOffer, ScopeData } from "../resources/mod.ts";

/** What a guest is told when it starts: in the fragment of its module's URL, or in the first message of a worker. */
export interface GuestSettings {
  /** The largest message in either direction, in bytes. */
  maxBytes: number;
  /** Calls that wait for an answer, in each direction. */
  maxPending: number;
}

/** `load`: which plugin, and where its code is. `slot` is the target under which its hooks are then served. */
export interface LoadRequest {
  slot: number;
  plugin: string;
  url: string;
  exportName: string;
  /** For `thread_cpu_bound`: how many workers share its calls, and the module that they start with. */
  pool?: { size: number; module: string };
  /** For middleware: the host's target for `next`. Its `wrap` is no hook. */
  next?: number;
  /** How often the plugin was loaded before by this guest. */
  generation?: number;
}

/** What `load` answers. */
export interface LoadReply {
  hooks: readonly string[];
  /** How many arguments each hook takes. */
  arities: readonly number[];
  methods: readonly string[];
  source?: string | undefined;
}

/** The last of the arguments of a call of `wrap`, behind the wrapped call's own and the token. */
export interface WrapHeader {
  kind: string;
  plugin: string;
  hook: string;
  /** The resource, where the wrapped call is one of a resource's method. */
  resource?: string;
  /** What the wrapped call carries, where the call of `wrap` does not carry the same. */
  metadata?: Metadata;
}

/** A resource as it is sent: built here from data, or called over messages. */
export type SentResource = { data: ScopeData; isReported?: boolean } | {
  target: number;
  methods: string[];
  wrap?: RemoteOffer["wrap"];
};

/** `setup`: what the plugin's view of the context is made of. */
export interface SetupRequest {
  slot: number;
  manifest: Manifest;
  config: Record<string, unknown>;
  resources: [name: string, resource: SentResource][];
  dependencies: readonly DependencyRef[];
  /** The host's target for what it does for the plugin besides. */
  services?: number;
  /** The host's target for what is reported of resources that live here. */
  reports?: number;
}

/**
 * The host's target for what a guest says of itself: `ready()` when it has started, `log(slot, level, message, fields?)`
 * for each record.
 */
export const GUEST_TARGET = 0;
/** The guest's own target: `load`, `setup`, `teardown`. */
export const CONTROL_TARGET = 0;

/** The longest log record, in UTF-16 units; the rest is cut and counted. */
export const MAX_LOG_RECORD = 65_536;

/** What the lifecycle test of the contract suite is told, as JSON on stdin. */
export interface LifecycleSpec {
  plugin: string;
  manifest: Manifest;
  url: string;
  exportName: string;
  /** The plugin's section of the configuration. */
  config: Record<string, unknown>;
  /** What lives in the scope; of what stays with a host, the test makes doubles. */
  resources: [name: string, data: ScopeData][];
  /** Hooks to call, in order. What they throw is their own affair. */
  calls: [hook: string, args: unknown[]][];
}
