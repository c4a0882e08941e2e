/** What files that hold schemas may be at most: far more than any needs, and too little to cost anything. */
export const SCHEMA_LIMITS = {
  /** Bytes of one file. */
  bytes: 262_144,
  /** Files, a hookspec and its schemas together. */
  files: 256,
  /** Levels of nesting in one file. */
  depth: 64,
  /** Values in one file, with what aliases repeat. */
  values: 50_000,
} as const;
