/** Users get the package from a registry: exactly the files that a publish lists, over HTTP, into a folder of theirs. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path/from-file-url";
import { deno, PROJECT, TempFolder } from "./support.ts";

/** The files that `deno publish` would upload, relative to the project. */
async function publishedFiles(): Promise<string[]> {
  const { code, stdout, stderr } = await deno(["publish", "--dry-run", "--allow-dirty"], { cwd: fromFileUrl(PROJECT) });
  assertEquals(code, 0, stderr);
  const files = [...(stdout + stderr).matchAll(/(file:\/\/\S+) \([\d.]+\w+\)/g)].map(([, url]) =>
    url!.slice(PROJECT.href.length)
  );
  assert(files.includes("mod.ts") && files.length > 20, files.join());
  return files;
}

/** What a registry does to a published module: bare specifiers become those that `imports` says. */
function unfurl(source: string, imports: Record<string, string>): string {
  return source.replace(
    /(from |import |import\()"(@std\/[a-z]+)((?:\/[^"]+)?)"/g,
    (_all, before, name, sub) => `${before}"${imports[name]}${sub}"`,
  );
}

Deno.test("the published files are the package, and only that", async () => {
  const files = await publishedFiles();
  for (const file of files) {
    assert(
      /^(src\/.*\.(ts|txt)|kinds\/.*\.(ts|yaml|json|md)|(mod|manifest|testing|emit)\.ts|manifest\.schema\.json|deno\.json|README\.md|LICENSE|CHANGELOG\.md)$/
        .test(file),
      file,
    );
  }
  for (const file of ["LICENSE", "README.md", "CHANGELOG.md"]) assert(files.includes(file), file);
  for (const file of files.filter((name) => name.endsWith(".ts"))) {
    const source = await Deno.readTextFile(new URL(file, PROJECT));
    assertEquals(/from "(npm:|\.\.\/links|deno-std)/.test(source), false, `${file} imports a stand-in`);
  }
});

Deno.test("the guide runs in a new folder, with the package from a registry, inside the sandbox", async () => {
  const files = new Set(await publishedFiles());
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", PROJECT)));
  const asked = new Set<string>();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const file = new URL(request.url).pathname.slice(1);
    asked.add(file);
    if (!files.has(file)) return new Response(null, { status: 404 });
    const source = await Deno.readTextFile(new URL(file, PROJECT));
    const type = file.endsWith(".ts") ? "application/typescript" : "text/plain";
    return new Response(unfurl(source, imports), { headers: { "content-type": type } });
  });
  const origin = `127.0.0.1:${server.addr.port}`;
  await using folder = new TempFolder();
  const std = ["assert", "path", "semver", "text", "toml", "yaml"].map((name) =>
    fromFileUrl(new URL(`links/std-${name}`, PROJECT))
  );
  await folder.write({
    // Where JSR can be reached, `links` is not needed: it only stands in for the `jsr:@std/*` packages.
    "deno.json": JSON.stringify({
      imports: { "@dagstack/plugin-system": `http://${origin}/mod.ts` },
      links: std,
      lock: false,
    }),
    "plugins/fixed-chunker/dagstack.toml": await Deno.readTextFile(
      new URL("plugins/fixed-chunker/dagstack.toml", PROJECT),
    ),
    "plugins/fixed-chunker/plugin.ts": await Deno.readTextFile(new URL("plugins/fixed-chunker/plugin.ts", PROJECT)),
    "plugins/values/dagstack.toml":
      '[plugin]\nname = "values"\nkind = "thing"\nruntime = "in_process"\ncore_version = "^0.2"\nentry_point = "plugin:Values"\n',
    "plugins/values/plugin.ts":
      'import { KindUnknown } from "@dagstack/plugin-system";\nexport class Values { fail() { throw new KindUnknown("by name"); } }\n',
    "host.ts": `import { KindUnknown, PluginContext, PluginRegistry } from "@dagstack/plugin-system";
import type { FixedChunker } from "./plugins/fixed-chunker/plugin.ts";

const registry = new PluginRegistry();
await registry.discover("plugins/");
await registry.setupAll(new PluginContext({ config: {}, logger: console, registry }));
try {
  const chunker = registry.getPlugin<FixedChunker>("chunker", { name: "fixed" });
  const pieces = await chunker.chunk("Hello, dagstack!", 5);
  console.log(JSON.stringify(pieces));
  for (const sandboxed of [registry.getPlugin("thing")]) {
    await sandboxed.fail!().catch((error) => console.log(error instanceof KindUnknown, error.message));
  }
} finally {
  await registry.teardownAll();
}
`,
  });
  const run = (...args: string[]) =>
    deno(
      [
        "run",
        "--no-prompt",
        `--allow-import=${origin}`,
        "--allow-read=plugins",
        `--allow-run=${Deno.execPath()}`,
        ...args,
      ],
      { cwd: folder.path, env: { DENO_DIR: `${folder.path}/.cache` } },
      120_000,
    );
  const { code, stdout, stderr } = await run("--check", "host.ts");
  assertEquals(
    [code, stdout],
    [
      0,
      '[{"text":"Hello","offset":0},{"text":", dag","offset":5},{"text":"stack","offset":10},{"text":"!","offset":15}]\n' +
      "true by name\n",
    ],
    stderr,
  );
  for (const file of asked) assert(files.has(file), `${file} was asked for and is not published`);

  await folder.write({
    "contract.ts": `import { ALL_CHECKS, loadManifest, runContractSuite } from "@dagstack/plugin-system";
import { FixedChunker } from "./plugins/fixed-chunker/plugin.ts";
const manifest = await loadManifest("plugins/fixed-chunker/dagstack.toml");
const result = await runContractSuite({ pluginClass: FixedChunker, manifest, checks: ALL_CHECKS });
console.log(result.ok, result.passed.join(), result.formatFailures());
`,
  });
  const contract = await run("--allow-write", "contract.ts");
  assertStringIncludes(contract.stdout, "true manifest,serialisable_boundaries,clean_lifecycle", contract.stderr);
});

Deno.test("importing the package reads nothing but its own modules, and starts nothing", async () => {
  await using folder = new TempFolder();
  await folder.write({ "a.ts": `await import("@dagstack/plugin-system"); console.log("imported");` });
  // No permission at all: reading a file, asking the environment or starting a program would be refused.
  const { code, stdout, stderr } = await deno(
    ["run", "--no-prompt", "--config", fromFileUrl(new URL("deno.json", PROJECT)), `${folder.path}/a.ts`],
    { env: { DENO_AUDIT_PERMISSIONS: `${folder.path}/audit.jsonl` } },
  );
  assertEquals([code, stdout], [0, "imported\n"], stderr);
  const audit = await Deno.readTextFile(`${folder.path}/audit.jsonl`).catch(() => "");
  assertEquals(audit.split("\n").filter((line) => /"permission":"(?!import)/.test(line)), []);
});
