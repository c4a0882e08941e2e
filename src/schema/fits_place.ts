import type { JsonValue } from "../json.ts";
import type { JsonSchema } from "./json_schema.ts";

/** A schema where it stands: its references are looked up in its root. There is one `Place` for each schema object. */
export interface Place {
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
  readonly id: number;
}

/** Thrown inside the room when a schema holds what the reasoning here does not follow. */
export class NotFollowed extends Error {}

/** A schema that is an object. */
export type Keywords = { readonly [keyword: string]: JsonValue };

const places = new WeakMap<object, WeakMap<object, Place>>();
let nextId = 2;

/** The schema that takes everything. */
export const anything: Place = { schema: true, root: true, id: 0 };
/** The schema that takes nothing. */
export const nothing: Place = { schema: false, root: false, id: 1 };

/** The place of a schema within its root; always the same one. */
export function placeOf(schema: JsonSchema, root: JsonSchema = schema): Place {
  if (typeof schema === "boolean") return schema ? anything : nothing;
  const anchor = typeof root === "boolean" ? schema : root;
  let known = places.get(anchor);
  if (known === undefined) places.set(anchor, known = new WeakMap());
  let place = known.get(schema);
  if (place === undefined) known.set(schema, place = { schema, root: anchor, id: nextId++ });
  return place;
}

/** A schema below another one. */
export function below(place: Place, schema: JsonValue | undefined): Place {
  if (typeof schema !== "boolean" && !isKeywords(schema)) throw new NotFollowed("a subschema is no schema");
  return placeOf(schema, place.root);
}

/** The keywords of a schema; none for a boolean one. */
export function keywordsOf(place: Place): Keywords {
  return typeof place.schema === "boolean" ? {} : place.schema;
}

/** Whether a JSON value is an object. */
export function isKeywords(value: unknown): value is Keywords {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What says nothing about which values are valid. `format` is an annotation in hookspecs. */
export const annotations: ReadonlySet<string> = new Set([
  "$schema",
  "$id",
  "$comment",
  "$anchor",
  "$defs",
  "definitions",
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "format",
  "contentEncoding",
  "contentMediaType",
  "contentSchema",
]);

/** Whether a keyword says nothing about which values are valid. */
export function isAnnotation(keyword: string): boolean {
  return annotations.has(keyword) || keyword.startsWith("x-");
}

/** Follows a schema that is nothing but a reference. */
export function resolved(place: Place): Place {
  let at = place;
  for (let hops = 0; hops < 64; hops++) {
    const words = keywordsOf(at);
    if (typeof words.$ref !== "string") return at;
    if (Object.keys(words).some((word) => word !== "$ref" && !isAnnotation(word))) return at;
    at = target(at, words.$ref);
  }
  throw new NotFollowed("references that only refer to each other");
}

/** What a `$ref` refers to. */
export function target(place: Place, reference: JsonValue | undefined): Place {
  if (typeof reference !== "string" || !reference.startsWith("#")) {
    throw new NotFollowed(`the reference "${reference}"`);
  }
  if (hasInnerId(place.root)) throw new NotFollowed("references below an inner $id");
  if (reference === "#") return placeOf(place.root);
  if (!reference.startsWith("#/")) return anchored(place, reference.slice(1));
  let at: JsonValue | undefined = place.root as JsonValue;
  for (const step of reference.slice(2).split("/")) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) {
      throw new NotFollowed(`the reference "${reference}"`);
    }
    at = (at as { [key: string]: JsonValue })[key];
  }
  return below(place, at);
}

function anchored(place: Place, name: string): Place {
  const open: JsonValue[] = [place.root as JsonValue];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (typeof at !== "object" || at === null) continue;
    if (isKeywords(at) && at.$anchor === name) return below(place, at);
    open.push(...Object.values(at));
  }
  throw new NotFollowed(`the reference "#${name}"`);
}

const innerIds = new WeakMap<object, boolean>();

function hasInnerId(root: JsonSchema): boolean {
  if (typeof root === "boolean") return false;
  let known = innerIds.get(root);
  if (known === undefined) {
    const inside = (value: JsonValue): boolean =>
      typeof value === "object" && value !== null &&
      (isKeywords(value) && typeof value.$id === "string" || Object.values(value).some(inside));
    innerIds.set(root, known = Object.values(root).some(inside));
  }
  return known;
}
