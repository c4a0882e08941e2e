import type { Logger } from "../context/mod.ts";
import { withLimit } from "../deadlines.ts";
import { PluginRegistryError } from "../errors.ts";
import { callHook } from "../sandbox/mod.ts";
import { createHosting, type OpenedPlugin, openInProcess, TempFolders } from "../runtime/mod.ts";
import { giveConfig, offered } from "./offered.ts";
import type { Finding } from "./options.ts";
import type { Subject } from "./subject.ts";

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const HOOK_LIMIT_MS = 5_000;

/**
 * Every input and output crosses a real boundary: the plugin runs in a process of its own, under its own scope, and
 * each sample goes there and back.
 *
 * @returns The findings, or why nothing could be tried.
 */
export async function checkBoundaries(subject: Subject): Promise<Finding[] | string> {
  const { manifest, entry, plugin, samples, config } = subject;
  const calls = Object.entries(samples).flatMap(([hook, lists]) => lists.map((args) => ({ hook, args })));
  if (calls.length === 0) return nothingToCall;
  const resources = offered(subject);
  if (typeof resources === "string") return resources;
  await using folders = new TempFolders();
  const hosting = createHosting({}, folders, () => {});
  await using _watcher = hosting.watcher;
  let opened: OpenedPlugin;
  try {
    opened = await openInProcess({
      manifest,
      entry,
      sandbox: "process",
      trusted: false,
      config,
      resources,
      logger: silent,
      hosting,
    });
  } catch (error) {
    if (error instanceof PluginRegistryError) return error.message;
    throw error;
  }
  try {
    const { source, hooks } = await within("load", opened.scope.load());
    const mismatch = differentClass(subject, source);
    if (mismatch !== undefined) return mismatch;
    try {
      await within("setup", opened.setup());
    } catch (error) {
      if (hasCode(error, "ConfigInvalid")) return `${error.message}; ${giveConfig}`;
      if (hasCode(error, "SerializationError")) return [finding(subject, "setup", [], error)];
      throw error;
    }
    const findings = new Map<string, Finding>();
    for (const { hook, args } of calls) {
      if (!hooks.includes(hook)) return `the samples name hook "${hook}", which the plugin has not`;
      const error = await within(`hook "${hook}"`, callHook(opened.scope, hook, args)).then(
        () => undefined,
        (e: Error) => e,
      );
      if (error instanceof Late) return `${error.message}, so its result was not seen`;
      // One finding a hook and place: the next sample fails for the same cause. What a hook throws of its own is no
      // business of this check.
      if (hasCode(error, "SerializationError")) {
        findings.set(`${hook} ${error.message}`, finding(subject, hook, args, error));
      }
    }
    await within("teardown", opened.scope.teardown()).catch(() => {}); // the lifecycle check speaks of it
    return [...findings.values()];
  } catch (error) {
    if (error instanceof Error) return `plugin "${plugin}" does not run: ${error.message}`;
    throw error;
  } finally {
    await opened.close("fault");
  }
}

/** Said by checks that call hooks, when there is nothing to call them with. */
export const nothingToCall =
  "there is nothing to call hooks with; give samples in the call, or in samples.json beside " +
  'the manifest, such as { "chunk": [["some text", 5]] }';

/** Says that a given class is not the entry point, when it is not. */
function differentClass({ pluginClass, entry }: Subject, source: string | undefined): string | undefined {
  if (pluginClass === undefined || Function.prototype.toString.call(pluginClass) === source) return undefined;
  return `pluginClass "${pluginClass.name}" is not the entry point: that is "${entry.exportName}" of ${entry.url}`;
}

function finding(subject: Subject, hook: string, args: readonly unknown[], error: PluginRegistryError): Finding {
  const found: unknown = Reflect.get(error, "found");
  return {
    violation: "SerializationError",
    check: "serialisable_boundaries",
    invariant: 2,
    plugin: subject.plugin,
    message: `${hook === "setup" ? hook : `hook "${hook}"`}: ${error.message}`,
    location: subject.entry.url,
    ...(hook === "setup"
      ? {}
      : { evidence: `called with ${Deno.inspect(args, { colors: false, compact: true, strAbbreviateSize: 80 })}` }),
    fix: found === "Date"
      ? "pass a date as text (toISOString) or as milliseconds"
      : found === "Map" || found === "Set"
      ? `pass a ${found} as an array or a plain object`
      : "pass plain objects, arrays, text, finite numbers, booleans, null or Uint8Array",
  };
}

function hasCode(error: unknown, code: string): error is PluginRegistryError {
  return error instanceof PluginRegistryError && error.code === code;
}

class Late extends Error {}

function within<T>(what: string, work: Promise<T>): Promise<T> {
  return withLimit(work, HOOK_LIMIT_MS, () => new Late(`${what} did not answer within ${HOOK_LIMIT_MS} ms`));
}
