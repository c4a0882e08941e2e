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

/** The camelCase form of a snake_case name: `list_tools` is `listTools`. Underscores at its ends stay. */
export function camelForm(name: string): string {
  return name.replace(/(?<=[A-Za-z0-9])_+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
