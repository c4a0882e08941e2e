import { assert, assertEquals, assertFalse, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path/join";
import { HookspecInvalid } from "../../src/errors.ts";
import { loadHookspec, validateHookspec } from "../../src/hookspec/mod.ts";
import { compileSchema } from "../../src/schema/mod.ts";
import { type Files, hookspecText, inFolder } from "./folder.ts";

const repeated = (from: string, to: string) => `${to}: &${to} [${Array(10).fill(`*${from}`).join(", ")}]\n`;
const BOMB = "a: &a [x, x]\n" + repeated("a", "b") + repeated("b", "c") + repeated("c", "d") + repeated("d", "e") +
  repeated("e", "f") + repeated("f", "g") + repeated("g", "h");

const HOSTILE: [what: string, files: Files, said: string][] = [
  ["aliases that multiply", { "v1.yaml": BOMB }, "expected at most 50000 values"],
  ["an alias to what is around it", { "v1.yaml": "a: &a\n  b: *a\n" }, "expected at most 64 levels"],
  ["flow lists nested 65 deep", { "v1.yaml": `a: ${"[".repeat(65)}${"]".repeat(65)}` }, "expected at most 64 levels"],
  ["more brackets than any stack holds", { "v1.yaml": "[".repeat(200_000) }, "expected at most 64 levels"],
  ["more dashes than any stack holds", { "v1.yaml": "- ".repeat(100_000) }, "expected at most 64 levels"],
  ["a file that is too large", { "v1.yaml": "#".repeat(262_145) }, "expected a file of at most 262144 bytes"],
  ["a key named __proto__", { "v1.yaml": `${hookspecText()}__proto__: { x: 1 }\n` }, "__proto__ (line 10, column 1)"],
  [
    "JSON nested deep",
    { "v1.yaml": hookspecText({ input: "in.json" }), "in.json": "[".repeat(80) + "]".repeat(80) },
    "expected at most 64 levels",
  ],
  [
    "a property named __proto__",
    {
      "v1.yaml": hookspecText({ input: "in.json" }),
      "in.json": '{ "type": "object", "properties": { "__proto__": {} } }',
    },
    "in.json: properties.__proto__ (line 1, column 37): expected any other name",
  ],
  [
    "a number that is none",
    { "v1.yaml": hookspecText({ input: "in.json" }), "in.json": '{ "type": "object", "minProperties": 1e999 }' },
    "expected a finite number, found Infinity",
  ],
];

for (const [what, files, said] of HOSTILE) {
  Deno.test(`a hostile hookspec is refused: ${what}`, async () => {
    await inFolder(files, async (folder) => {
      const error = await assertRejects(() => loadHookspec(join(folder, "v1.yaml")), HookspecInvalid);
      assertStringIncludes(error.message, said);
      assert(error.message.length < 2000);
    });
  });
}

Deno.test("a hundred problems are told at most", async () => {
  const properties = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`p${i}`, { typ: 1 }]));
  const files = {
    "v1.yaml": hookspecText({ input: "in.json" }),
    "in.json": JSON.stringify({ type: "object", properties }),
  };
  await inFolder(files, async (folder) => {
    const error = await assertRejects(() => loadHookspec(join(folder, "v1.yaml")), HookspecInvalid);
    assertEquals(error.problems.length, 100);
  });
});

Deno.test({
  name: "a symbolic link out of the hookspec's folder is not followed; one within it is",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const files = {
      "secret.json": '{ "type": "object" }',
      "kind/v1.yaml": hookspecText({ input: "in.json" }),
      "kind/real.json": '{ "type": "object", "title": "within" }',
    };
    await inFolder(files, async (folder) => {
      const link = join(folder, "kind", "in.json");
      await Deno.symlink(join(folder, "secret.json"), link);
      const error = await assertRejects(() => loadHookspec(join(folder, "kind/v1.yaml")), HookspecInvalid);
      assertStringIncludes(error.message, "expected a file inside the hookspec's folder");
      await Deno.remove(link);
      await Deno.symlink("real.json", link);
      const { hooks } = await loadHookspec(join(folder, "kind/v1.yaml"));
      assertEquals(hooks[0]!.input_schema, { type: "object", title: "within" });
    });
  },
});

Deno.test("references that go round in a circle of files are bundled once each", async () => {
  const files = {
    "v1.yaml": hookspecText({ input: "a.json" }),
    "a.json": '{ "type": "object", "properties": { "b": { "$ref": "b.json" } } }',
    "b.json": '{ "properties": { "a": { "$ref": "a.json" }, "own": { "$ref": "#" } } }',
  };
  await inFolder(files, async (folder) => {
    const { hooks } = await loadHookspec(join(folder, "v1.yaml"));
    assertEquals(hooks[0]!.input_schema, {
      type: "object",
      properties: { b: { $ref: "#/$defs/b" } },
      $defs: { b: { properties: { a: { $ref: "#" }, own: { $ref: "#/$defs/b" } } } },
    });
  });
});

Deno.test("an object that is no plain value is refused with its place", () => {
  for (const value of [new Date(0), () => 1, 1n, Symbol("x"), new Map()]) {
    const error = assertThrows(() => validateHookspec({ constraints: { deep: [value] } }), HookspecInvalid);
    assertEquals(error.problems[0]!.path, "constraints.deep[0]");
  }
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  assertThrows(() => validateHookspec(circle), HookspecInvalid, "at most 64 levels");
});

Deno.test("names that every object has count neither as present nor as allowed", async () => {
  const check = await compileSchema({ type: "object", properties: { a: {} }, additionalProperties: false }, "mine");
  const names: [string, string][] = [["__proto__", '{"__proto__":1}'], ["constructor", '{"constructor":1}']];
  for (const [name, text] of names) assertEquals(check(JSON.parse(text))?.expected, `no field "${name}"`);
  const needs = await compileSchema({ type: "object", required: ["toString"] }, "mine");
  assertEquals(needs({})?.expected, 'the field "toString"');
  assertFalse("polluted" in {});
});
