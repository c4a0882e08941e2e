import type { HostPermission } from "../sandbox/mod.ts";

/** Whether this process holds a permission itself, and all of it. Asks Deno, never the user. */
export function hostHolds(permission: HostPermission, value: string): boolean {
  const descriptor: Deno.PermissionDescriptor = permission === "net"
    ? { name: "net", host: value }
    : permission === "env"
    ? { name: "env", variable: value }
    : permission === "run"
    ? { name: "run", command: value }
    : { name: permission, path: value };
  try {
    const { state, partial } = Deno.permissions.querySync(descriptor);
    return state === "granted" && !partial; // partial: a --deny flag holds some of it back
  } catch (error) {
    if (error instanceof TypeError) return false; // NB: Deno cannot be asked about address ranges
    throw error;
  }
}

/** The values of those variables that are set. */
export function readVariables(names: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const name of names) {
    const value = Deno.env.get(name);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** Where programs are looked for. Read only where the host may read it anyway. */
export function hostPath(): string {
  const usual = "/usr/local/bin:/usr/bin:/bin";
  return hostHolds("env", "PATH") ? Deno.env.get("PATH") ?? usual : usual;
}
