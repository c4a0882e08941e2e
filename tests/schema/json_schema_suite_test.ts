/** The official cases of draft 2020-12, for every keyword that hookspecs accept. */
import { assert, assertEquals } from "@std/assert";
import { ACCEPTED_KEYWORDS } from "../../src/schema/accepted_keywords.ts";
import { compileSchema, type JsonSchema } from "../../src/schema/mod.ts";
import { HookspecInvalid } from "../../src/errors.ts";
import { LEFT_OUT } from "./json_schema_left_out.ts";

const FOLDER = new URL("../testdata/json_schema_test_suite/draft2020-12/", import.meta.url);

interface Group {
  description: string;
  schema: JsonSchema;
  tests: { description: string; data: unknown; valid: boolean }[];
}

const names = [...Deno.readDirSync(FOLDER)].map((entry) => entry.name.replace(/\.json$/, "")).sort();
const refused: string[] = [];
const ran = new Map<string, number>();

for (const name of names) {
  const groups: Group[] = JSON.parse(Deno.readTextFileSync(new URL(`${name}.json`, FOLDER)));
  Deno.test(`JSON Schema's own cases: ${name}`, async () => {
    for (const { description, schema, tests } of groups) {
      const check = await compileSchema(schema, description).catch((error) => {
        assert(error instanceof HookspecInvalid, `${description}: ${error}`);
        refused.push(`${name}: ${description}`);
      });
      if (check === undefined) continue;
      for (const test of tests) {
        ran.set(name, (ran.get(name) ?? 0) + 1);
        const problem = check(test.data);
        assertEquals(problem === undefined, test.valid, `${description}: ${test.description}`);
        if (problem !== undefined) {
          assert(problem.path.startsWith("$") && problem.expected !== "" && problem.found !== "");
        }
      }
    }
  });
}

Deno.test("what is left out of JSON Schema's own cases is exactly what is listed", () => {
  const listed = Object.values(LEFT_OUT).flat();
  assertEquals(refused.toSorted(), listed.toSorted());
});

Deno.test("most cases ran: of every file but those that are about what is not accepted", () => {
  const without = names.filter((name) => !ran.has(name));
  assertEquals(without, ["defs", "dynamicRef", "id", "refRemote", "unknownKeyword"]);
  const total = [...ran.values()].reduce((sum, count) => sum + count, 0);
  assert(total > 900, `only ${total} ran`);
});

Deno.test("every keyword that checks values has cases of its own", () => {
  const without = Object.keys(ACCEPTED_KEYWORDS).filter((keyword) => {
    const name = keyword.replace(/^\$/, "").replace(/^(if|then|else)$/, "if-then-else");
    return !ran.has(name) && !/^content[A-Z]/.test(keyword); // content.json has those; ref.json has $defs
  });
  assertEquals(without, [
    "$schema",
    "$id",
    "$defs",
    "$comment",
    "title",
    "description",
    "deprecated",
    "readOnly",
    "writeOnly",
    "examples",
  ]);
});
