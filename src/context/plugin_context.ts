import { PluginRegistryError } from "../errors.ts";
import type { Manifest } from "../manifest/mod.ts";
import {
  asResourceRegistry,
  checkDecorators,
  type CheckpointStore,
  createResources,
  type ProgressSink,
  type ResourceDecorator,
  type ResourceRegistry,
  type Resources,
} from "../resources/mod.ts";
import { type EventBus, InProcessEventBus } from "./event_bus.ts";
import type { InFlightCall } from "./in_flight.ts";
import { progressFrom } from "./logged_progress.ts";
import type { Logger } from "./logger.ts";
import { type Metadata, NO_METADATA } from "./metadata.ts";
import { hostResources } from "./offered_resources.ts";
import { noLookup, type PluginLookup } from "./plugin_lookup.ts";
import { labelledMeter } from "./telemetry_meter.ts";
import { labelledTracer } from "./telemetry_tracer.ts";
import type { Meter, Tracer } from "./telemetry_types.ts";
import { NoOpTenantContext, type TenantContext } from "./tenant.ts";

const HOST_TELEMETRY = { name: "host", version: undefined, labels: {} };

/** What the host builds its context from. */
export interface PluginContextOptions {
  /** Configuration of all plugins: each sees its own section `<kind>.<name>`, nested or dotted. @default {} */
  config?: Record<string, unknown>;
  /** Where records of the registry and of all plugins go. @default console */
  logger?: Logger;
  /** The registry that the context is for. */
  registry?: PluginLookup;
  /** Resources of the host's own, by name; they win over the standard ones of that name. @default {} */
  resources?: Record<string, unknown> | ResourceRegistry;
  /** What stands around resources, innermost first: metering, audit, rate limits. @default [] */
  decorators?: readonly ResourceDecorator[];
  /** Events between plugins and host. @default an InProcessEventBus */
  eventBus?: EventBus;
  /** Who may touch what. @default everything passes */
  tenant?: TenantContext;
}

/**
 * What plugins are handed (SPEC section 8a). The host makes one for all plugins; each plugin's `setup` receives a view
 * of it that holds only what is that plugin's: its section of the configuration, its manifest, its resources.
 *
 * @example
 * ```ts
 * import { PluginContext, PluginRegistry } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * await using registry = new PluginRegistry();
 * const context = new PluginContext({ config: { chunker: { fixed: { size: 3 } } }, logger: console, registry });
 * assertEquals(context.config, { chunker: { fixed: { size: 3 } } });
 * ```
 */
export class PluginContext {
  /** For a plugin, its own section; for the host, all of it. */
  readonly config: Record<string, unknown>;
  /** Structured logging; a plugin's records carry its name, kind and version. */
  readonly logger: Logger;
  /** Look-up of other plugins; for a plugin, of those that its manifest depends on. */
  readonly registry: PluginLookup;
  /** For a plugin, what its manifest declares; for the host, what it registered. */
  readonly resources: Resources;
  /**
   * Where a plugin says how far it is: the host's `progress`, where the manifest declares it and the host has one; else
   * the plugin's log. In the host's context, what the host registered, or its log.
   */
  readonly progress: ProgressSink;
  /** Events between plugins and their host. */
  readonly eventBus: EventBus;
  /** Who may touch what; the default lets everything pass. */
  readonly tenant: TenantContext;
  /**
   * Where a plugin keeps how far it came: the host's `checkpoint`. Throws where the manifest does not declare it, as
   * `resources.checkpoint` does; `undefined` where it is optional and the host offers none.
   */
  declare readonly checkpoint: CheckpointStore;
  /** The plugin's own manifest. Throws in the host's context, which belongs to no single plugin. */
  declare readonly manifest: Manifest;

  /**
   * Makes the host's context.
   *
   * @param options What the host hands out.
   * @throws {PluginRegistryError} If a resource cannot be offered to plugins, or a decorator can never do anything.
   */
  constructor(options: PluginContextOptions = {}) {
    this.config = options.config ?? {};
    this.logger = options.logger ?? console;
    this.registry = options.registry ?? noLookup("the host gave its context no registry");
    this.eventBus = options.eventBus ?? new InProcessEventBus({ error: (message) => this.logger.error(message) });
    this.tenant = options.tenant ?? new NoOpTenantContext();
    const registry = asResourceRegistry(options.resources ?? {});
    const decorators = [...options.decorators ?? []];
    checkDecorators(decorators, (name) => registry.tryGet(name));
    const resources = registry.toObject();
    this.resources = createResources("host", Object.keys(resources), new Map(Object.entries(resources)));
    hostResources.set(this, { registry, decorators });
    this.progress = progressFrom(resources.progress, this.logger);
    Object.defineProperty(this, "checkpoint", { configurable: true, get: () => this.resources.get("checkpoint") });
    Object.defineProperty(this, "manifest", {
      configurable: true,
      get: () => {
        throw new PluginRegistryError("Cannot read manifest: only a plugin's own view of the context has one");
      },
    });
  }

  /**
   * What the running call carries beside its arguments, frozen: `tenant_id`, `actor`, `trace_context`, `request_id` and
   * whatever else its caller sent. It follows the call through awaits and timers, also with many calls under way. Empty
   * outside a call, for a call that carries nothing, and in the host's context.
   */
  get metadata(): Metadata {
    return NO_METADATA;
  }

  /**
   * Aborted when the caller of the running call gives up. Outside a call, for a call that carries neither metadata nor
   * a signal nor a time limit of its own, and in the host's context, it never aborts.
   */
  get signal(): AbortSignal {
    return neverAborted();
  }

  /**
   * Makes OpenTelemetry spans, labelled `plugin` and `kind`; inside a call they are children of the call's own span. Does
   * nothing while the host runs without OpenTelemetry. In the host's context, without labels.
   */
  get tracer(): Tracer {
    return labelledTracer(HOST_TELEMETRY, () => undefined);
  }

  /** Makes OpenTelemetry instruments, labelled and with the same limits as {@linkcode PluginContext.tracer}. */
  get metrics(): Meter {
    return labelledMeter(HOST_TELEMETRY);
  }

  /**
   * The plugin's calls that are under way, oldest first; for a plugin that runs in a pool, those of the member that
   * asks. Hooks that answer at once are never among them. In the host's context there are none.
   *
   * @returns A snapshot.
   */
  inFlight(): InFlightCall[] {
    return [];
  }
}

/** A fresh one each time, for listeners that nobody removes would gather on one that lives for ever. */
export function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
