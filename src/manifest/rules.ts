import { parseCoreVersion } from "../version/mod.ts";
import { isEntryPoint } from "./entry_point.ts";
import { ALIASES, usesAliases } from "./fields.ts";
import { isHost } from "./host.ts";
import { parseSteps, type Problem, show } from "./show.ts";

/** What no schema can say. Called only when the schema is content. */
export function listRuleProblems(plugin: Record<string, unknown>): Problem[] {
  const problems: Problem[] = [];
  const wrong = (key: string, expected: string, found = show(plugin[key])) =>
    problems.push({ steps: parseSteps(`plugin.${key}`), at: "value", expected, found });
  const coreVersion = plugin.core_version as string;
  const range = parseCoreVersion(coreVersion);
  if (typeof range !== "function") {
    problems.push({ steps: ["plugin", "core_version"], at: "value", ...range, found: show(coreVersion) });
  }

  const { runtime } = plugin;
  const runtimes = Array.isArray(runtime) ? runtime as unknown[] : [runtime];
  if (runtimes.length > 1 && new Set(runtimes).size < runtimes.length) wrong("runtime", "each runtime once");
  const entryPoint = plugin.entry_point as string | undefined;
  if (entryPoint === undefined) {
    if (runtimes.includes("in_process")) {
      wrong("entry_point", 'an entry point such as "plugin:FixedChunker", for the runtime is in_process');
    }
  } else if (!isEntryPoint(entryPoint)) {
    wrong("entry_point", '"module:Export", "./file.ts#Export" or "./file.ts" inside the plugin\'s folder');
  }
  for (const { key, alias } of usesAliases(plugin) ? ALIASES : []) {
    const [table, name] = alias.split(".") as [string, string];
    const own = (plugin[table] as Record<string, unknown> | undefined)?.[name];
    const [first, part] = key.split(".") as [string, string?];
    const other = part === undefined ? plugin[first] : (plugin[first] as Record<string, unknown> | undefined)?.[part];
    if (own !== undefined && other !== undefined) wrong(first, `only one of ${key} and ${alias}`, "both");
  }
  const { mcp_stdio: stdio, mcp_http: http } = plugin;
  if (runtimes.includes("mcp_stdio") && stdio === undefined) {
    wrong("mcp_stdio", "a table with command, for the runtime is mcp_stdio");
  }
  if (runtimes.includes("mcp_http") && http === undefined) {
    wrong("mcp_http", "a table with url, for the runtime is mcp_http");
  }
  if (plugin.tryfirst === true && plugin.trylast === true) wrong("trylast", "never both tryfirst and trylast");
  if (plugin.in_process_only === true && !runtimes.every((runtime) => runtime === "in_process")) {
    wrong("in_process_only", "true only when the runtime is in_process alone");
  }
  const priority = plugin.priority as number | undefined ?? 0;
  if (plugin.chain_wrap !== undefined && priority < 1000) {
    wrong("priority", "at least 1000, for chain_wrap is only for middleware", show(priority));
  }
  const unit = plugin.unit_of_work as { declared?: boolean; partition_key?: string } | undefined;
  if (unit?.declared === true && !unit.partition_key) {
    wrong("unit_of_work.partition_key", "the name of an argument, for the unit of work is declared", "nothing");
  }
  const self = plugin.name;
  for (const [i, dependency] of (plugin.depends_on as (string | { kind: string; name: string })[] ?? []).entries()) {
    const itself = typeof dependency === "string" ? false : dependency.kind === plugin.kind && dependency.name === self;
    if (itself) {
      problems.push({
        steps: parseSteps(`plugin.depends_on[${i}]`),
        at: "value",
        expected: "another plugin",
        found: show(dependency),
      });
    }
  }
  listResourceProblems(plugin.resources as Record<string, unknown> | undefined ?? {}, problems);
  return problems;
}

function listResourceProblems(resources: Record<string, unknown>, problems: Problem[]): void {
  const { required = [], optional = [] } = resources as { required?: string[]; optional?: string[] };
  optional.forEach((name, i) => {
    if (required.includes(name)) {
      problems.push({
        steps: parseSteps(`plugin.resources.optional[${i}]`),
        at: "value",
        expected: "a resource that is not required already",
        found: JSON.stringify(name),
      });
    }
  });
  for (const name in resources) {
    if (name === "required" || name === "optional" || required.includes(name) || optional.includes(name)) continue;
    if (isEmpty(resources[name])) continue;
    problems.push({
      steps: ["plugin", "resources", name],
      at: "key",
      expected: "a table only for a resource that required or optional names",
      found: "a table",
    });
  }
  const hosts = (resources.http_client as { hosts?: string[] } | undefined)?.hosts ?? [];
  hosts.forEach((host, i) => {
    if (!isHost(host)) {
      problems.push({
        steps: parseSteps(`plugin.resources.http_client.hosts[${i}]`),
        at: "value",
        expected: "a host name, an IPv4 address or range, or an IPv6 address in brackets, with or without a port",
        found: JSON.stringify(host),
      });
    }
  });
}

/** Whether a table asks for nothing: one that only holds defaults is no mistake. */
function isEmpty(table: unknown): boolean {
  return Object.values(table as Record<string, unknown>).every((value) => Array.isArray(value) && value.length === 0);
}
