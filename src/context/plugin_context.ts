import { ConfigInvalid, PluginRegistryError } from "../errors.ts";
import type { Manifest } from "../manifest/mod.ts";
import { createResources, type Resources } from "../resources/mod.ts";
import type { InFlightCall } from "./in_flight.ts";
import type { Logger } from "./logger.ts";
import { type Metadata, NO_METADATA } from "./metadata.ts";
import { runningCall } from "./running_call.ts";

/** What a context's `registry` can do: for a plugin, look up what its manifest depends on. */
export interface PluginLookup {
  /**
   * A plugin's handle.
   *
   * @param kind Its kind.
   * @param options Its name, where the kind alone is not enough.
   */
  getPlugin(kind: string, options?: string | { name?: string }): unknown;
}

/** What the host builds its context from. */
export interface PluginContextOptions {
  /** Configuration of all plugins: each sees its own section `<kind>.<name>`, nested or dotted. @default {} */
  config?: Record<string, unknown>;
  /** Where records of the registry and of all plugins go. @default console */
  logger?: Logger;
  /** The registry that the context is for. */
  registry?: PluginLookup;
  /** Resources of the host's own, by name; they win over the standard ones of that name. @default {} */
  resources?: Record<string, unknown>;
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
  /** The plugin's own manifest. Throws in the host's context, which belongs to no single plugin. */
  declare readonly manifest: Manifest;

  /**
   * Makes the host's context.
   *
   * @param options What the host hands out.
   */
  constructor(options: PluginContextOptions = {}) {
    this.config = options.config ?? {};
    this.logger = options.logger ?? console;
    this.registry = options.registry ?? noLookup("the host gave its context no registry");
    const resources = options.resources ?? {};
    this.resources = createResources("host", Object.keys(resources), new Map(Object.entries(resources)));
    hostResources.set(this, resources);
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
function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

const hostResources = new WeakMap<PluginContext, Record<string, unknown>>();

/** The resources that a host registered in its context, by name. */
export function registeredResources(context: PluginContext): Readonly<Record<string, unknown>> {
  return hostResources.get(context) ?? {};
}

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
}

/**
 * Makes one plugin's view of the context, the same way in every sandbox.
 *
 * @param options What the view holds.
 * @returns The view, frozen.
 */
export function createPluginView(options: PluginViewOptions): PluginContext {
  const { plugin, manifest, config, logger, resources, inFlight } = options;
  const { required, optional } = manifest.resources;
  const own = () => {
    const call = runningCall();
    return call?.plugin === plugin ? call : undefined;
  };
  return Object.freeze({
    config,
    logger,
    manifest,
    registry: noLookup(`plugin "${plugin}" depends on no other plugin`),
    resources: createResources(plugin, [...required, ...optional], resources),
    get metadata() {
      return own()?.metadata ?? NO_METADATA;
    },
    get signal() {
      return own()?.signal ?? neverAborted();
    },
    inFlight: () => [...inFlight?.() ?? []],
  });
}

function noLookup(reason: string): PluginLookup {
  return {
    getPlugin(kind) {
      throw new PluginRegistryError(`Cannot look up a plugin of kind "${kind}": ${reason}`);
    },
  };
}

/**
 * A plugin's section of the host's configuration.
 *
 * @param config All configuration: nested (`{ chunker: { fixed: {…} } }`) or dotted (`{ "chunker.fixed": {…} }`).
 * @param kind The plugin's kind.
 * @param name The plugin's name.
 * @returns The section; empty when there is none.
 * @throws {ConfigInvalid} If it is no table.
 */
export function configSection(config: Record<string, unknown>, kind: string, name: string): Record<string, unknown> {
  const ofKind = Object.hasOwn(config, kind) ? config[kind] : undefined;
  const nested = isTable(ofKind) && Object.hasOwn(ofKind, name) ? ofKind[name] : undefined;
  const dotted = Object.hasOwn(config, `${kind}.${name}`) ? config[`${kind}.${name}`] : undefined;
  const section = dotted ?? nested ?? {};
  if (isTable(section)) return section;
  throw new ConfigInvalid(
    `${kind}/${name}`,
    "",
    `is ${Array.isArray(section) ? "a list" : typeof section}, expected a table`,
  );
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
