import type { Manifest } from "../manifest/mod.ts";
import type { LockedPackages } from "../packages/mod.ts";
import type { OpenedPlugin } from "../runtime/mod.ts";
import type { ResolvedEntryPoint, Sandbox } from "../sandbox/mod.ts";
import type { ConfigCheck } from "./config_schema.ts";

/** The states of a plugin (SPEC section 6). */
export type PluginState = "registered" | "starting" | "active" | "unavailable" | "stopped" | "leaked";

/** All that the registry knows of one plugin. */
export interface PluginRecord {
  readonly manifest: Manifest;
  /** `kind/name`. */
  readonly id: string;
  /** The manifest file. */
  readonly source: string;
  /** Where its code is; absent when it is the host's own, or not known yet. */
  entry?: ResolvedEntryPoint;
  /** The host's own code for it: a class, a factory or an object. */
  module?: unknown;
  /** Checks its section of the configuration. */
  checkConfig?: ConfigCheck;
  sandbox: Sandbox;
  trusted: boolean;
  state: PluginState;
  /** Why it is not active. */
  error?: Error;
  opened?: OpenedPlugin;
  /** Settles when it has started or failed to; there while it starts. */
  starting?: Promise<void>;
  /** Set when it is to stop as soon as it has started. */
  stopping?: boolean;
  /** Known once it is loaded. */
  hooks?: ReadonlySet<string>;
  /** Made once, at the first look-up. */
  handle?: object;
  loadMs?: number;
  setupMs?: number;
  /** What it may import from registries, once that is resolved and locked. */
  packages?: LockedPackages;
  /** Settles when it has stopped, with what failed; there while it stops. */
  stopped?: Promise<Error[]>;
  /** Settles when what is left of a failed plugin has ended; there while it ends. */
  ending?: Promise<void>;
  /** How often it was started again after it had failed. */
  restarts?: number;
  /** How often it has failed without a minute of quiet between. */
  failuresInRow?: number;
  /** `performance.now()` when it was last started. */
  activeSince?: number;
}
