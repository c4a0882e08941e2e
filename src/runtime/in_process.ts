import { type Logger, withFields } from "../context/mod.ts";
import {
  PermissionExceeded,
  PluginLoadError,
  PluginUnavailable,
  RuntimeNotSupported,
  SandboxUnavailable,
} from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import type { Manifest } from "../manifest/mod.ts";
import { type Offer, type Offers, resolveOffers } from "../resources/mod.ts";
import {
  computeScope,
  openNoneScope,
  openProcessScope,
  type PermissionScope,
  type PluginIdentity,
  type PluginScope,
  type Policy,
  type ResolvedEntryPoint,
  type Sandbox,
  scopeFlags,
} from "../sandbox/mod.ts";
import type { TempFolders } from "./temp_folders.ts";

/** What is needed to start one in-process plugin. */
export interface InProcessOptions {
  manifest: Manifest;
  /** Where its code is. */
  entry: ResolvedEntryPoint | undefined;
  /** The host's own code for it, which needs no entry point. */
  module?: unknown;
  sandbox: Sandbox;
  /** Whether the host named it as trusted. */
  trusted: boolean;
  policy: Policy | undefined;
  /** The plugin's section of the host's configuration. */
  config: Record<string, unknown>;
  /** The host's own resources by name. */
  resources: Readonly<Record<string, unknown>>;
  logger: Logger;
  /** The Deno program that runs process scopes. */
  denoPath: string;
  folders: TempFolders;
}

/** A plugin that has been given its scope, but not yet loaded. */
export interface OpenedPlugin {
  scope: PluginScope;
  /** What it may do; `undefined` without a sandbox, where it may do all that the host may. */
  permissions: PermissionScope | undefined;
  /** Hands the plugin its context. */
  setup(): Promise<void>;
  /** Ends the scope and removes its folders. Gives what could not be removed. */
  close(graceMs?: number): Promise<Error[]>;
}

/**
 * Opens the scope of an in-process plugin: resources to permissions, permissions to a process. Everything that can be
 * refused is refused before anything is started.
 *
 * @param options The plugin and what the host allows.
 * @returns The opened plugin.
 * @throws {RuntimeNotSupported | PluginUnavailable | PermissionExceeded | SandboxUnavailable} If it cannot be started.
 */
export async function openInProcess(options: InProcessOptions): Promise<OpenedPlugin> {
  const { manifest, sandbox } = options;
  const plugin = `${manifest.kind}/${manifest.name}`;
  if (manifest.execution_model !== "sync" && manifest.execution_model !== "async") {
    throw new RuntimeNotSupported(
      `Cannot start plugin "${plugin}": execution_model "${manifest.execution_model}" is not supported yet`,
      { plugin },
    );
  }
  const offers = resolveOffers(manifest, options.resources);
  refuseMissing(plugin, offers, sandbox);
  const identity: PluginIdentity = { kind: manifest.kind, name: manifest.name };
  if (manifest.version !== undefined) identity.version = manifest.version;
  const open = { plugin: identity, log: pluginLog(options.logger, identity) };
  const { entry, module } = options;

  if (sandbox === "none") {
    if (!options.trusted) {
      throw new SandboxUnavailable(
        `Cannot start plugin "${plugin}" with sandbox "none": the host does not trust it; ` +
          `add "${plugin}" to the trusted option, or choose sandbox "process"`,
        { plugin },
      );
    }
    if (module === undefined && entry === undefined) throw noCode(plugin); // before a folder is made for it
    const folder = offers.offers.get("tmpdir")?.how === "temp dir"
      ? await options.folders.make("tmp", plugin)
      : undefined;
    const code = module !== undefined || entry === undefined ? { module } : { entry };
    return opened(options, openNoneScope({ ...open, code }), undefined, offers, folder, undefined);
  }

  if (entry === undefined) throw noCode(plugin);
  const { scope: permissions, differences } = computeScope({
    manifest,
    pluginDir: entry.pluginDir,
    trusted: options.trusted,
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    holds: hostHolds,
  });
  if (differences.length > 0) throw new PermissionExceeded(plugin, differences);
  const cacheDir = await options.folders.tryMake("cache");
  const folder = permissions.tmpdir ? await options.folders.make("tmp", plugin) : undefined;
  try {
    const env = readVariables(permissions.env);
    if (permissions.run.length > 0) env.PATH = hostPath(); // Deno looks programs up before it grants them
    const process = openProcessScope({
      ...open,
      entry,
      manifest,
      launch: {
        denoPath: options.denoPath,
        scopeFlags: scopeFlags(permissions, folder),
        env,
        ...(cacheDir === undefined ? {} : { cacheDir }),
        ...(folder === undefined ? {} : { tmpdir: folder }),
      },
    });
    return opened(options, process, permissions, offers, folder, cacheDir);
  } catch (error) {
    await options.folders.remove(folder, cacheDir);
    throw error;
  }
}

function opened(
  options: InProcessOptions,
  scope: PluginScope,
  permissions: PermissionScope | undefined,
  { offers }: Offers,
  folder: string | undefined,
  cacheDir: string | undefined,
): OpenedPlugin {
  const given = new Map<string, Exclude<Offer, { how: "temp dir" }>>();
  for (const [name, offer] of offers) {
    if (offer.how !== "temp dir") given.set(name, offer);
    else if (folder !== undefined) given.set(name, { how: "in scope", data: { type: "temp_dir", path: folder } });
  }
  return {
    scope,
    permissions,
    setup: () => scope.setup({ manifest: options.manifest, config: options.config, offers: given }),
    async close(graceMs) {
      await scope.close(graceMs);
      return await options.folders.remove(folder, cacheDir);
    },
  };
}

function refuseMissing(plugin: string, { missing, refused }: Offers, sandbox: Sandbox): void {
  if (missing.length > 0) {
    const names = missing.map((name) => `"${name}"`).join(", ");
    throw new PluginUnavailable(
      plugin,
      `the host does not offer the required resource${missing.length > 1 ? "s" : ""} ${names}; offer it with ` +
        `new PluginContext({ resources: { ${missing[0]}: … } })`,
    );
  }
  const first = refused[0];
  if (first !== undefined && sandbox !== "none") {
    throw new PluginUnavailable(plugin, `resource "${first.name}" cannot be offered to a sandbox: ${first.reason}`);
  }
}

function pluginLog(logger: Logger, { kind, name, version }: PluginIdentity) {
  const fields: Record<string, unknown> = { "plugin.kind": kind, "plugin.name": name };
  if (version !== undefined) fields["plugin.version"] = version;
  const own = withFields(logger, fields);
  return (level: keyof Logger, message: string, more?: Record<string, unknown>) =>
    own[level](escapeControl(message), more);
}

/** Whether this process holds a permission itself, and all of it. Asks Deno, never the user. */
export function hostHolds(permission: "read" | "write" | "net" | "env" | "run", value: string): boolean {
  const descriptor: Deno.PermissionDescriptor = permission === "net"
    ? { name: "net", host: value }
    : permission === "env"
    ? { name: "env", variable: value }
    : permission === "run"
    ? { name: "run", command: value }
    : { name: permission, path: value };
  try {
    const { state, partial } = Deno.permissions.querySync(descriptor);
    return state === "granted" && !partial; // partial: a --deny flag holds some of it back
  } catch (error) {
    if (error instanceof TypeError) return false; // NB: Deno cannot be asked about address ranges
    throw error;
  }
}

/** The values of those variables that are set. */
export function readVariables(names: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const name of names) {
    const value = Deno.env.get(name);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** Where programs are looked for. Read only where the host may read it anyway. */
function hostPath(): string {
  const usual = "/usr/local/bin:/usr/bin:/bin";
  return hostHolds("env", "PATH") ? Deno.env.get("PATH") ?? usual : usual;
}

function noCode(plugin: string): PluginLoadError {
  return new PluginLoadError(
    `Cannot load plugin "${plugin}": nobody said where its code is; register it with the path of its manifest, with ` +
      `registerModule, or attach an object with attachPlugin`,
    { plugin },
  );
}
