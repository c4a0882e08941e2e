import { type Manifest, resolveDependencies } from "../manifest/mod.ts";
import { isAbsolute, isBelow, join, relative, resolve } from "../path/mod.ts";
import type { Sandbox } from "../sandbox/mod.ts";
import type { PluginGrant } from "./grants.ts";

/** What a plugin asks the host for: a grant without the content that it is for. */
export type PluginAsk = Omit<PluginGrant, "contentHash">;

/**
 * What a plugin asks the host for, by its manifest and the sandbox that it is to run in.
 *
 * @param manifest The manifest.
 * @param pluginDir Its folder: absolute, symlinks resolved.
 * @param sandbox Where it is to run.
 * @param manifests Those of all plugins: what names of dependencies mean.
 */
export function askOf(
  manifest: Manifest,
  pluginDir: string,
  sandbox: Sandbox,
  manifests: readonly Manifest[],
): PluginAsk {
  const { resources, chain_wrap } = manifest;
  const { required, optional, http_client, env, filesystem, subprocess, packages } = resources;
  const names = [...required, ...optional];
  const declared = (name: string, list: readonly string[]) => names.includes(name) ? list : [];
  const paths = (list: readonly string[]) => declared("filesystem", list).map((path) => portablePath(pluginDir, path));
  return {
    sandbox,
    permissions: {
      read: ["./", ...paths(filesystem.read).filter((path) => !path.startsWith("./"))],
      write: paths(filesystem.write),
      net: declared("http_client", http_client.hosts).map((host) => host.toLowerCase()),
      env: declared("env", env.variables),
      run: declared("subprocess", subprocess.programs),
      packages: declared("packages", packages.specifiers),
      tmpdir: names.includes("tmpdir"),
    },
    capabilities: manifest.capabilities,
    resources: names.map((name) => withTable(name, resources)),
    dependsOn: resolveDependencies(manifest, manifests).map(({ id, written }) => id ?? written),
    wraps: chain_wrap?.kinds.flatMap((kind) => chain_wrap.hooks.map((hook) => `${kind}.${hook}`)) ?? [],
  };
}

/** Tables of resources that a grant has in words of its own. */
const OWN_TABLES: readonly string[] = ["http_client", "env", "filesystem", "subprocess", "packages", "tmpdir"];

/** The table of a resource of the host's own is handed to whoever offers it, and may ask for anything. */
function withTable(name: string, resources: Manifest["resources"]): string {
  const table: unknown = OWN_TABLES.includes(name) || !Object.hasOwn(resources, name)
    ? undefined
    : Reflect.get(resources, name);
  return table === undefined ? name : `${name} ${JSON.stringify(sortKeys(table))}`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}

/** A path as every machine can read it, where it lies in or beside the plugin's folder. */
function portablePath(pluginDir: string, path: string): string {
  const own = absolutePath(pluginDir, path);
  const within = relative(pluginDir, own).replaceAll("\\", "/");
  if (isBelow(pluginDir, own)) return `./${within}`;
  return isAbsolute(path) ? own : within;
}

/** The path that a manifest or a grant means. */
export function absolutePath(pluginDir: string, path: string): string {
  return resolve(isAbsolute(path) ? path : join(pluginDir, path));
}
