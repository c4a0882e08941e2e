/** The built-in kinds as constants, from `kinds/`: importing the package reads no file and parses nothing. */
import type { Hookspec } from "../src/hookspec/hookspec.ts";
import { loadHookspec } from "../src/hookspec/load_hookspec.ts"; // not the door, which leads to what is written here

const KINDS = [["tool", "TOOL_HOOKSPEC"], ["orchestrator", "ORCHESTRATOR_HOOKSPEC"]] as const;

/** Makes the file that holds them. */
export async function generatedHookspecFiles(): Promise<[path: string, text: string][]> {
  const constants: string[] = [];
  for (const [kind, name] of KINDS) {
    const file = `kinds/${kind}/v1.yaml`;
    constants.push(constantOf(name, file, await loadHookspec(file)));
  }
  const text = `// Written by \`deno task generate\` from kinds/. Do not edit.
// deno-fmt-ignore-file
import { freezeDeep } from "./build_hookspec.ts";
import type { Hookspec } from "./hookspec.ts";

${constants.join("\n")}`;
  return [["src/hookspec/built_in.generated.ts", text]];
}

function constantOf(name: string, file: string, hookspec: Hookspec): string {
  return `/** The built-in kind \`${hookspec.kind}\`, as \`${file}\` describes it. */
export const ${name}: Hookspec = freezeDeep<Hookspec>(${JSON.stringify(hookspec, null, 2)});
`;
}
