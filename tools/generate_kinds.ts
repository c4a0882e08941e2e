/** What is emitted from the built-in kinds' hookspecs, beside them. */
import { emitFiles } from "../src/emit/mod.ts";
import { loadHookspec } from "../src/hookspec/mod.ts";

const SOURCES = ["kinds/tool/v1.yaml", "kinds/orchestrator/v1.yaml"];

/** The files, each with its path from the project's folder. */
export async function generatedKindFiles(): Promise<[path: string, text: string][]> {
  const files: [path: string, text: string][] = [];
  for (const source of SOURCES) {
    const emitted = await emitFiles(await loadHookspec(source), { source });
    const folder = source.slice(0, source.lastIndexOf("/"));
    for (const [name, text] of emitted) files.push([`${folder}/${name}`, text]);
  }
  return files;
}
