import type { Manifest } from "../manifest/mod.ts";

/** Which resource and which of its lists grant a Deno permission. */
const GRANTS: ReadonlyMap<string, { resource: string; list: string }> = new Map([
  ["read", { resource: "filesystem", list: "read" }],
  ["write", { resource: "filesystem", list: "write" }],
  ["net", { resource: "http_client", list: "hosts" }],
  ["env", { resource: "env", list: "variables" }],
  ["run", { resource: "subprocess", list: "programs" }],
]);

const EXPLAINED = "which the plugin's manifest does not grant";

/**
 * Makes Deno's refusal speak of the manifest: inside a scope `--allow-env` is nothing that anybody can pass.
 *
 * @param error What came out of a process, and is therefore ours to change: its message is, when it is a refusal.
 * @param manifest The plugin's manifest.
 * @returns The same error.
 */
export function explainRefusal(error: Error, manifest: Manifest): Error {
  if (error.message.includes(EXPLAINED)) return error; // it has come through another plugin's scope before
  // A refused static import has the importing place in a second line.
  const match = /^Requires (\w+) access(?: to (.+?))?(?:, run again with the --allow-\S+ flag)?(\n +at .+)?$/.exec(
    error.message,
  );
  if (match === null) return error;
  const [, permission, quoted, place = ""] = match as unknown as [string, string, string?, string?];
  const grant = GRANTS.get(permission);
  const what = `Requires ${permission} access${quoted === undefined ? "" : ` to ${quoted}`}`;
  let remedy = "no field of a manifest grants it";
  if (grant !== undefined && quoted?.startsWith('"')) {
    const { resource, list } = grant;
    const { required, optional } = manifest.resources;
    remedy = `to grant it, add ${quoted} to ${list} of [plugin.resources.${resource}]`;
    if (![...required, ...optional].includes(resource)) {
      remedy += `, and "${resource}" to required of [plugin.resources]`;
    }
  }
  const old = error.message;
  error.message = `${what}, ${EXPLAINED}; ${remedy}${place}`;
  if (error.stack !== undefined) error.stack = error.stack.replace(old.split("\n")[0]!, () => error.message);
  return error;
}
