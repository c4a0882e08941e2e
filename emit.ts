/**
 * What is written from a hookspec: TypeScript types and a plugin interface, an OpenRPC document, Markdown, and a mock
 * for the tests of hosts. As functions, and as a command:
 *
 * ```sh
 * deno run -RW -E -S=cpus jsr:@dagstack/plugin-system/emit kinds/chunker/v1.yaml --out src/kinds
 * deno run -RW -E -S=cpus jsr:@dagstack/plugin-system/emit kinds/chunker/v1.yaml --out src/kinds --check
 * ```
 *
 * The schemas become types by `json-schema-to-typescript`, which asks for the environment and the number of processors;
 * with `--only openrpc,markdown` nothing but files is asked for.
 *
 * ```ts
 * import { validateHookspec } from "@dagstack/plugin-system";
 * import { emitMarkdown } from "@dagstack/plugin-system/emit";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const hookspec = validateHookspec({
 *   kind: "greeter",
 *   kind_api_version: "1.0.0",
 *   description: "Greets people.",
 *   hooks: [{
 *     name: "greet",
 *     dispatch: "singleton",
 *     description: "Greets one of them.",
 *     input_schema: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
 *     output_schema: { type: "string" },
 *   }],
 * });
 * assertStringIncludes(emitMarkdown(hookspec), "| `name` | string | yes |");
 * ```
 *
 * @module
 */

import { runEmitCommand } from "./src/emit/mod.ts";

export {
  EMIT_TARGETS,
  emitFiles,
  type EmitFilesOptions,
  emitMarkdown,
  emitMock,
  type EmitMockOptions,
  emitOpenRpc,
  type EmitOptions,
  type EmitTarget,
  emitTypeScript,
  type EmitTypeScriptOptions,
  emitYaml,
  parseOpenRpc,
} from "./src/emit/mod.ts";
export type { DispatchClass, ErrorPolicy, HookDefinition, Hookspec } from "./src/hookspec/mod.ts";
export type { JsonSchema } from "./src/schema/mod.ts";
export type { JsonValue } from "./src/json.ts";

if (import.meta.main) Deno.exit(await runEmitCommand(Deno.args, console));
