import {
  createMask,
  type DependencyRef,
  type InFlightCall,
  type Logger,
  maskFields,
  type PluginServices,
  runningCall,
  withFields,
} from "../context/mod.ts";
import {
  PermissionExceeded,
  PluginLoadError,
  PluginUnavailable,
  RuntimeNotSupported,
  SandboxUnavailable,
} from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { LockedPackages } from "../packages/mod.ts";
import {
  CallRecorder,
  decorateOffers,
  type Decoration,
  type GivenOffer,
  type Offers,
  resolveOffers,
} from "../resources/mod.ts";
import {
  chooseLimits,
  type ChosenLimits,
  computeScope,
  type Ending,
  hasUlimit,
  type HeldLimits,
  heldLimits,
  openNoneScope,
  type PermissionScope,
  type PluginIdentity,
  type PluginLog,
  type PluginScope,
  PROCESS_LIMITS,
  type ResolvedEntryPoint,
  type Sandbox,
  walkPluginFolder,
} from "../sandbox/mod.ts";
import type { GroupMember } from "./group_processes.ts";
import { hostHolds } from "./host_permissions.ts";
import type { Hosting } from "./hosting.ts";
import { openGroupScope, openProcessScope, openWorkerScope } from "./open_scope.ts";

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
  /** What it may import from registries, resolved and locked. */
  packages?: LockedPackages;
  /** Every plugin of its group that may run, when it has one. */
  groupMembers?: () => readonly GroupMember[];
  /** The plugin's section of the host's configuration. */
  config: Record<string, unknown>;
  /** The host's own resources by name. */
  resources: Readonly<Record<string, unknown>>;
  logger: Logger;
  hosting: Hosting;
  /** How often it was reloaded: its code is loaded afresh. @default 0 */
  generation?: number;
  /** Values that must not be shown: what it logs is masked. @default [] */
  secrets?: readonly string[];
  /** Its calls under way, for a plugin that shares the host's isolate. */
  inFlight?: () => readonly InFlightCall[];
  /** What it depends on. @default nothing */
  dependencies?: readonly DependencyRef[];
  /** What the host does for it. @default nothing */
  services?: PluginServices;
  /** What stands between it and its resources. @default nothing */
  decoration?: Decoration;
}

/** A scope, opened for a plugin. */
export interface OpenedScope {
  scope: PluginScope;
  /** Its fresh folder. */
  folder: string | undefined;
  /** What it may do; `undefined` without a sandbox, where it may do all that the host may. */
  permissions: PermissionScope | undefined;
  /** In a group, what all of it may use. @default the plugin's own limits */
  groupLimits?: ChosenLimits;
  /** Removes what was made for it. Gives what could not be removed. */
  clean(): Promise<Error[]>;
}

/** A plugin that has been given its scope, but not yet loaded. */
export interface OpenedPlugin extends Omit<OpenedScope, "clean" | "folder" | "groupLimits"> {
  /** Which limits hold. */
  limits: HeldLimits;
  /** Whether somebody debugs it: its deadlines are off. */
  inspected: boolean;
  /** Hands the plugin its context. */
  setup(): Promise<void>;
  /** Ends the scope and removes its folders. Gives what could not be removed. */
  close(ending: Ending, reason?: string): Promise<Error[]>;
}

/** What the openers of all kinds of scope are given. */
export interface ScopePlan {
  options: InProcessOptions;
  identity: PluginIdentity;
  /** As `kind/name`. */
  plugin: string;
  entry: ResolvedEntryPoint;
  permissions: PermissionScope;
  limits: ChosenLimits;
  log: PluginLog;
  /** Settles when the plugin's folder was found sound; nothing of it is loaded before. */
  checked: Promise<unknown>;
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
  const { manifest, sandbox, hosting } = options;
  const plugin = `${manifest.kind}/${manifest.name}`;
  const limits = chooseLimits(hosting.limits, manifest.kind, manifest.name);
  refuseUnkeepable(plugin, manifest, sandbox, limits, hosting);
  const offers = resolveOffers(manifest, options.resources);
  refuseMissing(plugin, offers, sandbox);
  const identity: PluginIdentity = { kind: manifest.kind, name: manifest.name };
  if (manifest.version !== undefined) identity.version = manifest.version;
  const log = pluginLog(options.logger, identity, options.secrets ?? []);

  const opened = sandbox === "none"
    ? await openWithoutSandbox(options, plugin, identity, offers, log)
    : await openSandbox(options, plugin, identity, limits, log);
  const given = new Map<string, GivenOffer>();
  for (const [name, offer] of offers.offers) {
    if (offer.how !== "temp dir") given.set(name, offer);
    else if (opened.folder !== undefined) {
      given.set(name, { how: "in scope", data: { type: "temp_dir", path: opened.folder } });
    }
  }
  const { scope, permissions } = opened;
  const own = { plugin, kind: manifest.kind, name: manifest.name, manifest };
  let recorder: CallRecorder | undefined; // of calls that are decorated on the host's side
  const decorated = async () => {
    if (options.decoration === undefined) return { offers: given };
    const result = await decorateOffers(given, own, options.decoration, () =>
      recorder ??= new CallRecorder({
        send: (calls, dropped) => (result.takeReport?.(calls, dropped), true),
        metadata: () => runningCall()?.metadata,
      }));
    return result;
  };
  const held = heldLimits(opened.groupLimits ?? limits, sandbox, sandbox === "process" && hasUlimit());
  for (const name of limits.chosen) {
    if (name in held.notHeld) {
      options.logger.warn(`Plugin "${plugin}": limits.${name} does not hold: ${held.notHeld[name]}`);
    }
  }
  return {
    scope,
    permissions,
    limits: held,
    inspected: hosting.inspect?.plugin === plugin,
    setup: async () =>
      await scope.setup({
        manifest,
        config: options.config,
        ...await decorated(),
        ...(options.inFlight === undefined ? {} : { inFlight: options.inFlight }),
        ...(options.dependencies === undefined ? {} : { dependencies: options.dependencies }),
        ...(options.services === undefined ? {} : { services: options.services }),
      }),
    async close(ending, reason) {
      await scope.close(ending, reason);
      recorder?.close();
      return await opened.clean();
    },
  };
}

async function openSandbox(
  options: InProcessOptions,
  plugin: string,
  identity: PluginIdentity,
  limits: ChosenLimits,
  log: PluginLog,
): Promise<OpenedScope> {
  const { manifest, entry, hosting, sandbox } = options;
  if (entry === undefined) throw noCode(plugin);
  const permissions = scopeOf(manifest, entry, options.trusted, hosting);
  const rules = {
    maxFiles: limits.folderFiles,
    maxBytes: limits.folderMb * 1024 * 1024,
    allowHardLinks: hosting.allowHardLinks,
  };
  const checked = walkPluginFolder(entry.pluginDir, rules, plugin);
  checked.catch(() => {}); // load() sees it
  const plan: ScopePlan = { options, identity, plugin, entry, permissions, limits, log, checked };
  if (sandbox === "worker") return await openWorkerScope(plan);
  return hosting.groups.groupOf(plugin) === undefined ? await openProcessScope(plan) : await openGroupScope(plan);
}

/**
 * What a plugin may do.
 *
 * @throws {PermissionExceeded} If its manifest asks for more than policy or host allow.
 */
export function scopeOf(
  manifest: Manifest,
  { pluginDir }: ResolvedEntryPoint,
  trusted: boolean,
  { policy }: Pick<Hosting, "policy">,
): PermissionScope {
  const { scope, differences } = computeScope({
    manifest,
    pluginDir,
    trusted,
    ...(policy === undefined ? {} : { policy }),
    holds: hostHolds,
  });
  if (differences.length > 0) throw new PermissionExceeded(`${manifest.kind}/${manifest.name}`, differences);
  return scope;
}

async function openWithoutSandbox(
  options: InProcessOptions,
  plugin: string,
  identity: PluginIdentity,
  { offers }: Offers,
  log: PluginLog,
): Promise<OpenedScope> {
  const { entry, module, hosting } = options;
  if (!options.trusted) {
    throw new SandboxUnavailable(
      `Cannot start plugin "${plugin}" with sandbox "none": the host does not trust it; ` +
        `add "${plugin}" to the trusted option, or choose sandbox "process"`,
      { plugin },
    );
  }
  if (module === undefined && entry === undefined) throw noCode(plugin); // before a folder is made for it
  const folder = offers.get("tmpdir")?.how === "temp dir" ? await hosting.folders.make("tmp", plugin) : undefined;
  const code = module !== undefined || entry === undefined ? { module } : { entry };
  return {
    scope: openNoneScope({
      plugin: identity,
      log,
      code,
      wraps: options.manifest.chain_wrap !== undefined,
      generation: options.generation ?? 0,
      strict: hosting.strict,
    }),
    folder,
    permissions: undefined,
    clean: () => hosting.folders.remove(folder),
  };
}

/** What the host asks for and a sandbox cannot keep is refused, with the one that can (SPEC section 9). */
function refuseUnkeepable(
  plugin: string,
  manifest: Manifest,
  sandbox: Sandbox,
  limits: ChosenLimits,
  { inspect, groups }: Hosting,
): void {
  if (sandbox === "process") return;
  const cannot = (what: string) =>
    new SandboxUnavailable(
      `Cannot start plugin "${plugin}" with sandbox "${sandbox}": ${what}; choose sandbox "process"`,
      {
        plugin,
      },
    );
  for (const name of PROCESS_LIMITS) {
    if (limits.chosen.has(name) && limits[name] !== Infinity) throw cannot(`it cannot keep limits.${name}`);
  }
  if (inspect?.plugin === plugin) throw cannot("only a process can be inspected");
  if (groups.groupOf(plugin) !== undefined) throw cannot("a group shares a process");
  const { execution_model, resources: { required, optional, tmpdir } } = manifest;
  if (tmpdir.quota_mb !== undefined) throw cannot("it cannot keep resources.tmpdir.quota_mb");
  if (execution_model === "process_cpu_bound" || (execution_model === "thread_cpu_bound" && sandbox === "none")) {
    throw new RuntimeNotSupported(
      `Cannot start plugin "${plugin}" with sandbox "${sandbox}": execution_model "${execution_model}" needs ` +
        `${sandbox === "none" ? "a pool of its own" : "processes"}; choose sandbox "process"`,
      { plugin },
    );
  }
  if (sandbox === "worker" && [...required, ...optional].includes("packages")) throw cannot("it cannot lock packages");
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

function pluginLog(logger: Logger, { kind, name, version }: PluginIdentity, secrets: readonly string[]): PluginLog {
  const fields: Record<string, unknown> = { "plugin.kind": kind, "plugin.name": name };
  if (version !== undefined) fields["plugin.version"] = version;
  const own = withFields(logger, fields);
  if (secrets.length === 0) return (level, message, more) => own[level](escapeControl(message), more);
  const mask = createMask(secrets);
  return (level, message, more) => own[level](escapeControl(mask(message)), more && maskFields(more, mask));
}

function noCode(plugin: string): PluginLoadError {
  return new PluginLoadError(
    `Cannot load plugin "${plugin}": nobody said where its code is; register it with the path of its manifest, with ` +
      `registerModule, or attach an object with attachPlugin`,
    { plugin },
  );
}
