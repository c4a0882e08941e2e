import type { Manifest } from "../manifest/mod.ts";

/** A check of the contract suite. */
export type CheckName = "manifest" | "serialisable_boundaries" | "clean_lifecycle";

/** Every check that there is. Only what really checks stands here. */
export const ALL_CHECKS: readonly CheckName[] = ["manifest", "serialisable_boundaries", "clean_lifecycle"];

/** Per hook, a list of argument lists. */
export type Samples = Readonly<Record<string, readonly (readonly unknown[])[]>>;

/** What to check. */
export interface ContractOptions {
  /** The manifest as `loadManifest` gives it, or the path or URL of its file; then a bad one is a finding. */
  manifest: Manifest | string | URL;
  /** The class of the entry point. Must be that very export. @default it is loaded from the manifest */
  pluginClass?: new () => object;
  /** Which checks to run. @default ALL_CHECKS */
  checks?: readonly CheckName[];
  /** What to call hooks with. @default `samples.json` beside the manifest, else made from the parameter types */
  samples?: Samples;
  /**
   * The plugin's own section of the configuration: JSON values.
   *
   * @default {} with which a plugin that needs one cannot be tried
   */
  config?: Readonly<Record<string, unknown>>;
  /** Count what could not be checked as failed. @default false */
  strict?: boolean;
}

/** A rule that the plugin breaks. */
export interface Finding {
  /** The name of the violation (SPEC section 13). */
  violation: string;
  /** The check that found it. */
  check: CheckName;
  /** The number of the invariant, where the rule is one of the eight. */
  invariant?: number;
  /** The plugin, as `kind/name`, or its manifest file when it has no name. */
  plugin: string;
  /** What is wrong, in one sentence. */
  message: string;
  /** Where, as `file:line:column` or a file. */
  location?: string;
  /** What was seen. */
  evidence?: string;
  /** How to mend it. */
  fix: string;
}

/** A check that had nothing to try, or could not. */
export interface Inconclusive {
  /** The check. */
  check: CheckName;
  /** Why, and what to add. */
  reason: string;
}
