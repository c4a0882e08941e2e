import { ConfigInvalid } from "../errors.ts";

/**
 * A plugin's section of the host's configuration.
 *
 * @param config All configuration: nested (`{ chunker: { fixed: {…} } }`) or dotted (`{ "chunker.fixed": {…} }`).
 * @param kind The plugin's kind.
 * @param name The plugin's name.
 * @returns The section; empty when there is none.
 * @throws {ConfigInvalid} If it is no table.
 */
export function configSection(config: Record<string, unknown>, kind: string, name: string): Record<string, unknown> {
  const ofKind = Object.hasOwn(config, kind) ? config[kind] : undefined;
  const nested = isTable(ofKind) && Object.hasOwn(ofKind, name) ? ofKind[name] : undefined;
  const dotted = Object.hasOwn(config, `${kind}.${name}`) ? config[`${kind}.${name}`] : undefined;
  const section = dotted ?? nested ?? {};
  if (isTable(section)) return section;
  throw new ConfigInvalid(
    `${kind}/${name}`,
    "",
    `is ${Array.isArray(section) ? "a list" : typeof section}, expected a table`,
  );
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
