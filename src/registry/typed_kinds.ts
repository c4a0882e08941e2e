import type { CallOptions, CollectedResults, DispatchOptions } from "../dispatch/mod.ts";
import type { DispatchClass } from "../hookspec/mod.ts";

/** What is known of a hook when code is compiled. */
export interface HookTypes {
  /** Its dispatch class. */
  readonly dispatch: DispatchClass;
  /** What goes in. */
  readonly input: unknown;
  /** What one plugin answers. */
  readonly output: unknown;
}

/**
 * What is known of kinds when code is compiled: by kind, the {@linkcode HookTypes} of its hooks. Each kind's table is
 * emitted from its hookspec, as `ToolKind` of `@dagstack/plugin-system/kinds/tool` is. This, the widest of all, knows
 * nothing and takes all: what is assigned to it must be a `type`, not an `interface`, which has no index signature.
 */
export type KindTypes = { readonly [kind: string]: object };

/** The kinds that are known; any text where none is. */
export type KindName<Kinds> = string extends keyof Kinds ? string : keyof Kinds & string;

/** The hooks of a kind. */
export type HookName<Kinds, Kind> = string extends keyof Kinds ? string
  : Kind extends keyof Kinds ? keyof Kinds[Kind] & string
  : never;

/** What is known of one hook. */
export type HookOf<Kinds, Kind, Hook> = Kind extends keyof Kinds
  ? Hook extends keyof Kinds[Kind] ? Kinds[Kind][Hook] : never
  : never;

/** What goes into a hook. */
export type HookInput<Kinds, Kind, Hook> = string extends keyof Kinds ? unknown
  : HookOf<Kinds, Kind, Hook> extends { readonly input: infer Input } ? Input
  : never;

/** What one plugin answers to a call of a hook. */
export type HookOutput<Kinds, Kind, Hook> = string extends keyof Kinds ? unknown
  : HookOf<Kinds, Kind, Hook> extends { readonly output: infer Output } ? Output
  : never;

// NB: kinds that are known can be passed on as `PluginRegistry` only as long as what depends on them stands in rest
// parameters whose type is a condition: for these the compiler compares what the methods take and give, not the kinds.

/** What follows kind and hook in a dispatch. The input can be left out where `{}` would do. */
export type DispatchArguments<Kinds, Kind, Hook> = string extends keyof Kinds
  ? [input?: unknown, options?: DispatchOptions]
  : Record<never, never> extends HookInput<Kinds, Kind, Hook>
    ? [input?: HookInput<Kinds, Kind, Hook>, options?: DispatchOptions]
  : [input: HookInput<Kinds, Kind, Hook>, options?: DispatchOptions];

/** What a dispatch gives, by the class of its hook. */
export type DispatchResult<Kinds, Kind, Hook> = string extends keyof Kinds ? unknown
  : HookOf<Kinds, Kind, Hook> extends { readonly dispatch: infer Class; readonly output: infer Output }
    ? Class extends "broadcast_collect" ? CollectedResults<Output> : Class extends "broadcast_notify" ? void : Output
  : never;

/** What follows kind, name and hook in a call: the list of arguments, which is one object where the hook is known. */
export type CallArguments<Kinds, Kind, Hook> = string extends keyof Kinds ? [args?: unknown[], options?: CallOptions]
  : Record<never, never> extends HookInput<Kinds, Kind, Hook>
    ? [args?: [input?: HookInput<Kinds, Kind, Hook>], options?: CallOptions]
  : [args: [input: HookInput<Kinds, Kind, Hook>], options?: CallOptions];
