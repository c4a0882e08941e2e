/**
 * The error for a host that the plugin may not reach, in the words in which every scope tells of what a manifest does
 * not grant.
 *
 * @param access Host and port, as a manifest lists them.
 * @param why What leads there, in parentheses: a redirect, a name that resolves there.
 */
export function hostRefused(access: string, why = ""): Error {
  return new Deno.errors.NotCapable(
    `Requires net access to "${access}"${why === "" ? "" : ` (${why})`}, which the plugin's manifest does not grant; ` +
      `to grant it, add "${access}" to hosts of [plugin.resources.http_client]`,
  );
}

/** The error for a host that the manifest lists, when this process itself may not reach it. */
export function hostLacks(access: string): Error {
  return new Deno.errors.NotCapable(
    `Cannot reach "${access}": the host makes the request and holds no net access to it; start it with --allow-net=${access}`,
  );
}

/**
 * What Deno refused, if that is what an error says.
 *
 * NB: for a name that resolves to a denied address Deno throws "fetch failed" and hides the refusal in the causes.
 *
 * @returns Host and port; `undefined` when it is another error.
 */
export function refusedAccess(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; depth++, at = at.cause) {
    const match = /Requires net access to "([^"]*)"/.exec(at.message);
    if (match !== null) return match[1];
  }
  return undefined;
}
