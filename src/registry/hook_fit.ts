import { PluginLoadError } from "../errors.ts";
import { camelForm, type HookDefinition, type Hookspec } from "../hookspec/mod.ts";
import { nearNames } from "../near.ts";

/** A plugin as it was loaded. */
export interface FittedPlugin {
  /** As `kind/name`. */
  id: string;
  /** Its manifest file. */
  source: string;
  /** How many arguments each of its hooks takes. */
  arities: ReadonlyMap<string, number>;
}

/**
 * Holds the hooks of a loaded plugin against its kind's hookspec: each must be there, by its name or that name in
 * camelCase, and take its one object.
 *
 * @param plugin The plugin.
 * @param hookspec The hookspec that it goes by.
 * @returns The plugin's own name of each hook that it has, by that of the hookspec.
 * @throws {PluginLoadError} If hooks are at fault; names them all.
 */
export function fitHooks(plugin: FittedPlugin, hookspec: Hookspec): Map<string, string> {
  const { id, source, arities } = plugin;
  const own = new Map<string, string>();
  const problems: string[] = [];
  const free = [...arities.keys()].filter((name) => !hookspec.hooks.some((hook) => formsOf(hook).includes(name)));
  for (const hook of hookspec.hooks) {
    const found = formsOf(hook).filter((name) => arities.has(name));
    const problem = problemOf(hook, found, arities, free);
    if (problem !== undefined) problems.push(`hook "${hook.name}" ${problem}`);
    else if (found[0] !== undefined) own.set(hook.name, found[0]);
  }
  if (problems.length === 0) return own;
  const all = [...arities.keys()].slice(0, 20).map((name) => `"${name.slice(0, 64)}"`).join(", ") || "none";
  const { kind, kind_api_version } = hookspec;
  throw new PluginLoadError(
    `Cannot load plugin "${id}" of "${source}": it does not fit hookspec "${kind}" ${kind_api_version}: ` +
      `${problems.join("; ")}; its hooks are ${all}`,
    { plugin: id },
  );
}

/** The names that a plugin may give a hook. */
function formsOf({ name }: HookDefinition): string[] {
  return [...new Set([name, camelForm(name)])];
}

function problemOf(
  { name, optional }: HookDefinition,
  found: readonly string[],
  arities: ReadonlyMap<string, number>,
  free: readonly string[],
): string | undefined {
  if (found.length > 1) return `is there twice, as ${found.map((own) => `"${own}"`).join(" and ")}; keep one`;
  const [own] = found;
  if (own === undefined) {
    if (optional) return undefined;
    const near = nearNames(name, free).slice(0, 3).map((other) => `"${other}"`);
    return `is missing${near.length === 0 ? "" : `, did you mean ${near.join(" or ")} to be it?`}`;
  }
  const arity = arities.get(own)!;
  return arity > 1 ? `takes ${arity} arguments, expected one object` : undefined;
}
