import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";

/** Files by name; the hookspec itself is `v1.yaml`. */
export type Files = Record<string, string>;

/** Writes files to a folder of their own, and takes them away afterwards. */
export async function inFolder<T>(files: Files, action: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
      await Deno.writeTextFile(join(folder, name), text);
    }
    return await action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A hookspec of one hook, with lines to put in the place of its own. */
export function hookspecText(change: Partial<Record<"top" | "hook" | "input" | "output", string>> = {}): string {
  return `${change.top ?? 'kind: greeter\nkind_api_version: "1.0.0"\ndescription: Says hello'}
hooks:
  - ${change.hook ?? "name: greet\n    dispatch: singleton\n    description: Greets one"}
    input_schema: ${change.input ?? "{ type: object }"}
    output_schema: ${change.output ?? "{ type: string }"}
`;
}
