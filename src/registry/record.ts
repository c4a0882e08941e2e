import type { Manifest } from "../manifest/mod.ts";
import type { LockedPackages } from "../packages/mod.ts";
import type { OpenedPlugin } from "../runtime/mod.ts";
import type { PluginScope, ResolvedEntryPoint, Sandbox } from "../sandbox/mod.ts";
import type { CallLedger } from "./call_ledger.ts";
import type { ConfigCheck } from "./config_schema.ts";
import type { Fence } from "./fence.ts";
import type { PluginContract } from "./plugin_contract.ts";
import type { SealedFolder } from "./grants_seal.ts";
import type { Provenance } from "./provenance.ts";
import type { Registration } from "./registration.ts";
import type { PluginState } from "./states.ts";

/** All that the registry knows of one plugin; a reload makes another. */
export interface PluginRecord {
  readonly manifest: Manifest;
  /** `kind/name`. */
  readonly id: string;
  /** The manifest file. */
  readonly source: string;
  /** What it was made from. */
  readonly registration: Registration;
  /** Where its code is; absent when it is the host's own, or not known yet. */
  entry?: ResolvedEntryPoint;
  /** The host's own code for it: a class, a factory or an object. */
  module?: unknown;
  /** Checks its section of the configuration. */
  checkConfig?: ConfigCheck;
  sandbox: Sandbox;
  trusted: boolean;
  /** Changed by `PluginStates` alone. */
  state: PluginState;
  /** Why it is not well. */
  error?: Error;
  /** What went wrong last, also when it is well again. */
  lastError?: Error;
  opened?: OpenedPlugin;
  /** Its scope, while calls may go straight through to it. */
  live?: PluginScope | undefined;
  /** Its calls. */
  calls: CallLedger;
  /** Whether the last poll of its health was a bad one. */
  ailing?: boolean;
  /** How often it was reloaded. */
  generation: number;
  /** Holds calls back while another instance is made ready. */
  fence?: Fence | undefined;
  /** Settles when it has started or failed to; there while it starts. */
  starting?: Promise<void>;
  /** Set when it is to stop as soon as it has started. */
  stopping?: boolean;
  /** Known once it is loaded. */
  hooks?: ReadonlySet<string>;
  /** What it has promised by its kind, where the host registered a hookspec of that; known once it is loaded. */
  contract?: PluginContract | undefined;
  /** Of middleware that starts: settles when its methods are known, or it has failed. */
  loading?: Promise<void> | undefined;
  /** Which of the methods that the registry itself calls it has. */
  methods?: ReadonlySet<string>;
  /** Made once, at the first look-up. */
  handle?: object;
  loadMs?: number;
  setupMs?: number;
  /** SHA-256 of its folder when it was loaded, or refused. */
  contentHash?: string;
  /** Its folder when it was looked at, where what is loaded must be the same. */
  sealed?: SealedFolder;
  /** The content that the host's grant pins. */
  grantedHash?: string;
  /** Where it comes from, once it is loaded. */
  provenance?: Provenance;
  /** What must not be shown: values of its configuration. */
  secrets?: readonly string[];
  /** What it may import from registries, once that is resolved and locked. */
  packages?: LockedPackages;
  /** Settles when it has stopped, with what failed; there while it stops. */
  stopped?: Promise<Error[]>;
  /** Settles when what is left of a failed plugin has ended; there while it ends. */
  ending?: Promise<void>;
  /** Settles when its reload is over; there while it is reloaded. */
  reloading?: Promise<void>;
  /** The instance that is to take its place, while that starts. */
  replacement?: PluginRecord;
  /** Whether the code of an earlier instance never ended. */
  leaks?: boolean;
  /** How often it was started again after it had failed. */
  restarts?: number;
  /** How often it has failed without a minute of quiet between. */
  failuresInRow?: number;
  /** `performance.now()` when it was last started. */
  activeSince?: number;
}
