import { type GrantDifference, PluginLoadError } from "../errors.ts";
import { loadManifest, type Manifest } from "../manifest/mod.ts";
import type { PluginGrant } from "./grants.ts";
import { askOf } from "./grants_ask.ts";
import { askedBeyond } from "./grants_compare.ts";
import { SealedFolder } from "./grants_seal.ts";
import { chooseSandbox, type SandboxChoice } from "./options.ts";
import type { PluginRecord } from "./record.ts";

/** A plugin that the host has not agreed to as it is now: what a person has to look at, as data. */
export interface PendingGrant {
  /** As `kind/name`. */
  plugin: string;
  /** Whether it has no grant at all, asks for more than its grant gives, or has only changed. */
  reason: "new" | "more" | "changed";
  /** Exactly what is not agreed to. */
  differences: GrantDifference[];
  /** The grant that agreeing gives it. */
  grant: PluginGrant;
  /** The grant that it has. */
  agreed?: PluginGrant;
}

/**
 * The grant that a plugin needs as its folder is now: also when it has changed since it was registered or started.
 *
 * @param record The plugin; it has a folder.
 * @param sandbox The registry's option.
 * @param manifests Those of all plugins.
 */
export async function grantFor(
  record: PluginRecord,
  sandbox: SandboxChoice | undefined,
  manifests: readonly Manifest[],
): Promise<PluginGrant> {
  const { pluginDir } = record.entry!;
  let manifest = record.manifest;
  const { contentHash } = await SealedFolder.of(pluginDir, async () => {
    manifest = await manifestNow(record);
  });
  const { kind, name } = manifest;
  const where = manifest.in_process_only ? "none" : chooseSandbox(sandbox, kind, name);
  return { contentHash, ...askOf(manifest, pluginDir, where, manifests) };
}

/** What is pending of a plugin; `undefined` when all of it is agreed to. */
export function pendingOf(
  { id, entry }: PluginRecord,
  grant: PluginGrant,
  agreed: PluginGrant | undefined,
): PendingGrant | undefined {
  const { contentHash } = grant;
  const differences = askedBeyond(grant, agreed, entry!.pluginDir);
  const reason = agreed === undefined ? "new" : differences.length > 0 ? "more" : "changed";
  if (contentHash !== agreed?.contentHash) {
    const before = agreed === undefined ? {} : { agreed: agreed.contentHash };
    differences.unshift({ what: "content", asked: contentHash, ...before, field: "its folder" });
  }
  if (differences.length === 0) return undefined;
  return { plugin: id, reason, differences, grant, ...(agreed === undefined ? {} : { agreed }) };
}

/** A plugin's manifest as its file has it now. */
export async function manifestNow({ id, manifest, registration }: PluginRecord): Promise<Manifest> {
  const { file, fromValue } = registration;
  if (file === undefined || fromValue === true) return manifest;
  const now = await loadManifest(file);
  const named = `${now.kind}/${now.name}`;
  if (named === id) return now;
  throw new PluginLoadError(
    `Cannot use plugin "${id}": its manifest "${file}" now names "${named}"; discover it as another plugin`,
    { plugin: id },
  );
}
