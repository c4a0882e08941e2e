import { camelForm } from "../hookspec/mod.ts";

/**
 * Finds a hook of a plugin by its hookspec name, else by that name's camelCase form.
 *
 * @param hooks Names of the plugin's hooks.
 * @param name For example `list_tools`.
 * @returns `list_tools` or `listTools`, or `undefined` when the plugin has neither.
 */
export function findHook(hooks: ReadonlySet<string>, name: string): string | undefined {
  if (hooks.has(name)) return name;
  const camel = camelForm(name);
  return hooks.has(camel) ? camel : undefined;
}
