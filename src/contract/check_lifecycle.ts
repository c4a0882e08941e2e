import { PermissionExceeded } from "../errors.ts";
import { checkBoundaryValue } from "../json.ts";
import { join } from "../path/mod.ts";
import { resolveOffers, type ScopeData } from "../resources/mod.ts";
import { hostHolds, readVariables, TempFolders } from "../runtime/mod.ts";
import { computeScope, isolationFlags, type LifecycleSpec, scopeFlags } from "../sandbox/mod.ts";
import testModule from "./lifecycle_main.generated.txt" with { type: "text" };
import { giveConfig, offered } from "./offered.ts";
import type { Finding } from "./options.ts";
import { runDeno } from "./run_deno.ts";
import type { Subject } from "./subject.ts";

const LIMIT_MS = 60_000;

/**
 * Setup, use and teardown under Deno's own sanitizers, in a `deno test` of its own that holds the plugin's scope.
 *
 * @returns The findings, or why nothing could be tried.
 */
export async function checkLifecycle(subject: Subject): Promise<Finding[] | string> {
  const { manifest, entry, plugin, samples, config } = subject;
  const doubles = offered(subject);
  if (typeof doubles === "string") return doubles;
  await using folders = new TempFolders();
  const { offers } = resolveOffers(manifest, doubles);
  const { scope, differences } = computeScope({ manifest, pluginDir: entry.pluginDir, holds: hostHolds });
  if (differences.length > 0) return new PermissionExceeded(plugin, differences).message;
  try {
    const folder = await folders.make("contract", plugin);
    const tmpdir = scope.tmpdir ? await folders.make("tmp", plugin) : undefined;
    const resources: [string, ScopeData][] = [];
    for (const [name, offer] of offers) {
      if (offer.how === "in scope") resources.push([name, offer.data]);
      else if (offer.how === "temp dir" && tmpdir !== undefined) {
        resources.push([name, { type: "temp_dir", path: tmpdir }]);
      }
    }
    const calls = Object.entries(samples).flatMap(([hook, lists]) =>
      lists.filter((args) => isJson(args)).map((args): [string, unknown[]] => [hook, [...args]])
    );
    const { url, exportName } = entry;
    const spec: LifecycleSpec = { plugin, manifest, url, exportName, config, resources, calls };
    const module = join(folder, "lifecycle_test.js");
    const junit = join(folder, "junit.xml");
    await Deno.writeTextFile(module, testModule);
    const env: Record<string, string> = { DENO_DIR: join(folder, "cache") };
    if (tmpdir !== undefined) env.TMPDIR = tmpdir;
    Object.assign(env, readVariables(scope.env));
    const args = [
      "test",
      "--no-check",
      "--trace-leaks",
      `--junit-path=${junit}`,
      ...isolationFlags(),
      ...scopeFlags(scope, tmpdir === undefined ? [] : [tmpdir]),
      module,
    ];
    const { code, stderr } = await runDeno(args, { stdin: JSON.stringify(spec), env, timeoutMs: LIMIT_MS });
    if (code === 0) return [];
    const report = await Deno.readTextFile(junit).catch(() => "");
    const refused = /ConfigInvalid: (.*)/.exec(failureIn(report) ?? "");
    if (refused !== null) return `${refused[1]}; ${giveConfig}`;
    return [finding(subject, code, report, stderr)];
  } catch (error) {
    if (error instanceof PermissionExceeded) return `the suite needs a folder for temporary files: ${error.message}`;
    throw error;
  }
}

function isJson(args: readonly unknown[]): boolean {
  try {
    return args.every((arg) => checkBoundaryValue(arg, "argument").length === 0);
  } catch {
    return false; // the boundary check speaks of it
  }
}

function finding({ plugin, entry }: Subject, code: number, report: string, stderr: string): Finding {
  const text = (failureIn(report) ?? unescapeXml(stderr)).trim();
  const place = text.split("\n").map((line) =>
    /\((file:\/\/.+:\d+:\d+)\)|at (?:async )?(file:\/\/.+:\d+:\d+)$/.exec(line)
  )
    .map((match) => match?.[1] ?? match?.[2]).find((url) => url?.startsWith(folderUrl(entry.url)));
  const base = { violation: "LeakDetected", check: "clean_lifecycle" as const, plugin, location: place ?? entry.url };
  if (code === 124) {
    return {
      ...base,
      message: `setup, use and teardown did not end within ${LIMIT_MS} ms`,
      fix: "let every hook settle",
    };
  }
  const evidence = text.split("\n").filter((line) => !/\((ext|node):|lifecycle_test\.js/.test(line)).slice(0, 20).join(
    "\n",
  );
  if (text.startsWith("Leaks detected")) {
    return {
      ...base,
      message: "something that setup or a hook opened is still open after teardown",
      evidence,
      fix: "close in teardown what setup opens, and in the hook what the hook opens",
    };
  }
  return {
    ...base,
    message: `setup, use and teardown do not run to their end: ${text.split("\n")[0]?.replace(/^error: /, "")}`,
    evidence,
    fix: "let setup and teardown succeed with the declared resources alone, and never exit",
  };
}

function failureIn(report: string): string | undefined {
  const failure = /<failure message="[^"]*">([\s\S]*?)<\/failure>/.exec(report)?.[1];
  return failure && unescapeXml(failure);
}

function folderUrl(url: string): string {
  return url.slice(0, url.lastIndexOf("/") + 1);
}

function unescapeXml(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
