import { resolveOffers, standardDoubles } from "../resources/mod.ts";
import type { Subject } from "./subject.ts";

/**
 * What the suite offers a plugin in the place of a host: fresh doubles of the standard resources that it declares.
 *
 * @returns The doubles by name, or why the plugin cannot be tried without its host.
 */
export function offered({ manifest, config }: Subject): Record<string, object> | string {
  const { required, optional } = manifest.resources;
  const doubles = standardDoubles([...required, ...optional]);
  const { missing } = resolveOffers(manifest, doubles);
  if (missing.length > 0) return `the plugin requires ${missing.join(", ")}, which only a host can offer`;
  const fields: unknown = Object(manifest.config_schema).required;
  const lacking = Array.isArray(fields) ? fields.filter((field) => !Object.hasOwn(config, field)) : [];
  if (lacking.length === 0) return doubles;
  return `the plugin's configuration lacks ${lacking.map((field) => `"${field}"`).join(", ")}; ${giveConfig}`;
}

/** Said where a plugin was not given the configuration that it needs. */
export const giveConfig = "give its section of the configuration in the call, as config: { … }";
