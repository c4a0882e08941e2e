import {
  BLOB_STORE_METHODS,
  CHECKPOINT_STORE_METHODS,
  IN_SCOPE,
  type InScope,
  PROGRESS_SINK_METHODS,
  type ProgressSink,
  type ResourceDecorator,
  type ResourceRegistry,
} from "../resources/mod.ts";
import type { PluginContext } from "./plugin_context.ts";
import { findTelemetry, tracing } from "./telemetry.ts";
import { tracedResources } from "./telemetry_resources.ts";

/** What a host gave with its context. */
export const hostResources: WeakMap<
  PluginContext,
  { registry: ResourceRegistry; decorators: readonly ResourceDecorator[] }
> = new WeakMap();

/** What a host puts around resources, innermost first. */
export function registeredDecorators(context: PluginContext): readonly ResourceDecorator[] {
  return hostResources.get(context)?.decorators ?? [];
}

/** What plugins may call of the resources whose interface is this package's own, whatever else the host's object can. */
const STANDARD_METHODS: Readonly<Record<string, readonly string[]>> = {
  blob_store: BLOB_STORE_METHODS,
  checkpoint: CHECKPOINT_STORE_METHODS,
  progress: PROGRESS_SINK_METHODS,
};

/** Stands for the `progress` of a host that registered none: each plugin's own log, with no message of its own. */
export const TO_LOG: ProgressSink & InScope = Object.freeze({
  update: () => Promise.resolve(),
  event: () => Promise.resolve(),
  [IN_SCOPE]: () => ({ type: "nothing" as const }),
});

/**
 * The resources that a context offers to plugins, by name: those that the host registered, and `progress`. Of
 * `blob_store`, `checkpoint` and `progress` only what their interfaces have.
 */
export function registeredResources(context: PluginContext): Readonly<Record<string, unknown>> {
  const registered = hostResources.get(context)?.registry.toObject() ?? {};
  const offered: Record<string, unknown> = { ...registered, progress: registered.progress ?? TO_LOG };
  for (const [name, methods] of Object.entries(STANDARD_METHODS)) {
    const own = offered[name];
    if (typeof own === "object" && own !== null && !(IN_SCOPE in own)) offered[name] = only(own, methods);
  }
  findTelemetry();
  return tracing() === undefined ? offered : tracedResources(offered);
}

/** Some methods of an object, as an object. */
function only(whole: object, methods: readonly string[]): object {
  const own = methods.filter((name) => typeof Reflect.get(whole, name) === "function");
  const call = (name: string) => (...args: unknown[]) =>
    Reflect.apply(Reflect.get(whole, name) as () => unknown, whole, args);
  return Object.freeze(Object.fromEntries(own.map((name) => [name, call(name)])));
}
