import type { JsonValue } from "../json.ts";
import { type Field, FIELDS, type FieldType, MANIFEST_LIMITS } from "./fields.ts";

type Schema = { [key: string]: JsonValue };

/**
 * The JSON Schema (2020-12) of `dagstack.toml`, from the table.
 *
 * @returns The schema of the whole file, `[plugin]` wrapper included.
 */
export function manifestSchema(): Schema {
  const root: Schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "dagstack plugin manifest",
    type: "object",
    required: ["plugin"],
    additionalProperties: false,
    properties: { plugin: table("The plugin.") },
  };
  const plugin = (root.properties as Schema).plugin as Schema;
  for (const field of FIELDS) addField(plugin, field);
  // A sub-table of a custom resource is open (SPEC section 2); that its resource is declared is checked by a rule.
  const resources = (plugin.properties as Schema).resources as Schema;
  resources.additionalProperties = { type: "object" };
  resources.propertyNames = { pattern: "^[a-z][a-z0-9_]*$" };
  return root;
}

function table(description: string): Schema {
  return { type: "object", description, additionalProperties: false, properties: {} };
}

function addField(parent: Schema, field: Field): void {
  const steps = field.key.split(".");
  const last = steps.pop()!;
  for (const step of steps) {
    const properties = parent.properties as Schema;
    parent = (properties[step] ??= table(`Table \`${step}\`.`)) as Schema;
  }
  const own = fieldSchema(field.type);
  own.description = field.description;
  if (field.default !== undefined) own.default = field.default;
  (parent.properties as Schema)[last] = own;
  if (field.required === true) parent.required = [...(parent.required as JsonValue[] ?? []), last];
}

function fieldSchema(type: FieldType): Schema {
  switch (type.is) {
    case "boolean":
      return { type: "boolean" };
    case "integer":
      return { type: "integer", minimum: type.minimum, maximum: type.maximum ?? Number.MAX_SAFE_INTEGER };
    case "text":
      return text(type);
    case "texts":
      return type.notEmpty === true ? { ...list(text(type)), minItems: 1 } : list(text(type));
    case "text or texts":
      return { anyOf: [text(type), { ...list(text(type)), minItems: 1 }] };
    case "dependencies": {
      const name = { type: "string", minLength: 1, maxLength: MANIFEST_LIMITS.text };
      const long = {
        type: "object",
        additionalProperties: false,
        required: ["kind", "name"],
        properties: { kind: name, name },
      };
      return list({ anyOf: [name, long] });
    }
    case "text map":
      return { type: "object", additionalProperties: text({}) };
    case "open table":
      return { type: "object" };
  }
}

function text(type: { pattern?: string; values?: readonly string[]; maxLength?: number }): Schema {
  if (type.values !== undefined) return { enum: [...type.values] };
  const schema: Schema = { type: "string", maxLength: type.maxLength ?? MANIFEST_LIMITS.text };
  if (type.pattern !== undefined) schema.pattern = type.pattern;
  return schema;
}

function list(items: Schema): Schema {
  return { type: "array", items, maxItems: MANIFEST_LIMITS.entries };
}
