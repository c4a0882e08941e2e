import type { AroundCall, DependencyRef, InFlightCall, LogLevel, Next, PluginServices } from "../context/mod.ts";
import type { FoundEntryPoint } from "../discovery/mod.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { GivenOffer } from "../resources/mod.ts";
import type { CallOptions, StartedCall, Waiter } from "../rpc/mod.ts";
import type { EndSignal } from "./end_signal.ts";

/** Where a plugin's code runs (SPEC section 9). */
export type Sandbox = "process" | "worker" | "none";

/** Who a plugin is. */
export interface PluginIdentity {
  kind: string;
  name: string;
  version?: string;
}

/** The entry point, found and checked. */
export type ResolvedEntryPoint = FoundEntryPoint;

/** Takes what a plugin logs, prints, or writes to the console. */
export type PluginLog = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;

/** What every kind of scope needs to know. */
export interface OpenScopeOptions {
  plugin: PluginIdentity;
  /** Where its code is. */
  entry: ResolvedEntryPoint;
  log: PluginLog;
}

/** What was found when the entry point was loaded. */
export interface LoadedPlugin {
  /** Public method names, without those that the registry calls itself. */
  hooks: string[];
  /** How many arguments each of them takes, in the same order. */
  arities: number[];
  /** Which of those it has: `setup`, `teardown`, `health`, `matches`, and of middleware `wrap`. */
  methods: string[];
  /** Source text of the export, when it is a class or function. */
  source?: string;
}

/** What `setup` hands to the plugin, on top of its logger. */
export interface PluginSetup {
  manifest: Manifest;
  config: Record<string, unknown>;
  /** By resource name; a fresh folder has become one that lives in the scope. */
  offers: ReadonlyMap<string, GivenOffer>;
  /** Takes what the plugin's scope records of its resources, where an offer says that it is reported. @default nobody */
  takeReport?: (calls: unknown, dropped: unknown) => void;
  /** The plugin's calls under way, oldest first, where the scope itself keeps no list: in sandbox `none`. @default none */
  inFlight?: () => readonly InFlightCall[];
  /** What it depends on. @default nothing */
  dependencies?: readonly DependencyRef[];
  /** What the host does for it. @default nothing */
  services?: PluginServices;
}

/**
 * Why a scope is closed, which says how long its plugin is given. `stopped`: its teardown is done, and it is asked to
 * end; `overdue`: its teardown did not end, so that it gets SIGTERM, and SIGKILL seconds later; `fault`: it did harm or
 * missed a deadline, and gets SIGKILL as soon as SIGTERM has had a chance.
 */
export type Ending = "stopped" | "overdue" | "fault";

/** Milliseconds between SIGTERM and SIGKILL. */
export interface KillDelays {
  /** For a plugin that failed or missed a deadline. @default 300 */
  fault: number;
  /** For a plugin that was told to stop. @default 5000 */
  teardown: number;
}

/**
 * A plugin's code and the walls around it. All kinds behave alike: same results, same errors. Calls are made in the
 * order load, setup, hooks, teardown, close; `close` may come at any time, and twice.
 */
export interface PluginScope {
  /** Which kind this is. */
  readonly sandbox: Sandbox;
  /** The scope's end, with the reason: `closed`, or what went wrong. */
  readonly ended: EndSignal;
  /** Imports the entry point and makes the instance. */
  load(): Promise<LoadedPlugin>;
  /** Calls the plugin's `setup`, if it has one. */
  setup(setup: PluginSetup): Promise<void>;
  /**
   * Calls a hook, and tells the waiter. Calls may be made while others are under way. What the call carries, were it
   * only `{}`, is what lets the plugin see its metadata and its signal.
   *
   * @returns The call, to be cancelled; `undefined` when it was rejected at once, and in sandbox `none` when it carries
   * nothing.
   */
  start(hook: string, args: readonly unknown[], waiter: Waiter, options?: CallOptions): StartedCall | undefined;
  /**
   * Calls middleware's `wrap`, or its `wrapResource` where what it wraps is a call of a resource.
   *
   * @param call What it wraps.
   * @param next Goes on with that; not called any more once `wrap` has ended.
   * @param waiter Told what `wrap` gives.
   * @param options As of {@linkcode PluginScope.start}.
   */
  startWrap(call: AroundCall, next: Next, waiter: Waiter, options?: CallOptions): StartedCall | undefined;
  /** Makes an error of a hook speak of what the plugin's author and the host know. Asked only when there is one. */
  explain(error: unknown): unknown;
  /** Calls the plugin's `teardown`, if it has one. @returns `false` if that says that a restart is required. */
  teardown(): Promise<unknown>;
  /** Ends the scope and waits until it has ended. @param reason Told to calls under way, when it is a fault. */
  close(ending: Ending, reason?: string): Promise<void>;
}
