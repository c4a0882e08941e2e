import type { Metadata } from "./metadata.ts";

/** A call of one of the plugin's hooks that is under way. */
export interface InFlightCall {
  /** The hook's name; `wrap` for a call that the plugin wraps. */
  readonly hook: string;
  /** Milliseconds since it began. */
  readonly elapsedMs: number;
  /** What it carries, frozen; empty when it carries nothing. */
  readonly metadata: Metadata;
}
