import { KindUnknown } from "../errors.ts";
import type { JsonValue } from "../json.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { Stage } from "./stages.ts";
import type { CallOptions } from "./target.ts";

/** What a filter is told of a dispatch. */
export interface FilteredCall {
  /** The hook, as asked for. */
  readonly hook: string;
  /** The input. */
  readonly input: unknown;
  /** What travels beside it; empty when nothing does. */
  readonly metadata: Readonly<Record<string, JsonValue>>;
}

/** The host's governance: says whether a plugin may be a candidate for a dispatch. */
export type DispatchFilter = (manifest: Manifest, call: FilteredCall) => boolean;

/** Options of one dispatch. */
export interface DispatchOptions extends CallOptions {
  /** Narrows the candidates before any is chosen or called. */
  filter?: DispatchFilter;
}

/** Tells a filter of one dispatch; `undefined` where there is none. */
export function admission(hook: string, input: unknown, options?: DispatchOptions): Admission | undefined {
  const filter = options?.filter;
  if (filter === undefined) return undefined;
  const call: FilteredCall = { hook, input, metadata: options?.metadata ?? {} };
  return (stage) => filter(stage.target.manifest, call);
}

/** Whether a stage may take part in a dispatch. */
export type Admission = (stage: Stage) => boolean;

/**
 * The stages that a dispatch's filter admits; all when it has none.
 *
 * @throws {KindUnknown} If it admits none: a dispatch to nobody would look like a success.
 */
export function admitted(
  stages: readonly Stage[],
  kind: string,
  hook: string,
  input: unknown,
  options?: DispatchOptions,
): readonly Stage[] {
  const admits = admission(hook, input, options);
  if (admits === undefined) return stages;
  const left = stages.filter(admits);
  if (left.length > 0) return left;
  const plugins = stages.length === 1 ? "the only plugin" : `any of the ${stages.length} plugins`;
  throw new KindUnknown(`Cannot dispatch "${hook}": the filter does not admit ${plugins} of kind "${kind}"`);
}
