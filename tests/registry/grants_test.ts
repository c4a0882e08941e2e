/** Grants: what the host has agreed to starts, and nothing else does, in every sandbox. */
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { toFileUrl } from "@std/path/to-file-url";
import {
  type GrantedPermissions,
  GrantRequired,
  GrantsInvalid,
  KindUnknown,
  PermissionExceeded,
  type PluginGrants,
  PluginRegistry,
  PluginRegistryError,
  type PluginRegistryOptions,
} from "@dagstack/plugin-system";
import { formatGrants } from "../../src/registry/grants.ts";
import { askedBeyond } from "../../src/registry/grants_compare.ts";
import { GrantsFile } from "../../src/registry/grants_file.ts";
import { deno, manifestText, MemoryLogger, PROJECT, TempFolder, TestHost } from "../support.ts";

const CODE = "export class Sample { text() { return 'one'; } }";
const FILES = { "dagstack.toml": manifestText(), "plugin.ts": CODE };
const ID = "thing/sample";

/** A folder for grants files, apart from those of plugins. */
async function grantsIn(folder: TempFolder): Promise<string> {
  await folder.write({ "keep": "" });
  return `${folder.path}/plugins.grants.json`;
}

/** A host over plugins that are discovered and not yet started. */
async function discovered(files: Record<string, string>, options: PluginRegistryOptions): Promise<TestHost> {
  const host = new TestHost(options);
  await host.folder.write(files);
  await host.registry.discover(host.folder.path);
  return host;
}

function statusOf({ registry }: TestHost, id = ID) {
  return registry.status().plugins.find(({ kind, name }) => `${kind}/${name}` === id)!;
}

async function readJson(file: string): Promise<PluginGrants> {
  return JSON.parse(await Deno.readTextFile(file));
}

const PLACES: Record<string, { options?: PluginRegistryOptions; fields?: Record<string, string> }> = {
  process: {},
  worker: { options: { sandbox: "worker" } },
  none: { options: { sandbox: "none", trusted: [ID] } },
  group: { options: { groups: { both: [ID, "thing/other"] } } },
  "thread pool": { options: { poolSize: 2 }, fields: { execution_model: '"thread_cpu_bound"' } },
  "process pool": { options: { poolSize: 2 }, fields: { execution_model: '"process_cpu_bound"' } },
};

for (const [place, { options = {}, fields = {} }] of Object.entries(PLACES)) {
  const files = { ...FILES, "dagstack.toml": manifestText(fields) };

  Deno.test(`${place}: a plugin without a grant does not start, and starts once it is agreed to`, async () => {
    await using folder = new TempFolder();
    const grants = await grantsIn(folder);
    await using host = await discovered(files, { ...options, grants });
    await host.setup();
    assertEquals([statusOf(host).state, host.reason()?.code], ["unavailable", "GrantRequired"]);
    assertStringIncludes(host.reason()!.message, `registry.agree(["${ID}"])`);
    await host.registry.agree([ID]);
    await host.setup();
    assertEquals([statusOf(host).state, await host.plugin().text!()], ["active", "one"]);
    const { provenance, contentHash } = statusOf(host);
    assertEquals(provenance, { trusted: true, by: "grants" });
    assertEquals((await readJson(grants)).plugins[ID]!.contentHash, contentHash!);
  });

  Deno.test(`${place}: changed code does not start, and a reload leaves the old one in its place`, async () => {
    await using folder = new TempFolder();
    const grants = await grantsIn(folder);
    await using host = await discovered(files, { ...options, grants });
    await host.registry.agree("all");
    await host.setup();
    const before = statusOf(host).contentHash;
    await host.folder.write({ "plugin.ts": CODE.replace("one", "two") });
    const error = await assertRejects(() => host.registry.reload("thing", "sample"), GrantRequired);
    assertEquals([error.reason, error.differences.map(({ what }) => what)], ["changed", ["content"]]);
    assertEquals([await host.plugin().text!(), statusOf(host).contentHash], ["one", before]);
    await host.registry.agree([ID]);
    await host.registry.reload("thing", "sample");
    assertEquals(await host.plugin().text!(), "two");
    assert(statusOf(host).contentHash !== before);
  });

  Deno.test(`${place}: a folder that changes while it is loaded makes the plugin unavailable, also when it is put back`, async () => {
    for (const putBack of [true, false]) {
      await using folder = new TempFolder();
      const grants = await grantsIn(folder);
      // The code tells when it is being loaded, and is held there until its folder has been changed.
      const port = await freePort();
      const url = `http://127.0.0.1:${port.port}/`;
      const slow = `await (await fetch("${url}")).text(); ${CODE}`;
      await using host = await discovered({
        ...files,
        "plugin.ts": slow,
        "dagstack.toml": manifestText(
          fields,
          `[plugin.resources]\nrequired = ["http_client"]\n[plugin.resources.http_client]\nhosts = ["127.0.0.1:${port.port}"]\n`,
        ),
      }, { ...options, grants });
      await host.registry.agree("all");
      let once: Promise<void> | undefined;
      port.meanwhile = () => once ??= exchange();
      const exchange = async () => {
        // Whole at any moment, for others of a pool may be reading it.
        const put = async (text: string) => {
          await folder.write({ draft: text });
          await Deno.rename(`${folder.path}/draft`, `${host.folder.path}/plugin.ts`);
        };
        await put(`${slow} // exchanged`);
        if (putBack) await put(slow);
      };
      await host.setup();
      await port.stop();
      assertEquals(statusOf(host).state, "unavailable");
      assertStringIncludes(host.reason()!.message, "its folder was changed while it was loaded");
    }
  });
}

/** A server that does something before it answers. */
// deno-lint-ignore require-await -- asked for as a promise, like everything that opens
async function freePort() {
  const own = {
    meanwhile: () => Promise.resolve(),
    port: 0,
    stop: () => server.shutdown(),
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    await own.meanwhile();
    return new Response("go on");
  });
  own.port = (server.addr as Deno.NetAddr).port;
  return own;
}

const ASKS: [what: string, value: string, fields: Record<string, string>, resources: string][] = [
  ["net", "evil.example", {}, 'required = ["http_client"]\n[plugin.resources.http_client]\nhosts = ["evil.example"]'],
  ["env", "SECRET", {}, 'required = ["env"]\n[plugin.resources.env]\nvariables = ["SECRET"]'],
  ["read", "/etc", {}, 'required = ["filesystem"]\n[plugin.resources.filesystem]\nread = ["/etc"]'],
  ["write", "../out", {}, 'required = ["filesystem"]\n[plugin.resources.filesystem]\nwrite = ["../out"]'],
  ["run", "sh", {}, 'required = ["subprocess"]\n[plugin.resources.subprocess]\nprograms = ["sh"]'],
  ["packages", "npm:left@1", {}, 'required = ["packages"]\n[plugin.resources.packages]\nspecifiers = ["npm:left@1"]'],
  ["tmpdir", "a fresh folder", {}, 'required = ["tmpdir"]'],
  ["resource", "vault", {}, 'required = ["vault"]'],
  ["capability", "payments", { capabilities: '["payments"]' }, ""],
  ["dependency", "bank", { depends_on: '["bank"]' }, ""],
  ["wrap", "chunker.*", { priority: "1000", chain_wrap: '{ kinds = ["chunker"] }' }, ""],
  ["sandbox", "none", { in_process_only: "true" }, ""],
];

for (const [what, value, fields, resources] of ASKS) {
  Deno.test(`to ask for one more ${what} is refused with exactly that, whatever a change means`, async () => {
    await using folder = new TempFolder();
    const grants = await grantsIn(folder);
    await using host = await discovered(FILES, { grants: { from: grants, onChange: "warn" } });
    await host.registry.agree("all");
    const table = resources === "" ? "" : `[plugin.resources]\n${resources}\n`;
    await host.folder.write({ "dagstack.toml": manifestText(fields, table) });
    const [pending] = await host.registry.pendingGrants();
    assertEquals(pending!.reason, "more");
    const more = pending!.differences.filter((one) => one.what !== "content" && one.asked !== RESOURCE[what]);
    assertEquals(more.map((one) => [one.what, one.asked]), [[what, value]]);
    // A fresh host over the same folder sees the same, and starts nothing.
    await using again = new PluginRegistry({ grants: { from: grants, onChange: "warn" }, logger: new MemoryLogger() });
    await again.discover(host.folder.path);
    await again.setupAll();
    const [status] = again.status().plugins;
    // What it depends on is missed before it is looked at itself.
    const [state, code] = [status!.state, what === "dependency" ? "PluginUnavailable" : "GrantRequired"];
    assertEquals([state, status!.reason?.code], ["unavailable", code]);
    if (what !== "dependency") assertStringIncludes(status!.reason!.message, `${what} "${value}"`);
  });
}

/** The resource that a permission comes with. */
const RESOURCE: Record<string, string> = {
  net: "http_client",
  env: "env",
  read: "filesystem",
  write: "filesystem",
  run: "subprocess",
  packages: "packages",
  tmpdir: "tmpdir",
};

const COVERS: [list: keyof GrantedPermissions, granted: string, asked: string, covered: boolean][] = [
  ["net", "a.example", "a.example", true],
  ["net", "a.example", "a.example:443", true],
  ["net", "a.example:443", "a.example:443", true],
  ["net", "a.example:443", "a.example", false],
  ["net", "a.example:443", "a.example:80", false],
  ["net", "a.example", "b.a.example", false],
  ["net", "a.example", "a.example.evil.example", false],
  ["read", "./", "./data/x", true],
  ["read", "./data", "./data2", false],
  ["read", "./data", "./", false],
  ["read", "./data", "./data/../../secret", false],
  ["read", "../shared", "../shared/a", true],
  ["read", "./", "../plugin2", false],
  ["read", "/plugins/plugin/data", "./data", true],
  ["write", "/var/log", "/var/log/x", true],
  ["write", "/var/log", "/var", false],
  ["env", "HOME", "HOME", true],
  ["env", "HOME", "Home", false],
  ["env", "HOME", "HOME2", false],
  ["run", "git", "git2", false],
  ["packages", "npm:a@^1", "npm:a@^2", false],
];

for (const [list, granted, asked, covered] of COVERS) {
  Deno.test(`${list} "${granted}" ${covered ? "gives" : "does not give"} "${asked}"`, () => {
    const grant = { contentHash: "", sandbox: "process", permissions: { [list]: [granted] } } as const;
    const ask = { sandbox: "process", permissions: { [list]: [asked] } } as const;
    const beyond = askedBeyond(ask, grant, "/plugins/plugin");
    assertEquals(beyond.map((one) => [one.what, one.asked]), covered ? [] : [[list, asked]]);
  });
}

for (
  const [granted, asked, covered] of [
    ["*.*", "a.b", true],
    ["a.*", "a.b", true],
    ["*.b", "a.b", true],
    ["a.*", "b.b", false],
    ["a.b", "a.*", false],
    ["a.b", "*.b", false],
  ] as const
) {
  Deno.test(`to wrap "${granted}" ${covered ? "gives" : "does not give"} "${asked}"`, () => {
    const base = { sandbox: "process", permissions: {} } as const;
    const beyond = askedBeyond({ ...base, wraps: [asked] }, { ...base, contentHash: "", wraps: [granted] }, "/p");
    assertEquals(beyond.length, covered ? 0 : 1);
  });
}

Deno.test("what asks for less than it may starts, and needs no other grant", async () => {
  const wide = manifestText({ capabilities: '["a", "b"]' }, WITH_HOSTS('"localhost", "example.com"'));
  const narrow = manifestText({ capabilities: '["b"]' }, WITH_HOSTS('"example.com:443"'));
  await using folder = new TempFolder();
  const grants = await grantsIn(folder);
  await using host = await discovered({ ...FILES, "dagstack.toml": wide }, {
    grants: { from: grants, onChange: "warn" },
  });
  await host.registry.agree("all");
  await host.folder.write({ "dagstack.toml": narrow });
  await host.registry.discover(host.folder.path, { override: true });
  await host.setup({ config: {} });
  assertEquals(statusOf(host).state, "active");
  const warning = host.logger.messages("warn").find((message) => message.includes("untrusted"));
  assertStringIncludes(warning!, "its content is not what the host has agreed to");
  assertEquals(statusOf(host).provenance, { trusted: false });
});

const WITH_HOSTS = (hosts: string) =>
  `[plugin.resources]\nrequired = ["http_client"]\n[plugin.resources.http_client]\nhosts = [${hosts}]\n`;

Deno.test("a plugin of a group without a grant widens nobody's permissions", async () => {
  const other = manifestText(
    { name: '"other"' },
    '[plugin.resources]\nrequired = ["env"]\n[plugin.resources.env]\nvariables = ["HOME"]\n',
  );
  const home = "export class Sample { home() { return Deno.env.get('HOME'); } }";
  await using folder = new TempFolder();
  const grants = await grantsIn(folder);
  await using host = await discovered({
    "one/dagstack.toml": manifestText(),
    "one/plugin.ts": home,
    "two/dagstack.toml": other,
    "two/plugin.ts": CODE,
  }, { grants, groups: { both: [ID, "thing/other"] } });
  await host.registry.agree([ID]);
  await host.setup();
  assertEquals([statusOf(host).state, statusOf(host, "thing/other").state], ["active", "unavailable"]);
  assertEquals(statusOf(host).permissions!.env, []);
  await assertRejects(() => host.plugin().home!(), Error, "Requires env access");
});

Deno.test("the file is the same whatever the order, holds no path of this machine, and ends in a line end", async () => {
  const asks = manifestText(
    { capabilities: '["z", "a"]' },
    '[plugin.resources]\nrequired = ["tmpdir", "filesystem", "clock"]\n' +
      '[plugin.resources.filesystem]\nread = ["./data", "../shared"]\nwrite = ["./out/../log"]\n',
  );
  await using folder = new TempFolder();
  const grants = await grantsIn(folder);
  await using host = await discovered({
    "b/dagstack.toml": asks,
    "b/plugin.ts": CODE,
    "a/dagstack.toml": manifestText({ name: '"another"' }),
    "a/plugin.ts": CODE,
  }, { grants });
  await host.registry.agree([ID]);
  await host.registry.agree(["thing/another"]);
  const text = await Deno.readTextFile(grants);
  await host.registry.agree("all");
  assertEquals(await Deno.readTextFile(grants), text);
  assert(!text.includes(host.folder.path), text);
  const { plugins } = await readJson(grants);
  assertEquals(Object.keys(plugins), ["thing/another", ID]);
  const { contentHash, ...rest } = plugins[ID]!;
  assertMatch(contentHash, /^[0-9a-f]{64}$/);
  assertEquals(rest, {
    sandbox: "process",
    permissions: { read: ["../shared", "./"], write: ["./log"], tmpdir: true },
    capabilities: ["a", "z"],
    resources: ["clock", "filesystem", "tmpdir"],
  });
  assert(text.endsWith("}\n"));
});

Deno.test("what somebody has looked at is agreed to, and not what has come in its place", async () => {
  await using folder = new TempFolder();
  const grants = toFileUrl(await grantsIn(folder));
  await using host = await discovered(FILES, { grants });
  const pending = await host.registry.pendingGrants();
  assertEquals(pending.map(({ plugin, reason }) => [plugin, reason]), [[ID, "new"]]);
  assertEquals(pending, JSON.parse(JSON.stringify(pending)), "data for a UI");
  await host.folder.write({ "plugin.ts": "export class Sample { text() { return 'swapped'; } }" });
  await host.registry.agree(pending);
  await host.setup();
  assertEquals(host.reason()?.code, "GrantRequired");
  assertStringIncludes(host.reason()!.message, `agreed was "${pending[0]!.grant.contentHash}"`);
});

Deno.test("a manifest that was exchanged after it was read is not the one that was agreed to", async () => {
  await using folder = new TempFolder();
  const grants = await grantsIn(folder);
  const evil = manifestText({ entry_point: '"other:Sample"' });
  await using host = await discovered({ ...FILES, "other.ts": CODE }, { grants });
  await host.registry.agree("all");
  await host.folder.write({ "dagstack.toml": evil });
  await host.registry.discover(host.folder.path, { override: true });
  await host.folder.write({ "dagstack.toml": FILES["dagstack.toml"] });
  await host.setup();
  assertStringIncludes(host.reason()!.message, "its manifest has changed since it was registered");
  await host.registry.reload("thing", "sample");
  assertEquals(await host.plugin().text!(), "one");
});

Deno.test("a grant that is taken out of the file holds no longer at the next start", async () => {
  await using folder = new TempFolder();
  const grants = await grantsIn(folder);
  await using host = await discovered(FILES, { grants });
  await host.registry.agree("all");
  await host.setup();
  await Deno.writeTextFile(grants, '{ "version": 1, "plugins": {} }');
  await assertRejects(() => host.registry.reload("thing", "sample"), GrantRequired, "has not agreed to it");
  await host.registry.teardownAll();
  await host.setup();
  assertEquals(host.reason()?.code, "GrantRequired");
});

Deno.test("grants as a value hold like a file, and cannot be written without one", async () => {
  await using folder = new TempFolder();
  const file = await grantsIn(folder);
  await using first = await discovered(FILES, {});
  assertEquals((await first.registry.pendingGrants()).length, 1);
  await assertRejects(() => first.registry.agree("all"), PluginRegistryError, "has no grants option");
  const grants = await first.registry.agree("all", { file });
  assertEquals(grants, await readJson(file));
  await using registry = new PluginRegistry({ grants, logger: new MemoryLogger() });
  await registry.discover(first.folder.path);
  await registry.setupAll();
  assertEquals(registry.status().plugins[0]!.state, "active");
  await assertRejects(() => registry.agree("all"), PluginRegistryError, "given as a value; name a file");
});

Deno.test("the host's own code needs no grant", async () => {
  await using host = new TestHost({ grants: { version: 1, plugins: {} } });
  const manifest = { kind: "thing", name: "own", runtime: "in_process", core_version: ">=0.1.0,<1.0.0" };
  await host.registry.registerModule({ answer: () => 42 }, manifest);
  await host.setup();
  assertEquals(await host.plugin("thing/own").answer!(), 42);
  assertEquals(statusOf(host, "thing/own").provenance, { trusted: true, by: "host" });
  assertEquals(await host.registry.pendingGrants(), []);
  const file = `${host.folder.path}/grants.json`;
  await assertRejects(() => host.registry.agree(["thing/own"], { file }), PluginRegistryError, "the host's own code");
  assertEquals(await host.registry.agree("all", { file }), { version: 1, plugins: {} });
});

Deno.test("a grant of another name, another case or another kind is no grant", async () => {
  await using folder = new TempFolder();
  const grants = await grantsIn(folder);
  await using host = await discovered(FILES, { grants });
  const { plugins } = await host.registry.agree("all");
  for (const id of ["Thing/sample", "thing/Sample", "thing/sampl", "other/sample", "thing/sample "]) {
    await Deno.writeTextFile(grants, JSON.stringify({ version: 1, plugins: { [id]: plugins[ID] } }));
    await host.setup();
    assertEquals(host.reason()?.code, "GrantRequired", id);
    if (id === "Thing/sample") {
      assertStringIncludes(host.reason()!.message, `they hold "${id}", which is another plugin`);
    }
  }
  await assertRejects(() => host.registry.agree(["thing/sampel"]), KindUnknown, 'did you mean "thing/sample"?');
});

Deno.test("the same plugin through a symlink needs the same grant, and another behind it another", async () => {
  await using folder = new TempFolder();
  const grants = await grantsIn(folder);
  await using real = new TempFolder();
  await real.write({ "one/dagstack.toml": FILES["dagstack.toml"], "one/plugin.ts": CODE });
  await real.write({ "two/dagstack.toml": FILES["dagstack.toml"], "two/plugin.ts": CODE.replace("one", "two") });
  await Deno.mkdir(`${real.path}/plugins`);
  const link = `${real.path}/plugins/sample`;
  const start = async (target: string) => {
    await Deno.remove(link).catch(() => {});
    await Deno.symlink(`${real.path}/${target}`, link);
    const registry = new PluginRegistry({ grants, logger: new MemoryLogger() });
    await registry.registerManifest(BASE, `${link}/dagstack.toml`);
    return registry;
  };
  await using agreed = await start("one");
  await agreed.agree("all");
  await Deno.remove(link); // after it was registered, the link is turned to another
  await Deno.symlink(`${real.path}/two`, link);
  await agreed.setupAll();
  assertEquals(await agreed.getPlugin("thing", "sample").text!(), "one", "what was looked at is what runs");
  await using other = await start("two");
  await other.setupAll();
  assertEquals(other.status().plugins[0]!.reason?.code, "GrantRequired");
});

const BASE = {
  kind: "thing",
  name: "sample",
  runtime: "in_process",
  core_version: ">=0.1.0,<1.0.0",
  entry_point: "plugin:Sample",
};

Deno.test("a plugin that could write the grants is refused, also by a folder above them or a link to them", async () => {
  await using folder = new TempFolder();
  await Deno.mkdir(`${folder.path}/real`);
  await Deno.symlink(`${folder.path}/real`, `${folder.path}/link`);
  for (const [file, path] of [["real/g.json", "real"], ["real/g.json", "link"], ["link/g.json", "real/g.json"]]) {
    const grants = `${folder.path}/${file}`;
    const asks =
      `[plugin.resources]\nrequired = ["filesystem"]\n[plugin.resources.filesystem]\nwrite = ["${folder.path}/${path}"]\n`;
    await using host = await discovered({ ...FILES, "dagstack.toml": manifestText({}, asks) }, { grants });
    const error = await assertRejects(
      () => host.registry.agree("all"),
      PermissionExceeded,
      "their own file lies there",
    );
    assertEquals(error.differences[0]!.refusedBy, "grants");
    // By hand it can be written; it does not start all the same.
    const { grant } = (await host.registry.pendingGrants())[0]!;
    await Deno.writeTextFile(grants, formatGrants(new Map([[ID, grant]])));
    await host.setup();
    assertEquals(host.reason()?.code, "PermissionExceeded");
    await Deno.remove(grants);
  }
});

const HASH = "a".repeat(64);
const GRANT = `{ "contentHash": "${HASH}", "sandbox": "process", "permissions": {} }`;
const BROKEN: [why: string, text: string, message: string][] = [
  ["no JSON", '{ "version": 1,\n "plugins": {', "(line 2, column 14): expected JSON"],
  ["empty", "", "expected JSON, found Unexpected end of JSON input"],
  ["a list", "[]", "$ (line 1, column 1): expected an object, found []"],
  ["another version", '{ "version": 2, "plugins": {} }', "$.version (line 1, column 3): expected 1, found 2"],
  ["no plugins", '{ "version": 1 }', "$.plugins (line 1, column 1): expected an object, found nothing"],
  ["a key too many", '{ "version": 1, "plugins": {}, "plugin": {} }', 'did you mean "plugins"?'],
  ["no id", '{ "version": 1, "plugins": { "sample": {} } }', 'expected a key of the form "kind/name"'],
  [
    "__proto__ as plugin",
    `{ "version": 1, "plugins": { "__proto__": ${GRANT} } }`,
    '$.plugins.__proto__ (line 1, column 30): expected a key of the form "kind/name"',
  ],
  [
    "__proto__ as plugins",
    `{ "version": 1, "plugins": {}, "__proto__": { "plugins": {} } }`,
    "$.__proto__ (line 1, column 32): expected only version, plugins",
  ],
  [
    "__proto__ in a grant",
    `{ "version": 1, "plugins": { "a/b": { "__proto__": { "tmpdir": true }, "contentHash": "${HASH}",\n` +
    `"sandbox": "process", "permissions": { "__proto__": { "net": ["evil.example"] } } } } }`,
    '$.plugins["a/b"].permissions.__proto__ (line 2, column 40): expected only read, write',
  ],
  [
    "a plugin twice",
    `{ "version": 1, "plugins": { "a/b": ${GRANT},\n "a/b": ${GRANT} } }`,
    '$.plugins["a/b"] (line 2, column 2): expected every key once',
  ],
  [
    "a plugin twice, once in escapes",
    `{ "version": 1, "plugins": { "a/b": ${GRANT},\n "\\u0061/b": ${GRANT} } }`,
    '$.plugins["a/b"] (line 2, column 2): expected every key once',
  ],
  [
    "a hash in capitals",
    `{ "version": 1, "plugins": { "a/b": ${GRANT.replace(HASH, HASH.toUpperCase())} } }`,
    "expected 64 hexadecimal digits in lower case",
  ],
  [
    "no permissions",
    `{ "version": 1, "plugins": { "a/b": { "contentHash": "${HASH}", "sandbox": "process" } } }`,
    '$.plugins["a/b"].permissions (line 1, column 30): expected an object, found nothing',
  ],
  [
    "a permission that is true",
    `{ "version": 1, "plugins": { "a/b": ${GRANT.replace("{}", '{ "net": true }')} } }`,
    '$.plugins["a/b"].permissions.net (line 1, ',
  ],
  [
    "a value that is no text",
    `{ "version": 1, "plugins": { "a/b": ${GRANT.replace("{}", '{\n"net": ["a.example",\n 3] }')} } }`,
    '$.plugins["a/b"].permissions.net[1] (line 3, column 2): expected a string that says something, found 3',
  ],
];

for (const [why, text, message] of BROKEN) {
  Deno.test(`a broken grants file is an error with its place, and nothing starts: ${why}`, async () => {
    await using folder = new TempFolder();
    const grants = await grantsIn(folder);
    await Deno.writeTextFile(grants, text);
    await using host = await discovered(FILES, { grants });
    for (
      const work of [
        () => host.setup(),
        () => host.registry.pendingGrants(),
        () => host.registry.agree("all"),
      ]
    ) {
      const error = await assertRejects(work, GrantsInvalid);
      assertStringIncludes(error.message, `Cannot read grants "${grants}": `);
      assertStringIncludes(error.message, message);
    }
    assertEquals(statusOf(host).state, "registered");
    assertEquals(await Deno.readTextFile(grants), text, "and nobody has written over it");
  });
}

Deno.test("grants that break while the host runs stop a reload, and keep the old instance", async () => {
  await using folder = new TempFolder();
  const grants = await grantsIn(folder);
  await using host = await discovered(FILES, { grants });
  await host.registry.agree("all");
  await host.setup();
  await Deno.writeTextFile(grants, "{");
  await assertRejects(() => host.registry.reload("thing", "sample"), GrantsInvalid);
  assertEquals(await host.plugin().text!(), "one");
});

Deno.test("options that mean nothing are refused when the registry is made", () => {
  for (
    const [grants, message] of [
      ["", 'grants is ""'],
      [3, "grants is 3"],
      [new URL("https://a.example/g.json"), "expected a file: URL"],
      [{ from: "g.json", onChange: "ignore" }, 'grants.onChange is "ignore"'],
      [{ from: "g.json", onchange: "warn" }, 'grants names "onchange"'],
    ] as [string, string][]
  ) {
    assertThrows(() => new PluginRegistry({ grants }), RangeError, message);
  }
  const wrong = { version: 1, plugins: { sample: {} } } as unknown as PluginGrants;
  assertThrows(() => new PluginRegistry({ grants: wrong }), GrantsInvalid, "the grants option");
});

Deno.test("writers at the same time lose nothing, in one process and in several", async () => {
  await using folder = new TempFolder();
  const grants = await grantsIn(folder);
  const names = Array.from({ length: 12 }, (_, i) => `p${i}`);
  const files = Object.fromEntries(
    names.flatMap((name) => [[`${name}/dagstack.toml`, manifestText({ name: `"${name}"` })], [
      `${name}/plugin.ts`,
      CODE,
    ]]),
  );
  await using host = await discovered(files, { grants });
  const mod = new URL("mod.ts", PROJECT).href;
  const script = (ids: string[]) =>
    `import { PluginRegistry } from ${JSON.stringify(mod)};
     const registry = new PluginRegistry({ grants: ${JSON.stringify(grants)} });
     await registry.discover(${JSON.stringify(host.folder.path)});
     await Promise.all(${JSON.stringify(ids)}.map((id) => registry.agree([id])));`;
  await folder.write({
    "one.ts": script(["thing/p0", "thing/p1", "thing/p2"]),
    "two.ts": script(["thing/p3", "thing/p4"]),
  });
  const config = new URL("deno.json", PROJECT).pathname;
  const outputs = await Promise.all([
    ...["one", "two"].map((name) => deno(["run", "-A", "--config", config, "--no-check", `${folder.path}/${name}.ts`])),
    ...names.slice(5).map((name) => host.registry.agree([`thing/${name}`]).then(() => undefined)),
  ]);
  for (const output of outputs) assertEquals(output?.code ?? 0, 0, output?.stderr);
  assertEquals(Object.keys((await readJson(grants)).plugins).sort(), names.map((name) => `thing/${name}`).sort());
  const left = [...Deno.readDirSync(folder.path)].map(({ name }) => name).sort();
  assertEquals(left, ["keep", "one.ts", "plugins.grants.json", "two.ts"], "no draft and no lock is left");
});

Deno.test("many writers that meet again and again lose nothing", async () => {
  await using folder = new TempFolder();
  const file = await grantsIn(folder);
  const grant = { contentHash: HASH, sandbox: "process", permissions: {} } as const;
  const ids = Array.from({ length: 200 }, (_, i) => `thing/p${i}`);
  const queue = [...ids];
  const write = async () => {
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      await new GrantsFile(file).put(new Map([[id, grant]]));
    }
  };
  await Promise.all(Array.from({ length: 8 }, write));
  assertEquals(Object.keys((await readJson(file)).plugins).sort(), ids.sort());
});

Deno.test("a host that may not read or write the grants is told the flag, and is never asked", async () => {
  await using folder = new TempFolder();
  const grants = await grantsIn(folder);
  await using plugins = new TempFolder();
  await plugins.write(FILES);
  const script = `import { PluginRegistry } from ${JSON.stringify(new URL("mod.ts", PROJECT).href)};
    const registry = new PluginRegistry({ grants: ${JSON.stringify(grants)} });
    await registry.discover(${JSON.stringify(plugins.path)});
    for (const work of [() => registry.setupAll(), () => registry.agree("all")]) {
      await work().then(() => console.log("done"), (error) => console.log(error.message));
    }`;
  await folder.write({ "host.ts": script });
  const config = new URL("deno.json", PROJECT).pathname;
  const run = [
    "run",
    "--no-check",
    "--config",
    config,
    `--allow-read=${PROJECT.pathname},${plugins.path}`,
    `${folder.path}/host.ts`,
  ];
  const { stdout } = await deno(run);
  assertStringIncludes(stdout, `the host may not; start the host with --allow-read=${grants}`);
  assertStringIncludes(stdout, `the host may not; start the host with --allow-write=${folder.path}`);
});

Deno.test("a start says in the log what a plugin is and may do, for whoever uses grants as information", async () => {
  await using folder = new TempFolder();
  const grants = await grantsIn(folder);
  const asks = manifestText({ capabilities: '["ocr"]' }, WITH_HOSTS('"example.com"'));
  await using host = await discovered({ ...FILES, "dagstack.toml": asks }, { grants });
  await host.registry.agree("all");
  await host.setup();
  const { contentHash } = statusOf(host);
  assertEquals(host.logger.messages("info"), [
    `Plugin "${ID}" runs in sandbox "process"; reads its own folder, reaches example.com; capabilities ocr; ` +
    `content ${contentHash}; trusted by the host's grants`,
  ]);
  await using plain = await TestHost.start(FILES);
  assertEquals([plain.logger.messages("info"), plain.logger.messages("warn")], [[], []]);
  assertEquals(plain.logger.messages("debug").length, 1);
  assertEquals(statusOf(plain).provenance, { trusted: false });
  // The console shows every level, so that a first run has nothing but what its plugins say.
  await folder.write({
    "host.ts": `import { PluginContext, PluginRegistry } from ${JSON.stringify(new URL("mod.ts", PROJECT).href)};
      for (const logger of [undefined, console]) {
        await using registry = new PluginRegistry();
        await registry.discover(${JSON.stringify(plain.folder.path)});
        await registry.setupAll(logger && new PluginContext({ config: {}, logger, registry }));
        console.log(registry.status().plugins[0].state);
      }`,
  });
  const config = new URL("deno.json", PROJECT).pathname;
  const { stdout, stderr } = await deno(["run", "-A", "--no-check", "--config", config, `${folder.path}/host.ts`]);
  assertEquals([stdout, stderr], ["active\nactive\n", ""]);
});

Deno.test("a host that tears down while it starts under grants leaves nothing running", async () => {
  await using folder = new TempFolder();
  const grants = await grantsIn(folder);
  await using host = await discovered(FILES, { grants });
  await host.registry.agree("all");
  const starting = host.setup();
  await host.registry.teardownAll();
  await starting;
  assertEquals(statusOf(host).state, "stopped");
});

Deno.test("a folder that is put back as it was needs no other grant", async () => {
  await using folder = new TempFolder();
  const grants = await grantsIn(folder);
  await using host = await discovered(FILES, { grants });
  await host.registry.agree("all");
  await host.setup();
  const { contentHash } = statusOf(host);
  await host.folder.write({ "later.ts": "" });
  await assertRejects(() => host.registry.reload("thing", "sample"), GrantRequired);
  await Deno.remove(`${host.folder.path}/later.ts`);
  await host.registry.reload("thing", "sample");
  assertEquals(statusOf(host).contentHash, contentHash);
});
