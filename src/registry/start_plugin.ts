import {
  configSection,
  type DependencyRef,
  type Logger,
  maskError,
  type PluginContext,
  type PluginServices,
  registeredResources,
  secretsOf,
} from "../context/mod.ts";
import {
  HookTimeout,
  isConfigInvalid,
  PluginLoadError,
  PluginRegistryError,
  PluginUnavailable,
  type TimeoutPhase,
} from "../errors.ts";
import { hashFolder } from "../folder_hash.ts";
import type { Decoration } from "../resources/mod.ts";
import { type GroupMember, type Hosting, openInProcess } from "../runtime/mod.ts";
import type { LoadedPlugin } from "../sandbox/mod.ts";
import type { PluginContract } from "./plugin_contract.ts";
import type { PluginRecord } from "./record.ts";
import type { PluginStates } from "./states.ts";
import { endPlugin } from "./stop_plugin.ts";

/** What starting needs besides the plugin. */
export interface StartEnvironment {
  context: PluginContext;
  /** The context's, made harmless. */
  logger: Logger;
  /** Configuration by plugin name; wins over the context's. */
  configs: Readonly<Record<string, Record<string, unknown>>>;
  hosting: Hosting;
  /** Every plugin of a plugin's group that may run. */
  groupMembers: (record: PluginRecord) => readonly GroupMember[];
  /** What the host does for a plugin. */
  services: (
    record: PluginRecord,
    context: PluginContext,
  ) => { dependencies: DependencyRef[]; services: PluginServices & Disposable; decoration: Decoration };
  /** Looks at a plugin before anything of it is loaded; throws when the host has not agreed to it. */
  admit: (record: PluginRecord) => Promise<void>;
  /** Hears that a plugin's code is loaded and its content known. */
  loaded: (record: PluginRecord) => void;
  /** Does what registering left for the start. */
  complete: (record: PluginRecord) => Promise<void>;
  /** Holds what was loaded against its kind's hookspec; throws when it does not fit. */
  contract: (record: PluginRecord, loaded: LoadedPlugin) => PluginContract | undefined;
}

/**
 * Starts one plugin: opens its scope, loads its entry point, calls its `setup`, all within its start-up limit. Never
 * rejects: what goes wrong makes the plugin `unavailable`, with the reason.
 *
 * @param record The plugin.
 * @param states Moves it.
 * @param environment The context and the registry's options.
 */
export async function startPlugin(
  record: PluginRecord,
  states: PluginStates,
  environment: StartEnvironment,
): Promise<void> {
  states.move(record, "starting");
  delete record.hooks;
  delete record.methods;
  delete record.contract;
  const { promise: loading, resolve: loaded } = Promise.withResolvers<void>();
  if (record.manifest.chain_wrap !== undefined) record.loading = loading; // what it wraps waits until its methods are known
  delete record.ailing;
  if (record.calls.size > 0) record.calls = record.calls.successor(); // what never ended is none of this instance's
  let isUp = false;
  try {
    throwIfStopping(record);
    await environment.admit(record);
    await environment.complete(record);
    await open(record, environment, loaded);
    isUp = true;
    throwIfStopping(record);
    states.move(record, "active");
  } catch (error) {
    const thrown = error instanceof Error ? error : new Error(String(error));
    const reason = maskError(thrown, record.secrets ?? []);
    if (isUp) await endPlugin(record, 0); // what its setup has made, its teardown ends
    const { opened } = record;
    delete record.opened;
    states.move(record, "unavailable", reason);
    loaded();
    // One that was only refused asks for no violence: it may share its process with others.
    const ending = error instanceof HookTimeout ? "fault" : "stopped";
    for (const left of await opened?.close(ending, reason.message) ?? []) environment.logger.warn(left.message);
  }
}

async function open(record: PluginRecord, environment: StartEnvironment, loaded: () => void): Promise<void> {
  const { context, hosting } = environment;
  const { manifest, entry, calls } = record;
  const config = Object.hasOwn(environment.configs, manifest.name)
    ? environment.configs[manifest.name]!
    : configSection(context.config, manifest.kind, manifest.name);
  record.secrets = secretsOf(config);
  record.checkConfig?.(config);
  const given = environment.services(record, context);
  const opened = record.opened = await openInProcess({
    manifest,
    entry,
    ...(record.module === undefined ? {} : { module: record.module }),
    sandbox: record.sandbox,
    trusted: record.trusted,
    ...(record.packages === undefined ? {} : { packages: record.packages }),
    groupMembers: () => environment.groupMembers(record),
    config,
    resources: registeredResources(context),
    logger: environment.logger,
    hosting,
    generation: record.generation,
    secrets: record.secrets,
    ...given,
    inFlight: () => calls.snapshot(),
  });
  opened.scope.ended.listen(() => given.services[Symbol.dispose]());
  throwIfStopping(record);
  const hashing = entry === undefined || record.sealed !== undefined ? undefined : hashFolder(entry.pluginDir);
  hashing?.catch(() => {}); // seen below, unless something else goes wrong first
  const limit = new PhaseLimit(record, opened.inspected ? Infinity : manifest.startup_timeout_sec * 1000);
  try {
    const code = await limit.run("load", () => opened.scope.load());
    const { hooks, methods } = code;
    record.hooks = new Set(hooks);
    record.methods = new Set(methods);
    loaded();
    refuseMissingMethods(record);
    record.contract = environment.contract(record, code);
    if (record.sealed !== undefined) await limit.run("load", () => record.sealed!.mustBeUnchanged(record.id));
    record.loadMs = limit.lapMs();
    await limit.run("setup", () => opened.setup());
    record.setupMs = limit.lapMs();
    const contentHash = record.sealed?.contentHash ?? await hashing;
    if (contentHash !== undefined) record.contentHash = contentHash;
    environment.loaded(record);
    const { ended } = opened.scope;
    if (ended.told) throw new PluginUnavailable(record.id, await ended.promise); // after its setup had answered
  } finally {
    limit.clear();
    await hashing?.catch(() => {});
  }
}

/** What the manifest promises in words must be there in code. */
function refuseMissingMethods({ id, manifest, hooks, methods }: PluginRecord): void {
  const { health_check, chain_wrap } = manifest;
  const refuse = (reason: string) => new PluginLoadError(`Cannot load plugin "${id}": ${reason}`, { plugin: id });
  if (health_check !== undefined && health_check !== "health" && hooks?.has(health_check) !== true) {
    throw refuse(`health_check is "${health_check}", and it has no such method`);
  }
  if (chain_wrap !== undefined && methods?.has("wrap") !== true) {
    throw refuse("it has chain_wrap, and no method wrap(call, next)");
  }
}

function throwIfStopping({ id, stopping }: PluginRecord): void {
  if (stopping === true) throw new PluginUnavailable(id, "it was torn down while it started");
}

/** One limit for several phases in a row. */
class PhaseLimit {
  readonly #record: PluginRecord;
  readonly #expired: Promise<never>;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #start = performance.now();
  #timeout: HookTimeout | undefined;
  #phase: TimeoutPhase = "load";
  #lap = this.#start;

  constructor(record: PluginRecord, ms: number) {
    this.#record = record;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {}); // whoever runs a phase sees it
    this.#expired = promise;
    if (ms === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#timeout = new HookTimeout(this.#phase, ms, performance.now() - this.#start, {
        plugin: record.id,
      });
      reject(this.#timeout);
    }, ms);
  }

  async run<T>(phase: "load" | "setup", work: () => Promise<T>): Promise<T> {
    this.#phase = phase;
    const working = work();
    try {
      return await Promise.race([working, this.#expired]);
    } catch (error) {
      if (error === this.#timeout) { // by identity: a plugin may throw one of its own
        const { calls } = this.#record;
        working.then(() => calls.late++, () => {}); // counted, never applied
        throw error;
      }
      if (error instanceof HookTimeout && error.phase === "ready") throw error;
      if (phase === "setup" && isConfigInvalid(error) && error.plugin === this.#record.id) throw error;
      throw this.#explain(phase, error);
    }
  }

  /** Milliseconds since the last lap. */
  lapMs(): number {
    const now = performance.now();
    const ms = now - this.#lap;
    this.#lap = now;
    return ms;
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  #explain(phase: "load" | "setup", thrown: unknown): PluginRegistryError {
    const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
    const plugin = this.#record.id;
    const shown = cause instanceof PluginUnavailable && cause.plugin === plugin && typeof cause.reason === "string"
      ? cause.reason
      : cause instanceof PluginRegistryError
      ? cause.message
      : `${cause.name}: ${cause.message}`;
    if (phase === "setup") return new PluginUnavailable(plugin, `setup failed: ${shown}`, { cause });
    const hint = /"@dagstack\/plugin-system" not (prefixed|a dependency)/.test(shown)
      ? '; without a sandbox it resolves through the host\'s import map: run "deno add jsr:@dagstack/plugin-system"'
      : "";
    return new PluginLoadError(`Cannot load plugin "${plugin}": ${shown}${hint}`, { plugin, cause });
  }
}
