/** The README's first command does the main job and leaves nothing behind. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path/from-file-url";
import { deno, PROJECT, TempFolder } from "./support.ts";

function demo(...files: string[]) {
  const cwd = fromFileUrl(PROJECT);
  return deno(["run", "-q", "-P=demo", `--allow-run=${Deno.execPath()}`, "--no-prompt", "examples/demo.ts", ...files], {
    cwd,
  });
}

Deno.test("the demo chunks the project's own files, shows the refusals, and leaves no files", async () => {
  const before = [...Deno.readDirSync(PROJECT)].map(({ name }) => name).sort();
  const { code, stdout, stderr } = await demo();
  assertEquals([code, stderr], [0, ""]);
  for (const id of ["chunker/fixed", "connector/page-saver", "processor/nosy"]) assertStringIncludes(stdout, id);
  assertEquals(stdout.match(/together they are the file, byte for byte/g)?.length, 3);
  for (const permission of ["env", "read", "write", "net", "run"]) {
    assertStringIncludes(stdout, `: Requires ${permission} access to`);
  }
  assertStringIncludes(stdout, "[plugin.resources.env]");
  assertStringIncludes(stdout, "All plugins are torn down.");
  assertEquals([...Deno.readDirSync(PROJECT)].map(({ name }) => name).sort(), before);
});

Deno.test("the demo takes files: large ones, empty ones, with CRLF, BOM and emoji; and says what is no text", async () => {
  await using folder = new TempFolder();
  const large = "Zeile mit 👩‍👩‍👧‍👦 und CRLF\r\n".repeat(100_000);
  await folder.write({ "large.txt": large, "empty.txt": "", "bom.txt": "\ufeffafter a BOM" });
  await Deno.writeFile(`${folder.path}/binary.bin`, new Uint8Array([0xff, 0xfe, 0x00]));
  const names = ["large.txt", "empty.txt", "bom.txt"].map((name) => `${folder.path}/${name}`);
  const good = await demo(...names);
  assertEquals(good.code, 0, good.stdout + good.stderr);
  assertEquals(good.stdout.match(/byte for byte/g)?.length, 4);
  const bad = await demo(`${folder.path}/binary.bin`, `${folder.path}/none.txt`);
  assertEquals(bad.code, 1);
  assertStringIncludes(bad.stderr, "binary.bin: cannot be chunked: it is not UTF-8 text");
  assertStringIncludes(bad.stderr, "none.txt: cannot be chunked");
});
