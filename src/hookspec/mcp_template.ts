import type { JsonValue } from "../json.ts";
import { nearestName } from "../near.ts";

/** How a hook is named over MCP where its hookspec does not say. */
export const DEFAULT_MCP_TEMPLATE = "{kind}.{plugin}.{hook}";

const PLACEHOLDERS = ["kind", "plugin", "hook", "function"];
const EXPECTED = `a template of ${PLACEHOLDERS.map((name) => `{${name}}`).join(", ")} and letters, digits, -, _ and .`;

/**
 * Says what is wrong with a `mcp_tool_name_template`.
 *
 * @param template As written.
 * @returns What should have been written; `undefined` when it was.
 */
export function templateFault(
  template: JsonValue,
): { expected: string; more?: { suggestion: string } } | undefined {
  if (typeof template !== "string" || template === "" || template.length > 256) return { expected: EXPECTED };
  for (const [, name] of template.matchAll(/\{([^{}]*)\}/g)) {
    if (PLACEHOLDERS.includes(name!)) continue;
    const near = nearestName(name!, PLACEHOLDERS);
    return near === undefined ? { expected: EXPECTED } : { expected: EXPECTED, more: { suggestion: `{${near}}` } };
  }
  const rest = template.replaceAll(/\{[^{}]*\}/g, "");
  if (/[{}]/.test(rest)) return { expected: `${EXPECTED}, each brace closed` };
  return /^[\w.-]*$/.test(rest) ? undefined : { expected: EXPECTED };
}
