import { plugin } from "./case.ts";
import type { SpecPlugin } from "./host_spec.ts";

/**
 * Makes a plugin whose hook tries several ways, and gives what each came to: what it got, or an error's name.
 *
 * @param name The plugin's name.
 * @param tries By way, the body of an async function.
 * @param head What stands at the head of its module.
 */
export function ways(name: string, tries: Record<string, string>, head = ""): SpecPlugin {
  const list = Object.entries(tries).map(([way, code]) => `${JSON.stringify(way)}: async () => { ${code} }`);
  return plugin(
    name,
    `async fault() {
      const came: Record<string, unknown> = {};
      for (const [way, run] of Object.entries<() => Promise<unknown>>({ ${list.join(",\n")} })) {
        try { came[way] = String(await run()).slice(0, 200); } catch (e) { came[way] = (e as Error).name; }
      }
      return came;
    }`,
    { head },
  );
}
