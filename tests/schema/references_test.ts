/** References that lead nowhere, or only to themselves; and what is said of a schema that stands alone. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { HookspecInvalid, type JsonSchema, loadHookspec, validateHookspec } from "../../mod.ts";
import {
  checkReferences,
  checkSchema,
  compileSchema,
  type Finding,
  newDocument,
  sampleValues,
} from "../../src/schema/mod.ts";
import { hookspecText, inFolder } from "../hookspec/folder.ts";

const $defs: JsonSchema = { name: { type: "string", $anchor: "label" }, "a/b c": true, other: true };

async function said(schema: JsonSchema): Promise<string> {
  return (await assertRejects(() => compileSchema(schema, "mine"), HookspecInvalid)).message;
}

for (
  const [$ref, meant] of [
    ["#/$defs/nam", "#/$defs/name"],
    ["#/$def/name", "#/$defs/name"],
    ["#/$defs/a~1b%20d", "#/$defs/a~1b%20c"],
    ["#/defs/othr", "#/$defs/other"],
    ["#lable", "#label"],
  ] as const
) {
  Deno.test(`a reference to ${$ref} is told the near one`, async () => {
    const kind = $ref.includes("/") ? "a reference to a schema" : "a reference to an $anchor";
    const expected = `$ref: expected ${kind}, found "${$ref}", did you mean "${meant}"?`;
    assertEquals(await said({ $ref, $defs }), `Cannot use schema "mine": ${expected}`);
  });
}

Deno.test("a reference that is near to nothing is told no other", async () => {
  const message = 'Cannot use schema "mine": $ref: expected a reference to a schema, found "#/$defs/quite/else"';
  assertEquals(await said({ $ref: "#/$defs/quite/else", $defs }), message);
});

const CIRCLE = "expected a reference that leads to a schema in the end, and not only round in a circle";

for (
  const [what, schema, places] of [
    ["itself", { $ref: "#" }, [["$ref", "#"]]],
    ["itself, with a type beside it", { type: "object", $ref: "#" }, [["$ref", "#"]]],
    ["itself, by an anchor", { $defs: { a: { $anchor: "a", $ref: "#a" } } }, [["$defs.a.$ref", "#a"]]],
    ["one that leads back", {
      $ref: "#/$defs/a",
      $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } },
    }, [["$defs.a.$ref", "#/$defs/b"], ["$defs.b.$ref", "#/$defs/a"]]],
  ] as [string, JsonSchema, [string, string][]][]
) {
  Deno.test(`a reference that leads only to ${what} is refused`, async () => {
    const error = await assertRejects(() => compileSchema(schema, "mine"), HookspecInvalid, CIRCLE);
    assertEquals(
      error.problems.map(({ path, found }) => [path, found]),
      places.map(([path, ref]) => [path, JSON.stringify(ref)]),
    );
    const hook = { name: "a", dispatch: "singleton", description: "A", input_schema: { type: "object" } };
    const value = {
      kind: "k",
      kind_api_version: "1.0.0",
      description: "K",
      hooks: [{ ...hook, output_schema: schema }],
    };
    assertThrows(() => validateHookspec(value), HookspecInvalid, CIRCLE);
  });
}

Deno.test("a circle over files is refused, and told at each of its references", async () => {
  const files = {
    "v1.yaml": hookspecText({ output: "out.json" }),
    "out.json": '{ "$ref": "back.json#/$defs/a" }',
    "back.json": '{ "$defs": { "a": { "$ref": "out.json" } } }',
  };
  await inFolder(files, async (folder) => {
    const error = await assertRejects(() => loadHookspec(`${folder}/v1.yaml`), HookspecInvalid, CIRCLE);
    assertEquals(error.problems.map(({ file, path }) => [file, path]).sort(), [
      ["back.json", "$defs.a.$ref"],
      ["out.json", "$ref"],
    ]);
  });
});

Deno.test("a reference into a circle is not told, and only the circle is", async () => {
  const circle: JsonSchema = { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/b" } } };
  const error = await assertRejects(() => compileSchema(circle, "mine"), HookspecInvalid, CIRCLE);
  assertEquals(error.problems.map(({ path }) => path), ["$defs.b.$ref"]);
});

Deno.test("a long chain of references is walked once", () => {
  const last = 2_000;
  const $defs = Object.fromEntries(
    Array.from({ length: last + 1 }, (_, i) => [`d${i}`, i === last ? true : { $ref: `#/$defs/d${i + 1}` }]),
  );
  const document = newDocument({ $defs }, "", [], "");
  const findings: Finding[] = [];
  checkSchema(document, findings);
  let asked = 0;
  const counted = new Proxy($defs, {
    getOwnPropertyDescriptor: (on, key) => (asked++, Reflect.getOwnPropertyDescriptor(on, key)),
  });
  checkReferences({ ...document, value: { $defs: counted } }, new Map(), findings);
  assertEquals(findings, []);
  assert(asked < 10 * last, `${asked} look-ups`);
});

Deno.test("a schema that holds itself further inside is fine", async () => {
  const list: JsonSchema = { type: "object", properties: { next: { $ref: "#" } }, additionalProperties: false };
  const check = await compileSchema(list, "mine");
  assertEquals(check({ next: { next: {} } }), undefined);
  assertEquals(check({ next: { next: 1 } })?.path, "$.next.next");
});

Deno.test("of a lone schema no hookspec is spoken, and no file", async () => {
  assertEquals(
    await said([] as unknown as JsonSchema),
    'Cannot use schema "mine": the schema: expected a schema: an object, true or false, found []',
  );
  const sampled = await assertRejects(() => sampleValues({ type: "strin" }), HookspecInvalid);
  assertEquals(sampled.message.slice(0, 35), 'Cannot use schema "to sample": type');
  assertEquals(sampled.source, "to sample");
});

Deno.test("what is no schema is not compiled, and says why", async () => {
  const error = await assertRejects(() => compileSchema({ typ: "string" }, "mine"), HookspecInvalid);
  assertStringIncludes(
    error.message,
    'typ: expected a keyword of JSON Schema 2020-12, or x-…, found "string", did you',
  );
  await assertRejects(() => compileSchema({ $ref: "other.json" }, "mine"), HookspecInvalid, "within the schema");
  await assertRejects(() => compileSchema({ if: {}, unevaluatedProperties: false }, "mine"), HookspecInvalid, "anyOf");
});
