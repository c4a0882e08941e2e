import type { JsonValue } from "../json.ts";

/**
 * What travels beside the arguments of a call: JSON values such as `tenant_id`, `actor`, `trace_context` or
 * `request_id`. Read-only where they arrive; the core never interprets them.
 */
export type Metadata = Readonly<Record<string, JsonValue>>;

const { isArray } = Array;
const { freeze, keys } = Object;
const { defineProperty } = Reflect;

/** What a call carries that carries nothing. */
export const NO_METADATA: Metadata = freeze({});

/**
 * Metadata that nobody can change: a copy, frozen at every depth, for its giver goes on using its own.
 *
 * @param metadata JSON values.
 */
export function frozenMetadata(metadata: Metadata): Metadata {
  for (const _ in metadata) return copyFrozen(metadata) as Metadata;
  return NO_METADATA;
}

function copyFrozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isArray(value)) return freeze(value.map(copyFrozen));
  const copy: Record<string, unknown> = {};
  for (const key of keys(value)) {
    const inner = copyFrozen((value as Record<string, unknown>)[key]);
    if (inner === undefined) continue; // as when it crosses a boundary
    if (key === "__proto__") defineProperty(copy, key, { value: inner, enumerable: true }); // NB: no name as any other
    else copy[key] = inner;
  }
  return freeze(copy);
}
