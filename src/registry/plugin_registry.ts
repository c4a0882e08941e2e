import type { Logger, PluginContext } from "../context/mod.ts";
import { Deadlines } from "../deadlines.ts";
import { resolveEntryPoint, walkForManifests, type WalkOptions } from "../discovery/mod.ts";
import {
  AmbiguousPlugin,
  HookTimeout,
  HookUnknown,
  KindUnknown,
  PluginUnavailable,
  RuntimeNotSupported,
  TeardownErrors,
  VersionIncompatible,
} from "../errors.ts";
import { loadManifest, type Manifest } from "../manifest/mod.ts";
import { nearNames } from "../near.ts";
import { TempFolders } from "../runtime/mod.ts";
import { explainRefusal } from "../sandbox/mod.ts";
import { CORE_VERSION, parseCoreVersion } from "../version/mod.ts";
import type { DiscoveryReport } from "./discovery_report.ts";
import { createHandle, type PluginHandle } from "./handle.ts";
import { checkOptions, chooseSandbox, type PluginRegistryOptions } from "./options.ts";
import type { PluginRecord } from "./record.ts";
import { startPlugin } from "./start_plugin.ts";
import { type RegistryStatus, registryStatus } from "./status.ts";

/** How to discover. */
export type DiscoverOptions = WalkOptions;

/** Which plugin of a kind. */
export interface GetPluginOptions {
  /** Its name. @default the one of highest priority */
  name?: string;
}

/**
 * Finds plugins, starts them inside their permission scopes, calls them, and stops them.
 *
 * @example
 * ```ts
 * import { PluginContext, PluginRegistry } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * interface Chunker {
 *   chunk(text: string, maxSize?: number): { text: string; offset: number }[];
 * }
 *
 * const registry = new PluginRegistry();
 * await registry.discover("plugins/fixed-chunker");
 * await registry.setupAll(new PluginContext({ config: {}, logger: console, registry }));
 * try {
 *   const chunker = registry.getPlugin<Chunker>("chunker", { name: "fixed" });
 *   const pieces = await chunker.chunk("Hello, dagstack!", 5);
 *   assertEquals(pieces.map((p) => p.text), ["Hello", ", dag", "stack", "!"]);
 * } finally {
 *   await registry.teardownAll();
 * }
 * ```
 */
export class PluginRegistry implements AsyncDisposable {
  readonly #options: PluginRegistryOptions;
  readonly #records = new Map<string, PluginRecord>();
  readonly #folders: TempFolders;
  readonly #deadlines = new Deadlines();
  #logger: Logger;

  /**
   * Makes an empty registry. Nothing is read or started.
   *
   * @param options Sandboxes, trust, policy and limits.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(options: PluginRegistryOptions = {}) {
    checkOptions(options);
    this.#options = options;
    this.#folders = new TempFolders(options.tempDir);
    this.#logger = options.logger ?? console;
  }

  /**
   * Registers every plugin below a folder. No plugin code runs: manifests are read, entry points are looked for. One
   * bad plugin never stops the others; failures stand in the report and are logged as warnings.
   *
   * @param root The folder: a path, or a `file:` URL.
   * @param options How to walk it.
   * @returns What was registered, and what was not and why.
   * @throws {DiscoveryError} If the root is missing, is no folder, or cannot be read.
   */
  async discover(root: string | URL, options: DiscoverOptions = {}): Promise<DiscoveryReport> {
    const { manifests, unreadable } = await walkForManifests(root, options);
    const failed: DiscoveryReport["failed"] = unreadable.map(({ path, error }) => ({ source: path, error }));
    const found = new Map<string, PluginRecord[]>();
    const results = await Promise.all(manifests.map((source) => this.#prepare(source)));
    for (const [i, result] of results.entries()) {
      if (result instanceof Error) failed.push({ source: manifests[i]!, error: result });
      else found.set(result.id, [...found.get(result.id) ?? [], result]);
    }
    const report: DiscoveryReport = { registered: [], failed };
    for (const [id, records] of found) {
      const earlier = this.#records.get(id);
      const sources = [...earlier === undefined ? [] : [earlier], ...records].map(({ source }) => source);
      if (sources.length === 1) {
        const [record] = records as [PluginRecord];
        const { manifest, source } = record;
        this.#records.set(id, record);
        report.registered.push({ kind: manifest.kind, name: manifest.name, source, manifest });
        continue;
      }
      const message = `Cannot register plugin "${id}": ${sources.map((s) => `"${s}"`).join(" and ")} both name it`;
      for (const { source } of records) {
        failed.push({ source, error: new AmbiguousPlugin(message, sources, { plugin: id }) });
      }
    }
    report.registered.sort((a, b) => a.source < b.source ? -1 : 1);
    failed.sort((a, b) => a.source < b.source ? -1 : 1);
    for (const { error } of failed) this.#logger.warn(error.message);
    return report;
  }

  /** Reads and checks one manifest; what is wrong with it is the result, so that it never stops the others. */
  async #prepare(source: string): Promise<PluginRecord | Error> {
    try {
      const manifest = await loadManifest(source);
      const id = `${manifest.kind}/${manifest.name}`;
      const range = parseCoreVersion(manifest.core_version);
      if (typeof range !== "function" || !range(CORE_VERSION)) {
        throw new VersionIncompatible(
          `Cannot register plugin "${id}" of "${source}": core_version is "${manifest.core_version}", ` +
            `the core is ${CORE_VERSION}`,
          { plugin: id },
        );
      }
      const runtimes = [manifest.runtime].flat();
      if (!runtimes.includes("in_process") || manifest.entry_point === undefined) {
        throw new RuntimeNotSupported(
          `Cannot register plugin "${id}" of "${source}": runtime is ${JSON.stringify(manifest.runtime)}, ` +
            `this registry runs "in_process"`,
          { plugin: id },
        );
      }
      const folder = source.replace(/[/\\][^/\\]*$/, "");
      return {
        manifest,
        id,
        source,
        entry: await resolveEntryPoint(folder, manifest.entry_point, id),
        sandbox: chooseSandbox(this.#options.sandbox, manifest.kind, manifest.name),
        trusted: this.#options.trusted?.includes(id) ?? false,
        state: "registered",
      };
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /**
   * Starts every registered plugin that is not started yet, in parallel, each under its own limit. A plugin that
   * cannot be started becomes `unavailable`, with the reason in `status()` and in the log; the others start.
   *
   * @param context What plugins are handed.
   */
  async setupAll(context: PluginContext): Promise<void> {
    this.#logger = context.logger;
    const waiting = [...this.#records.values()].filter(({ state }) => state === "registered");
    const environment = { context, options: this.#options, folders: this.#folders };
    await Promise.all(waiting.map((record) => startPlugin(record, environment)));
    for (const { state, error, id, sandbox } of waiting) {
      if (state === "unavailable") this.#logger.error(error?.message ?? `Cannot start plugin "${id}"`);
      else if (sandbox === "none") {
        this.#logger.warn(`Plugin "${id}" runs without a sandbox: it can do all the host can`);
      }
    }
  }

  /**
   * A plugin's handle: each of its hooks as a method that returns a promise. The same object for the registry's life,
   * also while the plugin is not running; its calls then reject with `PluginUnavailable`.
   *
   * @param kind The plugin's kind.
   * @param options Its name; without one, the plugin of highest priority.
   * @returns The handle.
   * @throws {KindUnknown} If there is no such plugin.
   * @throws {AmbiguousPlugin} If no name is given and two share the highest priority.
   */
  getPlugin<T = Record<string, (...args: unknown[]) => unknown>>(
    kind: string,
    options: string | GetPluginOptions = {},
  ): PluginHandle<T> {
    const record = this.#find(kind, typeof options === "string" ? options : options.name);
    record.handle ??= createHandle(record, (hook, args) => this.#call(record, hook, args));
    return record.handle as PluginHandle<T>;
  }

  /**
   * Calls a hook of a plugin by name.
   *
   * @param kind The plugin's kind.
   * @param name Its name.
   * @param hook The hook.
   * @param args The hook's arguments.
   * @returns The hook's result.
   * @throws {KindUnknown | PluginUnavailable | HookUnknown | HookTimeout | SerializationError} As a rejection; or
   * whatever the hook throws.
   */
  call(kind: string, name: string, hook: string, args: unknown[] = []): Promise<unknown> {
    try {
      return this.#call(this.#find(kind, name), hook, args);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * A plugin's manifest.
   *
   * @throws {KindUnknown} If there is no such plugin.
   */
  getManifest(kind: string, name: string): Manifest {
    return this.#find(kind, name).manifest;
  }

  /** One JSON value about all plugins: who they are, how they are, what they may do. */
  status(): RegistryStatus {
    return registryStatus(this.#records.values());
  }

  /**
   * Stops every plugin, in parallel, each under its own limit, and removes what was made for them. One that fails
   * never keeps the others from being stopped. May be called twice.
   *
   * @throws {TeardownErrors} With what failed, after all are stopped.
   */
  async teardownAll(): Promise<void> {
    const failures = await Promise.all([...this.#records.values()].map((record) => this.#stop(record)));
    this.#deadlines[Symbol.dispose]();
    await this.#folders.close();
    const errors = failures.filter((failure) => failure !== undefined);
    if (errors.length > 0) throw new TeardownErrors(errors);
  }

  /** {@linkcode PluginRegistry.teardownAll}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.teardownAll();
  }

  async #stop(record: PluginRecord): Promise<Error | undefined> {
    const { opened, manifest, id } = record;
    if (opened === undefined) return undefined;
    delete record.opened;
    let failure: Error | undefined;
    if (record.state === "active") {
      const limitMs = manifest.teardown_timeout_sec * 1000;
      const { promise: late, reject } = Promise.withResolvers<never>();
      const start = performance.now();
      const expire = () => reject(new HookTimeout("teardown", limitMs, performance.now() - start, { plugin: id }));
      const timer = setTimeout(expire, limitMs);
      try {
        await Promise.race([opened.scope.teardown(), late]);
      } catch (error) {
        failure = explainRefusal(error instanceof Error ? error : new Error(String(error)), manifest);
      } finally {
        clearTimeout(timer);
      }
    }
    if (record.state !== "unavailable") record.state = failure instanceof HookTimeout ? "leaked" : "stopped";
    await opened.close(failure instanceof HookTimeout ? 0 : undefined);
    return failure;
  }

  #find(kind: string, name: string | undefined): PluginRecord {
    const ofKind = [...this.#records.values()].filter(({ manifest }) => manifest.kind === kind);
    if (ofKind.length === 0) throw new KindUnknown(unknownKind(kind, this.#records.values()));
    if (name !== undefined) {
      const record = this.#records.get(`${kind}/${name}`);
      if (record !== undefined) return record;
      const names = ofKind.map(({ manifest }) => `"${manifest.name}"`).join(", ");
      throw new KindUnknown(`Cannot find plugin "${kind}/${name}": the plugins of this kind are ${names}`);
    }
    const highest = Math.max(...ofKind.map(({ manifest }) => manifest.priority));
    const [first, ...others] = ofKind.filter(({ manifest }) => manifest.priority === highest);
    if (others.length > 0) {
      const candidates = [first!, ...others].map(({ id }) => id).sort();
      throw new AmbiguousPlugin(
        `Cannot choose a plugin of kind "${kind}": ${candidates.join(", ")} share priority ${highest}; name one, or ` +
          `give one a higher priority`,
        candidates,
      );
    }
    return first!;
  }

  #call(record: PluginRecord, hook: string, args: unknown[]): Promise<unknown> {
    const { opened, hooks, state, id } = record;
    if (state !== "active" || opened === undefined) return Promise.reject(unavailable(record));
    if (hooks?.has(hook) !== true) {
      const near = nearNames(hook, hooks ?? []).map((name) => `"${name}"`);
      const all = [...hooks ?? []].map((name) => `"${name}"`).join(", ") || "none";
      const known = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `its hooks are ${all}`;
      return Promise.reject(
        new HookUnknown(`Cannot call "${hook}" of plugin "${id}": no such hook; ${known}`, { plugin: id }),
      );
    }
    const limitMs = this.#options.hookTimeoutMs ?? 30_000;
    const start = performance.now();
    return new Promise((resolve, reject) => {
      const deadline = this.#deadlines.add(limitMs, () => {
        reject(new HookTimeout("hook", limitMs, performance.now() - start, { plugin: id, hook }));
        this.#giveUp(record, `hook "${hook}" did not answer within ${limitMs} ms`);
      });
      opened.scope.call(hook, args).then((result) => {
        this.#deadlines.remove(deadline);
        resolve(result);
      }, (error) => {
        this.#deadlines.remove(deadline);
        reject(error instanceof Error ? explainRefusal(error, record.manifest) : error);
      });
    });
  }

  /** A sandboxed plugin that missed a deadline is ended: it may be in a loop that nothing else stops. */
  #giveUp(record: PluginRecord, reason: string): void {
    if (record.sandbox === "none" || record.state !== "active") return;
    record.state = "unavailable";
    record.error = new PluginUnavailable(record.id, reason);
    this.#logger.error(record.error.message);
    record.opened?.close(0);
  }
}

function unavailable({ error, id, state }: PluginRecord): PluginUnavailable {
  if (error instanceof PluginUnavailable) return error;
  if (error === undefined) {
    return new PluginUnavailable(id, state === "registered" ? "setupAll has not been called" : `it is ${state}`);
  }
  return new PluginUnavailable(id, error.message.replace(/^Cannot \w+ plugin "[^"]*": /, ""), { cause: error });
}

function unknownKind(kind: string, records: Iterable<PluginRecord>): string {
  const kinds = [...new Set([...records].map(({ manifest }) => manifest.kind))].sort();
  const [near] = nearNames(kind, kinds);
  const known = kinds.length === 0
    ? "no plugin is registered"
    : `the kinds are ${kinds.map((k) => `"${k}"`).join(", ")}`;
  return `Cannot find a plugin of kind "${kind}": ${near === undefined ? known : `did you mean "${near}"?`}`;
}
