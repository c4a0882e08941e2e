import { ConfigInvalid, ManifestInvalid } from "../errors.ts";
import type { Manifest } from "../manifest/mod.ts";

/** Checks a plugin's section of the configuration; throws `ConfigInvalid` when it is not what the schema says. */
export type ConfigCheck = (config: Record<string, unknown>) => void;

/**
 * Compiles a manifest's `config_schema`. The JSON Schema library loads here, and only here.
 *
 * @param manifest A manifest with a `config_schema`.
 * @param source What errors call it.
 * @throws {ManifestInvalid} If it is no JSON Schema 2020-12.
 */
export async function compileConfigSchema(manifest: Manifest, source: string): Promise<ConfigCheck> {
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  const plugin = `${manifest.kind}/${manifest.name}`;
  let validate: ReturnType<InstanceType<typeof Ajv2020>["compile"]>;
  try {
    validate = new Ajv2020({ allErrors: true, strict: false, logger: false, useDefaults: false }).compile(
      structuredClone(manifest.config_schema) as object,
    );
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    const path = "plugin.config_schema";
    throw new ManifestInvalid(source, [{ path, expected: "a JSON Schema 2020-12", found }], { cause });
  }
  return (config) => {
    if (validate(config)) return;
    const [first] = validate.errors ?? [];
    throw new ConfigInvalid(plugin, first?.instancePath ?? "", first?.message ?? "does not fit config_schema");
  };
}
