import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path/join";
import { HookspecInvalid } from "../../src/errors.ts";
import { loadHookspec } from "../../src/hookspec/mod.ts";
import { type Files, hookspecText, inFolder } from "./folder.ts";

const HOOK = "name: greet\n    dispatch: singleton\n    description: Greets one";
const TOP = 'kind: greeter\nkind_api_version: "1.0.0"\ndescription: Says hello';

/** What is broken, the files, and what is said of them, without `Cannot load hookspec "…": `. */
const CASES: [what: string, files: Files, problems: string[]][] = [
  ["a field that is misspelled", { "v1.yaml": hookspecText({ top: TOP.replace("kind:", "kid:") }) }, [
    'kid (line 1, column 1): expected no field of that name, found "greeter", did you mean "kind"?',
    "kind (line 1, column 1): expected a kind: letters, digits, -, _ and ., found nothing",
  ]],
  ["a version that YAML reads as a number", { "v1.yaml": hookspecText({ top: TOP.replace('"1.0.0"', "1.0") }) }, [
    'kind_api_version (line 2, column 19): expected a full version as text such as "1.0.0", in quotes: without them it is a number, found 1',
  ]],
  ["a version that is a whole number", { "v1.yaml": hookspecText({ top: TOP.replace('"1.0.0"', "2") }) }, [
    'kind_api_version (line 2, column 19): expected a full version as text such as "2.0.0", in quotes: without them it is a number, found 2',
  ]],
  ["a version that is not full", { "v1.yaml": hookspecText({ top: TOP.replace("1.0.0", "1.2") }) }, [
    'kind_api_version (line 2, column 19): expected a full version as text such as "1.2.0", found "1.2"',
  ]],
  ["no hooks", { "v1.yaml": `${TOP}\nhooks: []\n` }, [
    "hooks (line 4, column 8): expected a list of at least one hook, found []",
  ]],
  ["an empty file", { "v1.yaml": "" }, [
    "the file: expected a table with kind, kind_api_version, description and hooks, found null",
  ]],
  ["a list", { "v1.yaml": "- kind: greeter\n" }, [
    'the file (line 1, column 1): expected a table with kind, kind_api_version, description and hooks, found [{"kind":"greeter"}]',
  ]],
  [
    "a dispatch class that is misspelled",
    { "v1.yaml": hookspecText({ hook: HOOK.replace("singleton", "singelton") }) },
    ['hooks[0].dispatch (line 6, column 15): expected one of "singleton", "broadcast_collect", "broadcast_notify", "chain", "capability", found "singelton", did you mean "singleton"?'],
  ],
  ["a name that is not in snake_case", { "v1.yaml": hookspecText({ hook: HOOK.replace("greet", "greetOne") }) }, [
    'hooks[0].name (line 5, column 11): expected a name in snake_case such as list_tools, of at most 64 characters, found "greetOne", did you mean "greet_one"?',
  ]],
  ["a name that the registry calls itself", { "v1.yaml": hookspecText({ hook: HOOK.replace("greet", "teardown") }) }, [
    'hooks[0].name (line 5, column 11): expected a name that is not the registry\'s own, found "teardown"',
  ]],
  ["a name that makes a promise of the plugin", { "v1.yaml": hookspecText({ hook: HOOK.replace("greet", "then") }) }, [
    'hooks[0].name (line 5, column 11): expected a name that objects do not have already, found "then"',
  ]],
  ["a name that every object has", { "v1.yaml": hookspecText({ hook: HOOK.replace("greet", "to_string") }) }, [
    'hooks[0].name (line 5, column 11): expected a name that objects do not have already, found "to_string"',
  ]],
  ["names that are one in camelCase, and one that stands twice", {
    "v1.yaml": hookspecText({
      hook: [HOOK.replace("greet", "list_3"), HOOK.replace("greet", "list3"), HOOK.replace("greet", "list3")].join(
        "\n    input_schema: { type: object }\n    output_schema: true\n  - ",
      ),
    }),
  }, [
    'hooks[1].name (line 10, column 11): expected a name that differs from "list_3" in camelCase as well, found "list3"',
    'hooks[2].name (line 15, column 11): expected a name that differs from "list_3" in camelCase as well, found "list3"',
  ]],
  ["an error_policy without broadcast_collect", {
    "v1.yaml": hookspecText({ hook: `${HOOK}\n    error_policy: fail_fast` }),
  }, [
    'hooks[0].error_policy (line 8, column 5): expected no error_policy, which only broadcast_collect has, found "fail_fast"',
  ]],
  ["an error_policy that does not exist", {
    "v1.yaml": hookspecText({
      hook: `${HOOK.replace("singleton", "broadcast_collect")}\n    error_policy: best_efort`,
    }),
  }, [
    'hooks[0].error_policy (line 8, column 19): expected one of "fail_fast", "best_effort", found "best_efort", did you mean "best_effort"?',
  ]],
  ["flags that are no booleans", {
    "v1.yaml": hookspecText({ hook: `${HOOK}\n    optional: yes\n    mcp_exposed: 1` }),
  }, [
    'hooks[0].optional (line 8, column 15): expected true or false, found "yes"',
    "hooks[0].mcp_exposed (line 9, column 18): expected true or false, found 1",
  ]],
  ["a placeholder that does not exist", {
    "v1.yaml": hookspecText({ hook: `${HOOK}\n    mcp_tool_name_template: "{kind}.{plugn}"` }),
  }, [
    'hooks[0].mcp_tool_name_template (line 8, column 29): expected a template of {kind}, {plugin}, {hook}, {function} and letters, digits, -, _ and ., found "{kind}.{plugn}", did you mean "{plugin}"?',
  ]],
  ["a brace that stays open", {
    "v1.yaml": hookspecText({ hook: `${HOOK}\n    mcp_tool_name_template: "{kind}.{hook"` }),
  }, [
    'hooks[0].mcp_tool_name_template (line 8, column 29): expected a template of {kind}, {plugin}, {hook}, {function} and letters, digits, -, _ and ., each brace closed, found "{kind}.{hook"',
  ]],
  ["no schemas at all", { "v1.yaml": `${TOP}\nhooks:\n  - ${HOOK}\n` }, [
    "hooks[0].input_schema (line 5, column 5): expected a schema, or a relative path to a file inside the hookspec's folder, found nothing",
    "hooks[0].output_schema (line 5, column 5): expected a schema, or a relative path to a file inside the hookspec's folder, found nothing",
  ]],
  ["an input that is no object", { "v1.yaml": hookspecText({ input: "{ type: string }" }) }, [
    'hooks[0].input_schema.type (line 8, column 27): expected a schema with "type": "object" at its root, since a hook takes exactly one object, found "string"',
  ]],
  ["an input of no type, in a file", { "v1.yaml": hookspecText({ input: "in.json" }), "in.json": "{}" }, [
    'in.json: the file (line 1, column 1): expected a schema with "type": "object" at its root, since a hook takes exactly one object, found no type',
  ]],
  ["a key that stands twice", { "v1.yaml": hookspecText() + "kind: other\n" }, [
    'the file (line 10, column 1): expected every key once, found "kind" again',
  ]],
  ["two documents", { "v1.yaml": hookspecText() + "---\na: 1\n" }, [
    "the file (line 10, column 1): expected one YAML document, found a second document",
  ]],
  ["a bracket that stays open", { "v1.yaml": hookspecText({ input: "{ type: object" }) }, [
    "the file (line 9, column 5): expected one YAML document, found a mistake: missing comma between flow collection entries",
  ]],
  ["tabs as indentation", { "v1.yaml": hookspecText().replace("  - name", "\t- name") }, [
    "the file (line 6, column 13): expected one YAML document, found a mistake: bad indentation of a mapping entry",
  ]],
  ["a tab that the parser takes for nothing", { "v1.yaml": hookspecText({ top: `${TOP}\nconstraints:\n\tdeep: 1` }) }, [
    "the file (line 5, column 1): expected spaces for indentation, found a tab",
    "deep (line 5, column 2): expected no field of that name, found 1",
  ]],
  ["a tag", { "v1.yaml": hookspecText({ input: "!!binary aGk=" }) }, [
    "the file (line 8, column 32): expected one YAML document, found the unknown tag !<tag:yaml.org,2002:binary>",
  ]],
  ["a path that leads out", { "v1.yaml": hookspecText({ input: "../in.json", output: "/etc/passwd" }) }, [
    'hooks[0].input_schema (line 8, column 19): expected a relative path to a file inside the hookspec\'s folder, found "../in.json"',
    'hooks[0].output_schema (line 9, column 20): expected a relative path to a file inside the hookspec\'s folder, found "/etc/passwd"',
  ]],
  ["an address", { "v1.yaml": hookspecText({ input: "https://a.example/in.json" }) }, [
    'hooks[0].input_schema (line 8, column 19): expected a relative path to a file inside the hookspec\'s folder, found "https://a.example/in.json"',
  ]],
  ["files that are not there", { "v1.yaml": hookspecText({ input: "schemas/in.json", output: "schemas/in.json" }) }, [
    'hooks[0].input_schema (line 8, column 19): expected a file that exists, found "schemas/in.json": none of that name',
    'hooks[0].output_schema (line 9, column 20): expected a file that can be read, found "schemas/in.json"',
  ]],
  ["a folder in place of a file", { "v1.yaml": hookspecText({ input: "schemas" }), "schemas/a.json": "{}" }, [
    'hooks[0].input_schema (line 8, column 19): expected a file, found "schemas": something else of that name',
  ]],
  ["a schema file that is no JSON", {
    "v1.yaml": hookspecText({ input: "in.json" }),
    "in.json": '{\n  "type": "object",\n}\n',
  }, ["in.json: the file (line 3, column 1): expected JSON, found a mistake: expected double-quoted property name"]],
  ["a key that stands twice in JSON", {
    "v1.yaml": hookspecText({ input: "in.json" }),
    "in.json": '{\n  "type": "object",\n  "type": "array"\n}\n',
  }, [
    'in.json: type (line 2, column 11): expected a schema with "type": "object" at its root, since a hook takes exactly one object, found "array"',
    'in.json: the file (line 3, column 3): expected every key once, found "type" again',
  ]],
  ["keywords of a schema", {
    "v1.yaml": hookspecText({ input: "in.json" }),
    "in.json": JSON.stringify(
      {
        type: "object",
        propertys: {},
        nullable: true,
        minProperties: -1,
        "x-mine": 1,
        properties: { a: { type: "strng", pattern: "(" }, b: { items: [true] } },
      },
      null,
      2,
    ),
  }, [
    'in.json: propertys (line 3, column 3): expected a keyword of JSON Schema 2020-12, or x-…, found {}, did you mean "properties"?',
    'in.json: nullable (line 4, column 3): expected "null" as one of the types, found true',
    "in.json: minProperties (line 5, column 20): expected a whole number of at least 0, found -1",
    'in.json: properties.a.type (line 9, column 15): expected one of "array", "boolean", "integer", "null", "number", "object", "string", or a list of them, found "strng", did you mean "string"?',
    "in.json: properties.a.pattern (line 10, column 18): expected a regular expression, found /(/u: Unterminated group",
    "in.json: properties.b.items (line 13, column 16): expected a schema: an object, true or false; a list of them is prefixItems, found [true]",
  ]],
  ["another draft", {
    "v1.yaml": hookspecText({ input: "in.json" }),
    "in.json": '{ "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "definitions": {} }',
  }, [
    'in.json: $schema (line 1, column 14): expected "https://json-schema.org/draft/2020-12/schema", the one draft that is accepted, found "http://json-schema.org/draft-07/schema#"',
    "in.json: definitions (line 1, column 75): expected $defs, since draft 2020-12, found {}",
  ]],
  ["references that lead nowhere", {
    "v1.yaml": hookspecText({ input: "in.json" }),
    "in.json": JSON.stringify(
      {
        type: "object",
        properties: {
          a: { $ref: "#/$defs/no" },
          b: { $ref: "#name" },
          c: { $ref: "https://a.example/x" },
          d: { $ref: "common.json#/$defs/no" },
          e: { $ref: "../x.json" },
          f: { $ref: "#/required" },
        },
        required: [],
      },
      null,
      1,
    ),
    "common.json": "{}",
  }, [
    'in.json: properties.a.$ref (line 5, column 12): expected a reference to a schema, found "#/$defs/no"',
    'in.json: properties.b.$ref (line 8, column 12): expected a reference to an $anchor, found "#name"',
    'in.json: properties.c.$ref (line 11, column 12): expected a relative path to a file inside the hookspec\'s folder; nothing is fetched, found "https://a.example/x"',
    'in.json: properties.d.$ref (line 14, column 12): expected a reference to a schema, found "common.json#/$defs/no"',
    'in.json: properties.e.$ref (line 17, column 12): expected a relative path to a file inside the hookspec\'s folder; nothing is fetched, found "../x.json"',
    'in.json: properties.f.$ref (line 20, column 12): expected a reference to a schema, found "#/required"',
  ]],
  ["problems in three files at once", {
    "v1.yaml": hookspecText({ top: TOP.replace("greeter", "[]"), input: "a.json", output: "b.yaml" }),
    "a.json": '{ "type": "object", "titel": "x" }',
    "b.yaml": "type: text\n",
  }, [
    "kind (line 1, column 7): expected a kind: letters, digits, -, _ and ., found []",
    'a.json: titel (line 1, column 21): expected a keyword of JSON Schema 2020-12, or x-…, found "x", did you mean "title"?',
    'b.yaml: type (line 1, column 7): expected one of "array", "boolean", "integer", "null", "number", "object", "string", or a list of them, found "text"',
  ]],
];

for (const [what, files, problems] of CASES) {
  Deno.test(`a broken hookspec is told with its place: ${what}`, async () => {
    const message = await inFolder(files, async (folder) => {
      const file = join(folder, "v1.yaml");
      const error = await assertRejects(() => loadHookspec(file), HookspecInvalid);
      return error.message.replace(`Cannot load hookspec "${file}": `, "");
    });
    const lines = message.replace(/^\d+ problems\n {2}/, "").split("\n  ");
    assertEquals(lines, problems);
  });
}
