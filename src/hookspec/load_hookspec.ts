import { dirname } from "@std/path/dirname";
import { HookspecInvalid } from "../errors.ts";
import {
  checkReferences,
  type Finding,
  locateFindings,
  newDocument,
  readDocument,
  readInside,
  SchemaFiles,
} from "../schema/mod.ts";
import { buildHookspec } from "./build_hookspec.ts";
import { chainFindings } from "./chain_fits.ts";
import { checkHookspec, type Table } from "./check_hookspec.ts";
import type { Hookspec } from "./hookspec.ts";
import { HOOKSPEC_LIMITS } from "./limits.ts";
import { checkInputIsObject, schemaSlots } from "./schema_slots.ts";
import { checkSlotValue } from "./validate_hookspec.ts";

/**
 * Reads a hookspec: a YAML file (or JSON, when its name ends with `.json`) and the schema files that it names.
 *
 * @param file The file. Everything that it names must lie in its folder.
 * @returns The hookspec: frozen, every default filled in, every schema complete.
 * @throws {HookspecInvalid} If anything is wrong with any of the files; with all of it at once, each with its place.
 *
 * @example
 * ```ts
 * import { loadHookspec } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * const tool = await loadHookspec("kinds/tool/v1.yaml");
 * assertEquals(tool.hooks.map((hook) => hook.name), ["get_schema", "execute"]);
 * ```
 */
export async function loadHookspec(file: string | URL): Promise<Hookspec> {
  const source = String(file);
  const text = await readInside(file);
  if (typeof text !== "string") throw new HookspecInvalid(source, [{ path: "", ...text }]);
  const { value, findings } = await readDocument(text, "", /\.json$/i.test(source));
  const fail = async (all: readonly Finding[], texts: ReadonlyMap<string, string>) =>
    new HookspecInvalid(source, await locateFindings(all.slice(0, HOOKSPEC_LIMITS.problems), texts));
  if (value === undefined) throw await fail(findings, new Map([["", text]]));

  findings.push(...checkHookspec(value));
  const slots = schemaSlots(value);
  const files = new SchemaFiles(dirname(await Deno.realPath(file)), findings);
  files.texts.set("", text);
  for (const slot of slots.slice(0, 2 * HOOKSPEC_LIMITS.hooks)) {
    if (typeof slot.value === "string") {
      slot.document = await files.open(slot.value, { file: "", steps: slot.steps });
    } else if (checkSlotValue(slot.value, slot.steps, findings)) {
      slot.document = newDocument(slot.value!, "", slot.steps, "");
      await files.add(slot.document);
    }
  }
  const inline = slots.filter((slot) => typeof slot.value !== "string").flatMap((slot) => slot.document ?? []);
  for (const document of [...inline, ...files.documents.values()]) {
    checkReferences(document, files.documents, findings);
  }
  for (const slot of slots) checkInputIsObject(slot, files.documents, findings);
  if (findings.length > 0) throw await fail(findings, files.texts);
  const hookspec = buildHookspec(value as Table, slots, files.documents);
  const chains = chainFindings(hookspec.hooks);
  if (chains.length > 0) throw await fail(chains, files.texts);
  return hookspec;
}
