import { configSection, type Logger, type PluginContext, registeredResources } from "../context/mod.ts";
import { HookTimeout, PluginLoadError, PluginRegistryError, PluginUnavailable, type TimeoutPhase } from "../errors.ts";
import { type GroupMember, type Hosting, openInProcess } from "../runtime/mod.ts";
import type { PluginRecord } from "./record.ts";

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
  /** Does what registering left for the start. */
  complete: (record: PluginRecord) => Promise<void>;
}

/**
 * Starts one plugin: opens its scope, loads its entry point, calls its `setup`, all within its start-up limit. Never
 * rejects: what goes wrong makes the plugin `unavailable`, with the reason.
 *
 * @param record The plugin; its state is changed.
 * @param environment The context and the registry's options.
 */
export async function startPlugin(record: PluginRecord, environment: StartEnvironment): Promise<void> {
  const { context, hosting } = environment;
  const { manifest } = record;
  record.state = "starting";
  delete record.error;
  delete record.hooks;
  try {
    throwIfStopping(record);
    await environment.complete(record);
    const config = Object.hasOwn(environment.configs, manifest.name)
      ? environment.configs[manifest.name]!
      : configSection(context.config, manifest.kind, manifest.name);
    record.checkConfig?.(config);
    const opened = await openInProcess({
      manifest,
      entry: record.entry,
      ...(record.module === undefined ? {} : { module: record.module }),
      sandbox: record.sandbox,
      trusted: record.trusted,
      ...(record.packages === undefined ? {} : { packages: record.packages }),
      groupMembers: () => environment.groupMembers(record),
      config,
      resources: registeredResources(context),
      logger: environment.logger,
      hosting,
    });
    record.opened = opened;
    throwIfStopping(record);
    const limit = new PhaseLimit(record.id, opened.inspected ? Infinity : manifest.startup_timeout_sec * 1000);
    try {
      const { hooks } = await limit.run("load", () => opened.scope.load());
      record.hooks = new Set(hooks);
      record.loadMs = limit.lapMs();
      await limit.run("setup", () => opened.setup());
      record.setupMs = limit.lapMs();
    } finally {
      limit.clear();
    }
    throwIfStopping(record);
    record.state = "active";
  } catch (error) {
    record.state = "unavailable";
    record.error = error instanceof Error ? error : new Error(String(error));
    const { opened } = record;
    delete record.opened;
    // One that was only refused asks for no violence: it may share its process with others.
    const ending = error instanceof HookTimeout ? "fault" : "stopped";
    for (const left of await opened?.close(ending, record.error.message) ?? []) environment.logger.warn(left.message);
  }
}

function throwIfStopping({ id, stopping }: PluginRecord): void {
  if (stopping === true) throw new PluginUnavailable(id, "it was torn down while it started");
}

/** One limit for several phases in a row. */
class PhaseLimit {
  readonly #plugin: string;
  readonly #expired: Promise<never>;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #start = performance.now();
  #timeout: HookTimeout | undefined;
  #phase: TimeoutPhase = "load";
  #lap = this.#start;

  constructor(plugin: string, ms: number) {
    this.#plugin = plugin;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {}); // whoever runs a phase sees it
    this.#expired = promise;
    if (ms === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#timeout = new HookTimeout(this.#phase, ms, performance.now() - this.#start, { plugin });
      reject(this.#timeout);
    }, ms);
  }

  async run<T>(phase: "load" | "setup", work: () => Promise<T>): Promise<T> {
    this.#phase = phase;
    try {
      return await Promise.race([work(), this.#expired]);
    } catch (error) {
      if (error === this.#timeout) throw error; // by identity: a plugin may throw one of its own
      if (error instanceof HookTimeout && error.phase === "ready") throw error;
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
    const plugin = this.#plugin;
    const shown = cause instanceof PluginUnavailable && typeof cause.reason === "string"
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
