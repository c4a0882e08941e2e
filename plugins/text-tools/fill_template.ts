/** What a template's own names give. */
export interface Builtins {
  now(): string;
  today(): string;
  id(): string;
}

const BUILTINS: readonly string[] = ["now", "today", "id"];

/**
 * Puts values in the place of `{{name}}`. A value is never read as a template.
 *
 * @param template The text.
 * @param values By name; they win over the built-in names `now`, `today` and `id`.
 * @param builtins What those give.
 * @throws {RangeError} If it uses names that have no value; names them all.
 */
export function fillTemplate(template: string, values: Readonly<Record<string, unknown>>, builtins: Builtins): string {
  const missing = new Set<string>();
  const filled = template.replaceAll(/\{\{\s*([A-Za-z_][\w.-]*)\s*\}\}/g, (place, name: string) => {
    if (Object.hasOwn(values, name)) return String(values[name]);
    if (BUILTINS.includes(name)) return builtins[name as keyof Builtins]();
    missing.add(name);
    return place;
  });
  if (missing.size === 0) return filled;
  throw new RangeError(`no value for ${[...missing].map((name) => `"${name}"`).join(", ")}`);
}
