import { fromFileUrl } from "@std/path/from-file-url";
import { PROJECT } from "../support.ts";

/**
 * Runs `deno check` on files of a folder, with the project's import map and compiler options.
 *
 * @param folder The folder.
 * @param files Names inside it.
 * @returns The exit code, and all that was said.
 */
export async function checkTypes(folder: string, files: readonly string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "-q", "--no-lock", "--config", fromFileUrl(new URL("deno.json", PROJECT)), ...files],
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}
