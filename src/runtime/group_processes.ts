import { PluginUnavailable, RuntimeNotSupported } from "../errors.ts";
import type { ChosenLimits, Ending, GuestHost, PermissionScope } from "../sandbox/mod.ts";
import { unionOfScopes } from "../sandbox/mod.ts";
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
  /** Gives the place back; the last one ends the process. */
  release(ending: Ending): Promise<void>;
}

interface RunningGroup extends PluginProcess {
  permissions: PermissionScope;
  folders: ReadonlyMap<string, string | undefined>;
  members: Set<string>;
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
   * @param members Every plugin of the group that may run; asked when the process starts.
   * @throws {PluginUnavailable} If the process runs already and was started without this plugin.
   */
  async open(
    id: string,
    members: () => readonly GroupMember[],
    limits: ChosenLimits,
    hosting: Hosting,
  ): Promise<GroupPlace> {
    const group = this.groupOf(id)!;
    let starting = this.#running.get(group);
    if (starting === undefined) {
      starting = this.#start(group, members(), limits, hosting);
      this.#running.set(group, starting);
      const forget = () => {
        if (this.#running.get(group) === starting) this.#running.delete(group);
      };
      starting.then(({ host }) => host.ended.listen(forget), forget);
    }
    const running = await starting;
    if (!running.folders.has(id)) {
      throw new PluginUnavailable(id, `its group "${group}" was started without it; stop the whole group first`);
    }
    running.members.add(id);
    return {
      host: running.host,
      folder: running.folders.get(id),
      permissions: running.permissions,
      release: (ending) => this.#release(id, running, ending, hosting),
    };
  }

  async #start(
    group: string,
    members: readonly GroupMember[],
    limits: ChosenLimits,
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
    const folders = new Map<string, string | undefined>();
    try {
      for (const { id, permissions } of members) {
        folders.set(id, permissions.tmpdir ? await hosting.folders.make("tmp", id) : undefined);
      }
      const permissions = unionOfScopes(members.map((member) => member.permissions));
      const own = members.map((member) => ({ ...member, folder: folders.get(member.id) }));
      const process = await openPluginProcess(
        { name: `group ${group}`, members: own, permissions, packages: undefined, limits },
        hosting,
      );
      return { ...process, permissions, folders, members: new Set() };
    } catch (error) {
      await hosting.folders.remove(...folders.values());
      throw error;
    }
  }

  async #release(id: string, running: RunningGroup, ending: Ending, hosting: Hosting): Promise<void> {
    running.members.delete(id);
    if (ending !== "stopped" || running.members.size === 0) {
      await running.host.close(ending);
      await hosting.folders.remove(running.cacheDir, ...running.folders.values());
    }
  }
}
