import type { Sandbox } from "../sandbox/mod.ts";

/**
 * What a host has agreed to, plugin by plugin: the content of a grants file, made to be committed beside the host's own
 * code. With grants, a plugin that is not in them does not start.
 */
export interface PluginGrants {
  /** The version of the file's own format. */
  readonly version: 1;
  /** Grants by `kind/name`. */
  readonly plugins: Readonly<Record<string, PluginGrant>>;
}

/** What the host has agreed to of one plugin. A list that is left out is empty. */
export interface PluginGrant {
  /** SHA-256 of its folder, as `status()` shows it. */
  readonly contentHash: string;
  /** The weakest sandbox that it may run in. */
  readonly sandbox: Sandbox;
  /** Its Deno permissions. */
  readonly permissions: GrantedPermissions;
  /** The tags that its manifest declares. */
  readonly capabilities?: readonly string[];
  /** The resources that it may use, by name; one with a table of its own carries that as JSON. */
  readonly resources?: readonly string[];
  /** The plugins that it may call, as `kind/name`. */
  readonly dependsOn?: readonly string[];
  /** The hooks that it may wrap as middleware, as `kind.hook`; `*` for every one. */
  readonly wraps?: readonly string[];
}

/**
 * Permissions without paths of one machine: a path inside the plugin's folder begins with `./`, one beside it with
 * `../`. A path stands for all that lies below it.
 */
export interface GrantedPermissions {
  /** Paths; the plugin's own folder is `./`. */
  readonly read?: readonly string[];
  /** Paths. */
  readonly write?: readonly string[];
  /** Hosts; one without a port stands for every port. */
  readonly net?: readonly string[];
  /** Variables. */
  readonly env?: readonly string[];
  /** Programs; what they do is not sandboxed. */
  readonly run?: readonly string[];
  /** Packages, as the manifest writes them. */
  readonly packages?: readonly string[];
  /** Whether it is given a fresh folder. */
  readonly tmpdir?: boolean;
}

/** The lists of a grant's permissions, in the order of the file. */
export const PERMISSION_LISTS = ["read", "write", "net", "env", "run", "packages"] as const;

/** The lists of a grant besides its permissions, in the order of the file. */
export const GRANT_LISTS = ["capabilities", "resources", "dependsOn", "wraps"] as const;

/** A grant's `kind/name`: the same as of a plugin. */
export const PLUGIN_ID = /^[^/]+\/[^/]+$/;

/**
 * Writes grants as a file holds them: the same grants give the same text, whatever their order.
 *
 * @param plugins Grants by `kind/name`.
 */
export function formatGrants(plugins: ReadonlyMap<string, PluginGrant>): string {
  return `${JSON.stringify(grantsOf(plugins), undefined, 2)}\n`;
}

/** Grants as a value, sorted, without what is empty. */
export function grantsOf(plugins: ReadonlyMap<string, PluginGrant>): PluginGrants {
  const sorted = [...plugins].sort(([a], [b]) => a < b ? -1 : 1).map(([id, grant]) => [id, sortedGrant(grant)]);
  return { version: 1, plugins: Object.fromEntries(sorted) };
}

function sortedGrant({ contentHash, sandbox, permissions, ...lists }: PluginGrant): PluginGrant {
  return {
    contentHash,
    sandbox,
    permissions: {
      ...sortedLists(permissions, PERMISSION_LISTS),
      ...(permissions.tmpdir === true ? { tmpdir: true } : {}),
    },
    ...sortedLists(lists, GRANT_LISTS),
  };
}

function sortedLists<K extends string>(
  from: { readonly [key in K]?: readonly string[] },
  keys: readonly K[],
): { [key in K]?: string[] } {
  const lists: { [key in K]?: string[] } = {};
  for (const key of keys) {
    const list = from[key] ?? [];
    if (list.length > 0) lists[key] = [...new Set(list)].sort();
  }
  return lists;
}
