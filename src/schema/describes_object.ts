import type { JsonValue } from "../json.ts";
import type { Documents } from "./bundle.ts";
import { atPointer, readReference, type SchemaDocument } from "./document.ts";

/**
 * Whether a schema says of itself that it takes objects only.
 *
 * @param document The schema, walked.
 * @param documents The others, that it may refer to.
 */
export function describesObject(document: SchemaDocument, documents: Documents): boolean {
  return describes(document.value, document, documents, 0);
}

function describes(schema: JsonValue, document: SchemaDocument, documents: Documents, depth: number): boolean {
  if (!isTable(schema) || depth > 16) return false;
  if (schema.type !== undefined) return schema.type === "object";
  const isObject = (own: JsonValue) => describes(own, document, documents, depth + 1);
  if (typeof schema.$ref === "string") {
    const target = readReference(schema.$ref, document.folder);
    const owner = "expected" in target || target.file === undefined ? document : documents.get(target.file);
    if (owner === undefined || "expected" in target) return true; // told as a reference that leads nowhere
    const pointer = owner.anchors.get(target.fragment) ?? target.fragment;
    const found = owner.places.has(pointer) ? atPointer(owner.value, pointer) : undefined;
    if (found === undefined || describes(found, owner, documents, depth + 1)) return true;
  }
  if (Array.isArray(schema.allOf) && schema.allOf.some(isObject)) return true;
  return [schema.anyOf, schema.oneOf].some((forms) =>
    Array.isArray(forms) && forms.length > 0 && forms.every(isObject)
  );
}

function isTable(value: JsonValue): value is { [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
