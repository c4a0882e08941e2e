/** What a hookspec may be at most, beyond what its files may be. */
export const HOOKSPEC_LIMITS = {
  /** Hooks of one kind. */
  hooks: 256,
  /** Problems told at once. */
  problems: 100,
} as const;
