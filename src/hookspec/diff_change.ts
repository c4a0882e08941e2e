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

/** Takes down changes. */
export class Changes {
  readonly found: HookspecChange[] = [];

  add(kind: HookspecChange["kind"], path: string, message: string): void {
    this.found.push({ kind, path, message });
  }
}

/** Whose schema it is: plugins take the input and give the output, callers the other way round. */
export interface Side {
  /** Breaks where a schema accepts more than before. */
  readonly wider: string;
  /** Breaks where a schema accepts less than before. */
  readonly narrower: string;
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

/** A path and a step below it. */
export function joined(path: string, step: string | number): string {
  return typeof step === "string" && /^[A-Za-z_$][\w$-]*$/.test(step)
    ? `${path}.${step}`
    : `${path}[${JSON.stringify(step)}]`;
}
