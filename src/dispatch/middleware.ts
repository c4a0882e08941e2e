import type { Metadata, Next, NextChange, WrappedCall } from "../context/mod.ts";
import { PluginRegistryError } from "../errors.ts";

/** A middleware around a call. */
export interface Wrap {
  /** As `kind/name`. */
  readonly id: string;
  /** Answers the call, with the help of `next` or without. */
  run(call: WrappedCall, next: Next): Promise<unknown>;
}

/**
 * Runs a call through the middleware around it.
 *
 * @param wraps The outermost first.
 * @param call The call.
 * @param last Calls the plugin.
 * @returns What the outermost answers. Never throws at once.
 */
export async function runWrapped(
  wraps: readonly Wrap[],
  call: WrappedCall,
  last: (args: readonly unknown[], metadata: Metadata) => Promise<unknown>,
): Promise<unknown> {
  const [wrap, ...inner] = wraps;
  if (wrap === undefined) return await last(call.args, call.metadata);
  let state: "not called" | "called" | "ended" = "not called";
  const next: Next = (change) => {
    const going = goOn(change);
    // A middleware may leave this promise alone; its rejection would then end the host.
    going.catch(() => {});
    return going;
  };
  const goOn = async (change: NextChange = {}): Promise<unknown> => {
    if (state !== "not called") {
      const reason = state === "called" ? "it has called it already" : "it has ended already";
      throw new PluginRegistryError(`Cannot call next again in middleware "${wrap.id}": ${reason}`, {
        plugin: wrap.id,
      });
    }
    checkChange(change, wrap.id);
    state = "called";
    const { args = call.args, metadata = call.metadata } = change;
    return await runWrapped(inner, { ...call, args, metadata }, last);
  };
  try {
    return await wrap.run(call, next);
  } finally {
    state = "ended";
  }
}

/** A middleware is a plugin: what it passes may be anything. */
function checkChange(change: NextChange, id: string): void {
  const refuse = (what: string) =>
    new PluginRegistryError(`Cannot call next in middleware "${id}": ${what}`, { plugin: id });
  if (typeof change !== "object" || change === null) throw refuse("its change is no object");
  const { args, metadata } = change;
  if (args !== undefined && !Array.isArray(args)) throw refuse("args is no list");
  if (metadata !== undefined && (typeof metadata !== "object" || metadata === null || Array.isArray(metadata))) {
    throw refuse("metadata is no object");
  }
}
