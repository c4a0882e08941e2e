import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { diffHookspecs, type HookDefinition, type Hookspec, type JsonSchema, type JsonValue } from "../../mod.ts";
import { realisticSchema } from "../schema/schema_arbitrary.ts";

const input: JsonSchema = {
  type: "object",
  properties: { text: { type: "string" }, size: { type: "integer", minimum: 1 } },
  required: ["text"],
};
const output: JsonSchema = {
  type: "array",
  items: { type: "object", properties: { part: { type: "string" } }, required: ["part"] },
};
const chunk: HookDefinition = {
  name: "chunk",
  dispatch: "singleton",
  description: "Splits a text",
  input_schema: input,
  output_schema: output,
  optional: false,
  mcp_exposed: true,
  mcp_tool_name_template: "{kind}.{plugin}.{hook}",
};
const merge: HookDefinition = {
  ...chunk,
  name: "merge",
  description: "Puts together",
  input_schema: { type: "object", required: ["parts"] },
};
const spec: Hookspec = { kind: "chunker", kind_api_version: "1.2.3", description: "Splits", hooks: [chunk, merge] };

function hook(change: Partial<HookDefinition>): Partial<Hookspec> {
  return { hooks: [{ ...chunk, ...change }, merge] };
}
function taking(input_schema: JsonSchema): Partial<Hookspec> {
  return hook({ input_schema });
}
function giving(output_schema: JsonSchema): Partial<Hookspec> {
  return hook({ output_schema });
}
const fields = (
  properties: JsonValue,
  required: JsonValue = ["text"],
  more: Record<string, JsonValue> = {},
): JsonSchema => ({
  type: "object",
  properties,
  required,
  ...more,
});
const text = { type: "string" };
const size = { type: "integer", minimum: 1 };
const broken = "breaks plugins, which may be given what they do not know";
const refusedInput = "breaks callers, whose input may be refused";

const table: [what: string, change: Partial<Hookspec>, expected: string[]][] = [
  ["nothing", {}, []],
  [
    "key order",
    taking({ required: ["text"], properties: { size: { minimum: 1, type: "integer" }, text }, type: "object" }),
    [],
  ],
  ["a description", { description: "Cuts" }, ["cosmetic description: description is another"]],
  ["a hook's description", hook({ description: "Cuts" }), ["cosmetic hooks.chunk.description: description is another"]],
  ["a field's title", taking(fields({ text: { type: "string", title: "T" }, size })), [
    "cosmetic hooks.chunk.input_schema.properties.text.title: title is new",
  ]],
  ["other words for the same", taking(fields({ text: { anyOf: [text] }, size })), [
    "cosmetic hooks.chunk.input_schema: is written differently, and means the same",
  ]],
  ["the order of hooks", { hooks: [merge, chunk] }, ["cosmetic hooks: the hooks stand in another order"]],
  ["a hook gone", { hooks: [chunk] }, ['breaking hooks.merge: the hook is gone: breaks callers of "merge"']],
  ["a hook renamed", { hooks: [chunk, { ...merge, name: "merge_parts" }] }, [
    'breaking hooks.merge: the hook seems to be called "merge_parts" now: breaks plugins, which lack it, and callers of "merge"',
  ]],
  ["a required hook", { hooks: [chunk, merge, { ...chunk, name: "count" }] }, [
    "breaking hooks.count: the hook is new and required: breaks plugins, which lack it",
  ]],
  ["an optional hook", { hooks: [chunk, merge, { ...chunk, name: "count", optional: true }] }, [
    "compatible hooks.count: the hook is new and optional",
  ]],
  ["a hook made optional", hook({ optional: true }), [
    "breaking hooks.chunk.optional: the hook is optional now: breaks callers, which may find plugins without it",
  ]],
  ["the dispatch class", hook({ dispatch: "capability" }), [
    'breaking hooks.chunk.dispatch: "capability" instead of "singleton": breaks callers, and plugins may be called otherwise',
  ]],
  ["no longer over MCP", hook({ mcp_exposed: false }), [
    "breaking hooks.chunk.mcp_exposed: the hook can no longer be called over MCP: breaks callers there",
  ]],
  ["the name over MCP", hook({ mcp_tool_name_template: "{hook}" }), [
    'breaking hooks.chunk.mcp_tool_name_template: "{hook}" instead of "{kind}.{plugin}.{hook}": breaks callers over MCP',
  ]],
  ["constraints", { constraints: { pure: true } }, [
    "breaking constraints: constraints are new: cannot show that plugins keep them",
  ]],
  ["an optional field of the input", taking(fields({ text, size, lang: text })), [
    'compatible hooks.chunk.input_schema.properties.lang: the new field "lang" is optional',
  ]],
  ["a required field of the input", taking(fields({ text, size, lang: text }, ["text", "lang"])), [
    `breaking hooks.chunk.input_schema.properties.lang: the new field "lang" is required: ${refusedInput}`,
  ]],
  ["a field made required", taking(fields({ text, size }, ["text", "size"])), [
    `breaking hooks.chunk.input_schema.properties.size: the field "size" is required now: ${refusedInput}`,
  ]],
  ["a field made optional", taking(fields({ text, size }, [])), [
    `breaking hooks.chunk.input_schema.properties.text: the field "text" is optional now: ${broken}`,
  ]],
  ["a field gone", taking(fields({ text })), [
    `breaking hooks.chunk.input_schema.properties.size: the field "size" is gone: ${refusedInput}; ${broken}`,
  ]],
  ["a wider input", taking(fields({ text, size: { type: "integer", minimum: 0 } })), [
    `breaking hooks.chunk.input_schema.properties.size.minimum: accepts more than before (0, for example): ${broken}`,
  ]],
  ["a narrower input", taking(fields({ text, size: { type: "integer", minimum: 2 } })), [
    `breaking hooks.chunk.input_schema.properties.size.minimum: accepts less than before (1, for example): ${refusedInput}`,
  ]],
  ["a closed input", taking(fields({ text, size }, ["text"], { additionalProperties: false })), [
    `breaking hooks.chunk.input_schema.additionalProperties: accepts less than before (null, for example): ${refusedInput}`,
  ]],
  ["a pattern for another", taking(fields({ text: { type: "string", pattern: "^a" }, size })), [
    `breaking hooks.chunk.input_schema.properties.text.pattern: accepts less than before ("", for example): ${refusedInput}`,
  ]],
  [
    "a wider output",
    giving({
      type: "array",
      items: { type: "object", properties: { part: { type: ["string", "null"] } }, required: ["part"] },
    }),
    [
      "breaking hooks.chunk.output_schema.items.properties.part.type: accepts more than before (null, for example): " +
      "breaks callers, which may be given what they do not know",
    ],
  ],
  ["a narrower output", giving({ ...output as { [key: string]: JsonValue }, minItems: 1 }), [
    "breaking hooks.chunk.output_schema.minItems: accepts less than before ([], for example): breaks plugins, whose output may be refused",
  ]],
  [
    "an optional field of the output",
    giving({ type: "array", items: { type: "object", properties: { part: text, at: size }, required: ["part"] } }),
    [
      'compatible hooks.chunk.output_schema.items.properties.at: the new field "at" is optional',
    ],
  ],
];
for (const [what, change, expected] of table) {
  Deno.test(`what changed between two hookspecs: ${what}`, () => {
    const diff = diffHookspecs(spec, { ...spec, ...change });
    assertEquals(diff.changes.map(({ kind, path, message }) => `${kind} ${path}: ${message}`), expected);
  });
}

Deno.test("what changed between two hookspecs: how failures are dealt with", () => {
  const collect: Hookspec = { ...spec, ...hook({ dispatch: "broadcast_collect", error_policy: "fail_fast" }) };
  const next: Hookspec = { ...spec, ...hook({ dispatch: "broadcast_collect", error_policy: "best_effort" }) };
  assertEquals([collect, next].map((one) => diffHookspecs(collect, one).bump), ["none", "major"]);
});

Deno.test("a pattern that cannot be compared counts as breaking and says so", () => {
  const old = { ...spec, ...taking(fields({ text: { type: "string", pattern: "^[a-z]+$" }, size })) };
  const next = { ...spec, ...taking(fields({ text: { type: "string", pattern: "^[a-z][a-z]*$" }, size })) };
  const [change] = diffHookspecs(old, next).changes;
  assertEquals([change?.kind, change?.message.startsWith("cannot show that it accepts all that it did")], [
    "breaking",
    true,
  ]);
});

const steps: [
  old: string,
  next: string,
  change: "breaking" | "compatible" | "cosmetic" | "none",
  declared: string,
  ok: boolean,
][] = [
  ["1.2.3", "2.0.0", "breaking", "major", true],
  ["1.2.3", "1.3.0", "breaking", "minor", false],
  ["1.2.3", "1.3.0", "compatible", "minor", true],
  ["1.2.3", "1.2.4", "compatible", "patch", false],
  ["1.2.3", "1.2.4", "cosmetic", "patch", true],
  ["1.2.3", "1.2.3", "cosmetic", "none", false],
  ["1.2.3", "1.2.3", "none", "none", true],
  ["1.2.3", "1.2.3+build", "none", "none", true],
  ["1.2.3", "1.2.2", "none", "backwards", false],
  ["2.0.0", "1.9.0", "breaking", "backwards", false],
  ["0.2.0", "0.3.0", "breaking", "minor", true],
  ["0.2.0", "0.2.1", "breaking", "patch", false],
  ["0.2.0", "0.2.1", "compatible", "patch", true],
  ["0.2.0", "1.0.0", "none", "major", true],
  ["1.0.0-rc.1", "1.0.0-rc.2", "breaking", "prerelease", true],
  ["1.0.0-rc.2", "1.0.0-rc.10", "breaking", "prerelease", true],
  ["1.0.0-rc.1", "1.0.0", "breaking", "prerelease", true],
  ["1.0.0", "1.0.0-rc.1", "none", "backwards", false],
];
const changes = {
  breaking: { hooks: [chunk] },
  compatible: { hooks: [chunk, merge, { ...chunk, name: "count", optional: true }] },
  cosmetic: { description: "Cuts" },
  none: {},
};
for (const [old, kind_api_version, change, declared, ok] of steps) {
  Deno.test(`the step from ${old} to ${kind_api_version} is ${ok ? "enough" : "not enough"} for changes: ${change}`, () => {
    const diff = diffHookspecs({ ...spec, kind_api_version: old }, { ...spec, ...changes[change], kind_api_version });
    assertEquals([diff.declared, diff.ok], [declared, ok]);
  });
}

Deno.test("the difference says all of it as text", () => {
  const text = diffHookspecs(spec, { ...spec, description: "Cuts", kind_api_version: "1.1.0" }).toString();
  assertEquals(
    text,
    [
      'hookspec "chunker", 1.2.3 to 1.1.0: the changes call for "patch", the version went backwards: not enough',
      "  cosmetic   description: description is another",
    ].join("\n"),
  );
});

Deno.test("hookspecs of different kinds, or with versions that are none, cannot be compared", () => {
  assertThrows(
    () => diffHookspecs(spec, { ...spec, kind: "tool" }),
    RangeError,
    'Cannot compare hookspec "chunker" with "tool": expected two of one kind',
  );
  assertThrows(() => diffHookspecs(spec, { ...spec, kind_api_version: "1" }), RangeError, 'Cannot compare version "1"');
});

Deno.test("a hookspec does not differ from itself, and a note in it is a patch", () => {
  fc.assert(
    fc.property(realisticSchema, realisticSchema, (one, two) => {
      const old: Hookspec = { ...spec, hooks: [{ ...chunk, input_schema: one, output_schema: two }] };
      assertEquals(diffHookspecs(old, structuredClone(old)).changes, []);
      const next: Hookspec = {
        ...spec,
        hooks: [{ ...chunk, input_schema: { ...one, title: "T" }, output_schema: { $comment: "c", ...two } }],
      };
      assertEquals(diffHookspecs(old, next).bump, "patch");
    }),
    { numRuns: 50 },
  );
});
