import type { HookDefinition, Hookspec } from "../hookspec/mod.ts";
import { classText } from "./class_text.ts";
import { type Definition, Definitions } from "./definitions.ts";
import { fieldRows } from "./field_rows.ts";
import { headerLines } from "./header.ts";
import { markdownCell, markdownCode, markdownJson, markdownText } from "./markdown_text.ts";
import { camelCase } from "./names.ts";
import type { EmitOptions } from "./options.ts";
import { schemaWords } from "./schema_words.ts";

/**
 * Writes a kind for readers: what it is for, and of each hook how it is dispatched, what goes in and what comes out.
 *
 * @param hookspec The kind; as `loadHookspec` or `validateHookspec` gives it.
 * @param options What to write into the header.
 * @returns Markdown. The same for the same hookspec, byte by byte.
 */
export function emitMarkdown(hookspec: Hookspec, options: EmitOptions = {}): string {
  const { kind, kind_api_version, description, constraints, hooks } = hookspec;
  const definitions = new Definitions(hookspec);
  const header = headerLines(hookspec, options.source, "markdown").map((line) => line.replaceAll("-->", "--\\>"));
  const parts = [
    "<!-- deno-fmt-ignore-file -->",
    `# Kind ${markdownCode(kind)}, version ${markdownCode(kind_api_version)}`,
    `<!--\n${header.join("\n")}\n-->`,
    markdownText(description),
    table(["Hook", "Dispatch class", "Over MCP"], hooks.map(overview)),
    ...constraints === undefined ? [] : ["Constraints:", markdownJson(constraints)],
    ...hooks.flatMap((hook) => hookParts(hook, definitions)),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function overview({ name, dispatch, mcp_exposed, mcp_tool_name_template }: HookDefinition): string[] {
  return [markdownCode(name), markdownCode(dispatch), mcp_exposed ? markdownCode(mcp_tool_name_template) : "no"];
}

function hookParts(hook: HookDefinition, definitions: Definitions): string[] {
  const { input, output } = definitions.of(hook.name);
  return [
    `## Hook ${markdownCode(hook.name)}`,
    markdownText(hook.description),
    `${classText(hook)} In TypeScript it is the method ${markdownCode(camelCase(hook.name))}.`,
    "### Input",
    ...schemaParts(input, definitions),
    "### Output",
    ...schemaParts(output, definitions),
  ];
}

function schemaParts(definition: Definition, definitions: Definitions): string[] {
  const nameOf = (ref: string) => definitions.target(definition.root, ref)?.name;
  const words = schemaWords(definition.schema, nameOf);
  const rows = fieldRows(definition, definitions)
    .map((row) => [
      markdownCode(row.path),
      markdownCell(row.words),
      row.required ? "yes" : "no",
      markdownCell(row.description),
    ]);
  return [
    `${markdownText(`${words[0]!.toUpperCase()}${words.slice(1)}`)}.`,
    ...rows.length === 0 ? [] : [table(["Field", "Value", "Required", "Description"], rows)],
    "As JSON Schema:",
    markdownJson(definition.schema),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
