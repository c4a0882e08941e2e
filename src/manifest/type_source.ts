import { type Field, FIELDS, type FieldType } from "./fields.ts";

/**
 * The TypeScript source of the `Manifest` type, from the table.
 *
 * @returns Source text, formatted.
 */
export function manifestTypeSource(): string {
  const root: Node = { fields: [], tables: new Map() };
  for (const field of FIELDS) {
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
${members(root, "  ")}}
`;
}

interface Node {
  fields: Field[];
  tables: Map<string, Node>;
}

function members(node: Node, indent: string): string {
  let text = "";
  for (const field of node.fields) {
    const optional = field.required === true || field.default !== undefined ? "" : "?";
    text += `${indent}/** ${field.description}${
      field.default === undefined ? "" : ` @default ${JSON.stringify(field.default)}`
    } */\n${indent}readonly ${field.key.split(".").at(-1)}${optional}: ${typeText(field.type)};\n`;
  }
  for (const [name, inner] of node.tables) {
    text += `${indent}/** Table \`${name}\`. */\n${indent}readonly ${name}: {\n${
      members(inner, indent + "  ")
    }${indent}};\n`;
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
    case "text or texts":
      return `${union(type.values)} | readonly (${union(type.values)})[]`;
  }
}

function union(values: readonly string[] | undefined): string {
  return values === undefined ? "string" : values.map((value) => JSON.stringify(value)).join(" | ");
}
