import { HookspecInvalid } from "../errors.ts";
import {
  checkReferences,
  checkSchema,
  type Documents,
  type Finding,
  INSIDE,
  newDocument,
  readReference,
  type SchemaDocument,
  show,
  toPlainValue,
  toProblem,
} from "../schema/mod.ts";
import { buildHookspec } from "./build_hookspec.ts";
import { chainFindings } from "./chain_fits.ts";
import { checkHookspec, type Table } from "./check_hookspec.ts";
import type { Hookspec } from "./hookspec.ts";
import { HOOKSPEC_LIMITS } from "./limits.ts";
import { checkInputIsObject, schemaSlots } from "./schema_slots.ts";

/**
 * Checks a hookspec that is given as an object, its schemas inline.
 *
 * @param value The object; a {@linkcode Hookspec} too.
 * @param source What errors call it.
 * @returns A copy: frozen, every default filled in.
 * @throws {HookspecInvalid} If anything is wrong with it or its schemas; with all of it at once.
 *
 * @example
 * ```ts
 * import { validateHookspec } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * const greeter = validateHookspec({
 *   kind: "greeter",
 *   kind_api_version: "1.0.0",
 *   description: "Says hello",
 *   hooks: [{
 *     name: "greet",
 *     dispatch: "singleton",
 *     description: "Greets one",
 *     input_schema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
 *     output_schema: { type: "string" },
 *   }],
 * });
 * assertEquals(greeter.hooks[0]?.mcp_exposed, true);
 * ```
 */
export function validateHookspec(value: unknown, source = "object"): Hookspec {
  const plain = toPlainValue(value, "");
  if ("finding" in plain) throw new HookspecInvalid(source, [toProblem(plain.finding)]);
  const findings = checkHookspec(plain.value);
  const slots = schemaSlots(plain.value);
  const none: Documents = new Map();
  for (const slot of slots) {
    if (typeof slot.value === "string") {
      const expected = "a schema; only loadHookspec reads files";
      findings.push({ file: "", steps: slot.steps, at: "value", expected, found: show(slot.value) });
      continue;
    }
    if (!checkSlotValue(slot.value, slot.steps, findings)) continue;
    slot.document = newDocument(slot.value!, "", slot.steps, "");
    checkSchema(slot.document, findings);
    checkReferences(slot.document, none, findings);
    refuseFiles(slot.document, findings);
    checkInputIsObject(slot, none, findings);
  }
  if (findings.length > 0) {
    throw new HookspecInvalid(source, findings.slice(0, HOOKSPEC_LIMITS.problems).map((one) => toProblem(one)));
  }
  const hookspec = buildHookspec(plain.value as Table, slots, none);
  const chains = chainFindings(hookspec.hooks);
  if (chains.length > 0) throw new HookspecInvalid(source, chains.map((one) => toProblem(one)));
  return hookspec;
}

/** Finds a field that holds neither path nor schema. */
export function checkSlotValue(value: unknown, steps: Finding["steps"], findings: Finding[]): boolean {
  if (typeof value === "boolean" || (typeof value === "object" && value !== null && !Array.isArray(value))) return true;
  const expected = `a schema, or ${INSIDE}`;
  findings.push({ file: "", steps, at: "value", expected, found: show(value) });
  return false;
}

function refuseFiles(document: SchemaDocument, findings: Finding[]): void {
  for (const { ref, steps } of document.references) {
    const target = readReference(ref, document.folder);
    if (!("expected" in target) && target.file === undefined) continue;
    const expected = 'a reference such as "#/$defs/name"; only loadHookspec reads files';
    findings.push({ file: "", steps: [...document.base, ...steps], at: "value", expected, found: show(ref) });
  }
}
