import type { JsonValue, PathStep } from "../json.ts";
import { nearestName } from "../near.ts";
import { camelForm } from "./camel_form.ts";
import { checkText, isTable, type Table, type Tell, tellUnknownFields } from "./check_hookspec.ts";
import { HOOKSPEC_LIMITS } from "./limits.ts";
import { templateFault } from "./mcp_template.ts";

const HOOK_FIELDS = [
  "name",
  "dispatch",
  "description",
  "input_schema",
  "output_schema",
  "error_policy",
  "optional",
  "mcp_exposed",
  "mcp_tool_name_template",
];
const DISPATCH_CLASSES = ["singleton", "broadcast_collect", "broadcast_notify", "chain", "capability"];
const ERROR_POLICIES = ["fail_fast", "best_effort"];
const NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/** Methods that the registry calls itself; the sandbox room has them too, on a row above. */
const RESERVED = ["setup", "teardown", "health", "matches", "wrap", "wrapResource", "resourceReport", "configSchema"];

/** Finds everything that is wrong with the list of hooks. */
export function checkHooks(hooks: JsonValue | undefined, tell: Tell): void {
  if (!Array.isArray(hooks) || hooks.length === 0) return tell(["hooks"], "a list of at least one hook", hooks);
  if (hooks.length > HOOKSPEC_LIMITS.hooks) {
    return tell(["hooks"], `at most ${HOOKSPEC_LIMITS.hooks} hooks`, hooks.length);
  }
  const names = new Map<string, string>();
  for (const [i, hook] of hooks.entries()) {
    if (!isTable(hook)) tell(["hooks", i], "a table with name, dispatch, description and schemas", hook);
    else checkHook(hook, ["hooks", i], names, tell);
  }
}

function checkHook(hook: Table, steps: PathStep[], names: Map<string, string>, tell: Tell): void {
  tellUnknownFields(hook, steps, HOOK_FIELDS, tell);
  checkName(hook.name, [...steps, "name"], names, tell);
  checkChoice(hook.dispatch, [...steps, "dispatch"], DISPATCH_CLASSES, tell);
  checkText(hook.description, [...steps, "description"], "what the hook does", tell);
  if (hook.error_policy !== undefined) {
    if (hook.dispatch === "broadcast_collect") {
      checkChoice(hook.error_policy, [...steps, "error_policy"], ERROR_POLICIES, tell);
    } else {
      const expected = "no error_policy, which only broadcast_collect has";
      tell([...steps, "error_policy"], expected, hook.error_policy, { at: "key" });
    }
  }
  for (const field of ["optional", "mcp_exposed"]) {
    const value = hook[field];
    if (value !== undefined && typeof value !== "boolean") tell([...steps, field], "true or false", value);
  }
  const template = hook.mcp_tool_name_template;
  const fault = template === undefined ? undefined : templateFault(template);
  if (fault !== undefined) tell([...steps, "mcp_tool_name_template"], fault.expected, template, fault.more);
}

function checkName(name: JsonValue | undefined, steps: PathStep[], names: Map<string, string>, tell: Tell): void {
  if (typeof name !== "string" || name.length > 64 || !NAME.test(name)) {
    const suggestion = typeof name === "string" ? snakeForm(name.slice(0, 65)) : "";
    const more = NAME.test(suggestion) && suggestion.length <= 64 ? { suggestion } : {};
    return tell(steps, "a name in snake_case such as list_tools, of at most 64 characters", name, more);
  }
  const camel = camelForm(name);
  if (RESERVED.includes(camel)) return tell(steps, "a name that is not the registry's own", name);
  if (camel === "then" || camel in Object.prototype) {
    return tell(steps, "a name that objects do not have already", name);
  }
  const other = names.get(camel);
  if (other === name) return tell(steps, "a name that no other hook has", name);
  if (other !== undefined) return tell(steps, `a name that differs from "${other}" in camelCase as well`, name);
  names.set(camel, name);
}

/** `list_tools` for `listTools`, `ListTools`, `list-tools` and `list tools`. */
function snakeForm(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])|[-_ ]+/g, "_").toLowerCase();
}

function checkChoice(value: JsonValue | undefined, steps: PathStep[], choices: string[], tell: Tell): void {
  if (typeof value === "string" && choices.includes(value)) return;
  const suggestion = typeof value === "string" ? nearestName(value, choices) : undefined;
  const more = suggestion === undefined ? {} : { suggestion };
  tell(steps, `one of ${choices.map((choice) => `"${choice}"`).join(", ")}`, value, more);
}
