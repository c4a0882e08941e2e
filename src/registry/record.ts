import type { Manifest } from "../manifest/mod.ts";
import type { OpenedPlugin } from "../runtime/mod.ts";
import type { ResolvedEntryPoint, Sandbox } from "../sandbox/mod.ts";

/** The states of a plugin (SPEC section 6). */
export type PluginState = "registered" | "starting" | "active" | "unavailable" | "stopped" | "leaked";

/** All that the registry knows of one plugin. */
export interface PluginRecord {
  readonly manifest: Manifest;
  /** `kind/name`. */
  readonly id: string;
  /** The manifest file. */
  readonly source: string;
  readonly entry: ResolvedEntryPoint;
  readonly sandbox: Sandbox;
  readonly trusted: boolean;
  state: PluginState;
  /** Why it is not active. */
  error?: Error;
  opened?: OpenedPlugin;
  /** Known once it is loaded. */
  hooks?: ReadonlySet<string>;
  /** Made once, at the first look-up. */
  handle?: object;
  loadMs?: number;
  setupMs?: number;
}
