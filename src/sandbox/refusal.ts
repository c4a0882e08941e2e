/** Which manifest field would grant a Deno permission. */
const FIELDS: Readonly<Record<string, string | undefined>> = {
  read: 'read of [plugin.resources.filesystem], and "filesystem" to required of [plugin.resources]',
  write: 'write of [plugin.resources.filesystem], and "filesystem" to required of [plugin.resources]',
  net: 'hosts of [plugin.resources.http_client], and "http_client" to required of [plugin.resources]',
  env: 'variables of [plugin.resources.env], and "env" to required of [plugin.resources]',
};

/**
 * Makes Deno's refusal speak of the manifest: inside a scope `--allow-env` is nothing that anybody can pass.
 *
 * @param error What came out of a scope; its message is changed in place when it is a refusal.
 * @returns The same error.
 */
export function explainRefusal(error: Error): Error {
  const match = /^Requires (\w+) access(?: to (.+?))?(?:, run again with the --allow-\S+ flag)?$/s.exec(error.message);
  if (match === null) return error;
  const [, permission, quoted] = match as unknown as [string, string, string | undefined];
  const field = FIELDS[permission];
  const what = `Requires ${permission} access${quoted === undefined ? "" : ` to ${quoted}`}`;
  const remedy = field === undefined || quoted === undefined || !quoted.startsWith('"')
    ? "no field of a manifest grants it"
    : `to grant it, add ${quoted} to ${field}`;
  const old = error.message;
  error.message = `${what}, which the plugin's manifest does not grant; ${remedy}`;
  if (error.stack !== undefined) error.stack = error.stack.replace(old, () => error.message);
  return error;
}
