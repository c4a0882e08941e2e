/** Each bad input: the class of the error, and the text that a user reads. Nothing of it keeps another plugin out. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DiscoveryError, PluginRegistry } from "@dagstack/plugin-system";
import { deno, manifestText, MemoryLogger, PROJECT, TempFolder, TestHost } from "../support.ts";

const GOOD = {
  "good/dagstack.toml": manifestText({ name: '"good"' }),
  "good/plugin.ts": `export class Sample { hi() { return "hi"; } }`,
};

Deno.test("a missing root, and a root that is a file, are thrown", async () => {
  await using folder = new TempFolder();
  await folder.write({ "file.txt": "" });
  const registry = new PluginRegistry({ logger: new MemoryLogger() });
  await assertRejects(
    () => registry.discover(`${folder.path}/none`),
    DiscoveryError,
    `Cannot discover plugins in "${folder.path}/none": there is no such folder`,
  );
  await assertRejects(
    () => registry.discover(`${folder.path}/file.txt`),
    DiscoveryError,
    "it is a file, expected a folder",
  );
  await assertRejects(
    () => registry.discover(new URL(`file://${folder.path}/none`)),
    DiscoveryError,
    "there is no such folder",
  );
});

const failures: [name: string, files: Record<string, string>, code: string, text: string][] = [
  ["a manifest that is not TOML", { "p/dagstack.toml": "[plugin\nname =" }, "ManifestInvalid", "the file (line 1"],
  [
    "an empty manifest",
    { "p/dagstack.toml": "" },
    "ManifestInvalid",
    "plugin: expected a table [plugin], found nothing",
  ],
  [
    "a missing field",
    { "p/dagstack.toml": manifestText().replace(/kind = .*\n/, "") },
    "ManifestInvalid",
    "plugin.kind (line 1, column 1): expected a kind: letters, digits, -, _ and ., found nothing",
  ],
  [
    "a misspelt field",
    { "p/dagstack.toml": manifestText({ entrypoint: '"plugin:Sample"' }) },
    "ManifestInvalid",
    'plugin.entrypoint (line 7, column 1): expected no field of that name, found "plugin:Sample", did you mean "entry_point"?',
  ],
  [
    "a misspelt value",
    { "p/dagstack.toml": manifestText({ runtime: '"in-process"' }) },
    "ManifestInvalid",
    'found "in-process", did you mean "in_process"?',
  ],
  [
    "a core_version that does not admit the core",
    { "p/dagstack.toml": manifestText({ core_version: '">=9"' }), "p/plugin.ts": "" },
    "VersionIncompatible",
    'core_version is ">=9", the core is 0.2.0',
  ],
  [
    "a runtime that nobody runs yet",
    { "p/dagstack.toml": manifestText({ runtime: '"mcp_stdio"', command: '["server"]' }) },
    "RuntimeNotSupported",
    'runtime is "mcp_stdio", this registry runs "in_process"',
  ],
  [
    "an entry point that is missing",
    { "p/dagstack.toml": manifestText() },
    "PluginLoadError",
    'entry_point "plugin:Sample" names no file; looked for plugin.ts, plugin.mts, plugin.js, plugin.mjs, plugin.tsx',
  ],
  [
    "an entry point with ../",
    { "p/dagstack.toml": manifestText({ entry_point: '"../out:Sample"' }), "out.ts": "export class Sample {}" },
    "PluginLoadError",
    'entry_point "../out:Sample" contains "..": what lies outside the plugin\'s folder is not loaded',
  ],
  [
    "an absolute entry point",
    { "p/dagstack.toml": manifestText({ entry_point: '"/etc/passwd:Sample"' }) },
    "PluginLoadError",
    "lies outside the plugin's folder",
  ],
  [
    "a URL-encoded entry point",
    { "p/dagstack.toml": manifestText({ entry_point: '"%2e%2e/out:Sample"' }), "out.ts": "export class Sample {}" },
    "PluginLoadError",
    "names no file",
  ],
  [
    "an entry point that is a folder",
    { "p/dagstack.toml": manifestText(), "p/plugin.ts/x": "" },
    "PluginLoadError",
    "names no file",
  ],
];

for (const [name, files, code, text] of failures) {
  Deno.test(`${name} stands in the report, and the good plugin beside it works`, async () => {
    await using host = new TestHost();
    await host.folder.write({ ...GOOD, ...files });
    const report = await host.registry.discover(host.folder.path);
    assertEquals(report.registered.map((plugin) => plugin.name), ["good"]);
    const [failed] = report.failures;
    assertEquals(failed!.source, `${host.folder.path}/p/dagstack.toml`);
    assertEquals(Reflect.get(failed!.error, "code"), code);
    assertStringIncludes(failed!.error.message, text);
    assertEquals(host.logger.messages("warn"), [failed!.error.message]);
    await host.setup();
    assertEquals(await host.plugin("thing/good").hi!(), "hi");
  });
}

Deno.test("an entry point that is a symlink out of the folder is refused, and nothing of it runs", async () => {
  await using host = new TestHost();
  await host.folder.write({ ...GOOD, "p/dagstack.toml": manifestText(), "out.ts": "export class Sample {}" });
  await Deno.symlink("../out.ts", `${host.folder.path}/p/plugin.ts`);
  const { failures: failed } = await host.registry.discover(host.folder.path);
  assertEquals(failed.length, 1);
  assertStringIncludes(failed[0]!.error.message, "lies outside the plugin's folder");
});

Deno.test("two of one name in one call both stay out; across calls the later one does", async () => {
  await using host = new TestHost();
  await host.folder.write({
    "x/a/dagstack.toml": manifestText(),
    "x/a/plugin.ts": "",
    "x/b/dagstack.toml": manifestText(),
    "x/b/plugin.ts": "",
    "y/c/dagstack.toml": manifestText(),
    "y/c/plugin.ts": "",
  });
  const both = await host.registry.discover(`${host.folder.path}/x`);
  assertEquals(both.registered, []);
  assertEquals(both.failures.map(({ error }) => Reflect.get(error, "code")), ["AmbiguousPlugin", "AmbiguousPlugin"]);
  for (const { error } of both.failures) {
    assertStringIncludes(error.message, "x/a/dagstack.toml");
    assertStringIncludes(error.message, "x/b/dagstack.toml");
  }
  assertEquals((await host.registry.discover(`${host.folder.path}/y`)).registered.length, 1);
  const later = await host.registry.discover(`${host.folder.path}/x/a`);
  assertEquals(later.registered, []);
  assertStringIncludes(later.failures[0]!.error.message, "y/c/dagstack.toml");
});

const loads: [name: string, code: string, text: RegExp, startup?: string][] = [
  [
    "throws",
    `throw new SyntaxError("at import"); export class Sample {}`,
    /Cannot load plugin "thing\/sample": SyntaxError: at import/,
  ],
  [
    "never settles",
    `await new Promise(() => {}); export class Sample {}`,
    /no answer within 1000 ms|Top-level await promise never resolved/,
  ],
  ["exports nothing", `const x = 1;`, /it has no export "Sample"; it exports nothing/],
  ["exports another name", `export class Simple {}`, /it has no export "Sample"; it exports "Simple"/],
  ["exports a number", `export const Sample = 5;`, /"Sample" is number, expected a class, a factory or an object/],
  [
    "has a constructor with arguments",
    `export class Sample { constructor(_a: number) {} }`,
    /takes 1 arguments, expected none/,
  ],
  ["has a syntax error", `export class Sample {`, /Cannot load plugin "thing\/sample": .*plugin\.ts/s],
  ["exits", `Deno.exit(3);`, /crashed \(exit code 3\)/],
];

for (const [name, code, text] of loads) {
  Deno.test(`an entry point that ${name} makes its plugin unavailable; the good one beside it works`, async () => {
    await using host = await TestHost.start({
      ...GOOD,
      "p/dagstack.toml": manifestText({ startup_timeout_sec: "1" }),
      "p/plugin.ts": code,
    });
    const reason = host.reason();
    assert(text.test(reason?.message ?? ""), reason?.message);
    assert(["PluginLoadError", "HookTimeout"].includes(reason!.code), reason!.code);
    assertEquals(await host.plugin("thing/good").hi!(), "hi");
  });
}

Deno.test("a required resource that the host does not offer is named with the way to offer it", async () => {
  await using host = await TestHost.start({
    ...GOOD,
    "p/dagstack.toml": manifestText({}, '[plugin.resources]\nrequired = ["translator"]'),
    "p/plugin.ts": "export class Sample {}",
  });
  assertEquals(host.reason()?.code, "PluginUnavailable");
  assertStringIncludes(
    host.reason()!.message,
    'does not offer the required resource "translator"; offer it with new PluginContext({ resources: { translator: … } })',
  );
  assertEquals(await host.plugin("thing/good").hi!(), "hi");
});

Deno.test("a policy that refuses names the difference and what would allow it", async () => {
  await using host = await TestHost.start({
    ...GOOD,
    "p/dagstack.toml": manifestText(
      {},
      '[plugin.resources]\nrequired = ["env"]\n[plugin.resources.env]\nvariables = ["HOME"]',
    ),
    "p/plugin.ts": "export class Sample {}",
  }, { policy: {} });
  assertEquals(host.reason(), {
    code: "PermissionExceeded",
    message:
      'Cannot start plugin "thing/sample": env "HOME" (asked by resources.env.variables) is refused by the policy; ' +
      'allow it with policy: { env: { variables: ["HOME"] } }',
  });
  assertEquals(await host.plugin("thing/good").hi!(), "hi");
});

const HOST = `
import { PluginContext, PluginRegistry } from "@dagstack/plugin-system";
const registry = new PluginRegistry();
await registry.discover(Deno.args[0]);
await registry.setupAll(new PluginContext({ registry, logger: { debug() {}, info() {}, warn() {}, error() {} } }));
for (const p of registry.status().plugins) console.log(p.name, p.state, p.reason?.code ?? "-", p.reason?.message ?? "-");
try { console.log(await registry.getPlugin("thing", "good").hi()); } catch (e) { console.log(e.code); }
await registry.teardownAll();
`;

Deno.test("a host without the permission to start Deno is told the flag, and is not asked", async () => {
  await using folder = new TempFolder();
  await folder.write({ ...GOOD, "host.ts": HOST });
  const args = ["run", "--no-prompt", "--config", new URL("deno.json", PROJECT).pathname, "--allow-read"];
  const { code, stdout, stderr } = await deno([...args, `${folder.path}/host.ts`, folder.path]);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stdout, "good unavailable SandboxUnavailable");
  assertStringIncludes(stdout, `start the host with --allow-run=${Deno.execPath()}`);
});

Deno.test("a host needs no more than to read the plugins and to start Deno", async () => {
  await using folder = new TempFolder();
  await folder.write({ ...GOOD, "host.ts": HOST });
  const args = ["run", "--no-prompt", "--config", new URL("deno.json", PROJECT).pathname];
  const permissions = [`--allow-read=${folder.path}`, `--allow-run=${Deno.execPath()}`];
  const { code, stdout, stderr } = await deno([...args, ...permissions, `${folder.path}/host.ts`, folder.path]);
  assertEquals([code, stdout], [0, "good active - -\nhi\n"], stderr);
});

Deno.test("a host that lacks a permission cannot grant it, and the plugin says which flag would", async () => {
  await using folder = new TempFolder();
  await folder.write({
    ...GOOD,
    "p/dagstack.toml": manifestText(
      {},
      '[plugin.resources]\nrequired = ["http_client"]\n[plugin.resources.http_client]\nhosts = ["example.com"]',
    ),
    "p/plugin.ts": "export class Sample {}",
    "host.ts": HOST,
  });
  const args = ["run", "--no-prompt", "--config", new URL("deno.json", PROJECT).pathname];
  const permissions = [`--allow-read=${folder.path}`, `--allow-run=${Deno.execPath()}`];
  const { stdout } = await deno([...args, ...permissions, `${folder.path}/host.ts`, folder.path]);
  assertStringIncludes(stdout, "sample unavailable PermissionExceeded");
  assertStringIncludes(stdout, "start the host with --allow-net=example.com");
  assertStringIncludes(stdout, "hi");
});
