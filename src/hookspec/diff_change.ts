import type { Side } from "../schema/mod.ts";

/** One change between two hookspecs. */
export interface HookspecChange {
  /**
   * `"breaking"`: plugins or callers written for the old hookspec may fail under the new one. `"compatible"`: there is more, and
   * nobody needs to know. `"cosmetic"`: other words for the same.
   */
  readonly kind: "breaking" | "compatible" | "cosmetic";
  /** Where: `hooks.execute.input_schema.properties.x`. */
  readonly path: string;
  /** What changed, and whom it concerns. */
  readonly message: string;
}

/** Of input schemas. */
export const inputSide: Side = {
  wider: "breaks plugins, which may be given what they do not know",
  narrower: "breaks callers, whose input may be refused",
};

/** Of output schemas. */
export const outputSide: Side = {
  wider: "breaks callers, which may be given what they do not know",
  narrower: "breaks plugins, whose output may be refused",
};
