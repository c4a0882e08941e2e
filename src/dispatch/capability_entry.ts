import type { Manifest } from "../manifest/mod.ts";
import { type Asked, normaliseExtension, normaliseMimeType, normaliseText } from "./capability_input.ts";
import type { Stage } from "./stages.ts";

/** What may be asked of a plugin, one value each. */
export const CAPABILITY_FIELDS = ["language", "extension", "mime_type"] as const;

/** One of them. */
export type CapabilityField = typeof CAPABILITY_FIELDS[number];

/** A candidate, and what its manifest says it can do. */
export interface CapabilityEntry {
  readonly stage: Stage;
  /** Its place by priority, then name. */
  readonly rank: number;
  /** What it declares of each field; empty when it declares none. */
  readonly supports: Readonly<Record<CapabilityField, ReadonlySet<string>>>;
  readonly tags: ReadonlySet<string>;
}

/** Reads a candidate's manifest. */
export function capabilityEntry(stage: Stage, rank: number): CapabilityEntry {
  const { supports_languages, supports_extensions, supports_mime_types, capabilities }: Manifest =
    stage.target.manifest;
  return {
    stage,
    rank,
    supports: {
      language: setOf(supports_languages, normaliseText),
      extension: setOf(supports_extensions, normaliseExtension),
      mime_type: setOf(supports_mime_types, normaliseMimeType),
    },
    tags: setOf(capabilities, normaliseText),
  };
}

function setOf(values: readonly string[], normalise: (text: string) => string): ReadonlySet<string> {
  return new Set(values.map(normalise).filter((value) => value !== ""));
}

/** Whether it declares nothing of any field, and so serves where nobody else does. */
export function declaresNothing({ supports }: CapabilityEntry): boolean {
  return CAPABILITY_FIELDS.every((field) => supports[field].size === 0);
}

/**
 * Whether a plugin matches: it has all tags that are required, no field that is asked for and that it declares lacks the
 * value, and one of them has it, or tags were required.
 */
export function matchesAsked({ supports, tags }: CapabilityEntry, asked: Asked): boolean {
  if (!asked.capabilities.every((tag) => tags.has(tag))) return false;
  let speaksFor = asked.capabilities.length > 0;
  for (const field of CAPABILITY_FIELDS) {
    const value = asked[field];
    if (value === undefined || supports[field].size === 0) continue;
    if (!supports[field].has(value)) return false;
    speaksFor = true;
  }
  return speaksFor;
}
