import { type Metadata, NO_METADATA, type WrappedCall } from "../context/mod.ts";
import type { CallOptions } from "../rpc/mod.ts";

/** A call that can be given up carries at least `{}`, so that its plugin sees a signal. */
export function carried(options: CallOptions | undefined): CallOptions | undefined {
  if (options?.signal === undefined || options.metadata !== undefined) return options;
  return { ...options, metadata: NO_METADATA };
}

/** A call of `wrap` carries what the wrapped call does, unless it is told otherwise. */
export function carriedByWrap({ metadata }: WrappedCall, options: CallOptions | undefined): CallOptions | undefined {
  if (options?.metadata !== undefined || isEmpty(metadata)) return options;
  return { ...options, metadata };
}

function isEmpty(metadata: Metadata): boolean {
  return Object.keys(metadata).length === 0;
}
