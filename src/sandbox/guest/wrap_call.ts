import { type AroundCall, frozenMetadata, type Metadata, type Next, NO_METADATA } from "../../context/mod.ts";
import type { CallOptions, Connection } from "../../rpc/mod.ts";
import { isStopChainError, STOP_CHAIN } from "../../stop_chain.ts";
import type { WrapHeader } from "../guest_protocol.ts";
import { LET_THROUGH } from "../running_wraps.ts";

/**
 * What middleware is told of a call, made of what arrived for it.
 *
 * @param args The wrapped call's arguments, then the token and the header.
 * @param carried What the call of `wrap` carries.
 * @param connection Where `next` goes.
 * @param target The host's target for it.
 */
export function wrappedCall(
  args: unknown[],
  carried: Metadata | undefined,
  connection: Connection,
  target: number,
): { call: AroundCall; next: Next; letThrough: (error: unknown) => unknown } {
  const [token, header] = args.splice(-2) as [number, WrapHeader];
  const { kind, plugin, hook, resource, metadata } = header;
  const call = Object.freeze({
    kind,
    plugin,
    hook,
    resource,
    args: Object.freeze(args),
    metadata: metadata === undefined ? carried ?? NO_METADATA : frozenMetadata(metadata),
  });
  const failures = new Map<unknown, number>();
  let calls = 0;
  const next: Next = async (change = {}) => {
    const options: CallOptions = change.metadata === undefined ? {} : { metadata: change.metadata };
    const number = ++calls;
    const sent = [...change.args ?? [], token, change.args !== undefined, number];
    try {
      return await connection.call(target, "next", sent, options);
    } catch (error) {
      if (isStopChainError(error)) return STOP_CHAIN;
      failures.set(error, number);
      throw error;
    }
  };
  /** What is thrown in place of an error that came out of `next`: the host has the error itself. */
  const letThrough = (error: unknown) => {
    const failure = failures.get(error);
    if (failure === undefined) return error;
    const message = `let through: ${(error as Error).message}`;
    return Object.assign(new Error(message), { code: LET_THROUGH, failure });
  };
  return { call, next, letThrough };
}
