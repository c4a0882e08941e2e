import type { Metadata } from "./metadata.ts";

/** A call that middleware wraps: what `wrap(call, next)` of a plugin with `[plugin.chain_wrap]` is told. Frozen. */
export interface WrappedCall {
  /** The kind of the plugin that is called. */
  readonly kind: string;
  /** Its name. */
  readonly plugin: string;
  /** The hook that is called. */
  readonly hook: string;
  /** What it is called with. */
  readonly args: readonly unknown[];
  /** What the call carries; empty when it carries nothing. */
  readonly metadata: Metadata;
}

/** A call of a resource that middleware wraps: what `wrapResource(call, next)` is told. Frozen. */
export interface WrappedResourceCall extends Omit<WrappedCall, "hook"> {
  /** The resource's name. */
  readonly resource: string;
  /** The method that is called. */
  readonly method: string;
}

/** Either, on its way to middleware: of a resource's call, `hook` is the method. */
export interface AroundCall extends WrappedCall {
  /** The resource; absent when a hook is called. */
  readonly resource?: string | undefined;
}

/** What middleware changes of a call before it goes on. */
export interface NextChange {
  /** Other arguments. @default the call's own */
  readonly args?: readonly unknown[];
  /** Other metadata. @default the call's own */
  readonly metadata?: Metadata;
}

/**
 * Goes on with a wrapped call, to the next middleware or to the plugin itself. Rejects once `wrap` has ended.
 *
 * @param change What is to be different.
 * @returns What the call gives.
 */
export type Next = (change?: NextChange) => Promise<unknown>;
