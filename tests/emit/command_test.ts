import { assertEquals, assertStringIncludes } from "@std/assert";
import { runEmitCommand } from "../../src/emit/mod.ts";
import { TempFolder } from "../support.ts";

const KIND = `kind: chunker
kind_api_version: "2.1.0"
description: Cuts text.
hooks:
  - name: chunk
    dispatch: singleton
    description: Cuts one text.
    input_schema: { type: object, required: [text], properties: { text: { type: string } } }
    output_schema: { type: array, items: { type: string } }
`;

async function run(...args: string[]): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  const code = await runEmitCommand(args, { log: say, error: say });
  return { code, said: lines.join("\n") };
}

Deno.test("the command writes, finds nothing to do, and finds drift", async () => {
  await using folder = new TempFolder();
  await folder.write({ "v2.yaml": KIND });
  const source = `${folder.path}/v2.yaml`;
  const out = ["--out", `${folder.path}/out`];
  assertEquals((await run(source, ...out, "--check")).code, 1);
  assertEquals((await run(source, ...out)).said.split("\n").length, 4);
  assertEquals(await run(source, ...out, "--check"), { code: 0, said: "" });
  assertEquals(await run(source, ...out), { code: 0, said: "" });
  const file = `${folder.path}/out/chunker/v2.md`;
  await Deno.writeTextFile(file, `${await Deno.readTextFile(file)}\n`);
  const drift = await run(source, ...out, "--check");
  assertEquals([drift.code, drift.said.split("\n")[0]], [1, `Out of date: ${file}`]);
  assertEquals(await run(source, ...out, "--check", "--only", "typescript,mock"), { code: 0, said: "" });
});

Deno.test("the command says what is wrong with its arguments", async () => {
  await using folder = new TempFolder();
  await folder.write({ "v2.yaml": KIND.replace("singleton", "singelton") });
  assertEquals((await run()).code, 1);
  assertEquals((await run("--help")).code, 0);
  assertStringIncludes((await run("a.yaml", "--only", "typscript")).said, 'did you mean "typescript"?');
  assertStringIncludes((await run("a.yaml", "--chekc")).said, "--chekc");
  const broken = await run(`${folder.path}/v2.yaml`);
  assertEquals(broken.code, 1);
  assertStringIncludes(broken.said, "singelton");
  assertEquals((await run(`${folder.path}/none.yaml`)).code, 1);
});
