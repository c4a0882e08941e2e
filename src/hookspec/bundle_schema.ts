import type { JsonValue } from "../json.ts";
import type { Finding } from "./finding.ts";
import type { JsonSchema } from "./hookspec.ts";
import { atPointer, readReference, type SchemaDocument, toPointer } from "./schema_document.ts";

/** The documents that references may lead to, by their file beneath the hookspec's folder. */
export type Documents = ReadonlyMap<string, SchemaDocument>;

/**
 * Finds references of a document that lead nowhere, or to what is no schema.
 *
 * @param document A document that was walked.
 * @param documents All others. A file that is not among them could not be read, which is told elsewhere.
 * @param findings What is wrong is added to these.
 */
export function checkReferences(document: SchemaDocument, documents: Documents, findings: Finding[]): void {
  for (const { ref, steps } of document.references) {
    const target = readReference(ref, document.folder);
    if ("expected" in target) continue; // told when files were gathered
    const owner = target.file === undefined ? document : documents.get(target.file);
    if (owner === undefined || pointerIn(owner, target.fragment) !== undefined) continue;
    const expected = target.fragment.startsWith("/") ? "a reference to a schema" : "a reference to an $anchor";
    const found = JSON.stringify(ref);
    findings.push({ file: document.file, steps: [...document.base, ...steps], at: "value", expected, found });
  }
}

/** The JSON pointer that a fragment means in a document; `undefined` when nothing there is a schema. */
function pointerIn(document: SchemaDocument, fragment: string): string | undefined {
  const pointer = fragment === "" || fragment.startsWith("/") ? fragment : document.anchors.get(fragment);
  return pointer !== undefined && document.places.has(pointer) ? pointer : undefined;
}

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

function toFragment(pointer: string): string {
  return `#${pointer.split("/").map(encodeURIComponent).join("/").replaceAll("%24", "$")}`;
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
