import { type Logger, PluginContext, type PluginHandle, type PluginLookup, safeLogger } from "../context/mod.ts";
import type { CallOptions, DispatchFilter, RoutingPolicy } from "../dispatch/mod.ts";
import { PluginLoadError, TeardownErrors } from "../errors.ts";
import type { Hookspec } from "../hookspec/mod.ts";
import { escapeControl } from "../escape_control.ts";
import { type Manifest, resolveDependencies, validateManifest } from "../manifest/mod.ts";
import { resolve } from "../path/mod.ts";
import { createHosting, type Hosting, TempFolders } from "../runtime/mod.ts";
import { chooseLimits } from "../sandbox/mod.ts";
import { Calls } from "./calls.ts";
import type { DiscoveryReport } from "./discovery_report.ts";
import { Dispatching } from "./dispatching.ts";
import { Fence } from "./fence.ts";
import { groupMembers } from "./group_members.ts";
import { createHandle } from "./handle.ts";
import { HookTable } from "./hook_table.ts";
import { isInputMisfit } from "./input_misfit.ts";
import type { ResourceRegistry } from "../resources/mod.ts";
import { decorationOf } from "./decoration.ts";
import { hostServices } from "./host_services.ts";
import { Lifecycle, type StartOptions } from "./lifecycle.ts";
import { LoadedPluginEntry, type LoadedPluginSteps } from "./loaded_plugin.ts";
import { admitKind } from "./admit_kind.ts";
import { contractOf, type ContractsOptions } from "./contracts.ts";
import { Hookspecs } from "./hookspecs.ts";
import { Middleware } from "./middleware.ts";
import { MisfitLog } from "./misfit_log.ts";
import { exportOf, withEntryPoint } from "./module_export.ts";
import { Admission, type AgreeOptions } from "./grants_admission.ts";
import type { PluginGrants } from "./grants.ts";
import type { PendingGrant } from "./grants_pending.ts";
import { checkOptions, type PluginRegistryOptions } from "./options.ts";
import { PluginStore } from "./plugin_store.ts";
import type { PluginRecord } from "./record.ts";
import { type DiscoverOptions, type DiscoverPackagesOptions, isLive, Registrar } from "./registrar.ts";
import { completeRecord, prepareRecord } from "./registration.ts";
import { refuseAmbiguity } from "./start_checks.ts";
import { answers, PluginStates, type StateChange } from "./states.ts";
import { type RegistryStatus, registryStatus } from "./status.ts";
import { ToolCatalogue } from "./tool_catalogue.ts";
import type {
  CallArguments,
  DispatchArguments,
  DispatchResult,
  HookName,
  HookOutput,
  KindName,
  KindTypes,
} from "./typed_kinds.ts";
import { PluginWatcher, type WatchOptions } from "./watch.ts";

/** What `setupAll` can be given instead of a context. */
export interface SetupAllOptions extends StartOptions {
  /** Configuration by plugin name. @default {} */
  configs?: Readonly<Record<string, Record<string, unknown>>>;
  /** Resources of the host's own, by name. @default {} */
  resources?: Record<string, unknown> | ResourceRegistry;
}

/** Which plugin of a kind. */
export interface GetPluginOptions {
  /** Its name. @default the one of highest priority */
  name?: string;
}

/**
 * Finds plugins, starts them inside their permission scopes, calls them, and stops them.
 *
 * @typeParam Kinds What is known of kinds when code is compiled, such as `{ tool: ToolKind }`: it types `dispatch` and
 * `call`, and changes nothing that happens.
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
export class PluginRegistry<Kinds extends object = KindTypes> implements AsyncDisposable {
  readonly #options: PluginRegistryOptions;
  readonly #store = new PluginStore();
  readonly #hooks: Hookspecs;
  readonly #contracts: ContractsOptions;
  readonly #folders: TempFolders;
  readonly #hosting: Hosting;
  readonly #calls: Calls;
  readonly #middleware: Middleware;
  readonly #dispatching: Dispatching;
  readonly #lifecycle: Lifecycle;
  readonly #registrar: Registrar;
  readonly #admission: Admission;
  readonly #listeners = new Set<(change: StateChange) => void>();
  readonly #watchers = new Set<PluginWatcher>();
  #loaded: { version: number; entries: readonly LoadedPluginEntry[] } = { version: -1, entries: [] };
  #logger: Logger;
  #isConsole = true;
  #tearingDown: Promise<void> | undefined;

  /**
   * Makes an empty registry. Nothing is read or started.
   *
   * @param options Sandboxes, trust, policy and limits.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(options: PluginRegistryOptions = {}) {
    checkOptions(options);
    this.#options = options;
    const validation = options.hookValidation ?? "strict";
    const running = (kind: string) =>
      this.#store.all().filter((record) => record.manifest.kind === kind && isLive(record)).map(({ id }) => id).sort();
    const hookspecs = this.#hooks = new Hookspecs({ table: new HookTable(options.hooks), validation, running });
    this.#logger = safeLogger(options.logger ?? console);
    this.#folders = new TempFolders(options.tempDir);
    const store = this.#store;
    const log = () => this.#logger; // setupAll brings another
    this.#admission = new Admission({
      options,
      manifests: () => store.manifests(),
      log,
      isConsole: () => this.#isConsole,
    });
    this.#hosting = createHosting(options, this.#folders, (message) => this.#logger.warn(message));
    const middleware = this.#middleware = new Middleware(store);
    this.#calls = new Calls({
      limitMs: options.hookTimeoutMs,
      current: (record) => store.get(record.id) ?? record,
      giveUp: (record, reason) => this.#lifecycle.fail(record, reason),
      middleware,
    });
    this.#lifecycle = new Lifecycle({
      store,
      states: new PluginStates((record, change) => this.#changed(record, change)),
      log,
      restart: options.restart ?? false,
      health: options.health ?? {},
      drainMs: options.drainTimeoutMs ?? 5000,
      fence: () => new Fence(this.#calls.deadlines),
      prepare: (registration) => prepareRecord(registration, options, this.#hosting, hookspecs),
    });
    const catalogue = new ToolCatalogue({
      find: (id) => store.get(id),
      ask: (record) => this.#calls.call(record, "get_schema", [{}]),
      limitMs: this.#calls.limitMs,
    });
    this.#contracts = { hookspecs, validation, catalogue, warn: new MisfitLog(log).warn };
    this.#dispatching = new Dispatching(store, hookspecs, () => this.getLoadedPlugins(), catalogue);
    const stop = (record: PluginRecord) => this.#lifecycle.stop(record);
    const { folders, hosting } = { folders: this.#folders, hosting: this.#hosting };
    this.#registrar = new Registrar({ store, options, hookspecs, folders, hosting, log, stop });
  }

  /**
   * Registers a hookspec: what plugins of a kind must be able to do. From then on plugins of other kinds and versions are
   * refused, what a plugin lacks is told when it is loaded, and inputs and outputs of its hooks are checked at each call.
   * Several major versions of a kind may be registered. The built-in kinds are registered the same way.
   *
   * @param hookspec A YAML or JSON file, or what such a file holds.
   * @returns The hookspec, complete.
   * @throws {HookspecInvalid} If it is none, that version of the kind is registered already, or the `hooks` option
   * declares the kind; nothing is changed then.
   * @throws {PluginRegistryError} If plugins of the kind run.
   *
   * @example
   * ```ts
   * import { PluginRegistry, TOOL_HOOKSPEC } from "@dagstack/plugin-system";
   * import { assertEquals } from "@std/assert";
   *
   * class Greeter {
   *   get_schema() {
   *     const parameters = { type: "object", required: ["name"], properties: { name: { type: "string" } } };
   *     return [{ name: "greet", description: "Says hello", parameters }];
   *   }
   *   execute({ args }: { args: { name: string } }) {
   *     return { result: `Hello, ${args.name}` };
   *   }
   * }
   *
   * const logger = { debug() {}, info() {}, warn() {}, error() {} };
   * await using registry = new PluginRegistry({ logger });
   * await registry.addHookspec(TOOL_HOOKSPEC);
   * const manifest = { kind: "tool", name: "greeter", runtime: "in_process", core_version: ">=0.1.0,<1.0.0" };
   * await registry.registerModule(Greeter, manifest);
   * await registry.setupAll();
   * const answer = await registry.dispatch("tool", "execute", { function: "greet", args: { name: "Ada" } });
   * assertEquals(answer, { result: "Hello, Ada" });
   * ```
   */
  async addHookspec(hookspec: string | URL | object): Promise<Hookspec> {
    const added = await this.#hooks.add(hookspec);
    this.#store.version++; // what was made ready for dispatches is so no more
    return added;
  }

  /** The registered hookspecs, by kind, then version. */
  hookspecs(): Hookspec[] {
    return this.#hooks.list();
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
  discover(root: string | URL, options: DiscoverOptions = {}): Promise<DiscoveryReport> {
    return this.#registrar.discover(root, options);
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
  discoverPackages(specifiers: readonly string[], options: DiscoverPackagesOptions = {}): Promise<DiscoveryReport> {
    return this.#registrar.discoverPackages(specifiers, options);
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
  discoverRemote(folder?: string | URL, options: { override?: boolean } = {}): Promise<DiscoveryReport> {
    return this.#registrar.discoverRemote(folder, options.override === true);
  }

  /**
   * Registers a plugin from the raw value of its manifest.
   *
   * @param raw What a manifest file holds, with or without the `plugin` wrapper.
   * @param source The path of the manifest file that it stands for; its folder is the plugin's. Without one, the
   * plugin's code must be given with {@linkcode PluginRegistry.attachPlugin}.
   * @returns The manifest. A `config_schema` is compiled when it starts.
   * @throws {ManifestInvalid | VersionIncompatible | RuntimeNotSupported | PluginLoadError | AmbiguousPlugin} If it cannot be registered;
   * nothing is changed then.
   */
  registerManifest(raw: unknown, source?: string): Manifest {
    const shown = source ?? "manifest";
    const file = source === undefined ? {} : { file: resolve(source) };
    const manifest = validateManifest(raw, shown);
    return this.#registrar.registerNow({ manifest, source: shown, fromValue: true, ...file });
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
    const source = "registerModule";
    const own = validateManifest(withEntryPoint(manifest), source);
    return await this.#registrar.register({ manifest: own, source, module: exportOf(module, own) });
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
    const record = this.#store.findByName(name);
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
    return this.#store.manifests();
  }

  /**
   * The running plugins, sorted by priority descending, then kind and name; what dispatchers take. The same list until
   * a plugin starts, ends, or changes.
   */
  getLoadedPlugins(): readonly LoadedPluginEntry[] {
    const { version } = this.#store;
    if (this.#loaded.version !== version) {
      const entries = this.#store.all().filter(({ state }) => answers(state))
        .sort((a, b) => b.manifest.priority - a.manifest.priority || (a.id < b.id ? -1 : 1))
        .map((record) => new LoadedPluginEntry(record, this.#handle(record), this.#steps));
      this.#loaded = { version, entries };
    }
    return this.#loaded.entries;
  }

  /** What the entries of running plugins need. */
  readonly #steps: LoadedPluginSteps = {
    start: (record, hook, args, waiter, options) => this.#calls.start(record, hook, args, waiter, options),
    direct: (record, hook) => this.#calls.direct(record, hook),
    matches: (record, input, options) => this.#calls.matches(record, input, options),
    declaration: (kind, hook) => this.#hooks.declaration(kind, hook),
    failed: (record, hook, where, error) => {
      if (isInputMisfit(error) && error.plugin === record.id && where !== "notify") return; // the caller's fault
      const reason = `hook "${hook}" failed: ${error instanceof Error ? error.message : String(error)}`;
      if (where === "fail_fast") this.#lifecycle.degrade(record, reason);
      else this.#logger.warn(escapeControl(`Plugin "${record.id}": ${reason}`), { plugin: record.id, hook, where });
    },
    answered: (record) => this.#lifecycle.recover(record),
  };

  /**
   * Starts every registered plugin that is not running yet, stopped ones included, in parallel, each under its own
   * limit. A plugin that cannot be started becomes `unavailable`, with the reason in `status()` and in the log; the others start.
   *
   * Levels of dependencies start one after the other; what depends on a plugin that is not there, or did not start,
   * becomes `unavailable` with the chain of cause.
   *
   * @param context What plugins are handed; without one, a context with these configurations and resources is made.
   * @param options What becomes of the others when one does not start, and how to give up.
   * @throws {DependencyCycle} If plugins depend on each other in a circle; nothing is started then.
   * @throws {AmbiguousPlugin} If a kind has two fallbacks, or two plugins of the highest priority and only singleton
   * hooks; nothing is started then.
   * @throws {GrantsInvalid} If the grants file is none; nothing is started then.
   * @throws With `onFailure: "rollback"`, why the first plugin did not start: what had started is torn down again.
   */
  async setupAll(context: PluginContext | SetupAllOptions = {}, options: StartOptions = {}): Promise<void> {
    await this.#tearingDown?.catch(() => {}); // it takes away what plugins that start would stand on
    const { configs = {}, onFailure = options.onFailure, signal = options.signal, ...given } =
      context instanceof PluginContext ? {} as SetupAllOptions : context;
    const own = context instanceof PluginContext
      ? context
      : new PluginContext({ registry: this as PluginLookup, logger: this.#logger, ...given });
    this.#logger = safeLogger(own.logger);
    refuseAmbiguity(this.#store.all(), this.#hooks, (kind) => this.#dispatching.isRouted(kind));
    this.#isConsole = (context instanceof PluginContext ? own.logger : this.#options.logger ?? console) === console;
    this.#admission.begin();
    await this.#lifecycle.startAll({
      context: own,
      logger: this.#logger,
      configs,
      hosting: this.#hosting,
      groupMembers: (record) =>
        groupMembers(record, this.#store.all().filter((one) => this.#admission.mayJoin(one)), this.#hosting),
      admit: (record) => this.#admission.admit(record),
      loaded: (record) => this.#admission.loaded(record),
      services: (record, given) => this.#servicesOf(record, given),
      complete: (record) => {
        admitKind(record.manifest, record.source, this.#hooks); // the host may have registered hookspecs since
        return completeRecord(record, this.#options, this.#hosting);
      },
      contract: (record, loaded) => contractOf(record, loaded, this.#contracts),
    }, { ...(onFailure === undefined ? {} : { onFailure }), ...(signal === undefined ? {} : { signal }) });
    for (const watcher of this.#watchers) watcher.refresh();
  }

  #servicesOf(record: PluginRecord, context: PluginContext) {
    const { id, manifest } = record;
    const dependencies = resolveDependencies(manifest, this.#store.manifests())
      .flatMap((one) => one.id === undefined ? [] : [this.#store.get(one.id)!.manifest])
      .map(({ kind, name }) => ({ kind, name }));
    const untyped = this as unknown as PluginRegistry; // what a plugin depends on, no type says
    const call = untyped.call.bind(untyped);
    const { messageBytes } = chooseLimits(this.#hosting.limits, manifest.kind, manifest.name);
    const warn = (message: string) => this.#logger.warn(message);
    const services = hostServices({ plugin: id, context, dependencies, messageBytes, warn, call });
    const own = { middleware: this.#middleware, calls: this.#calls.wrapped, log: () => this.#logger };
    return { dependencies, services, decoration: decorationOf(record, context, own) };
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
    const record = this.#store.find(kind, typeof options === "string" ? options : options.name);
    return this.#handle(record) as PluginHandle<T>;
  }

  /**
   * Calls a hook of a plugin by name.
   *
   * @param kind The plugin's kind.
   * @param name Its name.
   * @param hook The hook.
   * @param args The hook's arguments.
   * @param options A signal to give up, a limit of its own, and what travels beside the arguments.
   * @returns The hook's result.
   * @throws {KindUnknown | PluginUnavailable | HookUnknown | HookTimeout | SerializationError} As a rejection; or
   * whatever the hook throws; or the signal's reason.
   */
  call<Kind extends KindName<Kinds>, Hook extends HookName<Kinds, Kind>>(
    kind: Kind,
    name: string,
    hook: Hook,
    ...rest: CallArguments<Kinds, Kind, Hook>
  ): Promise<HookOutput<Kinds, Kind, Hook>>;
  call(kind: string, name: string, hook: string, args: unknown[] = [], options?: CallOptions): Promise<unknown> {
    try {
      if (!Array.isArray(args)) throw new TypeError(`Cannot call hook "${hook}": args is no list of arguments`);
      return this.#calls.call(this.#store.find(kind, name), hook, args, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Dispatches a hook among the plugins of a kind that run, by the class that its hookspec or the `hooks` option declares for it;
   * without a declaration it is a singleton.
   *
   * @param kind The kind.
   * @param hook The hook; a plugin may have it in camelCase.
   * @param input The hook's one argument.
   * @param options As for {@linkcode PluginRegistry.call}; and a filter that narrows the candidates.
   * @returns A singleton's, chain's or capability's result; a collect's results, with a list of `failures` beside them;
   * nothing for a notify.
   * @throws {KindUnknown | HookUnknown | PluginUnavailable | AmbiguousPlugin | NoCapabilityMatch | BroadcastErrors} As a
   * rejection; or whatever the hook throws.
   *
   * @example
   * ```ts
   * import { PluginRegistry } from "@dagstack/plugin-system";
   * import { assertEquals } from "@std/assert";
   *
   * const logger = { debug() {}, info() {}, warn() {}, error() {} };
   * await using registry = new PluginRegistry({ logger, hooks: { rewriter: { rewrite: "chain" } } });
   * const manifest = { kind: "rewriter", runtime: "in_process", core_version: ">=0.1.0,<1.0.0" };
   * class Trim { rewrite = (text: string) => text.trim(); }
   * class Lower { rewrite = (text: string) => text.toLowerCase(); }
   * await registry.registerModule(Trim, { ...manifest, name: "trim", priority: 2 });
   * await registry.registerModule(Lower, { ...manifest, name: "lower", priority: 1 });
   * await registry.setupAll();
   * assertEquals(await registry.dispatch("rewriter", "rewrite", "  HELLO "), "hello");
   * ```
   */
  dispatch<Kind extends KindName<Kinds>, Hook extends HookName<Kinds, Kind>>(
    kind: Kind,
    hook: Hook,
    ...[input, options]: DispatchArguments<Kinds, Kind, Hook>
  ): Promise<DispatchResult<Kinds, Kind, Hook>> {
    return this.#dispatching.dispatch(kind, hook, input, options) as Promise<DispatchResult<Kinds, Kind, Hook>>;
  }

  /**
   * Lets a policy choose the active plugin of a kind, before `DAGSTACK_ACTIVE_<KIND>` and priorities do: per tenant, for
   * example. A later policy of the same kind takes its place.
   *
   * @param kind The kind.
   * @param policy Gives a plugin's name, or `undefined` for no opinion.
   * @returns Takes the policy back.
   */
  setRoutingPolicy(kind: string, policy: RoutingPolicy): Disposable {
    return this.#dispatching.route(kind, policy);
  }

  /**
   * Narrows the candidates of every dispatch: governance. Calls that name their plugin are not dispatched, and go by it.
   *
   * @param filter Says whether a plugin may be a candidate.
   * @returns Takes the filter back.
   */
  addFilter(filter: DispatchFilter): Disposable {
    return this.#dispatching.filterBy(filter);
  }

  /**
   * Listens to changes of state of all plugins. A listener that throws is logged, and harms nobody else.
   *
   * @param listener Hears of each change, right after it.
   * @returns Ends the listening.
   */
  onStateChange(listener: (change: StateChange) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  #changed(record: PluginRecord, change: StateChange): void {
    this.#store.version++;
    if (this.#store.get(record.id) !== record) return; // not, or not any more, the registry's own
    for (const listener of [...this.#listeners]) {
      try {
        listener(change);
      } catch (error) {
        this.#logger.error(`A listener of state changes has failed: ${(error as Error)?.message ?? error}`);
      }
    }
  }

  /**
   * Puts a fresh instance into a plugin's place: manifest and code are read again, and `setup` is called. Calls that are
   * made meanwhile wait for the fresh instance; calls under way end in the old one, which is then torn down. When the
   * fresh one cannot be started, the old one stays.
   *
   * @param kind The plugin's kind.
   * @param name Its name.
   * @throws {KindUnknown | PluginUnavailable | PluginLoadError | ManifestInvalid} If it cannot be reloaded; nothing is
   * changed then. Without a sandbox, only the entry point itself is loaded again, not what it imports.
   */
  async reload(kind: string, name: string): Promise<void> {
    await this.#lifecycle.reload(() => this.#store.find(kind, name));
  }

  /**
   * Reloads plugins whose files change, for development, until it is disposed of or all plugins are torn down.
   *
   * @param options How long to wait for more changes.
   * @returns Ends the watching.
   */
  watch(options: WatchOptions = {}): AsyncDisposable {
    const watcher = new PluginWatcher({
      ...options,
      folders: () =>
        this.#store.all().flatMap(({ id, entry }) => entry === undefined ? [] : [{ id, folder: entry.pluginDir }]),
      reload: (id) => this.#lifecycle.reload(() => this.#store.findByName(id)),
      log: this.#logger,
    });
    this.#watchers.add(watcher);
    return {
      [Symbol.asyncDispose]: async () => {
        this.#watchers.delete(watcher);
        await watcher[Symbol.asyncDispose]();
      },
    };
  }

  /**
   * A plugin's manifest.
   *
   * @throws {KindUnknown} If there is no such plugin.
   */
  getManifest(kind: string, name: string): Manifest {
    return this.#store.find(kind, name).manifest;
  }

  /**
   * What the host has not agreed to: for each plugin with a folder of its own that differs from its grant, or has none,
   * the exact difference, as its folder is now. Nothing of it runs. Without the `grants` option that is every plugin.
   *
   * @returns Sorted by `kind/name`; empty when all is agreed to.
   * @throws {GrantsInvalid} If the grants file is none.
   */
  pendingGrants(): Promise<PendingGrant[]> {
    return this.#admission.pending(this.#store.all());
  }

  /**
   * Writes what the host agrees to into its grants file, and keeps what else stands there. Starts nothing: a plugin that
   * was refused starts with the next `setupAll` or `reload`.
   *
   * @param which Plugins as `kind/name`, which are agreed to as they are now; or what `pendingGrants()` gave, which is
   * agreed to as it was looked at, whatever has become of the plugin since; or all.
   * @param options Which file.
   * @returns All that the file holds now.
   * @throws {KindUnknown | PermissionExceeded | GrantsInvalid | PluginRegistryError} If there is no such plugin, it could
   * write the grants itself, or the file cannot be read or written; the file is then as it was.
   *
   * @example
   * ```ts
   * import { PluginRegistry } from "@dagstack/plugin-system";
   * import { assertEquals } from "@std/assert";
   *
   * const file = `${await Deno.makeTempDir()}/plugins.grants.json`;
   * const logger = { debug() {}, info() {}, warn() {}, error() {} };
   * await using registry = new PluginRegistry({ grants: file, logger });
   * await registry.discover("plugins/fixed-chunker");
   * const [pending] = await registry.pendingGrants();
   * assertEquals([pending!.plugin, pending!.reason], ["chunker/fixed", "new"]);
   * await registry.agree([pending!]); // once somebody has looked at it
   * assertEquals(await registry.pendingGrants(), []);
   * ```
   */
  agree(which: "all" | readonly (string | PendingGrant)[], options: AgreeOptions = {}): Promise<PluginGrants> {
    return this.#admission.agree(which, this.#store.all(), options);
  }

  /** One JSON value about all plugins: who they are, how they are, what they may do. */
  status(): RegistryStatus {
    return registryStatus(this.#store.all(), (id) => this.#hosting.groups.groupOf(id));
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
    await Promise.all([...this.#watchers].map((watcher) => watcher[Symbol.asyncDispose]()));
    this.#watchers.clear();
    const errors = await this.#lifecycle.stopAll();
    this.#calls[Symbol.dispose]();
    await this.#hosting.watcher.close();
    errors.push(...await this.#folders.close());
    if (errors.length > 0) throw new TeardownErrors(errors);
  }

  /** {@linkcode PluginRegistry.teardownAll}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.teardownAll();
  }

  /** The handle finds its record anew at each call: an override puts another in its place. */
  #handle(record: PluginRecord): object {
    const { id } = record;
    const current = () => this.#store.get(id) ?? record;
    return record.handle ??= createHandle(
      id,
      () => current().hooks,
      (hook, args) => this.#calls.call(current(), hook, args),
    );
  }
}
