import type { JsonSchema } from "../schema/mod.ts";

/** A schema that is no boolean. */
export type SchemaObject = { readonly [keyword: string]: unknown };

/** Says whether a value can be a schema with keywords. */
export function isSchemaObject(value: unknown): value is SchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Keywords whose value is one schema. */
const ONE = [
  "additionalProperties",
  "contains",
  "contentSchema",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
];
/** Keywords whose value is a list of schemas. */
const LISTS = ["allOf", "anyOf", "oneOf", "prefixItems"];
/** Keywords whose value holds schemas by name. */
const MAPS = ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];

/** The schemas right below a schema, each with the steps to it. */
export function childSchemas(schema: SchemaObject): [steps: string[], child: unknown][] {
  const found: [string[], unknown][] = [];
  for (const key of ONE) if (Object.hasOwn(schema, key)) found.push([[key], schema[key]]);
  for (const key of LISTS) {
    const list = Object.hasOwn(schema, key) ? schema[key] : undefined;
    if (Array.isArray(list)) list.forEach((child, index) => found.push([[key, String(index)], child]));
  }
  for (const key of MAPS) {
    const map = Object.hasOwn(schema, key) ? schema[key] : undefined;
    if (isSchemaObject(map)) { for (const name of Object.keys(map)) found.push([[key, name], map[name]]); }
  }
  return found;
}

/** What a reference leads to. */
export interface Target {
  /** The schema. */
  schema: JsonSchema;
  /** The last step to it, which names it; empty for the root. */
  name: string;
}

/**
 * The references of one schema: what each of them leads to. A reference that cannot be followed with certainty (it is
 * dynamic, leads elsewhere, or stands beside a nested `$id`, which changes what `#` means) leads nowhere.
 */
export class References {
  readonly #root: JsonSchema;
  readonly #anchors = new Map<string, Target>();
  readonly #isPlain: boolean;

  /** @param root The whole schema. */
  constructor(root: JsonSchema) {
    this.#root = root;
    this.#isPlain = this.#look(root, "", true);
  }

  /** Finds anchors; `false` where a schema below the root has an `$id` of its own. */
  #look(schema: unknown, name: string, isRoot: boolean): boolean {
    if (!isSchemaObject(schema)) return true;
    if (!isRoot && Object.hasOwn(schema, "$id")) return false;
    for (const key of ["$anchor", "$dynamicAnchor"]) {
      const anchor = Object.hasOwn(schema, key) ? schema[key] : undefined;
      if (typeof anchor === "string") this.#anchors.set(anchor, { schema: schema as JsonSchema, name: name || anchor });
    }
    return childSchemas(schema).map(([steps, child]) => this.#look(child, steps.at(-1)!, false)).every(Boolean);
  }

  /** What a `$ref` leads to. */
  follow(ref: unknown): Target | undefined {
    if (!this.#isPlain || typeof ref !== "string" || !ref.startsWith("#")) return undefined;
    if (ref === "#") return { schema: this.#root, name: "" };
    let fragment: string;
    try {
      fragment = decodeURIComponent(ref.slice(1));
    } catch {
      return undefined; // no validator follows it either
    }
    if (!fragment.startsWith("/")) return this.#anchors.get(fragment);
    let found: unknown = this.#root;
    let name = "";
    for (const step of fragment.slice(1).split("/")) {
      name = step.replaceAll("~1", "/").replaceAll("~0", "~");
      if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
      found = (found as Record<string, unknown>)[name];
    }
    return typeof found === "boolean" || isSchemaObject(found) ? { schema: found as JsonSchema, name } : undefined;
  }
}
