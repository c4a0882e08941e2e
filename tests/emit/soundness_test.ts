/** What a validator accepts, the emitted type accepts too. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { emitTypeScript } from "@dagstack/plugin-system/emit";
import { validateHookspec } from "../../src/hookspec/mod.ts";
import { compileSchema, type JsonSchema, type SchemaCheck } from "../../src/schema/mod.ts";
import { TempFolder } from "../support.ts";
import { checkTypes } from "./check_types.ts";
import { anyValue, rootSchema } from "./random_schemas.ts";
import { likelyValues } from "./likely_values.ts";

const HOOKS = 5;
const KINDS = Number(Deno.env.get("KINDS") ?? 40);
const SEED = Number(Deno.env.get("SEED") ?? 7);

Deno.test("every value that a validator accepts, the emitted type accepts", async () => {
  await using folder = new TempFolder();
  const schemas: [schema: JsonSchema, check: SchemaCheck][] = [];
  for (const schema of fc.sample(rootSchema, { numRuns: KINDS * HOOKS * 6, seed: SEED })) {
    const check = await compileSchema(schema, "random").catch(() => undefined); // a reference that leads to itself
    if (check !== undefined && schemas.length < KINDS * HOOKS) schemas.push([schema, check]);
  }
  assertEquals(schemas.length, KINDS * HOOKS);
  const values = fc.sample(anyValue, { numRuns: 60, seed: SEED });
  const files: Record<string, string> = {};
  let accepted = 0;
  let without = 0;
  for (let kind = 0; kind < KINDS; kind++) {
    const own = schemas.slice(kind * HOOKS, (kind + 1) * HOOKS);
    const hookspec = validateHookspec({
      kind: `kind${kind}`,
      kind_api_version: "1.0.0",
      description: "Random.",
      hooks: own.map(([schema], index) => ({
        name: `hook_${index}`,
        dispatch: "singleton",
        description: "Random.",
        input_schema: { type: "object" },
        output_schema: schema,
      })),
    });
    const lines = [`import type * as t from "./kind${kind}.ts";`];
    for (const [index, [schema, check]] of own.entries()) {
      const fits = (value: unknown) => {
        try {
          return check(value) === undefined;
        } catch (error) {
          // A schema that means itself has no value; and of some combinations the library makes broken code.
          if (error instanceof RangeError || error instanceof ReferenceError) return false;
          throw error;
        }
      };
      const fitting = [
        ...new Map([...likelyValues(schema, index), ...values].map((v) => [JSON.stringify(v), v])).values(),
      ]
        .filter(fits).slice(0, 12);
      accepted += fitting.length;
      if (fitting.length === 0) without++;
      const type = `t.Kind${kind}Hook${index}Output`;
      for (const value of fitting) lines.push(`{ const _: ${type} = ${JSON.stringify(value)}; }`);
    }
    files[`kind${kind}.ts`] = await emitTypeScript(hookspec);
    files[`values${kind}.ts`] = lines.join("\n");
  }
  await folder.write(files);
  const { code, text } = await checkTypes(folder.path, Object.keys(files));
  assertEquals({ code, text: code === 0 ? "" : text.slice(0, 6000) }, { code: 0, text: "" });
  assert(
    accepted > schemas.length * 3 && without < schemas.length / 3,
    `only ${accepted} values, ${without} schemas without`,
  );
});
