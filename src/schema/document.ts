import type { JsonValue, PathStep } from "../json.ts";

/** A place in a document that refers to another. */
export interface Reference {
  /** The `$ref`, as written. */
  readonly ref: string;
  /** The steps to the keyword, from the schema's root. */
  readonly steps: readonly PathStep[];
}

/** A schema by itself: one file, or what stands inline in a hookspec. */
export interface SchemaDocument {
  /** The file that it stands in, for problems; empty for the hookspec itself. */
  readonly file: string;
  /** The steps to its root from the root of that file. */
  readonly base: readonly PathStep[];
  /** The folder that its references start from, beneath the hookspec's own: `""` or `schemas`. */
  readonly folder: string;
  /** The schema. */
  readonly value: JsonValue;
  /** JSON pointers of everything in it that is a schema. */
  readonly places: Set<string>;
  /** Pointers by `$anchor`. */
  readonly anchors: Map<string, string>;
  /** Every `$ref` in it. */
  readonly references: Reference[];
  /** Whether references lead from a schema only back to it, by its pointer; of those that were asked about. */
  readonly circular: Map<string, boolean>;
}

/** A document of which nothing is known yet. */
export function newDocument(
  value: JsonValue,
  file: string,
  base: readonly PathStep[],
  folder: string,
): SchemaDocument {
  return { file, base, folder, value, places: new Set(), anchors: new Map(), references: [], circular: new Map() };
}

/** Writes steps as a JSON pointer. */
export function toPointer(steps: readonly PathStep[]): string {
  return steps.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** What stands at a JSON pointer. */
export function atPointer(value: JsonValue, pointer: string): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const part of pointer.split("/").slice(1)) {
    const step = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as { [key: string]: JsonValue })[step];
  }
  return at;
}

/** The JSON pointer that a fragment means in a document; `undefined` when nothing there is a schema. */
export function pointerIn(document: SchemaDocument, fragment: string): string | undefined {
  const pointer = fragment === "" || fragment.startsWith("/") ? fragment : document.anchors.get(fragment);
  return pointer !== undefined && document.places.has(pointer) ? pointer : undefined;
}

/** Writes a JSON pointer as what follows a file's name in a reference. */
export function toFragment(pointer: string): string {
  return `#${pointer.split("/").map(encodeURIComponent).join("/").replaceAll("%24", "$")}`;
}

/** A reference taken apart. */
export interface Target {
  /** The file, beneath the hookspec's folder; `undefined` for the document itself. */
  readonly file?: string;
  /** What follows `#`, decoded: a pointer, or the name of an anchor. */
  readonly fragment: string;
}

/**
 * Takes a `$ref` apart.
 *
 * @param ref As written.
 * @param folder The folder that it starts from, beneath the hookspec's.
 * @returns Its target, or what should have been written.
 */
export function readReference(ref: string, folder: string): Target | { expected: string } {
  const hash = ref.indexOf("#");
  const path = hash === -1 ? ref : ref.slice(0, hash);
  let fragment: string;
  let file: string | undefined;
  try {
    fragment = hash === -1 ? "" : decodeURIComponent(ref.slice(hash + 1));
    file = path === "" ? undefined : decodeURIComponent(path);
  } catch {
    return { expected: "a reference whose % are of an encoding" };
  }
  if (file === undefined) return { fragment };
  const own = resolveFile(file, folder);
  return own === undefined ? { expected: `${INSIDE}; nothing is fetched` } : { file: own, fragment };
}

/** What a path to a schema must be, in words. */
export const INSIDE = "a relative path to a file inside the hookspec's folder";

/** Resolves a path beneath a folder; `undefined` for what leads out or is no relative path. */
export function resolveFile(path: string, folder: string): string | undefined {
  // deno-lint-ignore no-control-regex -- such names are refused
  if (path.length > 1024 || /^\/|[\\:?\x00-\x1f]/.test(path)) return undefined;
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of path.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.length === 0 ? undefined : parts.join("/");
}
