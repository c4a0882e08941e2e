import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path/join";
import { toFileUrl } from "@std/path/to-file-url";
import { HookspecInvalid } from "../../src/errors.ts";
import { compileHookspec, loadHookspec, validateHookspec } from "../../src/hookspec/mod.ts";
import { hookspecText, inFolder } from "./folder.ts";

const GREETER = {
  kind: "greeter",
  kind_api_version: "1.0.0",
  description: "Says hello",
  hooks: [{
    name: "greet",
    dispatch: "broadcast_collect",
    description: "Greets one",
    input_schema: { type: "object" },
    output_schema: true,
  }],
};

Deno.test("a hookspec is read from YAML or JSON, from a path or a URL, and every default is filled in", async () => {
  const json = JSON.stringify({ ...GREETER, hooks: [{ ...GREETER.hooks[0], output_schema: { type: "string" } }] });
  const yaml = hookspecText({
    hook: "name: greet\n    dispatch: broadcast_collect\n    description: >\n      Greets one",
  });
  await inFolder({ "v1.yaml": yaml, "v1.json": json }, async (folder) => {
    const expected = {
      kind: "greeter",
      kind_api_version: "1.0.0",
      description: "Says hello",
      hooks: [{
        name: "greet",
        dispatch: "broadcast_collect",
        description: "Greets one",
        input_schema: { type: "object" },
        output_schema: { type: "string" },
        error_policy: "fail_fast",
        optional: false,
        mcp_exposed: true,
        mcp_tool_name_template: "{kind}.{plugin}.{hook}",
      }],
    };
    for (const file of [join(folder, "v1.yaml"), join(folder, "v1.json"), toFileUrl(join(folder, "v1.yaml"))]) {
      assertEquals<unknown>(await loadHookspec(file), expected);
    }
  });
});

Deno.test("a hookspec is frozen through and through, and validating it again changes nothing", () => {
  const hookspec = validateHookspec(GREETER);
  const input = hookspec.hooks[0]!.input_schema;
  assert(Object.isFrozen(hookspec) && Object.isFrozen(hookspec.hooks[0]) && Object.isFrozen(input));
  assertEquals(validateHookspec(hookspec), hookspec);
  GREETER.hooks[0]!.input_schema.type = "array";
  assertEquals(input, { type: "object" });
  GREETER.hooks[0]!.input_schema.type = "object";
});

Deno.test("a schema's files come to stand in its $defs under their names, their own references with them", async () => {
  const files = {
    "v1.yaml": hookspecText({ input: "schemas/in.json", output: "{ $ref: 'schemas/shared/point.json' }" }),
    "schemas/in.json": JSON.stringify({
      type: "object",
      $defs: { point: { type: "null" } },
      properties: {
        at: { $ref: "shared/point.json" },
        far: { $ref: "./shared/point.json#mark" },
        no: { $ref: "#/$defs/point" },
      },
    }),
    "schemas/shared/point.json": JSON.stringify({
      $id: "https://a.example/point.json",
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "array",
      items: { $ref: "#/$defs/a b" },
      $defs: { "a b": { $anchor: "mark", $ref: "../unit.yaml" } },
    }),
    "schemas/unit.yaml": "type: number\nminimum: 0\n",
  };
  await inFolder(files, async (folder) => {
    const hookspec = await loadHookspec(join(folder, "v1.yaml"));
    const point = (name: string) => ({
      type: "array",
      items: { $ref: `#/$defs/${name}/$defs/a%20b` },
      $defs: { "a b": { $ref: "#/$defs/unit" } },
    });
    assertEquals(hookspec.hooks[0]!.input_schema, {
      type: "object",
      $defs: { point: { type: "null" }, point_2: point("point_2"), unit: { type: "number", minimum: 0 } },
      properties: {
        at: { $ref: "#/$defs/point_2" },
        far: { $ref: "#/$defs/point_2/$defs/a%20b" },
        no: { $ref: "#/$defs/point" },
      },
    });
    const { hooks } = await compileHookspec(hookspec);
    const { checkInput, checkOutput } = hooks.get("greet")!;
    assertEquals([checkInput({ at: [1], far: 2, no: null }), checkOutput([0])], [undefined, undefined]);
    assertEquals(checkInput({ at: [-1] }), { path: "$.at[0]", expected: "a number of at least 0", found: "-1" });
    assertEquals(checkOutput([-1])?.path, "$[0]");
  });
});

Deno.test("an input may be said to be an object by a reference, by allOf, or by all of its forms", () => {
  const object = { type: "object" };
  const accepts = (input_schema: unknown) => {
    const [hook] = GREETER.hooks;
    return () => validateHookspec({ ...GREETER, hooks: [{ ...hook, input_schema }] });
  };
  accepts({ $ref: "#/$defs/a", $defs: { a: { allOf: [true, object] } } })();
  accepts({ anyOf: [object, { $ref: "#/$defs/a" }], $defs: { a: object } })();
  for (const schema of [true, {}, { anyOf: [object, {}] }, { type: ["object", "null"] }, { $ref: "#" }]) {
    assertThrows(accepts(schema), HookspecInvalid, `a schema with "type": "object" at its root`);
  }
});

Deno.test("files are only read by loadHookspec", () => {
  const [hook] = GREETER.hooks;
  const hooks = [{ ...hook, input_schema: "in.json", output_schema: { $ref: "out.json" } }];
  const error = assertThrows(() => validateHookspec({ ...GREETER, hooks }, "mine"), HookspecInvalid);
  assertEquals(error.source, "mine");
  assertEquals(error.problems.map(({ path }) => path), ["hooks[0].input_schema", "hooks[0].output_schema.$ref"]);
});

Deno.test("a file that is not there is told as such", async () => {
  const error = await assertRejects(() => loadHookspec("/no/such/v1.yaml"), HookspecInvalid);
  assertStringIncludes(error.message, 'Cannot load hookspec "/no/such/v1.yaml": the file: expected a file that exists');
});
