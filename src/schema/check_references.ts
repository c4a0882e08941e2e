import type { JsonValue } from "../json.ts";
import { nearestName } from "../near.ts";
import type { Documents } from "./bundle.ts";
import { atPointer, pointerIn, readReference, type SchemaDocument, toFragment, toPointer } from "./document.ts";
import type { Finding } from "./finding.ts";

/** Past so many findings, and among so many names or such long ones, none is looked for that may have been meant. */
const MOST_SUGGESTIONS = 100;
const MOST_NAMES = 1000;
const LONGEST_NAME = 128;

/** A schema by its place. */
interface Spot {
  document: SchemaDocument;
  pointer: string;
}

/**
 * Finds references of a document that lead nowhere, to what is no schema, or only to themselves.
 *
 * @param document A document that was walked.
 * @param documents All others. A file that is not among them could not be read, which is told elsewhere.
 * @param findings What is wrong is added to these.
 */
export function checkReferences(document: SchemaDocument, documents: Documents, findings: Finding[]): void {
  for (const { ref, steps } of document.references) {
    const tell = (expected: string, suggestion?: string) => {
      const place = { file: document.file, steps: [...document.base, ...steps], at: "value" as const };
      findings.push({
        ...place,
        expected,
        found: JSON.stringify(ref),
        ...(suggestion === undefined ? {} : { suggestion }),
      });
    };
    const target = readReference(ref, document.folder);
    if ("expected" in target) continue; // told when files were gathered
    const owner = target.file === undefined ? document : documents.get(target.file);
    if (owner === undefined) continue;
    const pointer = pointerIn(owner, target.fragment);
    if (pointer === undefined) {
      const near = findings.length < MOST_SUGGESTIONS ? nearFragment(owner, target.fragment) : undefined;
      const suggestion = near === undefined ? undefined : ref.replace(/#.*$/s, "") + near;
      tell(target.fragment.startsWith("/") ? "a reference to a schema" : "a reference to an $anchor", suggestion);
    } else if (goesRound({ document, pointer: toPointer(steps.slice(0, -1)) }, documents)) {
      tell("a reference that leads to a schema in the end, and not only round in a circle");
    }
  }
}

/**
 * Whether nothing but references stands between a schema and itself: no value could ever be held against it. What is found
 * out on the way is kept, so that a chain of any length is walked once.
 */
function goesRound(start: Spot, documents: Documents): boolean {
  const way: Spot[] = [];
  let at: Spot | undefined = start;
  while (at !== undefined && !at.document.circular.has(at.pointer)) {
    at.document.circular.set(at.pointer, false);
    way.push(at);
    at = nextOf(at, documents);
  }
  const { document, pointer } = at ?? {};
  const from = way.findIndex((spot) => spot.document === document && spot.pointer === pointer);
  for (const spot of from === -1 ? [] : way.slice(from)) spot.document.circular.set(spot.pointer, true);
  return start.document.circular.get(start.pointer)!;
}

/** The schema that a schema's own reference leads to. */
function nextOf({ document, pointer }: Spot, documents: Documents): Spot | undefined {
  const schema = atPointer(document.value, pointer) as { [keyword: string]: JsonValue };
  if (typeof schema !== "object" || !Object.hasOwn(schema, "$ref") || typeof schema.$ref !== "string") return undefined;
  const target = readReference(schema.$ref, document.folder);
  if ("expected" in target) return undefined;
  const owner = target.file === undefined ? document : documents.get(target.file);
  const next = owner === undefined ? undefined : pointerIn(owner, target.fragment);
  return next === undefined ? undefined : { document: owner!, pointer: next };
}

/** The fragment that was probably meant: a schema beside the missing one, or an anchor. */
function nearFragment({ places, anchors }: SchemaDocument, fragment: string): string | undefined {
  if (!fragment.startsWith("/")) {
    const near = nearOf(fragment, anchors.keys());
    return near === undefined ? undefined : `#${near}`;
  }
  const folder = fragment.slice(0, fragment.lastIndexOf("/") + 1);
  const beside = places.values()
    .filter((place) => place.startsWith(folder) && !place.includes("/", folder.length))
    .map((place) => place.slice(folder.length));
  const name = nearOf(fragment.slice(folder.length), beside);
  const near = name === undefined ? nearOf(fragment, places.values()) : folder + name;
  return near === undefined ? undefined : toFragment(near);
}

function nearOf(given: string, known: IteratorObject<string>): string | undefined {
  return nearestName(given, known.filter((name) => name !== "" && name.length <= LONGEST_NAME).take(MOST_NAMES));
}
