/** Writes the generated files anew; with `--check` only says which ones are out of date. */
import { generatedGuestFiles } from "./generate_guest.ts";
import { generatedHookspecFiles } from "./generate_hookspecs.ts";
import { generatedKindFiles } from "./generate_kinds.ts";
import { generatedManifestFiles } from "./generate_manifest.ts";

const check = Deno.args.includes("--check");
const stale: string[] = [];
for (const [path, text] of await allFiles()) {
  const old = await Deno.readTextFile(path).catch(() => undefined);
  if (old === text) continue;
  if (check) stale.push(path);
  else {
    await Deno.writeTextFile(path, text);
    console.log(`written: ${path}`);
  }
}
if (stale.length > 0) {
  console.error(`Out of date: ${stale.join(", ")}\nRun: deno task generate`);
  Deno.exit(1);
}

async function allFiles(): Promise<[path: string, text: string][]> {
  return [
    ...await generatedManifestFiles(),
    ...await generatedHookspecFiles(),
    ...await generatedGuestFiles(),
    ...await generatedKindFiles(),
  ];
}
