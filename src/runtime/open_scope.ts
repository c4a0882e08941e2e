import { PermissionExceeded } from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import {
  type Ending,
  type GuestHost,
  openWorkerHost,
  type PluginScope,
  poolModule,
  PoolScope,
  SlotScope,
} from "../sandbox/mod.ts";
import { dirname } from "../path/mod.ts";
import { hostHolds } from "./host_permissions.ts";
import type { OpenedScope, ScopePlan } from "./in_process.ts";
import { openPluginProcess, type PluginProcess } from "./plugin_process.ts";
import { watchQuota } from "./watch_quota.ts";

/** Opens a process for one plugin: several, when its calls are bound to the CPU and to be shared by processes. */
export async function openProcessScope(plan: ScopePlan): Promise<OpenedScope> {
  const { options, plugin, entry, permissions, limits } = plan;
  const { manifest, hosting, packages } = options;
  const inspect = hosting.inspect?.plugin === plugin ? hosting.inspect : undefined;
  const size = inspect === undefined ? hosting.poolSize : 1; // a debugger sees one
  const threads = manifest.execution_model === "thread_cpu_bound" ? size : 0;
  const count = manifest.execution_model === "process_cpu_bound" ? size : 1;
  const folder = permissions.tmpdir ? await hosting.folders.make("tmp", plugin) : undefined;
  if (manifest.resources.tmpdir.quota_mb !== undefined) {
    await mustRead(folder, plugin, hosting, "quota_mb of resources.tmpdir");
  }
  const processes: PluginProcess[] = [];
  const clean = () => hosting.folders.remove(folder, ...processes.map(({ cacheDir }) => cacheDir));
  try {
    for (let i = 0; i < count; i++) {
      processes.push(
        await openPluginProcess({
          name: plugin,
          members: [{ manifest, entry, folder }],
          permissions,
          packages,
          limits,
          workers: threads,
          ...(inspect === undefined ? {} : {
            inspect: { address: inspect.address ?? "127.0.0.1:9229", wait: inspect.wait ?? false },
            onStderr: (line) => options.logger.info(line),
          }),
        }, hosting),
      );
    }
    const pool = threads === 0 ? undefined : { size: threads, module: await poolModule() };
    const scopes = processes.map(({ host }) => slot(plan, host, { pool }));
    watchQuota(folder, manifest.resources.tmpdir.quota_mb, processes.map(({ host }) => host));
    return { scope: pooled(scopes, plan), folder, permissions, clean };
  } catch (error) {
    await Promise.all(processes.map(({ host }) => host.close("fault")));
    await clean();
    throw error;
  }
}

/** Opens a plugin's place in the process of its group. */
export async function openGroupScope(plan: ScopePlan): Promise<OpenedScope> {
  const { options, plugin, entry } = plan;
  const { hosting, groupMembers, manifest } = options;
  const place = await hosting.groups.open(plugin, entry.pluginDir, groupMembers ?? (() => []), hosting);
  watchQuota(place.folder, manifest.resources.tmpdir.quota_mb, [place.host]);
  const threads = manifest.execution_model === "thread_cpu_bound";
  const pool = threads ? { size: hosting.poolSize, module: await poolModule() } : undefined;
  return {
    scope: slot(plan, place.host, { pool, release: place.release, generation: options.generation ?? 0 }),
    folder: place.folder,
    permissions: place.permissions,
    groupLimits: place.limits,
    clean: () => Promise.resolve([]), // the group's folders go with its process
  };
}

/** Opens a worker for one plugin: several, when its calls are bound to the CPU and to be shared by threads. */
export async function openWorkerScope(plan: ScopePlan): Promise<OpenedScope> {
  const { options, plugin, permissions, limits } = plan;
  const { hosting, manifest, logger } = options;
  const count = manifest.execution_model === "thread_cpu_bound" ? hosting.poolSize : 1;
  const folder = permissions.tmpdir ? await hosting.folders.make("tmp", plugin) : undefined;
  await mustRead(folder, plugin, hosting, "resources: tmpdir"); // a worker is given only what its host holds
  const hosts: GuestHost[] = [];
  try {
    for (let i = 0; i < count; i++) {
      hosts.push(
        await openWorkerHost({
          name: plugin,
          permissions,
          limits,
          warn: (message) => logger.warn(message),
          ...(folder === undefined ? {} : { tmpdir: folder }),
        }),
      );
    }
  } catch (error) {
    await Promise.all(hosts.map((host) => host.close("stopped")));
    await hosting.folders.remove(folder);
    throw error;
  }
  const scope = pooled(hosts.map((host) => slot(plan, host, {})), plan);
  return { scope, folder, permissions, clean: () => hosting.folders.remove(folder) };
}

interface SlotExtras {
  pool?: { size: number; module: string } | undefined;
  release?: (ending: Ending, reason?: string) => Promise<void>;
  /** In a process that has loaded the code before: how often. */
  generation?: number;
}

function slot(plan: ScopePlan, host: GuestHost, { pool, release, generation }: SlotExtras): PluginScope {
  const { identity, entry, log, checked, options: { manifest, hosting } } = plan;
  return new SlotScope({
    plugin: identity,
    entry,
    log,
    manifest,
    host,
    checked,
    readyTimeoutMs: hosting.inspect?.plugin === plan.plugin ? Infinity : hosting.readyTimeoutMs,
    ...(pool === undefined ? {} : { pool }),
    ...(release === undefined ? {} : { release }),
    ...(generation === undefined ? {} : { generation }),
  });
}

function pooled(scopes: PluginScope[], { plugin, options: { logger } }: ScopePlan): PluginScope {
  if (scopes.length === 1) return scopes[0]!;
  return new PoolScope(scopes, (reason, left) => {
    logger.error(escapeControl(`Plugin "${plugin}" has lost one of its pool, ${left} left: ${reason}`));
  });
}

/** Makes sure that the host may read a plugin's fresh folder, where that takes it: to measure it, or to hand it on. */
async function mustRead(
  folder: string | undefined,
  plugin: string,
  { folders }: ScopePlan["options"]["hosting"],
  field: string,
): Promise<void> {
  if (folder === undefined || hostHolds("read", folder)) return;
  await folders.remove(folder);
  const parent = dirname(dirname(folder));
  throw new PermissionExceeded(plugin, [{
    permission: "read",
    value: parent,
    field,
    refusedBy: "host",
    remedy: `start the host with --allow-read=${parent}`,
  }]);
}
