import type { JsonSchema } from "../schema/mod.ts";
import type { Definition, Definitions } from "./definitions.ts";
import { descriptionOf, docText } from "./doc_text.ts";
import { isSchemaObject, type SchemaObject } from "./references.ts";
import { schemaSentence } from "./schema_words.ts";

/**
 * A schema in the few words that the schema-to-types library turns into a type exactly: the type never refuses what the
 * schema accepts. What no type can say (bounds, patterns, `not`, `if`) is left out.
 */
export type TypeShape = { [keyword: string]: unknown };

type TypeName = "object" | "array" | "string" | "number" | "boolean" | "null";

const ALL: readonly TypeName[] = ["object", "array", "string", "number", "boolean", "null"];
/** More places than this a tuple is not spelled out. */
const MAX_TUPLE = 8;

/** Fields that nothing is said of. `deno doc --lint` wants a comment on each member. */
const ANY_OTHER: TypeShape = { tsType: "unknown", description: "Any other field." };
const unknownShape = (): TypeShape => ({ tsType: "unknown" });
const neverShape = (): TypeShape => ({ tsType: "never" });
const isUnknown = (shape: TypeShape) => shape.tsType === "unknown";
const isNever = (shape: TypeShape) => shape.tsType === "never";

/** Turns the schemas of a kind into shapes. */
export class TypeShapes {
  readonly #definitions: Definitions;
  readonly #circular: ReadonlySet<string>;

  /** @param definitions All schemas of the kind. */
  constructor(definitions: Definitions) {
    this.#definitions = definitions;
    this.#circular = circularNames(definitions);
  }

  /** The shape of a definition. */
  of({ name, schema, root }: Definition): TypeShape {
    return this.#circular.has(name) ? unknownShape() : this.#shape(schema, root, ALL);
  }

  #shape(schema: unknown, root: JsonSchema, allowed: readonly TypeName[]): TypeShape {
    if (schema === false) return neverShape();
    if (!isSchemaObject(schema)) return unionOf(allowed.map(plain), allowed);
    const types = typesOf(schema, allowed);
    const described = docText(descriptionOf(schema));
    const shape = this.#undescribed(schema, root, types);
    const description = withTags(described, schema);
    return description === "" ? shape : describe(shape, description);
  }

  #undescribed(schema: SchemaObject, root: JsonSchema, types: readonly TypeName[]): TypeShape {
    if (types.length === 0) return neverShape();
    const values = "const" in schema ? [schema.const] : schema.enum;
    if (Array.isArray(values)) return literals(values, types);
    const parts: TypeShape[] = [];
    if ("$ref" in schema) {
      const target = this.#definitions.target(root, schema.$ref);
      if (target !== undefined) parts.push({ tsType: target.name });
    }
    for (const branch of listOf(schema.allOf)) parts.push(this.#shape(branch, root, types));
    for (const union of [schema.anyOf, schema.oneOf]) {
      if (Array.isArray(union)) parts.push(unionOf(union.map((branch) => this.#shape(branch, root, types)), ALL));
    }
    const known = parts.filter((part) => !isUnknown(part));
    if (known.length === 0 || hasStructure(schema, types)) known.unshift(this.#own(schema, root, types));
    return intersectionOf(known);
  }

  /** What a schema says by itself, without the schemas that it combines. */
  #own(schema: SchemaObject, root: JsonSchema, types: readonly TypeName[]): TypeShape {
    if (types.length === ALL.length && !hasStructure(schema, types)) return unknownShape();
    return unionOf(
      types.map((type) => {
        if (type === "object") return this.#object(schema, root);
        if (type === "array") return this.#array(schema, root);
        return plain(type);
      }),
      types,
    );
  }

  #object(schema: SchemaObject, root: JsonSchema): TypeShape {
    const declared = isSchemaObject(schema.properties) ? schema.properties : {};
    const patterns = isSchemaObject(schema.patternProperties) ? Object.values(schema.patternProperties) : [];
    const required = listOf(schema.required).filter((name): name is string => typeof name === "string");
    const names = [...new Set([...Object.keys(declared), ...required])];
    // NB: the library's copies of an object lose a key `__proto__`; the type is then open, and so says nothing of it.
    const kept = names.filter((name) => name !== "__proto__");
    const isClosed = schema.additionalProperties === false && patterns.length === 0 && kept.length === names.length;
    if (kept.length === 0 && isClosed) return { tsType: "Record<string, never>" };
    const properties: Record<string, TypeShape> = {};
    for (const name of kept) {
      const own = Object.hasOwn(declared, name);
      // NB: to the compiler every object has what `Object.prototype` has; an optional field of that name says nothing.
      const isInherited = name in Object.prototype && !required.includes(name);
      const shape = isInherited
        ? unknownShape()
        : own
        ? this.#shape(declared[name], root, ALL)
        : isClosed
        ? neverShape()
        : unknownShape();
      const nameOf = (ref: string) => this.#definitions.target(root, ref)?.name;
      properties[name] = shape.description !== undefined
        ? shape
        : describe(shape, docText(schemaSentence(own ? declared[name] : !isClosed, nameOf)));
    }
    if (names.length === 0 && !isClosed && isUnknown(this.#rest(schema, patterns, root))) return plain("object");
    const rest = names.length === 0 ? this.#rest(schema, patterns, root) : isClosed ? false : ANY_OTHER;
    return {
      type: "object",
      properties,
      required: required.filter((name) => name !== "__proto__"),
      additionalProperties: rest,
    };
  }

  /** What the values are of an object that names no properties. */
  #rest(schema: SchemaObject, patterns: readonly unknown[], root: JsonSchema): TypeShape {
    const others = schema.additionalProperties ?? true;
    const values = [...patterns, ...others === false ? [] : [others]].map((one) => this.#shape(one, root, ALL));
    const union = unionOf(values, ALL);
    return describe(union, "Each field.");
  }

  #array(schema: SchemaObject, root: JsonSchema): TypeShape {
    const rest = this.#shape(schema.items ?? true, root, ALL);
    const maxItems = typeof schema.maxItems === "number" ? Math.floor(schema.maxItems) : Infinity;
    const minItems = typeof schema.minItems === "number" ? Math.ceil(schema.minItems) : 0;
    const prefix = listOf(schema.prefixItems).map((one) => this.#shape(one, root, ALL));
    if (prefix.length === 0) return isUnknown(rest) ? plain("array") : { type: "array", items: rest };
    if (prefix.length > MAX_TUPLE) return { type: "array", items: unionOf([...prefix, rest], ALL) };
    const places = prefix.slice(0, maxItems);
    if (places.length === 0) return { tsType: "[]" };
    const additionalItems = isNever(rest) || maxItems <= places.length ? false : isUnknown(rest) ? true : rest;
    // NB: each length apart: what the library makes of several lacks parentheses inside a list.
    const tuples: TypeShape[] = [];
    for (let length = Math.min(minItems, places.length); length <= places.length; length++) {
      const items = places.slice(0, length);
      const more = length === places.length ? additionalItems : false;
      tuples.push(length === 0 ? { tsType: "[]" } : { type: "array", items, additionalItems: more, minItems: length });
    }
    return unionOf(tuples, ALL);
  }
}

/** The definitions that mean themselves, without an object or a list between: no type can be written so. */
function circularNames(definitions: Definitions): ReadonlySet<string> {
  const direct = new Map(definitions.all.map((one) => [one.name, directRefs(one.schema, one.root, definitions)]));
  const reaches = (from: string, to: string, seen: Set<string>): boolean =>
    (direct.get(from) ?? []).some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  return new Set([...direct.keys()].filter((name) => reaches(name, name, new Set())));
}

function directRefs(schema: unknown, root: JsonSchema, definitions: Definitions): string[] {
  if (!isSchemaObject(schema)) return [];
  const own = "$ref" in schema ? definitions.target(root, schema.$ref)?.name : undefined;
  const below = [schema.allOf, schema.anyOf, schema.oneOf].flatMap(listOf);
  return [...own === undefined ? [] : [own], ...below.flatMap((one) => directRefs(one, root, definitions))];
}

function typesOf(schema: SchemaObject, allowed: readonly TypeName[]): readonly TypeName[] {
  if (!("type" in schema)) return allowed;
  const named = [schema.type].flat().map((name) => name === "integer" ? "number" : name);
  return allowed.filter((type) => named.includes(type));
}

/** Whether a schema says more of a value than its type. */
function hasStructure(schema: SchemaObject, types: readonly TypeName[]): boolean {
  const has = (...keywords: string[]) => keywords.some((keyword) => keyword in schema);
  return types.includes("object") && has("properties", "required", "additionalProperties", "patternProperties") ||
    types.includes("array") && has("items", "prefixItems");
}

function plain(type: TypeName): TypeShape {
  return type === "object" ? { tsType: "Record<string, unknown>" } : { type };
}

function unionOf(shapes: readonly TypeShape[], types: readonly TypeName[]): TypeShape {
  const some = shapes.filter((shape) => !isNever(shape));
  if (some.some(isUnknown) || (some.length === ALL.length && types === ALL && some.every(isPlain))) {
    return unknownShape();
  }
  const unique = new Map(some.map((shape) => [JSON.stringify(shape), shape]));
  const [first, ...others] = unique.values();
  if (first === undefined) return neverShape();
  return others.length === 0 ? first : { anyOf: [first, ...others] };
}

function isPlain(shape: TypeShape): boolean {
  return ALL.some((type) => JSON.stringify(plain(type)) === JSON.stringify(shape));
}

function intersectionOf(shapes: readonly TypeShape[]): TypeShape {
  if (shapes.some(isNever)) return neverShape();
  const [first, ...others] = new Map(shapes.map((shape) => [JSON.stringify(shape), shape])).values();
  return others.length === 0 ? first! : { allOf: [first, ...others] };
}

function literals(values: readonly unknown[], types: readonly TypeName[]): TypeShape {
  const fitting = values.filter((value) => types.includes(typeNameOf(value)));
  const simple = fitting.filter(isLiteral);
  const others = [...new Set(fitting.filter((value) => !isLiteral(value)).map(typeNameOf))].map(plain);
  return unionOf(simple.length === 0 ? others : [{ enum: simple }, ...others], types);
}

function typeNameOf(value: unknown): TypeName {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value as TypeName;
}

/** Whether a value can be a literal type. */
function isLiteral(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

/** A description belongs to the place, not to what stands there: a union of one must not lose or share it. */
function describe(shape: TypeShape, description: string): TypeShape {
  return { ...shape, description };
}

function withTags(described: string, schema: SchemaObject): string {
  const standard = JSON.stringify(schema.default);
  const tags = [
    standard === undefined || standard.length > 60 ? "" : `@default ${docText(standard)}`,
    schema.deprecated === true ? "@deprecated It may be gone in the next major version." : "",
  ].filter((tag) => tag !== "");
  return tags.length === 0 ? described : [described || docText(schemaSentence(schema)), ...tags].join("\n\n");
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
