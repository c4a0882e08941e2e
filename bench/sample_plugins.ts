/** The plugin that the sandbox's benchmarks call. */
export interface Sample {
  echo(value: unknown): unknown;
  items(count: number): AsyncGenerator<{ index: number }>;
  pid(): number;
}

const SOURCE = `export class Sample {
  echo(value: unknown): unknown {
    return value;
  }
  async *items(count: number): AsyncGenerator<{ index: number }> {
    for (let index = 0; index < count; index++) yield { index };
  }
  pid(): number {
    return Deno.pid;
  }
}
`;

/** A logger that says nothing. */
export const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Makes plugin folders: kind `bench`, names from `plugin-0`. @returns Their root. */
export async function makeSamplePlugins(root: string, count: number): Promise<string> {
  for (let i = 0; i < count; i++) {
    await Deno.mkdir(`${root}/p${i}`, { recursive: true });
    await Deno.writeTextFile(`${root}/p${i}/plugin.ts`, SOURCE);
    await Deno.writeTextFile(
      `${root}/p${i}/dagstack.toml`,
      `[plugin]
name = "plugin-${i}"
kind = "bench"
runtime = "in_process"
core_version = ">=0.1.0,<1.0.0"
entry_point = "plugin:Sample"
`,
    );
  }
  return root;
}
