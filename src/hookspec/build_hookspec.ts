import type { JsonValue } from "../json.ts";
import { bundleSchema, type Documents } from "../schema/mod.ts";
import type { Table } from "./check_hookspec.ts";
import type { DispatchClass, ErrorPolicy, HookDefinition, Hookspec } from "./hookspec.ts";
import { DEFAULT_MCP_TEMPLATE } from "./mcp_template.ts";
import type { SchemaSlot } from "./schema_slots.ts";

/**
 * Makes the hookspec of a value without problems: complete, frozen, every default filled in.
 *
 * @param value The value.
 * @param slots Its schemas, read.
 * @param documents The files that these refer to.
 */
export function buildHookspec(value: Table, slots: readonly SchemaSlot[], documents: Documents): Hookspec {
  const hooks = (value.hooks as Table[]).map((hook, i): HookDefinition => {
    const schemaOf = (field: SchemaSlot["field"]) =>
      bundleSchema(slots.find((slot) => slot.hook === i && slot.field === field)!.document!, documents);
    const policy = hook.dispatch === "broadcast_collect" ? { error_policy: hook.error_policy ?? "fail_fast" } : {};
    return {
      name: hook.name as string,
      dispatch: hook.dispatch as DispatchClass,
      description: trimEnd(hook.description),
      input_schema: schemaOf("input_schema"),
      output_schema: schemaOf("output_schema"),
      ...policy as { error_policy?: ErrorPolicy },
      optional: (hook.optional ?? false) as boolean,
      mcp_exposed: (hook.mcp_exposed ?? true) as boolean,
      mcp_tool_name_template: (hook.mcp_tool_name_template ?? DEFAULT_MCP_TEMPLATE) as string,
    };
  });
  return freezeDeep({
    kind: value.kind as string,
    kind_api_version: value.kind_api_version as string,
    description: trimEnd(value.description),
    ...(value.constraints === undefined ? {} : { constraints: value.constraints }),
    hooks,
  });
}

/** A block of YAML ends with a line end, which is no part of what is said. */
function trimEnd(text: JsonValue | undefined): string {
  return (text as string).trimEnd();
}

/** Freezes a tree of plain values. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const own of Object.values(value)) freezeDeep(own);
  return Object.freeze(value);
}
