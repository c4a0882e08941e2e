/** The guest and the plugin-facing module, bundled to the text that a scope is started with. */
import { build, type BuildOptions, type Plugin, stop } from "esbuild";

const ROOM = "src/sandbox/guest";

export async function generatedGuestFiles(): Promise<[path: string, text: string][]> {
  try {
    return [
      [
        `${ROOM}/process_main.generated.txt`,
        await bundle({ entryPoints: [`${ROOM}/process_main.ts`], plugins: [errorsByName], format: "cjs" }),
      ],
      [
        `${ROOM}/worker_main.generated.txt`,
        await bundle({ entryPoints: [`${ROOM}/worker_main.ts`], plugins: [errorsByName] }),
      ],
      [`${ROOM}/watcher_main.generated.txt`, await bundle({ entryPoints: [`${ROOM}/watcher_main.ts`] })],
      [
        "src/contract/lifecycle_main.generated.txt",
        await bundle({ entryPoints: [`${ROOM}/lifecycle_main.ts`], plugins: [errorsByName] }),
      ],
      [
        `${ROOM}/api.generated.txt`,
        // An error's class name is for reading, so it is kept here.
        await bundle({ stdin: { contents: await apiSource(), resolveDir: ROOM, loader: "ts" }, keepNames: true }),
      ],
    ];
  } finally {
    await stop();
  }
}

async function bundle(options: BuildOptions): Promise<string> {
  const result = await build({
    bundle: true,
    write: false,
    format: "esm",
    target: "esnext",
    charset: "utf8",
    legalComments: "none",
    external: ["node:*"],
    minify: true, // it travels on a command line, which Windows ends at 32 KiB
    ...options,
  });
  return result.outputFiles![0]!.text;
}

/**
 * In the guest the page of errors comes from the plugin-facing module, so that both have the same classes. By one import,
 * however many files ask: the name becomes the module's text, as a data: URL, which each import would hold again.
 */
const errorsByName: Plugin = {
  name: "errors by name",
  setup(build) {
    build.onResolve({ filter: /\/errors\.ts$/ }, () => ({ path: "errors", namespace: "by name" }));
    build.onResolve({ filter: /^@dagstack\/plugin-system$/ }, ({ path }) => ({ path, external: true }));
    build.onLoad({ filter: /.*/, namespace: "by name" }, async () => {
      const names = Object.keys(await import("../src/errors.ts"));
      return { contents: `export { ${names.join(", ")} } from "@dagstack/plugin-system";`, loader: "js" };
    });
  },
};

/** The page of errors and `STOP_CHAIN`, and a stand-in for each other value of the package, so that using it says why. */
async function apiSource(): Promise<string> {
  const own = { ...await import("../src/errors.ts"), STOP_CHAIN: true };
  const names = Object.keys(await import("../mod.ts")).filter((name) => !(name in own)).sort();
  return [
    `export * from "../../errors.ts";`,
    `export { STOP_CHAIN } from "../../stop_chain.ts";`,
    `import { hostOnly } from "./host_only.ts";`,
    ...names.map((name) => `export const ${name} = hostOnly(${JSON.stringify(name)});`),
  ].join("\n");
}
