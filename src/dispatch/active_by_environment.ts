/**
 * The environment variable that names the active plugin of a kind.
 *
 * @param kind For example `vector-store`.
 * @returns For example `DAGSTACK_ACTIVE_VECTOR_STORE`.
 */
export function activeVariable(kind: string): string {
  return `DAGSTACK_ACTIVE_${kind.toUpperCase().replace(/[^A-Z0-9_]/g, "_")}`;
}

/**
 * The name of the plugin that the environment makes the active one of its kind. Asks nobody: where this process may
 * not read the variable, there is none.
 *
 * @param kind The kind.
 * @returns The plugin's name; `undefined` when the variable is not set, empty, or not readable.
 */
export function activeByEnvironment(kind: string): string | undefined {
  const variable = activeVariable(kind);
  if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") return undefined;
  return Deno.env.get(variable) || undefined;
}
