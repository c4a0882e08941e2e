import type { JsonValue } from "../json.ts";
import type { HookDefinition, Hookspec } from "../hookspec/mod.ts";
import { type Definition, Definitions } from "./definitions.ts";
import { descriptionOf } from "./doc_text.ts";
import { headerLines } from "./header.ts";
import type { EmitOptions } from "./options.ts";
import { isSchemaObject } from "./references.ts";
import { withReferences } from "./rewrite_references.ts";

type JsonObject = { [key: string]: JsonValue };

/** What a call over the wire may fail with: the error's name, JSON-RPC's number for it, and what it says. */
const ERRORS: readonly [name: string, code: number, message: string][] = [
  ["HookInputInvalid", -32602, "The input does not fit the hook's input schema"],
  ["HookOutputInvalid", -32603, "The plugin's answer does not fit the hook's output schema"],
  ["HookTimeout", -32001, "The hook took longer than its limit"],
  ["PluginUnavailable", -32002, "The plugin does not run"],
  ["HookUnknown", -32003, "The plugin has no such hook"],
];

/**
 * Writes the hooks of a kind that are exposed over MCP as an OpenRPC document: a method each, named by the hook's
 * template, with `{kind}` and `{hook}` filled in. The whole hookspec travels in it as `x-dagstack`.
 *
 * @param hookspec The kind; as `loadHookspec` or `validateHookspec` gives it.
 * @param options What to write into the header.
 * @returns JSON. The same for the same hookspec, byte by byte.
 */
export function emitOpenRpc(hookspec: Hookspec, options: EmitOptions = {}): string {
  const definitions = new Definitions(hookspec);
  const names = new Set<string>();
  const methods = hookspec.hooks.filter(({ mcp_exposed }) => mcp_exposed)
    .map((hook) => methodOf(hook, hookspec, definitions, names));
  const schemas = definitions.all.map((one) => [one.name, schemaIn(one.schema, one.root, definitions)]);
  const document = {
    openrpc: "1.3.2",
    info: {
      title: `Plugins of kind "${hookspec.kind}"`,
      version: hookspec.kind_api_version,
      description: hookspec.description,
    },
    methods,
    components: {
      schemas: Object.fromEntries(schemas),
      errors: Object.fromEntries(
        ERRORS.map(([name, code, message]) => [name, { code, message, data: { code: name } }]),
      ),
    },
    "x-generated": headerLines(hookspec, options.source, "openrpc"),
    "x-dagstack": hookspec,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function methodOf(hook: HookDefinition, hookspec: Hookspec, definitions: Definitions, names: Set<string>): JsonObject {
  const { input, output } = definitions.of(hook.name);
  const tags = [hook.dispatch, ...hook.optional ? ["optional"] : []];
  return {
    name: methodName(hook, hookspec, names),
    summary: `Hook "${hook.name}" of kind "${hookspec.kind}"`,
    description: hook.description,
    tags: tags.map((name) => ({ name })),
    paramStructure: "by-name",
    params: paramsOf(input, definitions),
    result: {
      name: "result",
      description: descriptionOf(output.schema) || output.summary,
      schema: { $ref: `#/components/schemas/${output.name}` },
    },
    errors: ERRORS.map(([name]) => ({ $ref: `#/components/errors/${name}` })),
    "x-dagstack": { hook: hook.name, dispatch: hook.dispatch },
  };
}

/** Two hooks whose templates give the same name are told apart by the hook's own. */
function methodName(hook: HookDefinition, { kind }: Hookspec, names: Set<string>): string {
  const filled = hook.mcp_tool_name_template.replaceAll("{kind}", kind).replaceAll("{hook}", hook.name);
  let name = names.has(filled) ? `${filled}.${hook.name}` : filled;
  for (let n = 2; names.has(name); n++) name = `${filled}.${hook.name}.${n}`;
  names.add(name);
  return name;
}

/** The fields of an input, each a parameter. What an input is beyond its fields stands in its component. */
function paramsOf({ schema, root }: Definition, definitions: Definitions): JsonValue[] {
  let object: unknown = schema;
  let from = root;
  for (const seen = new Set<unknown>(); isSchemaObject(object) && "$ref" in object && !seen.has(object);) {
    seen.add(object);
    const target = definitions.target(from, object.$ref);
    if (target === undefined || "properties" in object) break;
    object = target.schema;
    from = target.root;
  }
  if (!isSchemaObject(object) || !isSchemaObject(object.properties)) return [];
  const required = Array.isArray(object.required) ? object.required : [];
  const params = Object.entries(object.properties).map(([name, one]): JsonObject => {
    const description = descriptionOf(one);
    return {
      name,
      ...description === "" ? {} : { description },
      required: required.includes(name),
      ...isSchemaObject(one) && one.deprecated === true ? { deprecated: true } : {},
      schema: schemaIn(one, from, definitions),
    };
  });
  return params.sort((a, b) => Number(b.required) - Number(a.required)); // as OpenRPC wants it: required ones first
}

function schemaIn(schema: unknown, root: Definition["root"], definitions: Definitions): JsonValue {
  return withReferences(schema, (ref) => {
    const name = definitions.target(root, ref)?.name;
    return name === undefined ? undefined : `#/components/schemas/${name}`;
  });
}
