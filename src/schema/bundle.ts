import type { JsonValue } from "../json.ts";
import type { JsonSchema } from "./json_schema.ts";
import { atPointer, pointerIn, readReference, type SchemaDocument, toFragment, toPointer } from "./document.ts";

/** The documents that references may lead to, by their file beneath the hookspec's folder. */
export type Documents = ReadonlyMap<string, SchemaDocument>;

/**
 * Makes a schema complete: every file that it refers to comes to stand in its `$defs`, under the file's name, and
 * every reference becomes one to `#/…`.
 *
 * @param root A document without problems.
 * @param documents Those that it refers to.
 * @returns A copy, with nothing outside of it referred to.
 */
export function bundleSchema(root: SchemaDocument, documents: Documents): JsonSchema {
  if (typeof root.value === "boolean") return root.value;
  const table = root.value as { [key: string]: JsonValue };
  const taken = new Set(Object.keys((table.$defs ?? {}) as object));
  const places = new Map<SchemaDocument, string>([[root, ""]]);
  const bundled: [name: string, document: SchemaDocument][] = [];
  const prefixOf = (document: SchemaDocument) => {
    const known = places.get(document);
    if (known !== undefined) return known;
    const name = freeName(document.file, taken);
    bundled.push([name, document]);
    const prefix = toPointer(["$defs", name]);
    places.set(document, prefix);
    return prefix;
  };
  const copy = copyDocument(root, documents, prefixOf) as { [key: string]: JsonValue };
  for (const [name, document] of bundled) { // grows while it is walked
    const own = copyDocument(document, documents, prefixOf);
    if (!Object.hasOwn(copy, "$defs")) copy.$defs = {};
    (copy.$defs as { [key: string]: JsonValue })[name] = own;
  }
  return copy;
}

function copyDocument(
  document: SchemaDocument,
  documents: Documents,
  prefixOf: (document: SchemaDocument) => string,
): JsonValue {
  const copy = structuredClone(document.value);
  for (const { ref, steps } of document.references) {
    const target = readReference(ref, document.folder);
    if ("expected" in target) throw new TypeError(`Cannot bundle "${ref}": it was not checked`);
    const owner = target.file === undefined ? document : documents.get(target.file)!;
    const holder = atPointer(copy, toPointer(steps.slice(0, -1))) as { [key: string]: JsonValue };
    holder.$ref = toFragment(prefixOf(owner) + pointerIn(owner, target.fragment)!);
  }
  // Every reference is a pointer now. A name could stand twice in the whole, and `$id` would move what `#` means.
  for (const pointer of document.anchors.values()) delete (atPointer(copy, pointer) as { $anchor?: string }).$anchor;
  if (prefixOf(document) !== "" && typeof copy === "object" && copy !== null) {
    delete (copy as { $id?: string }).$id;
    delete (copy as { $schema?: string }).$schema;
  }
  return copy;
}

/** A name for a file in `$defs`: its own, without folder and ending. */
function freeName(file: string, taken: Set<string>): string {
  const stem = file.slice(file.lastIndexOf("/") + 1).replace(/\.(json|ya?ml)$/, "");
  const base = stem === "" || stem === "__proto__" ? "schema" : stem;
  let name = base;
  for (let i = 2; taken.has(name); i++) name = `${base}_${i}`;
  taken.add(name);
  return name;
}
