import { type HookInputInvalid, type HookOutputInvalid, isHookInputInvalid, isHookOutputInvalid } from "../errors.ts";
import type { LoadedPlugin } from "../sandbox/mod.ts";
import { admitKind } from "./admit_kind.ts";
import { HookContract, type InputGuard, type Misfit } from "./hook_contract.ts";
import { fitHooks } from "./hook_fit.ts";
import type { Hookspecs, HookValidation } from "./hookspecs.ts";
import { PluginContract } from "./plugin_contract.ts";
import type { PluginRecord } from "./record.ts";
import type { ToolCatalogue } from "./tool_catalogue.ts";

/** What contracts are made from. */
export interface ContractsOptions {
  hookspecs: Hookspecs;
  validation: HookValidation;
  catalogue: ToolCatalogue;
  /** Tells of what does not fit, where that does not fail the call. */
  warn: Misfit;
}

/** Whether a hook goes to the plugin that lists the input's `function`: `execute` of the built-in kind `tool`. */
export function routesByFunction(hookspecs: Hookspecs, kind: string, hook: string): boolean {
  return kind === "tool" && hook === "execute" &&
    hookspecs.versions(kind).length > 0 && hookspecs.declaration(kind, "get_schema") !== undefined &&
    hookspecs.declaration(kind, hook)?.dispatch === "singleton";
}

/**
 * Holds a loaded plugin against the hookspec of its kind, and makes what its calls are held against.
 *
 * @param record The plugin.
 * @param loaded What its code has.
 * @param options The registry's.
 * @returns What it has promised; `undefined` where there is no hookspec for it.
 * @throws {KindUnknown | VersionIncompatible | PluginLoadError} If it does not fit.
 */
export function contractOf(
  record: PluginRecord,
  loaded: LoadedPlugin,
  options: ContractsOptions,
): PluginContract | undefined {
  const { id, source, manifest } = record;
  const registered = admitKind(manifest, source, options.hookspecs);
  if (registered === undefined) return undefined;
  const { hookspec, compiled } = registered;
  const arities = new Map(loaded.hooks.map((name, i) => [name, loaded.arities[i] ?? 0]));
  const names = fitHooks({ id, source, arities }, hookspec);
  const misfit = options.validation === "warn" ? options.warn : refuse;
  const hooks = new Map<string, HookContract>();
  for (const definition of hookspec.hooks) {
    const own = names.get(definition.name);
    if (own === undefined) continue;
    const isGuarded = compiled !== undefined && routesByFunction(options.hookspecs, manifest.kind, definition.name);
    const guard = isGuarded ? toolGuard(record, options.catalogue, misfit) : undefined;
    hooks.set(own, new HookContract(id, definition, compiled?.hooks.get(definition.name), misfit, guard));
  }
  return new PluginContract(hookspec.kind_api_version, names, hooks);
}

const refuse: Misfit = (error) => {
  throw error;
};

/** Holds the function and the arguments of a tool's `execute` against what the tool lists. */
function toolGuard(record: PluginRecord, catalogue: ToolCatalogue, misfit: Misfit): InputGuard {
  const judge = (error: unknown) => {
    if (!isOurs(error, record.id)) throw error;
    misfit(error);
    return undefined;
  };
  return (input) => {
    const functions = catalogue.of(record);
    if (functions === undefined) {
      return catalogue.askRecord(record).then((listed) => listed.check(input)).catch(judge);
    }
    try {
      return functions.check(input)?.catch(judge);
    } catch (error) {
      return judge(error);
    }
  };
}

/** Whether an error is one that this package has made of a plugin's value. */
function isOurs(error: unknown, plugin: string): error is HookInputInvalid | HookOutputInvalid {
  return (isHookInputInvalid(error) || isHookOutputInvalid(error)) && error.plugin === plugin;
}
