import type { JsonValue, PathStep } from "../json.ts";
import { describesObject, type Documents, type Finding, type SchemaDocument, show } from "../schema/mod.ts";
import { isTable } from "./check_hookspec.ts";

/** A field of a hook that says what a value must be. */
export interface SchemaSlot {
  /** The hook's place in the list. */
  readonly hook: number;
  /** Which of the two it is. */
  readonly field: "input_schema" | "output_schema";
  /** The steps to it. */
  readonly steps: readonly PathStep[];
  /** A path, a schema, or something that is neither. */
  readonly value: JsonValue | undefined;
  /** The schema, once it is read. */
  document?: SchemaDocument;
}

/** Lists the schemas that a hookspec has, or should have. */
export function schemaSlots(hookspec: JsonValue): SchemaSlot[] {
  const hooks = isTable(hookspec) && Array.isArray(hookspec.hooks) ? hookspec.hooks : [];
  return hooks.flatMap((value, hook) =>
    !isTable(value) ? [] : (["input_schema", "output_schema"] as const).map((field) => ({
      hook,
      field,
      steps: ["hooks", hook, field],
      value: value[field],
    }))
  );
}

/** Finds an input that is not said to be an object: a hook takes exactly one. */
export function checkInputIsObject(slot: SchemaSlot, documents: Documents, findings: Finding[]): void {
  const { document } = slot;
  if (slot.field === "output_schema" || document === undefined) return;
  if (typeof document.value !== "boolean" && !isTable(document.value)) return; // told as no schema at all
  if (describesObject(document, documents)) return;
  const { file, base: steps } = document;
  const expected = `a schema with "type": "object" at its root, since a hook takes exactly one object`;
  const type = isTable(document.value) ? document.value.type : document.value;
  const found = type === undefined ? "no type" : show(type);
  findings.push({ file, steps: type === undefined ? steps : [...steps, "type"], at: "value", expected, found });
}
