import type { Manifest } from "../manifest/mod.ts";
import type { ScopeData } from "../resources/mod.ts";

/** `load`: which plugin, and where its code is. `slot` is the target under which its hooks are then served. */
export interface LoadRequest {
  slot: number;
  plugin: string;
  url: string;
  exportName: string;
}

/** A resource as it is sent: built here from data, or called over messages. */
export type SentResource = { data: ScopeData } | { target: number; methods: string[] };

/** `setup`: what the plugin's view of the context is made of. */
export interface SetupRequest {
  slot: number;
  manifest: Manifest;
  config: Record<string, unknown>;
  resources: [name: string, resource: SentResource][];
}

/** The host's target for what a plugin logs: `log(slot, level, message, fields?)`. */
export const LOG_TARGET = 0;
/** The guest's own target: `load`, `setup`, `teardown`. */
export const CONTROL_TARGET = 0;

/** What the lifecycle test of the contract suite is told, as JSON on stdin. */
export interface LifecycleSpec {
  plugin: string;
  manifest: Manifest;
  url: string;
  exportName: string;
  resources: [name: string, data: ScopeData][];
  /** Hooks to call, in order. What they throw is their own affair. */
  calls: [hook: string, args: unknown[]][];
}
