import { assertEquals, assertThrows } from "@std/assert";
import { type HookDefinition, HookspecInvalid, type JsonSchema, type JsonValue, validateHookspec } from "../../mod.ts";
import { chainProblems } from "../../src/hookspec/mod.ts";

function chain(input_schema: JsonSchema, output_schema: JsonSchema): HookDefinition {
  return {
    name: "rewrite",
    dispatch: "chain",
    description: "Rewrites a text",
    input_schema,
    output_schema,
    optional: false,
    mcp_exposed: true,
    mcp_tool_name_template: "{kind}.{plugin}.{hook}",
  };
}

const text = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };
const maybe = { type: "object", properties: { text: { type: ["string", "null"] } }, required: ["text"] };
const pattern = (one: string): JsonSchema => ({
  type: "object",
  properties: { text: { type: "string", pattern: one } },
});

Deno.test("a chain whose output fits its input has no problem", () => {
  assertEquals(chainProblems([chain(maybe, text), chain(text, text)]), []);
});

Deno.test("a chain of equal schemas has no problem, whatever they say", () => {
  const odd: JsonSchema = {
    type: "object",
    $dynamicRef: "#x",
    properties: { a: { not: { pattern: "(?<=a)b" } } },
    unevaluatedProperties: false,
  };
  assertEquals(chainProblems([chain(odd, structuredClone(odd))]), []);
});

Deno.test("a chain whose output does not fit its input is told with a value, where, and what to write", () => {
  assertEquals(chainProblems([chain(text, maybe)]), [{
    hook: "rewrite",
    path: "hooks.rewrite.input_schema.properties.text",
    expected: "an output_schema of which every value fits input_schema, as the next plugin of a chain is given it",
    found:
      '{"text":null} fits output_schema, but not hooks.rewrite.input_schema.properties.text: null is not accepted; ' +
      "write what input_schema says there into output_schema as well",
  }]);
});

Deno.test("a chain of which it cannot be shown that it fits is a problem that says so", () => {
  assertEquals(chainProblems([chain(pattern("^[a-z]+$"), pattern("^[a-c]+$"))]).map(({ found }) => found), [
    'cannot show that it fits hooks.rewrite.input_schema.properties.text: it may not match "^[a-z]+$"; ' +
    "write what input_schema says there into output_schema as well, or let both be the same schema",
  ]);
});

Deno.test("only chains are looked at", () => {
  assertEquals(chainProblems([{ ...chain(text, maybe), dispatch: "singleton" }]), []);
});

Deno.test("a hookspec with a chain that does not fit is refused at its output_schema", () => {
  const hook = chain(text, maybe) as unknown as JsonValue;
  const spec = { kind: "rewriter", kind_api_version: "1.0.0", description: "Rewrites", hooks: [hook] };
  const error = assertThrows(() => validateHookspec(spec), HookspecInvalid);
  assertEquals(error.problems.map(({ path }) => path), ["hooks[0].output_schema"]);
});
