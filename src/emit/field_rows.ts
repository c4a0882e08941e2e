import type { Definition, Definitions } from "./definitions.ts";
import { descriptionOf } from "./doc_text.ts";
import { isSchemaObject } from "./references.ts";
import { schemaWords } from "./schema_words.ts";

/** One field of a schema, as readers see it. */
export interface FieldRow {
  /** Where it is: `items[].name`. */
  path: string;
  /** What it accepts, in words. */
  words: string;
  /** Whether it must be there. */
  required: boolean;
  /** What it is for. */
  description: string;
}

/** Deeper than this only the schema itself tells. */
const MAX_DEPTH = 6;

/**
 * The fields of a schema, nested ones behind those that hold them. What is referred to is told where it is used, but not
 * inside itself.
 *
 * @param definition The schema.
 * @param definitions All schemas of its kind.
 */
export function fieldRows(definition: Definition, definitions: Definitions): FieldRow[] {
  const rows: FieldRow[] = [];
  const walk = (schema: unknown, path: string, inside: readonly unknown[]) => {
    if (!isSchemaObject(schema) || inside.includes(schema) || inside.length > MAX_DEPTH) return;
    const nested = [...inside, schema];
    if ("$ref" in schema) {
      const target = definitions.target(definition.root, schema.$ref);
      if (target !== undefined) walk(target.schema, path, nested);
    }
    for (const list of [schema.allOf, schema.anyOf, schema.oneOf]) {
      if (Array.isArray(list)) { for (const branch of list) walk(branch, path, nested); }
    }
    const required = Array.isArray(schema.required) ? schema.required : [];
    const fields = isSchemaObject(schema.properties) ? Object.entries(schema.properties) : [];
    for (const [name, field] of fields) {
      const own = path === "" ? name : `${path}.${name}`;
      rows.push({ path: own, ...told(field), required: required.includes(name) });
      walk(field, own, nested);
    }
    for (const one of [schema.items, ...Array.isArray(schema.prefixItems) ? schema.prefixItems : []]) {
      walk(one, `${path}[]`, nested);
    }
    if (isSchemaObject(schema.additionalProperties)) walk(schema.additionalProperties, `${path}.*`, nested);
  };
  const told = (schema: unknown) => {
    const target = isSchemaObject(schema) && "$ref" in schema
      ? definitions.target(definition.root, schema.$ref)
      : undefined;
    const nameOf = (ref: string) => definitions.target(definition.root, ref)?.name;
    const description = descriptionOf(schema) || descriptionOf(target?.schema);
    return { words: schemaWords(target?.schema ?? schema, nameOf), description };
  };
  walk(definition.schema, "", []);
  const unique = new Map(rows.map((row) => [row.path, row])); // branches may say the same field twice
  return rows.filter((row) => unique.get(row.path) === row);
}
