import type { Manifest } from "../manifest/mod.ts";
import { createResources } from "../resources/mod.ts";
import type { EventBus } from "./event_bus.ts";
import type { InFlightCall } from "./in_flight.ts";
import { progressFrom } from "./logged_progress.ts";
import type { Logger } from "./logger.ts";
import { type Metadata, NO_METADATA } from "./metadata.ts";
import { PluginBus } from "./plugin_bus.ts";
import { neverAborted, type PluginContext } from "./plugin_context.ts";
import { dependencyLookup } from "./plugin_lookup.ts";
import { type DependencyRef, NO_SERVICES, type PluginServices } from "./plugin_services.ts";
import { runningCall } from "./running_call.ts";
import { findTelemetry } from "./telemetry.ts";
import { labelledMeter } from "./telemetry_meter.ts";
import { labelledTracer } from "./telemetry_tracer.ts";
import type { Meter, Tracer } from "./telemetry_types.ts";
import type { AccessRequest } from "./tenant.ts";

/** What one plugin's view is made of. */
export interface PluginViewOptions {
  /** As `kind/name`. */
  plugin: string;
  manifest: Manifest;
  config: Record<string, unknown>;
  logger: Logger;
  /** The resources that exist for it, by name. */
  resources: ReadonlyMap<string, unknown>;
  /** The plugin's calls under way, oldest first. @default none */
  inFlight?: (() => readonly InFlightCall[]) | undefined;
  /** What it depends on. @default nothing */
  dependencies?: readonly DependencyRef[] | undefined;
  /** What the host does for it. @default nothing */
  services?: PluginServices | undefined;
  /** What is seen outside calls, for whoever calls the plugin's methods directly. @default nothing, and never aborted */
  outside?: { metadata?: Metadata; signal?: AbortSignal } | undefined;
  /** Events, where the host's bus is at hand. @default by the services */
  eventBus?: EventBus | undefined;
}

/**
 * Makes one plugin's view of the context, the same way in every sandbox.
 *
 * @param options What the view holds.
 * @returns The view, frozen.
 */
export function createPluginView(options: PluginViewOptions): PluginContext {
  const { plugin, manifest, config, logger, inFlight, dependencies = [], services = NO_SERVICES, outside } = options;
  const declared = [...manifest.resources.required, ...manifest.resources.optional];
  const given = new Map(options.resources);
  const progress = progressFrom(given.get("progress"), logger);
  if (declared.includes("progress")) given.set("progress", progress);
  const resources = createResources(plugin, declared, given);
  const own = () => {
    const call = runningCall();
    return call?.plugin === plugin ? call : undefined;
  };
  const { kind, name, version } = manifest;
  const owner = { name: plugin, version, labels: { plugin: name, kind } };
  let tracer: Tracer | undefined;
  let metrics: Meter | undefined;
  findTelemetry();
  const view: Omit<PluginContext, "checkpoint"> = {
    config,
    logger,
    manifest,
    // Made when they are first asked for: the plugin's own setup may bring an SDK.
    get tracer() {
      return tracer ??= labelledTracer(owner, () => own()?.metadata);
    },
    get metrics() {
      return metrics ??= labelledMeter(owner);
    },
    progress,
    registry: dependencyLookup(plugin, dependencies, services),
    eventBus: options.eventBus ?? new PluginBus(services, logger),
    tenant: {
      checkAccess: ({ resource, action, tenant_id = own()?.metadata.tenant_id as string | undefined }: AccessRequest) =>
        services.checkAccess({ resource, action, tenant_id }),
    },
    resources,
    get metadata() {
      return own()?.metadata ?? outside?.metadata ?? NO_METADATA;
    },
    get signal() {
      return own()?.signal ?? outside?.signal ?? neverAborted();
    },
    inFlight: () => [...inFlight?.() ?? []],
  };
  // Not enumerable, for it may throw.
  return Object.freeze(Object.defineProperty(view, "checkpoint", { get: () => resources.checkpoint })) as PluginContext;
}
