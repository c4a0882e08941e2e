/**
 * The manifest's format as data, for editors and other tools: its JSON Schema (2020-12), with descriptions and defaults.
 *
 * An editor that knows JSON Schema for TOML completes and checks a `dagstack.toml` when its first line names the schema:
 *
 * ```toml
 * #:schema https://jsr.io/@dagstack/plugin-system/0.2.0/manifest.schema.json
 * ```
 *
 * @module
 */

import { manifestSchema } from "./src/manifest/schema.ts";
import type { JsonValue } from "./src/json.ts";

export type { JsonValue } from "./src/json.ts";

/**
 * The JSON Schema of a whole `dagstack.toml`, `[plugin]` wrapper included.
 *
 * @example
 * ```ts
 * import { MANIFEST_SCHEMA } from "@dagstack/plugin-system/manifest";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(MANIFEST_SCHEMA.$schema, "https://json-schema.org/draft/2020-12/schema");
 * ```
 */
export const MANIFEST_SCHEMA: { readonly [key: string]: JsonValue } = manifestSchema();
