import { type Logger, PluginContext, type PluginLookup, safeLogger } from "../context/mod.ts";
import { Deadlines } from "../deadlines.ts";
import { escapeControl } from "../escape_control.ts";
import {
  listManifestRegistry,
  parseRemotePlugins,
  REMOTE_PLUGINS_VARIABLE,
  walkForManifests,
  type WalkOptions,
} from "../discovery/mod.ts";
import {
  AmbiguousPlugin,
  HookTimeout,
  HookUnknown,
  isDependencyCycle,
  KindUnknown,
  PackageError,
  PluginLoadError,
  PluginUnavailable,
  TeardownErrors,
} from "../errors.ts";
import {
  dependencyLevels,
  loadManifest,
  type Manifest,
  resolveDependencies,
  validateManifest,
} from "../manifest/mod.ts";
import { nearNames } from "../near.ts";
import { materialisePackage, type RegistryUrls } from "../packages/mod.ts";
import { dirname, resolve } from "../path/mod.ts";
import { hostHolds, TempFolders } from "../runtime/mod.ts";
import type { DiscoveryReport } from "./discovery_report.ts";
import { createHandle, type PluginHandle } from "./handle.ts";
import { exportOf, withEntryPoint } from "./module_export.ts";
import { checkOptions, type PluginRegistryOptions } from "./options.ts";
import type { PluginRecord } from "./record.ts";
import { prepareRecord } from "./registration.ts";
import { type StartEnvironment, startPlugin } from "./start_plugin.ts";
import { type RegistryStatus, registryStatus } from "./status.ts";

/** How to discover. */
export interface DiscoverOptions extends WalkOptions {
  /** Whether a plugin found here takes the place of one of the same kind and name that is registered already. @default false */
  override?: boolean;
}

/** How to discover packages. */
export interface DiscoverPackagesOptions {
  /** Where their files are kept. @default a temporary folder, removed by `teardownAll` */
  cacheDir?: string;
  /** Where they are fetched from. */
  registries?: RegistryUrls;
  /** Whether a plugin found here takes the place of one of the same kind and name that is registered already. @default false */
  override?: boolean;
}

/** What `setupAll` can be given instead of a context. */
export interface SetupAllOptions {
  /** Configuration by plugin name. @default {} */
  configs?: Readonly<Record<string, Record<string, unknown>>>;
  /** Resources of the host's own, by name. @default {} */
  resources?: Record<string, unknown>;
}

/** A running plugin. */
export interface LoadedPluginEntry {
  /** Its manifest. */
  manifest: Manifest;
  /** Its handle. */
  plugin: PluginHandle<Record<string, (...args: unknown[]) => unknown>>;
}

/** How many manifests are read and checked at once. */
const PREPARED_AT_ONCE = 32;

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
  #tearingDown: Promise<void> | undefined;
  #teardowns = 0;

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
    this.#logger = safeLogger(options.logger ?? console);
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
    const { override = false, ...walk } = options;
    const { manifests, unreadable } = await walkForManifests(root, walk);
    return await this.#registerFiles(
      manifests,
      unreadable.map(({ path, error }) => ({ source: path, error })),
      override,
    );
  }

  /**
   * Registers the plugins of packages. Their files are copied to a cache, held against the registry's checksums, and
   * run from there under the same scopes as any plugin. No plugin code runs; a package that cannot be had stands in the
   * report and keeps no other out.
   *
   * @param specifiers `npm:name@range`, `jsr:@scope/name@range`, or paths of folders.
   * @param options Where to keep them, and where to fetch from.
   * @returns What was registered, and what was not and why.
   */
  async discoverPackages(
    specifiers: readonly string[],
    options: DiscoverPackagesOptions = {},
  ): Promise<DiscoveryReport> {
    const { override = false, registries } = options;
    const cacheDir = options.cacheDir ?? await this.#folders.make("packages", "packages");
    const manifests: string[] = [];
    const failures: DiscoveryReport["failures"] = [];
    for (const specifier of new Set(specifiers)) {
      try {
        const { folder } = await materialisePackage(specifier, cacheDir, registries);
        const found = await walkForManifests(folder, { recursive: false });
        const own = found.manifests.filter((file) => dirname(file) === folder);
        if (own.length === 0) throw new PackageError(specifier, "it carries no manifest at its top");
        manifests.push(...own);
      } catch (error) {
        failures.push({ source: specifier, error: error instanceof Error ? error : new Error(String(error)) });
      }
    }
    return await this.#registerFiles(manifests, failures, override);
  }

  /**
   * Registers plugins that run elsewhere: the manifests of a folder, and what `DAGSTACK_REMOTE_PLUGINS` lists (manifest
   * paths, `name=url` or `kind/name=url`, separated by commas), where the host may read that variable.
   *
   * @param folder A folder of manifests, such as `plugins_registry/`. @default none
   * @param options Whether what is found takes the place of what is registered.
   * @returns What was registered, and what was not and why.
   * @throws {DiscoveryError} If the folder is missing, is none, or cannot be read.
   */
  async discoverRemote(folder?: string | URL, options: { override?: boolean } = {}): Promise<DiscoveryReport> {
    const named = folder === undefined ? [] : await listManifestRegistry(folder);
    const listed = hostHolds("env", REMOTE_PLUGINS_VARIABLE)
      ? parseRemotePlugins(Deno.env.get(REMOTE_PLUGINS_VARIABLE) ?? "")
      : [];
    const files: string[] = [];
    const failures: DiscoveryReport["failures"] = [];
    const report: DiscoveryReport["registered"] = [];
    for (const source of [...named, ...listed]) {
      if (source instanceof Error) failures.push({ source: source.source, error: source });
      else if ("file" in source) files.push(source.file);
      else {
        try {
          const manifest = validateManifest(source.manifest, source.source);
          await this.#add(
            await prepareRecord({ manifest, source: source.source }, this.#options),
            options.override === true,
          );
          report.push({ kind: manifest.kind, name: manifest.name, source: source.source, manifest });
        } catch (error) {
          failures.push({ source: source.source, error: error as Error });
        }
      }
    }
    const { registered, failures: all } = await this.#registerFiles(files, failures, options.override === true);
    return { registered: [...report, ...registered], failures: all };
  }

  /** Registers manifest files, each with its own verdict. */
  async #registerFiles(
    manifests: readonly string[],
    failures: DiscoveryReport["failures"],
    override: boolean,
  ): Promise<DiscoveryReport> {
    const found = new Map<string, PluginRecord[]>();
    for (let i = 0; i < manifests.length; i += PREPARED_AT_ONCE) {
      const batch = manifests.slice(i, i + PREPARED_AT_ONCE);
      const results = await Promise.all(batch.map((source) => this.#prepareFile(source)));
      for (const [j, result] of results.entries()) {
        if (result instanceof Error) failures.push({ source: batch[j]!, error: result });
        else found.set(result.id, [...found.get(result.id) ?? [], result]);
      }
    }
    const registered: DiscoveryReport["registered"] = [];
    for (const records of found.values()) {
      try {
        if (records.length > 1) throw ambiguous([...this.#earlier(records), ...records]);
        const [record] = records as [PluginRecord];
        await this.#add(record, override);
        const { manifest, source } = record;
        registered.push({ kind: manifest.kind, name: manifest.name, source, manifest });
      } catch (error) {
        for (const { source } of records) failures.push({ source, error: error as Error });
      }
    }
    registered.sort((a, b) => a.source < b.source ? -1 : 1);
    failures.sort((a, b) => a.source < b.source ? -1 : 1);
    for (const { error } of failures) this.#logger.warn(escapeControl(error.message));
    return { registered, failures };
  }

  /**
   * Registers a plugin from the raw value of its manifest.
   *
   * @param raw What a manifest file holds, with or without the `plugin` wrapper.
   * @param source The path of the manifest file that it stands for; its folder is the plugin's. Without one, the
   * plugin's code must be given with {@linkcode PluginRegistry.attachPlugin}.
   * @returns The manifest.
   * @throws {ManifestInvalid | VersionIncompatible | RuntimeNotSupported | PluginLoadError | AmbiguousPlugin} As a
   * rejection; nothing is registered then.
   */
  async registerManifest(raw: unknown, source?: string): Promise<Manifest> {
    const shown = source ?? "manifest";
    const manifest = validateManifest(raw, shown);
    const file = source === undefined ? {} : { file: resolve(source) };
    await this.#add(await prepareRecord({ manifest, source: shown, ...file }, this.#options), false);
    return manifest;
  }

  /**
   * Registers code of the host's own as a plugin. It is trusted, and runs without a sandbox.
   *
   * @param module A class without constructor arguments, a factory or an object; or a module, whose export is then
   * chosen by the manifest's `entry_point` (its default export when there is none).
   * @param manifest The raw value of its manifest, with or without the `plugin` wrapper. `entry_point` may be left out.
   * @returns The manifest.
   * @throws {ManifestInvalid | VersionIncompatible | RuntimeNotSupported | PluginLoadError | AmbiguousPlugin} As a
   * rejection; nothing is registered then.
   */
  async registerModule(module: unknown, manifest: unknown): Promise<Manifest> {
    const own = validateManifest(withEntryPoint(manifest), "registerModule");
    const code = exportOf(module, own);
    await this.#add(
      await prepareRecord({ manifest: own, source: "registerModule", module: code }, this.#options),
      false,
    );
    return own;
  }

  /**
   * Gives a registered plugin its code: an object of the host's own, which is therefore trusted and runs without a
   * sandbox. Only before the plugin is started.
   *
   * @param name The plugin's name, or `kind/name` where a name is not unique.
   * @param instance The object.
   * @throws {KindUnknown} If there is no such plugin.
   * @throws {AmbiguousPlugin} If more than one has that name.
   * @throws {PluginLoadError} If it is started already, or the instance is no object.
   */
  attachPlugin(name: string, instance: object): void {
    const named = [...this.#records.values()].filter(({ id, manifest }) => id === name || manifest.name === name);
    if (named.length > 1) {
      const ids = named.map(({ id }) => id).sort();
      throw new AmbiguousPlugin(`Cannot attach to plugin "${name}": ${ids.join(", ")} have that name`, ids);
    }
    const [record] = named;
    if (record === undefined) {
      throw new KindUnknown(`Cannot attach to plugin "${name}": none of that name is registered`);
    }
    const refuse = (reason: string) =>
      new PluginLoadError(`Cannot attach to plugin "${record.id}": ${reason}`, { plugin: record.id });
    if (record.state !== "registered") throw refuse(`it is ${record.state}`);
    if (typeof instance !== "object" || instance === null) throw refuse("the instance is no object");
    record.module = instance;
    record.sandbox = "none";
    record.trusted = true;
  }

  /** The manifests of all registered plugins, sorted by kind, then name. */
  list(): Manifest[] {
    return [...this.#records.values()].sort((a, b) => a.id < b.id ? -1 : 1).map(({ manifest }) => manifest);
  }

  /** The running plugins, sorted by priority descending, then kind and name. */
  getLoadedPlugins(): LoadedPluginEntry[] {
    return [...this.#records.values()].filter(({ state }) => state === "active")
      .sort((a, b) => b.manifest.priority - a.manifest.priority || (a.id < b.id ? -1 : 1))
      .map((record) => ({
        manifest: record.manifest,
        plugin: this.#handle(record) as PluginHandle<Record<string, (...args: unknown[]) => unknown>>,
      }));
  }

  /** Reads and checks one manifest file; what is wrong with it is the result, so that it never stops the others. */
  async #prepareFile(file: string): Promise<PluginRecord | Error> {
    try {
      return await prepareRecord({ manifest: await loadManifest(file), source: file, file }, this.#options);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #earlier([first]: readonly PluginRecord[]): PluginRecord[] {
    const earlier = first && this.#records.get(first.id);
    return earlier === undefined ? [] : [earlier];
  }

  /** Registers a checked plugin, or leaves the registry as it was. */
  async #add(record: PluginRecord, override: boolean): Promise<void> {
    const earlier = this.#records.get(record.id);
    if (earlier !== undefined) {
      if (!override) throw ambiguous([earlier, record]);
      for (const error of await this.#stop(earlier)) this.#logger.warn(error.message);
      if (earlier.handle !== undefined) record.handle = earlier.handle;
    }
    this.#records.set(record.id, record);
  }

  /**
   * Starts every registered plugin that is not running yet, stopped ones included, in parallel, each under its own limit. A plugin that
   * cannot be started becomes `unavailable`, with the reason in `status()` and in the log; the others start.
   *
   * Levels of dependencies start one after the other; what depends on a plugin that is not there, or did not start,
   * becomes `unavailable` with the chain of cause.
   *
   * @param context What plugins are handed; without one, a context with these configurations and resources is made.
   * @throws {DependencyCycle} If plugins depend on each other in a circle; nothing is started then.
   */
  async setupAll(context: PluginContext | SetupAllOptions = {}): Promise<void> {
    const { configs = {}, ...options } = context instanceof PluginContext ? {} : context;
    const own = context instanceof PluginContext
      ? context
      : new PluginContext({ registry: this as PluginLookup, logger: this.#logger, ...options });
    this.#logger = safeLogger(own.logger);
    const all = [...this.#records.values()];
    const waiting = all.filter(({ state }) => state === "registered" || state === "stopped");
    const environment = { context: own, logger: this.#logger, configs, options: this.#options, folders: this.#folders };
    const teardowns = this.#teardowns;
    for (const level of dependencyLevels(this.list())) {
      if (this.#teardowns !== teardowns) break; // all that was started is being stopped
      await Promise.all(level.map(async (manifest) => {
        const record = this.#records.get(`${manifest.kind}/${manifest.name}`);
        if (record === undefined || !waiting.includes(record)) return;
        if (record.starting !== undefined) return await record.starting; // another call has begun with it
        if (record.state !== "registered" && record.state !== "stopped") return;
        record.starting = this.#start(record, environment).finally(() => delete record.starting);
        await record.starting;
      }));
    }
    await Promise.all(all.map(({ starting }) => starting)); // what another call has begun
    for (const { state, error, id, sandbox } of waiting) {
      if (state === "unavailable") this.#logger.error(escapeControl(error?.message ?? `Cannot start plugin "${id}"`));
      else if (sandbox === "none") {
        this.#logger.warn(`Plugin "${id}" runs without a sandbox: it can do all the host can`);
      }
    }
  }

  async #start(record: PluginRecord, environment: StartEnvironment): Promise<void> {
    // Another call of setupAll may be starting what it depends on.
    const ids = resolveDependencies(record.manifest, this.list()).map(({ id }) => id);
    await Promise.all(ids.map((id) => id === undefined ? undefined : this.#records.get(id)?.starting));
    const missing = this.#missingDependency(record);
    if (missing === undefined) return await startPlugin(record, environment);
    record.state = "unavailable";
    record.error = missing;
  }

  /** Why a plugin cannot start for want of another: the whole chain of cause is in the reason. */
  #missingDependency({ manifest, id }: PluginRecord): PluginUnavailable | undefined {
    for (const { written, id: other } of resolveDependencies(manifest, this.list())) {
      const record = other === undefined ? undefined : this.#records.get(other);
      if (record?.state === "active") continue;
      const why = record === undefined ? "no such plugin is registered" : unavailable(record).reason;
      return new PluginUnavailable(id, `it depends on "${written}": ${why}`, { cause: record?.error });
    }
    return undefined;
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
    return this.#handle(record) as PluginHandle<T>;
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
      if (!Array.isArray(args)) throw new TypeError(`Cannot call hook "${hook}": args is no list of arguments`);
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
  teardownAll(): Promise<void> {
    // A second call, from a signal handler for example, waits for the first.
    return this.#tearingDown ??= this.#teardownAll().finally(() => this.#tearingDown = undefined);
  }

  async #teardownAll(): Promise<void> {
    this.#teardowns++;
    const errors: Error[] = [];
    for (const records of this.#levelsToStop()) {
      errors.push(...(await Promise.all(records.map((record) => this.#stop(record)))).flat());
    }
    this.#deadlines[Symbol.dispose]();
    errors.push(...await this.#folders.close());
    if (errors.length > 0) throw new TeardownErrors(errors);
  }

  /** Dependants before what they depend on. Plugins that were registered later may close a circle; they stop together. */
  #levelsToStop(): PluginRecord[][] {
    const running = [...this.#records.values()].filter(({ opened, starting }) => opened ?? starting);
    try {
      const levels = dependencyLevels(running.map(({ manifest }) => manifest)).reverse();
      return levels.map((level) => level.map(({ kind, name }) => this.#records.get(`${kind}/${name}`)!));
    } catch (error) {
      if (isDependencyCycle(error)) return [running];
      throw error;
    }
  }

  /** {@linkcode PluginRegistry.teardownAll}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.teardownAll();
  }

  /** Stops one plugin, also one that is still starting. Never rejects: what failed is the result. */
  async #stop(record: PluginRecord): Promise<Error[]> {
    if (record.starting !== undefined) {
      record.stopping = true;
      await record.opened?.close(0);
      await record.starting;
      record.stopping = false;
      record.state = "stopped";
      delete record.error;
    }
    const { opened, manifest, id } = record;
    if (opened === undefined) return [];
    delete record.opened;
    const failures: Error[] = [];
    let late = false;
    if (record.state === "active") {
      const limitMs = manifest.teardown_timeout_sec * 1000;
      const { promise: expired, reject } = Promise.withResolvers<never>();
      const start = performance.now();
      const timer = setTimeout(() => {
        late = true;
        reject(new HookTimeout("teardown", limitMs, performance.now() - start, { plugin: id }));
      }, limitMs);
      try {
        await Promise.race([opened.scope.teardown(), expired]);
      } catch (error) {
        failures.push(error instanceof Error ? error : new Error(String(error)));
      } finally {
        clearTimeout(timer);
      }
    }
    if (record.state !== "unavailable") record.state = late ? "leaked" : "stopped";
    let left: Error[] = [];
    try {
      left = await opened.close(late ? 0 : undefined);
    } catch (error) {
      failures.push(error as Error);
    }
    const reason = await opened.scope.ended;
    if (reason !== "closed") {
      // It had failed by itself when it was to be torn down: that is its state, and no failure of the teardown.
      record.state = "unavailable";
      record.error = new PluginUnavailable(id, reason);
      this.#logger.error(escapeControl(record.error.message));
      return left;
    }
    return [...failures, ...left];
  }

  /** The handle finds its record anew at each call: an override puts another in its place. */
  #handle(record: PluginRecord): object {
    const { id } = record;
    const current = () => this.#records.get(id) ?? record;
    return record.handle ??= createHandle(id, () => current().hooks, (hook, args) => this.#call(current(), hook, args));
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
      const all = [...hooks ?? []].slice(0, 20).map((name) => `"${name.slice(0, 64)}"`).join(", ") || "none";
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
        reject(error);
      });
    });
  }

  /** A sandboxed plugin that missed a deadline is ended: it may be in a loop that nothing else stops. */
  #giveUp(record: PluginRecord, reason: string): void {
    if (record.sandbox === "none" || record.state !== "active") return;
    record.state = "unavailable";
    record.error = new PluginUnavailable(record.id, reason);
    this.#logger.error(record.error.message);
    const { opened } = record;
    opened?.close(0).then((left) => left.forEach(({ message }) => this.#logger.warn(message)), (error) => {
      this.#logger.error(`Cannot end plugin "${record.id}": ${error.message}`);
    });
  }
}

function ambiguous(records: readonly PluginRecord[]): AmbiguousPlugin {
  const sources = records.map(({ source }) => source);
  const [{ id }] = records as [PluginRecord];
  const again = new Set(sources).size === 1;
  const message = again
    ? `Cannot register plugin "${id}": "${sources[0]}" is registered already`
    : `Cannot register plugin "${id}": ${sources.map((source) => `"${source}"`).join(" and ")} both name it`;
  return new AmbiguousPlugin(message, sources, { plugin: id });
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
