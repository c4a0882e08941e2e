import type { GrantDifference } from "../errors.ts";
import { tryParseHost } from "../manifest/mod.ts";
import { isBelow } from "../path/mod.ts";
import type { Sandbox } from "../sandbox/mod.ts";
import { GRANT_LISTS, PERMISSION_LISTS, type PluginGrant } from "./grants.ts";
import { absolutePath, type PluginAsk } from "./grants_ask.ts";

/** From the strongest. */
const SANDBOXES: readonly Sandbox[] = ["process", "worker", "none"];

const FIELDS = {
  read: "resources.filesystem.read",
  write: "resources.filesystem.write",
  net: "resources.http_client.hosts",
  env: "resources.env.variables",
  run: "resources.subprocess.programs",
  packages: "resources.packages.specifiers",
  capabilities: "capabilities",
  resources: "resources",
  dependsOn: "depends_on",
  wraps: "chain_wrap",
} as const;

const NAMES = { capabilities: "capability", resources: "resource", dependsOn: "dependency", wraps: "wrap" } as const;

/**
 * What a plugin asks for beyond its grant. Whatever its content is; to ask for less is no difference.
 *
 * @param ask What it asks for.
 * @param grant What was agreed to; without one, all that it asks for is beyond it.
 * @param pluginDir Its folder, where paths start.
 */
export function askedBeyond(ask: PluginAsk, grant: PluginGrant | undefined, pluginDir: string): GrantDifference[] {
  const differences: GrantDifference[] = [];
  if (grant === undefined || SANDBOXES.indexOf(ask.sandbox) > SANDBOXES.indexOf(grant.sandbox)) {
    const field = ask.sandbox === "none" ? "the sandbox option, or in_process_only" : "the sandbox option";
    const agreed = grant === undefined ? {} : { agreed: grant.sandbox };
    differences.push({ what: "sandbox", asked: ask.sandbox, ...agreed, field });
  }
  for (const what of PERMISSION_LISTS) {
    const granted = grant?.permissions[what] ?? [];
    for (const asked of ask.permissions[what] ?? []) {
      if (granted.some((one) => covers(what, one, asked, pluginDir))) continue;
      differences.push({ what, asked, field: asked === "./" ? "its own folder" : FIELDS[what] });
    }
  }
  if (ask.permissions.tmpdir === true && grant?.permissions.tmpdir !== true) {
    differences.push({ what: "tmpdir", asked: "a fresh folder", field: "resources" });
  }
  for (const list of GRANT_LISTS) {
    const granted = grant?.[list] ?? [];
    for (const asked of ask[list] ?? []) {
      if (granted.some((one) => one === asked || (list === "wraps" && wrapCovers(one, asked)))) continue;
      differences.push({ what: NAMES[list], asked, field: FIELDS[list] });
    }
  }
  return differences;
}

function covers(what: typeof PERMISSION_LISTS[number], granted: string, asked: string, pluginDir: string): boolean {
  if (what === "read" || what === "write") {
    return isBelow(absolutePath(pluginDir, granted), absolutePath(pluginDir, asked));
  }
  if (granted === asked) return true;
  if (what !== "net") return false;
  const [one, other] = [tryParseHost(granted), tryParseHost(asked)];
  return one !== undefined && one.port === undefined && one.name === other?.name;
}

function wrapCovers(granted: string, asked: string): boolean {
  const [[kind, hook], [askedKind, askedHook]] = [split(granted), split(asked)];
  return (kind === "*" || kind === askedKind) && (hook === "*" || hook === askedHook);
}

function split(wrap: string): [kind: string, hook: string] {
  const dot = wrap.lastIndexOf(".");
  return [wrap.slice(0, dot), wrap.slice(dot + 1)];
}
