import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { manifestText } from "../../support.ts";
import { SECRET, type SpecPlugin } from "./host_spec.ts";

/** A plugin beside which all others are judged. */
const HEALTHY: SpecPlugin = {
  name: "healthy",
  files: { "plugin.ts": `export class Sample { fine(value: unknown) { return ["fine", value]; } }` },
  hooks: [],
};

/**
 * Writes the plugins of a case, the healthy one, and files outside that none of them may read.
 *
 * @param folder Where to.
 * @param plugins The plugins.
 * @param port Where the host listens.
 */
export async function writePlugins(folder: string, plugins: readonly SpecPlugin[], port: number): Promise<void> {
  await write(join(folder, "secret/secret.txt"), SECRET);
  await write(join(folder, "secret/secret.json"), JSON.stringify({ secret: SECRET }));
  await write(join(folder, "secret/secret.ts"), `export const secret = "${SECRET}"; export const then = undefined;`);
  await write(join(folder, "secret/secret.env"), `SECRET=${SECRET}`);
  await write(join(folder, "canary/canary.txt"), "untouched");
  for (const plugin of [HEALTHY, ...plugins]) {
    const own = join(folder, "plugins", plugin.name);
    const fill = (text: string) =>
      text.replaceAll("{{folder}}", folder).replaceAll("{{plugin}}", own).replaceAll("{{port}}", String(port));
    const manifest = manifestText({ name: `"${plugin.name}"`, ...plugin.manifest }, fill(plugin.resources ?? ""));
    await write(join(own, "dagstack.toml"), manifest);
    for (const [path, text] of Object.entries(plugin.files)) await write(join(own, path), fill(text));
    for (const [path, target] of Object.entries(plugin.symlinks ?? {})) {
      await Deno.symlink(fill(target), join(own, path));
    }
    for (const [path, target] of Object.entries(plugin.hardLinks ?? {})) await Deno.link(fill(target), join(own, path));
  }
}

async function write(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
}
