/** What is emitted: readable, harmless whatever the hookspec says, and the same each time. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import metaSchema from "@open-rpc/meta-schema";
import { Ajv } from "ajv";
import draft7 from "ajv/dist/refs/json-schema-draft-07.json" with { type: "json" };
import {
  emitFiles,
  emitMarkdown,
  emitOpenRpc,
  emitTypeScript,
  emitYaml,
  parseOpenRpc,
} from "@dagstack/plugin-system/emit";
import { type Hookspec, loadHookspec, PluginRegistry, validateHookspec } from "@dagstack/plugin-system";
import { MockToolPlugin } from "@dagstack/plugin-system/kinds/tool/mock";
import type { ToolKind, ToolPlugin } from "@dagstack/plugin-system/kinds/tool";
import fc from "fast-check";
import { MemoryLogger, TempFolder } from "../support.ts";
import { checkTypes } from "./check_types.ts";
import { rootSchema } from "./random_schemas.ts";
import { compileSchema } from "../../src/schema/mod.ts";

function hookspecOf(output: unknown, changes: Record<string, unknown> = {}): Hookspec {
  const hook = { name: "run", dispatch: "singleton", description: "Runs.", input_schema: { type: "object" } };
  return validateHookspec({
    kind: "sample",
    kind_api_version: "1.0.0",
    description: "Samples.",
    hooks: [{ ...hook, output_schema: output }],
    ...changes,
  });
}

const TYPES: [name: string, schema: unknown, type: string][] = [
  ["true", true, "unknown"],
  ["false", false, "never"],
  ["nothing", {}, "unknown"],
  ["integer", { type: "integer", minimum: 1 }, "number"],
  ["a list of types", { type: ["string", "null"] }, "string | null"],
  ["enum", { enum: ["a", 1, null] }, `"a" | 1 | null`],
  ["enum with a type", { type: "string", enum: ["a", 1] }, `"a"`],
  ["const", { const: "*/" }, `"*/"`],
  ["a list", { type: "array", items: { type: "string" }, maxItems: 90 }, "string[]"],
  ["an empty list", { type: "array", items: false }, "never[]"],
  ["a tuple", { type: "array", prefixItems: [{ type: "string" }], items: false, minItems: 1 }, "[string]"],
  ["an open tuple", { type: "array", prefixItems: [{ type: "string" }] }, "[] | [string, ...unknown[]]"],
  [
    "a list of tuples",
    { type: "array", items: { type: "array", prefixItems: [{ type: "string" }, true], items: false, minItems: 1 } },
    "([string] | [string, unknown])[]",
  ],
  ["an object", { type: "object" }, "Record<string, unknown>"],
  ["an empty object", { type: "object", additionalProperties: false }, "Record<string, never>"],
  ["fields without a type", { properties: {} }, "unknown"],
  ["not", { not: { type: "string" } }, "unknown"],
  ["oneOf", { oneOf: [{ type: "string" }, { type: "number" }] }, "string | number"],
  ["anyOf under a type", { type: "string", anyOf: [{ minLength: 3 }, { pattern: "a" }] }, "string"],
  ["a reference", { $ref: "#/$defs/one", $defs: { one: { type: "string" } } }, "SampleOne"],
  ["itself", { $ref: "#/$defs/one", $defs: { one: { anyOf: [{ $ref: "#" }, true] } } }, "unknown"],
];
for (const [name, schema, type] of TYPES) {
  Deno.test(`${name} becomes ${type}`, async () => {
    const text = await emitTypeScript(hookspecOf(schema));
    assertStringIncludes(
      text.replace(/=\s*\|? */g, "= ").replace(/\n\s*\|/g, " |"),
      `export type SampleRunOutput = ${type};`,
    );
  });
}

Deno.test("definitions keep their names, are shared where they mean the same, and may mean themselves", async () => {
  const tree = { type: "object", properties: { next: { $ref: "#/$defs/tree" } }, additionalProperties: false };
  const list = (item: unknown) => ({ type: "array", items: { $ref: "#/$defs/tree" }, $defs: { tree: item } });
  const hook = { dispatch: "singleton", description: "Runs.", input_schema: { type: "object" } };
  const text = await emitTypeScript(hookspecOf(true, {
    hooks: [
      { ...hook, name: "one", output_schema: list(tree) },
      { ...hook, name: "two", output_schema: list(tree) },
      { ...hook, name: "three", output_schema: list({ type: "string" }) },
    ],
  }));
  assertStringIncludes(text, "export type SampleOneOutput = SampleTree[];");
  assertStringIncludes(text, "export type SampleTwoOutput = SampleTree[];");
  assertStringIncludes(text, "export type SampleThreeOutput = SampleThreeOutputTree[];");
  assertStringIncludes(text, "next?: SampleTree;");
});

const HOSTILE = [
  "*/ export const hostile: number = 1; /*",
  "*\\/ */ export const hostile = 1",
  "@ts-ignore\n@ts-nocheck\r\n@deprecated",
  "\u2028export const hostile = 1",
  "`${globalThis.hostile = 1}` \" ' \\",
  "// deno-lint-ignore-file\n---\n```\n<script>hostile()</script>\n\n# Head\n| a | b |\n[x](javascript:hostile)\n-->",
  "\u202e\u0007",
];

Deno.test("no text of a hookspec becomes code, or more than text in Markdown", async () => {
  await using folder = new TempFolder();
  const files: string[] = [];
  for (const [index, text] of HOSTILE.entries()) {
    const properties = { [text]: { description: text, enum: [text, "b"], default: text }, class: { const: text } };
    const nested = { type: "object", description: text, title: text, properties, required: [text] };
    const hookspec = hookspecOf(
      { ...nested, $defs: { [text]: nested }, allOf: [{ $ref: `#/$defs/${pointer(text)}` }] },
      {
        description: text,
        hooks: ["run", "delete", "calls", "answers"].map((name) => ({
          name,
          dispatch: "chain",
          description: text,
          input_schema: { type: "object", properties: { a: nested } },
          output_schema: { type: "object", properties: { a: nested } },
        })),
      },
    );
    for (const [name, code] of await emitFiles(hookspec, { source: `${text}.yaml`, stem: `h${index}` })) {
      await folder.write({ [name]: code });
      if (name.endsWith(".ts")) files.push(name);
    }
    const markdown = emitMarkdown(hookspec, { source: text });
    const prose = markdown.replace(/<!--[^]*?-->/g, "").replace(/^(`{3,})json\n[^]*?\n\1$/gm, "");
    const outside = prose.replace(/\\[!-/:-@[-`{-~]|(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, ""); // escapes, code
    assert(!/<|^# Head|\]\(|`/m.test(outside), outside);
  }
  assertEquals(await checkTypes(folder.path, files), { code: 0, text: "" });
  for (const name of files) {
    const said = await import(`file://${folder.path}/${name}`);
    assert(!("hostile" in said) && !("hostile" in globalThis));
  }
});

function pointer(text: string): string {
  return encodeURIComponent(text.replaceAll("~", "~0").replaceAll("/", "~1"));
}

Deno.test("an emitted OpenRPC document is one, and gives its hookspec back", async () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema({ ...draft7, $id: "https://meta.json-schema.tools/" });
  const validate = ajv.compile(metaSchema as object);
  for (const kind of ["tool", "orchestrator"]) {
    const text = emitOpenRpc(await loadHookspec(`kinds/${kind}/v1.yaml`));
    assert(validate(JSON.parse(text)), JSON.stringify(validate.errors?.slice(0, 3)));
    assertEquals(emitOpenRpc(parseOpenRpc(text)), text);
  }
  const document = JSON.parse(emitOpenRpc(await loadHookspec("kinds/tool/v1.yaml")));
  assertEquals(document.methods.map(({ name }: { name: string }) => name), ["tool.{plugin}.execute.{function}"]);
  assertEquals(document.methods[0].params.map(({ name, required }: Record<string, unknown>) => [name, required]), [
    ["function", true],
    ["args", true],
  ]);
  for (const [, ref] of JSON.stringify({ ...document, "x-dagstack": 0 }).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const found = ref!.split("/").reduce((part, step) => part?.[step], document);
    assert(found !== undefined, `${ref} leads nowhere`);
  }
});

Deno.test("an OpenRPC document that was changed, or is another's, is not read back", async () => {
  const text = emitOpenRpc(await loadHookspec("kinds/tool/v1.yaml"));
  assertThrows(() => parseOpenRpc("{"), SyntaxError, 'Cannot read "OpenRPC document": it is no JSON');
  assertThrows(() => parseOpenRpc("{}"), SyntaxError, 'it has no "x-dagstack"');
  assertThrows(() => parseOpenRpc(text.replace('"by-name"', '"either"')), SyntaxError, 'its "methods" is not what');
});

Deno.test("emit, parse, emit again gives the same bytes, for 60 random kinds", async () => {
  await using folder = new TempFolder();
  let kinds = 0;
  for (const schema of fc.sample(rootSchema, { numRuns: 400, seed: 11 })) {
    if (kinds === 60 || await compileSchema(schema, "random").then(() => false, () => true)) continue;
    kinds++;
    const hookspec = hookspecOf(schema, {
      description: "yes\n\nno: 012 # 1_000 ~",
      constraints: ["on", "1e3", "2001-01-01", "null"],
    });
    const document = emitOpenRpc(hookspec);
    assertEquals(emitOpenRpc(parseOpenRpc(document)), document);
    const yaml = await emitYaml(hookspec);
    await folder.write({ "kind.yaml": yaml });
    const read = await loadHookspec(`${folder.path}/kind.yaml`);
    assertEquals(read, hookspec);
    assertEquals(await emitYaml(read), yaml);
    assertEquals(emitMarkdown(read), emitMarkdown(hookspec));
  }
  assertEquals(kinds, 60);
});

Deno.test("a mock answers what fits, or what it is given, throws when told, and remembers", async () => {
  await using registry = new PluginRegistry<{ tool: ToolKind }>({ logger: new MemoryLogger() });
  const base = { kind: "tool", runtime: "in_process", core_version: ">=0.1.0,<1.0.0", entry_point: "mock:Mock" };
  registry.registerManifest({ ...base, name: "mock" });
  const mock = new MockToolPlugin();
  registry.attachPlugin("mock", mock);
  await registry.registerModule(MockToolPlugin, { ...base, name: "other" });
  await registry.setupAll();
  const tool = registry.getPlugin<ToolPlugin>("tool", { name: "mock" });
  const input = { function: "add", args: { a: 1 } };
  const check = await compileSchema((await loadHookspec("kinds/tool/v1.yaml")).hooks[1]!.output_schema, "output");
  assertEquals(check(await tool.execute(input)), undefined);
  mock.answers.execute = { result: 3 };
  assertEquals(await tool.execute(input), { result: 3 });
  mock.throws.execute = new Error("down");
  let said = "";
  await tool.execute(input).catch((error: Error) => said = error.message);
  assertEquals(said, "down");
  assertEquals(mock.calls, Array(3).fill({ hook: "execute", input }));
  assertEquals(await registry.call("tool", "other", "getSchema" as "get_schema", [{}]), []);
});
