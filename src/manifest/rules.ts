import type { ManifestProblem } from "../errors.ts";
import { parseCoreVersion } from "../version/mod.ts";
import { parseEntryPoint } from "./entry_point.ts";
import { isHost } from "./host.ts";

/** What no schema can say. Called only when the schema is content. */
export function listRuleProblems(plugin: Record<string, unknown>): ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const coreVersion = plugin.core_version as string;
  const range = parseCoreVersion(coreVersion);
  if (typeof range !== "function") {
    problems.push({ path: "plugin.core_version", ...range, found: JSON.stringify(coreVersion) });
  }
  const runtimes = ([] as unknown[]).concat(plugin.runtime);
  const entryPoint = plugin.entry_point as string | undefined;
  if (entryPoint === undefined) {
    if (runtimes.includes("in_process")) {
      problems.push({
        path: "plugin.entry_point",
        expected: 'an entry point such as "plugin:FixedChunker", for the runtime is in_process',
        found: "nothing",
      });
    }
  } else if (parseEntryPoint(entryPoint) === undefined) {
    problems.push({
      path: "plugin.entry_point",
      expected: '"module:Export" inside the plugin\'s folder, such as "plugin:FixedChunker"',
      found: JSON.stringify(entryPoint),
    });
  }
  listResourceProblems(plugin.resources as Record<string, unknown> | undefined ?? {}, problems);
  return problems;
}

function listResourceProblems(resources: Record<string, unknown>, problems: ManifestProblem[]): void {
  const { required = [], optional = [], ...tables } = resources as { required?: string[]; optional?: string[] };
  const declared = new Set([...required, ...optional]);
  optional.forEach((name, i) => {
    if (required.includes(name)) {
      problems.push({
        path: `plugin.resources.optional[${i}]`,
        expected: "a resource that is not required already",
        found: JSON.stringify(name),
      });
    }
  });
  for (const [name, table] of Object.entries(tables)) {
    if (!declared.has(name) && !isEmpty(table)) {
      problems.push({
        path: `plugin.resources.${name}`,
        expected: "a table only for a resource that required or optional names",
        found: "a table",
      });
    }
  }
  const hosts = (resources.http_client as { hosts?: string[] } | undefined)?.hosts ?? [];
  hosts.forEach((host, i) => {
    if (!isHost(host)) {
      problems.push({
        path: `plugin.resources.http_client.hosts[${i}]`,
        expected: "a host name, an IPv4 address or range, or an IPv6 address in brackets, with or without a port",
        found: JSON.stringify(host),
      });
    }
  });
}

/** Whether a table asks for nothing: one that only holds defaults is no mistake. */
function isEmpty(table: unknown): boolean {
  const values = Object.values(table as Record<string, unknown>);
  return values.length > 0 && values.every((value) => Array.isArray(value) && value.length === 0);
}
