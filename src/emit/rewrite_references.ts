import type { JsonValue } from "../json.ts";
import { childSchemas, isSchemaObject } from "./references.ts";

/** What only means something inside the document that a schema is taken from. */
const OF_DOCUMENT = new Set(["$schema", "$id", "$anchor", "$dynamicAnchor", "$defs", "definitions"]);

/**
 * A copy of a schema for another document: its references lead elsewhere, and what named places of its own document is
 * gone.
 *
 * @param schema The schema.
 * @param rewrite Gives a reference's new text; a reference without one is left out.
 */
export function withReferences(schema: unknown, rewrite: (ref: string) => string | undefined): JsonValue {
  if (!isSchemaObject(schema)) return schema as JsonValue;
  const copy = structuredClone(schema) as { [keyword: string]: JsonValue };
  for (const keyword of OF_DOCUMENT) delete copy[keyword];
  if (typeof copy.$ref === "string") {
    const ref = rewrite(copy.$ref);
    if (ref === undefined) delete copy.$ref;
    else copy.$ref = ref;
  }
  for (const [steps, child] of childSchemas(copy)) {
    let holder = copy as { [step: string]: JsonValue };
    for (const step of steps.slice(0, -1)) holder = holder[step] as { [step: string]: JsonValue };
    holder[steps.at(-1)!] = withReferences(child, rewrite);
  }
  return copy;
}
