export * from "./parse.d.ts";
/** Writes an object as TOML. */
export declare function stringify(
  obj: Record<string, unknown>,
  options?: { keyAlignment?: boolean },
): string;
