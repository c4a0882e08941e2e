/** Plugins that run elsewhere, by a folder of manifests and by DAGSTACK_REMOTE_PLUGINS. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path/from-file-url";
import { DiscoveryError, PluginRegistry } from "@dagstack/plugin-system";
import { parseRemotePlugins } from "../../src/discovery/mod.ts";
import { deno, manifestText, MemoryLogger, PROJECT, TempFolder } from "../support.ts";

const STDIO = manifestText({ name: '"server"', runtime: '"mcp_stdio"', command: '["server"]' }).replace(
  /entry_point.*\n/,
  "",
);

Deno.test("each .toml and .json file of a folder is a manifest; others and folders are passed by", async () => {
  await using folder = new TempFolder();
  await folder.write({
    "a.toml": STDIO,
    "b.json": '{ "name": 5 }',
    "notes.md": "",
    ".hidden.toml": "x",
    "sub/c.toml": "x",
  });
  const registry = new PluginRegistry({ logger: new MemoryLogger() });
  const { registered, failures } = await registry.discoverRemote(folder.path);
  assertEquals(registered, []);
  assertEquals(
    failures.map(({ source, error }) => [source.slice(folder.path.length + 1), Reflect.get(error, "code")]),
    [
      ["a.toml", "RuntimeNotSupported"], // no adapter of this registry runs it yet
      ["b.json", "ManifestInvalid"],
    ],
  );
});

Deno.test("a folder that is not there is thrown", async () => {
  const registry = new PluginRegistry({ logger: new MemoryLogger() });
  await assertRejects(() => registry.discoverRemote("/nowhere"), DiscoveryError, "there is no such folder");
});

Deno.test("an in-process plugin of a manifest registry is registered like any other", async () => {
  await using folder = new TempFolder();
  await folder.write({ "a.toml": manifestText(), "plugin.ts": "export class Sample { hi() { return 'hi'; } }" });
  await using registry = new PluginRegistry({ logger: new MemoryLogger() });
  assertEquals((await registry.discoverRemote(folder.path)).registered.map(({ name }) => name), ["sample"]);
  await registry.setupAll();
  assertEquals(await registry.getPlugin("thing").hi!(), "hi");
});

Deno.test("the variable lists paths, name=url and kind/name=url", () => {
  const entries = parseRemotePlugins(
    " /a/b.toml, search=https://x.example/mcp ,chunker/far=http://y.example/?a=b,, bad=ftp://z ",
  );
  assertEquals(entries.slice(0, 3), [
    { file: "/a/b.toml" },
    {
      source: "DAGSTACK_REMOTE_PLUGINS: search=https://x.example/mcp",
      manifest: {
        name: "search",
        kind: "tool",
        runtime: "mcp_http",
        core_version: "*",
        mcp_http: { url: "https://x.example/mcp" },
      },
    },
    {
      source: "DAGSTACK_REMOTE_PLUGINS: chunker/far=http://y.example/?a=b",
      manifest: {
        name: "far",
        kind: "chunker",
        runtime: "mcp_http",
        core_version: "*",
        mcp_http: { url: "http://y.example/?a=b" },
      },
    },
  ]);
  assertStringIncludes(String(entries[3]), 'bad: expected an http or https URL behind =, found "ftp://z"');
  assertEquals(entries.length, 4);
});

Deno.test("the variable is read only where the host may read it, and nothing asks for it", async () => {
  await using folder = new TempFolder();
  await folder.write({
    "host.ts": `import { PluginRegistry } from "@dagstack/plugin-system";
      const registry = new PluginRegistry({ logger: { debug() {}, info() {}, warn() {}, error() {} } });
      for (const { error } of (await registry.discoverRemote()).failures) console.log(error.message);
      console.log("done");`,
  });
  const config = fromFileUrl(new URL("deno.json", PROJECT));
  const options = { env: { DAGSTACK_REMOTE_PLUGINS: "search=https://x.example/mcp" } };
  const run = (...flags: string[]) =>
    deno(["run", "--no-prompt", "--config", config, ...flags, `${folder.path}/host.ts`], options);
  assertEquals((await run()).stdout, "done\n");
  assertStringIncludes(
    (await run("--allow-env=DAGSTACK_REMOTE_PLUGINS")).stdout,
    'Cannot register plugin "tool/search"',
  );
});
