import type { LogLevel } from "../context/mod.ts";
import type { FoundEntryPoint } from "../discovery/mod.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { Offer } from "../resources/mod.ts";

/** Where a plugin's code runs (SPEC section 9). */
export type Sandbox = "process" | "none";

/** Who a plugin is. */
export interface PluginIdentity {
  kind: string;
  name: string;
  version?: string;
}

/** The entry point, found and checked. */
export type ResolvedEntryPoint = FoundEntryPoint;

/** What every kind of scope needs to know. */
export interface OpenScopeOptions {
  plugin: PluginIdentity;
  /** Where its code is. */
  entry: ResolvedEntryPoint;
  /** Takes what the plugin logs, prints, or writes to the console. */
  log: (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;
}

/** What was found when the entry point was loaded. */
export interface LoadedPlugin {
  /** Public method names, without lifecycle methods. */
  hooks: string[];
  /** Source text of the export, when it is a class or function. */
  source?: string;
}

/** What `setup` hands to the plugin, on top of its logger. */
export interface PluginSetup {
  manifest: Manifest;
  config: Record<string, unknown>;
  /** By resource name; a fresh folder has become one that lives in the scope. */
  offers: ReadonlyMap<string, Exclude<Offer, { how: "temp dir" }>>;
}

/**
 * A plugin's code and the walls around it. All kinds behave alike: same results, same errors. Calls are made in the
 * order load, setup, hooks, teardown, close; `close` may come at any time, and twice.
 */
export interface PluginScope {
  /** Which kind this is. */
  readonly sandbox: Sandbox;
  /** Settles when the scope has ended, with the reason: `closed`, or what went wrong. Never rejects. */
  readonly ended: Promise<string>;
  /** Imports the entry point and makes the instance. */
  load(): Promise<LoadedPlugin>;
  /** Calls the plugin's `setup`, if it has one. */
  setup(setup: PluginSetup): Promise<void>;
  /** Calls a hook. Calls may be made while others are under way. */
  call(hook: string, args: readonly unknown[]): Promise<unknown>;
  /** Calls the plugin's `teardown`, if it has one. */
  teardown(): Promise<void>;
  /**
   * Ends the scope and waits until it has ended.
   *
   * @param graceMs How long it may take to end by itself before it is killed. 0 kills at once.
   */
  close(graceMs?: number): Promise<void>;
}
