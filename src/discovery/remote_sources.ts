import { DiscoveryError, ManifestInvalid } from "../errors.ts";
import { fromFileUrl, join, resolve } from "../path/mod.ts";

/** A plugin that runs elsewhere, as it is named: by a manifest file, or by its address alone. */
export type RemoteSource = { file: string } | { source: string; manifest: Record<string, unknown> };

/** The variable that names remote plugins: manifest paths, or `name=url` pairs, separated by commas (SPEC section 4). */
export const REMOTE_PLUGINS_VARIABLE = "DAGSTACK_REMOTE_PLUGINS";

/**
 * Lists the manifests of a manifest registry: a folder in which each `.toml` or `.json` file is the manifest of a plugin
 * that runs in a process of its own or on another machine.
 *
 * @param folder The folder: a path, or a `file:` URL.
 * @returns The files, sorted.
 * @throws {DiscoveryError} If the folder is missing, is none, or cannot be read.
 */
export async function listManifestRegistry(folder: string | URL): Promise<RemoteSource[]> {
  const root = resolve(folder instanceof URL ? fromFileUrl(folder) : folder);
  const files: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(root)) {
      if (!isDirectory && /^[^.].*\.(toml|json)$/.test(name)) files.push(join(root, name));
    }
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound ? "there is no such folder" : (cause as Error).message;
    throw new DiscoveryError(String(folder), reason, { cause });
  }
  return files.sort().map((file) => ({ file }));
}

/**
 * Reads the list of remote plugins that `DAGSTACK_REMOTE_PLUGINS` holds.
 *
 * @param text Manifest paths, `name=url` or `kind/name=url`, separated by commas. Without a kind it is `tool`.
 * @returns What each entry names, or what is wrong with it.
 */
export function parseRemotePlugins(text: string): (RemoteSource | ManifestInvalid)[] {
  return text.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "").map((entry) => {
    const pair = /^(?:([^/=]+)\/)?([^/=]+)=(.*)$/.exec(entry);
    if (pair === null) return { file: resolve(entry) };
    const [, kind = "tool", name, url] = pair as unknown as [string, string?, string?, string?];
    const source = `${REMOTE_PLUGINS_VARIABLE}: ${entry}`;
    if (!/^https?:\/\/\S+$/.test(url!) || !URL.canParse(url!)) {
      return new ManifestInvalid(source, [{
        path: name!,
        expected: "an http or https URL behind =",
        found: JSON.stringify(url),
      }]);
    }
    return { source, manifest: { name, kind, runtime: "mcp_http", core_version: "*", mcp_http: { url } } };
  });
}
