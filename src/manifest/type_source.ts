import { type Field, FIELDS, type FieldType, OPTIONAL_TABLES } from "./fields.ts";

/**
 * The TypeScript source of the `Manifest` type, from the table.
 *
 * @returns Source text, formatted.
 */
export function manifestTypeSource(): string {
  const root: Node = { fields: [], tables: new Map() };
  for (const field of FIELDS) {
    if (field.alias !== undefined) continue;
    const steps = field.key.split(".").slice(0, -1);
    let node = root;
    for (const step of steps) {
      let next = node.tables.get(step);
      if (next === undefined) node.tables.set(step, next = { fields: [], tables: new Map() });
      node = next;
    }
    node.fields.push(field);
  }
  return `/**
 * A plugin's manifest, defaults filled in. Keys are those of \`dagstack.toml\` below \`[plugin]\` (SPEC section 2).
 */
export interface Manifest {
${members(root, "", "  ")}}
`;
}

interface Node {
  fields: Field[];
  tables: Map<string, Node>;
}

function members(node: Node, path: string, indent: string): string {
  let text = "";
  for (const field of node.fields) {
    const optional = field.required === true || field.default !== undefined ? "" : "?";
    text += `${indent}/** ${field.description}${
      field.default === undefined ? "" : ` @default ${JSON.stringify(field.default)}`
    } */\n${indent}readonly ${field.key.split(".").at(-1)}${optional}: ${typeText(field.type)};\n`;
  }
  for (const [name, inner] of node.tables) {
    const key = path === "" ? name : `${path}.${name}`;
    const optional = OPTIONAL_TABLES.has(key) ? "?" : "";
    text += `${indent}/** Table \`${key}\`. */\n${indent}readonly ${name}${optional}: {\n`;
    text += `${members(inner, key, indent + "  ")}${indent}};\n`;
  }
  return text;
}

function typeText(type: FieldType): string {
  switch (type.is) {
    case "boolean":
      return "boolean";
    case "integer":
      return "number";
    case "text":
      return union(type.values);
    case "texts":
      return type.values === undefined ? "readonly string[]" : `readonly (${union(type.values)})[]`;
    case "dependencies":
      return "readonly (string | { readonly kind: string; readonly name: string })[]";
    case "text map":
      return "Readonly<Record<string, string>>";
    case "open table":
      return "Readonly<Record<string, unknown>>";
    case "text or texts":
      return `${union(type.values)} | readonly (${union(type.values)})[]`;
  }
}

function union(values: readonly string[] | undefined): string {
  return values === undefined ? "string" : values.map((value) => JSON.stringify(value)).join(" | ");
}
