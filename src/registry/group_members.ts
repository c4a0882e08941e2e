import { type GroupMember, type Hosting, scopeOf } from "../runtime/mod.ts";
import type { PluginRecord } from "./record.ts";

/** Every plugin of a plugin's group that may run: what refuses one of them is told when that one is started. */
export function groupMembers(
  { id }: PluginRecord,
  records: readonly PluginRecord[],
  hosting: Hosting,
): GroupMember[] {
  const group = hosting.groups.groupOf(id);
  const members: GroupMember[] = [];
  for (const { id, manifest, entry, trusted } of records) {
    if (hosting.groups.groupOf(id) !== group || entry === undefined) continue;
    try {
      members.push({ id, manifest, entry, permissions: scopeOf(manifest, entry, trusted, hosting) });
    } catch {
      continue;
    }
  }
  return members;
}
