import { PluginUnavailable, RuntimeNotSupported } from "../errors.ts";
import {
  chooseLimits,
  type ChosenLimits,
  type Ending,
  type GuestHost,
  type PermissionScope,
  strictestLimits,
  unionOfScopes,
} from "../sandbox/mod.ts";
import type { Hosting } from "./hosting.ts";
import { openPluginProcess, type PluginProcess, type ProcessMember } from "./plugin_process.ts";

/** A plugin that belongs to a group, with what it alone may do. */
export interface GroupMember extends Omit<ProcessMember, "folder"> {
  /** As `kind/name`. */
  id: string;
  permissions: PermissionScope;
}

/** A plugin's place in its group's process. */
export interface GroupPlace {
  host: GuestHost;
  /** Its fresh folder. */
  folder: string | undefined;
  /** What every plugin of the group may do. */
  permissions: PermissionScope;
  /** For each limit, the strictest of the group's plugins. */
  limits: ChosenLimits;
  /** Gives the place back; the last one ends the process. */
  release(ending: Ending, reason?: string): Promise<void>;
}

interface RunningGroup extends PluginProcess {
  permissions: PermissionScope;
  limits: ChosenLimits;
  /** Where each plugin's code is, and its fresh folder. */
  places: ReadonlyMap<string, { pluginDir: string; folder: string | undefined }>;
  /** One for each place that is taken; a plugin that is reloaded has two for a while. */
  taken: Set<object>;
}

/**
 * Processes that several plugins share, because the host trusts them equally: one principal, with the union of their
 * scopes. A group's process starts with its first plugin and ends with its last, or with any that does harm.
 */
export class GroupProcesses {
  readonly #groups: ReadonlyMap<string, string>;
  readonly #running = new Map<string, Promise<RunningGroup>>();

  /** @param groups Plugins, as `kind/name`, by the name of their group. */
  constructor(groups: Readonly<Record<string, readonly string[]>> = {}) {
    this.#groups = new Map(Object.entries(groups).flatMap(([group, ids]) => ids.map((id) => [id, group] as const)));
  }

  /** The name of a plugin's group. */
  groupOf(id: string): string | undefined {
    return this.#groups.get(id);
  }

  /**
   * Gives a plugin its place.
   *
   * @param id The plugin.
   * @param pluginDir Where its code is.
   * @param members Every plugin of the group that may run; asked when the process starts.
   * @throws {PluginUnavailable} If the process runs already and was started without this plugin.
   */
  async open(
    id: string,
    pluginDir: string,
    members: () => readonly GroupMember[],
    hosting: Hosting,
  ): Promise<GroupPlace> {
    const group = this.groupOf(id)!;
    let starting = this.#running.get(group);
    if (starting === undefined) {
      starting = this.#start(group, members(), hosting);
      this.#running.set(group, starting);
      const forget = () => {
        if (this.#running.get(group) === starting) this.#running.delete(group);
      };
      starting.then(({ host }) => host.ended.listen(forget), forget);
    }
    const running = await starting;
    const place = running.places.get(id);
    if (place === undefined || place.pluginDir !== pluginDir) {
      throw new PluginUnavailable(
        id,
        `its group "${group}" was started without it, or with another in its place; stop the whole group first`,
      );
    }
    const token = {};
    running.taken.add(token);
    return {
      host: running.host,
      folder: place.folder,
      permissions: running.permissions,
      limits: running.limits,
      release: (ending, reason) => this.#release(id, token, running, ending, reason, hosting),
    };
  }

  async #start(
    group: string,
    members: readonly GroupMember[],
    hosting: Hosting,
  ): Promise<RunningGroup> {
    for (const { id, manifest, permissions } of members) {
      if (manifest.execution_model === "process_cpu_bound" || permissions.packages.length > 0) {
        const what = permissions.packages.length > 0 ? "packages" : 'execution_model "process_cpu_bound"';
        throw new RuntimeNotSupported(
          `Cannot start plugin "${id}" in group "${group}": ${what} needs a process of its own`,
          {
            plugin: id,
          },
        );
      }
    }
    const places = new Map<string, { pluginDir: string; folder: string | undefined }>();
    try {
      for (const { id, permissions, entry: { pluginDir } } of members) {
        places.set(id, { pluginDir, folder: permissions.tmpdir ? await hosting.folders.make("tmp", id) : undefined });
      }
      const limits = strictestLimits(
        members.map(({ manifest: { kind, name } }) => chooseLimits(hosting.limits, kind, name)),
      );
      const permissions = unionOfScopes(members.map((member) => member.permissions));
      const own = members.map((member) => ({ ...member, folder: places.get(member.id)!.folder }));
      const process = await openPluginProcess(
        { name: `group ${group}`, members: own, permissions, packages: undefined, limits },
        hosting,
      );
      return { ...process, permissions, limits, places, taken: new Set() };
    } catch (error) {
      await hosting.folders.remove(...foldersOf(places));
      throw error;
    }
  }

  async #release(
    id: string,
    token: object,
    running: RunningGroup,
    ending: Ending,
    reason: string | undefined,
    hosting: Hosting,
  ): Promise<void> {
    running.taken.delete(token);
    if (ending !== "stopped" || running.taken.size === 0) {
      await running.host.close(
        ending,
        reason === undefined ? undefined : `plugin "${id}" of its group failed: ${reason}`,
      );
      await hosting.folders.remove(running.cacheDir, ...foldersOf(running.places));
    }
  }
}

function foldersOf(places: RunningGroup["places"]): (string | undefined)[] {
  return [...places.values()].map(({ folder }) => folder);
}
