import type { Logger } from "../context/mod.ts";
import {
  listManifestRegistry,
  parseRemotePlugins,
  REMOTE_PLUGINS_VARIABLE,
  walkForManifests,
  type WalkOptions,
} from "../discovery/mod.ts";
import { PackageError } from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import { loadManifest, type Manifest, validateManifest } from "../manifest/mod.ts";
import type { PackageOrigin, RegistryUrls } from "../packages/mod.ts";
import { dirname } from "../path/mod.ts";
import { hostHolds, type Hosting, type TempFolders } from "../runtime/mod.ts";
import type { DiscoveryReport } from "./discovery_report.ts";
import type { Hookspecs } from "./hookspecs.ts";
import type { PluginRegistryOptions } from "./options.ts";
import { ambiguous, type PluginStore } from "./plugin_store.ts";
import type { PluginRecord } from "./record.ts";
import { checkRegistration, prepareRecord, type Registration } from "./registration.ts";

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

/** How many manifests are read and checked at once. */
const PREPARED_AT_ONCE = 32;

/** What registering needs of the registry. */
export interface RegistrarOptions {
  store: PluginStore;
  options: PluginRegistryOptions;
  hookspecs: Hookspecs;
  folders: TempFolders;
  hosting: Hosting;
  log: () => Logger;
  /** Stops a plugin that another takes the place of; gives what failed. */
  stop: (record: PluginRecord) => Promise<Error[]>;
}

/** Brings plugins into a registry, from wherever they are. What is refused leaves no trace. */
export class Registrar {
  readonly #store: PluginStore;
  readonly #options: PluginRegistryOptions;
  readonly #hookspecs: Hookspecs;
  readonly #folders: TempFolders;
  readonly #hosting: Hosting;
  readonly #log: () => Logger;
  readonly #stop: RegistrarOptions["stop"];

  /** @param own What it works on. */
  constructor(own: RegistrarOptions) {
    this.#store = own.store;
    this.#options = own.options;
    this.#hookspecs = own.hookspecs;
    this.#folders = own.folders;
    this.#hosting = own.hosting;
    this.#log = own.log;
    this.#stop = own.stop;
  }

  /** Registers one plugin. @throws If it cannot be registered; nothing is changed then. */
  async register(registration: Registration, override = false): Promise<Manifest> {
    await this.#add(await prepareRecord(registration, this.#options, this.#hosting, this.#hookspecs), override);
    return registration.manifest;
  }

  /** Registers one plugin at once; what takes waiting is checked when it starts. @throws If it cannot be registered. */
  registerNow(registration: Registration): Manifest {
    const record = checkRegistration(registration, this.#options, this.#hookspecs);
    const earlier = this.#store.get(record.id);
    if (earlier !== undefined) throw ambiguous([earlier, record]);
    this.#store.put(record);
    return registration.manifest;
  }

  /** See `PluginRegistry.discover`. */
  async discover(root: string | URL, options: DiscoverOptions): Promise<DiscoveryReport> {
    const { override = false, ...walk } = options;
    const { manifests, unreadable } = await walkForManifests(root, walk);
    return await this.#registerFiles(
      manifests,
      unreadable.map(({ path, error }) => ({ source: path, error })),
      override,
    );
  }

  /** See `PluginRegistry.discoverPackages`. */
  async discoverPackages(specifiers: readonly string[], options: DiscoverPackagesOptions): Promise<DiscoveryReport> {
    const { override = false, registries } = options;
    const cacheDir = options.cacheDir ?? await this.#folders.make("packages", "packages");
    const manifests: string[] = [];
    const origins = new Map<string, PackageOrigin>();
    const failures: DiscoveryReport["failures"] = [];
    const { materialisePackage } = await import("../packages/mod.ts"); // most hosts have none
    for (const specifier of new Set(specifiers)) {
      try {
        const { folder, origin } = await materialisePackage(specifier, cacheDir, registries);
        const found = await walkForManifests(folder, { recursive: false });
        const own = found.manifests.filter((file) => dirname(file) === folder);
        if (own.length === 0) throw new PackageError(specifier, "it carries no manifest at its top");
        manifests.push(...own);
        if (origin !== undefined) { for (const file of own) origins.set(file, origin); }
      } catch (error) {
        failures.push({ source: specifier, error: error instanceof Error ? error : new Error(String(error)) });
      }
    }
    return await this.#registerFiles(manifests, failures, override, origins);
  }

  /** See `PluginRegistry.discoverRemote`. */
  async discoverRemote(folder: string | URL | undefined, override: boolean): Promise<DiscoveryReport> {
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
          await this.register({ manifest, source: source.source }, override);
          report.push({ kind: manifest.kind, name: manifest.name, source: source.source, manifest });
        } catch (error) {
          failures.push({ source: source.source, error: error as Error });
        }
      }
    }
    const { registered, failures: all } = await this.#registerFiles(files, failures, override);
    return { registered: [...report, ...registered], failures: all };
  }

  /** Registers manifest files, each with its own verdict. */
  async #registerFiles(
    manifests: readonly string[],
    failures: DiscoveryReport["failures"],
    override: boolean,
    origins: ReadonlyMap<string, PackageOrigin> = new Map(),
  ): Promise<DiscoveryReport> {
    const found = new Map<string, PluginRecord[]>();
    for (let i = 0; i < manifests.length; i += PREPARED_AT_ONCE) {
      const batch = manifests.slice(i, i + PREPARED_AT_ONCE);
      const results = await Promise.all(batch.map((source) => this.#prepareFile(source, origins.get(source))));
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
    for (const { error } of failures) this.#log().warn(escapeControl(error.message));
    return { registered, failures };
  }

  /** Reads and checks one manifest file; what is wrong with it is the result, so that it never stops the others. */
  async #prepareFile(file: string, origin?: PackageOrigin): Promise<PluginRecord | Error> {
    try {
      return await prepareRecord(
        { manifest: await loadManifest(file), source: file, file, ...(origin === undefined ? {} : { origin }) },
        this.#options,
        this.#hosting,
        this.#hookspecs,
      );
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #earlier([first]: readonly PluginRecord[]): PluginRecord[] {
    const earlier = first && this.#store.get(first.id);
    return earlier === undefined ? [] : [earlier];
  }

  /** Registers a checked plugin, or leaves the registry as it was. */
  async #add(record: PluginRecord, override: boolean): Promise<void> {
    // Until nothing that lives is in its place: another call may put a plugin there, or start it, at the same time.
    let stopped: PluginRecord | undefined;
    for (let earlier = this.#store.get(record.id); earlier !== undefined; earlier = this.#store.get(record.id)) {
      if (!override) throw ambiguous([earlier, record]);
      if (earlier === stopped && !isLive(earlier)) break;
      for (const error of await this.#stop(earlier)) this.#log().warn(error.message);
      if (earlier.handle !== undefined) record.handle = earlier.handle;
      stopped = earlier;
    }
    this.#store.put(record);
  }
}

/** Whether anything of a plugin runs, or is about to. */
export function isLive({ opened, starting, ending }: PluginRecord): boolean {
  return opened !== undefined || starting !== undefined || ending !== undefined;
}
