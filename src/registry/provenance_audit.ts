import type { PermissionScope, Sandbox } from "../sandbox/mod.ts";
import type { Provenance } from "./provenance.ts";
import { TRUSTED_PUBLISHERS_VARIABLE } from "./provenance_publishers.ts";

/** What the audit of a plugin says. */
export interface AuditFacts {
  /** As `kind/name`. */
  id: string;
  sandbox: Sandbox;
  /** What its scope holds; `undefined` without a sandbox. */
  permissions: PermissionScope | undefined;
  capabilities: readonly string[];
  contentHash: string | undefined;
  provenance: Provenance;
}

/**
 * What a plugin that has started is and may do, in words, on one line.
 *
 * @param facts What is known of it.
 */
export function describeStart({ id, sandbox, permissions, capabilities, contentHash, provenance }: AuditFacts): string {
  const parts = [
    `Plugin "${id}" runs in sandbox "${sandbox}"`,
    permissions === undefined ? "it may do all that the host may" : describePermissions(permissions),
    capabilities.length === 0 ? "no capabilities" : `capabilities ${capabilities.join(", ")}`,
    contentHash === undefined ? "no files of its own" : `content ${contentHash}`,
    describeProvenance(provenance),
  ];
  return parts.join("; ");
}

/** A scope in words. */
export function describePermissions(scope: PermissionScope): string {
  const [own, ...others] = scope.read;
  const parts = [`reads ${["its own folder", ...others].join(", ")}`];
  if (own === undefined) parts.pop();
  const add = (words: string, list: readonly string[]) => {
    if (list.length > 0) parts.push(`${words} ${list.join(", ")}`);
  };
  add("writes", scope.write);
  if (scope.tmpdir) parts.push("has a fresh folder");
  add("reaches", scope.net);
  add("knows the variables", scope.env);
  add("starts the programs", scope.run);
  add("imports", scope.packages);
  return parts.join(", ");
}

function describeProvenance({ trusted, by, publisher, package: name, version }: Provenance): string {
  const from = name === undefined ? "" : `${name}@${version}, `;
  if (!trusted) return `${from}untrusted`;
  const why = {
    grants: "by the host's grants",
    publisher: `by its publisher ${publisher}`,
    host: "the host's own code",
  };
  return `${from}trusted ${why[by!]}`;
}

/**
 * Why a plugin is untrusted, and what would change that.
 *
 * @param id As `kind/name`.
 * @param provenance What is known of it.
 * @param isPinned Whether the host has a grant for it, which is of other content then.
 */
export function describeUntrusted(id: string, provenance: Provenance, isPinned: boolean): string {
  const { publisher, package: name, checksumVerified } = provenance;
  const why = isPinned
    ? "its content is not what the host has agreed to"
    : name === undefined
    ? "it does not come from a package, so that nothing says whose it is"
    : checksumVerified !== true
    ? `its files are not those that ${name} was checked with`
    : publisher === undefined
    ? `${name} has no scope`
    : `its publisher "${publisher}" is not in ${TRUSTED_PUBLISHERS_VARIABLE}`;
  return `Plugin "${id}" is untrusted: ${why}`;
}
