/** What a plugin lists is locked, fetched once, and found again; what goes wrong leaves nothing behind. */
import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { PackageError } from "../../src/errors.ts";
import { type LockedPackages, lockPackages, type LockPackagesOptions } from "../../src/packages/mod.ts";
import { downloadEnvironment } from "../../src/packages/download_environment.ts";
import { deno, TempFolder } from "../support.ts";
import { type Contents, FakeRegistry } from "./fake_registry.ts";
import { runLocked } from "./locked_process.ts";

const CONTENTS: Contents = {
  npm: {
    "leaf": { "1.0.0": { "index.js": "module.exports = 'leaf 1';" }, "2.0.0": { "index.js": "" } },
    "user": {
      "1.0.0": {
        "package.json": JSON.stringify({ dependencies: { leaf: "^1.0.0" } }),
        "index.js": "module.exports = 'user 1 with ' + require('leaf');",
      },
    },
  },
  jsr: { "@acme/tool": { "1.0.0": { "mod.ts": "export default 'tool 1' as string;" } } },
};

/** A registry, a plugin's folder and a folder for caches. */
class Bench implements AsyncDisposable {
  readonly registry = new FakeRegistry(structuredClone(CONTENTS));
  readonly plugin = new TempFolder();
  readonly caches = new TempFolder();

  lock(specifiers: string[], more: Partial<LockPackagesOptions> = {}): Promise<LockedPackages> {
    return lockPackages({
      specifiers,
      pluginDir: this.plugin.path,
      dir: this.caches.path,
      denoPath: Deno.execPath(),
      registries: this.registry.registries,
      env: {},
      plugin: "thing/sample",
      ...more,
    });
  }

  /** What lies in the folder for caches. */
  left(): string[] {
    return [...Deno.readDirSync(this.caches.path)].map(({ name }) => name).sort();
  }

  async import(locked: LockedPackages, specifier: string): Promise<string> {
    const code = `console.log((await import("${specifier}")).default);`;
    return (await runLocked({ locked, pluginDir: this.plugin.path, code }))[0]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry[Symbol.asyncDispose]();
    await this.plugin[Symbol.asyncDispose]();
    await this.caches[Symbol.asyncDispose]();
  }
}

Deno.test("packages are fetched once; a second call asks no registry, and they load while it is gone", async () => {
  await using bench = new Bench();
  const first = await bench.lock(["npm:user@^1", "jsr:@acme/tool@1"]);
  const asked = bench.registry.requests.length;
  assert(asked > 0);
  const second = await bench.lock(["jsr:@acme/tool@1", "npm:user@^1"]);
  assertEquals(second, first);
  assertEquals(bench.registry.requests.length, asked);
  await bench.registry[Symbol.asyncDispose]();
  assertEquals(await bench.import(second, "npm:user@^1"), "user 1 with leaf 1");
  assertEquals(await bench.import(second, "jsr:@acme/tool@1"), "tool 1");
});

Deno.test("a newer version in the registry changes nothing for a plugin that stays the same; a changed one gets it", async () => {
  await using bench = new Bench();
  const first = await bench.lock(["npm:leaf@*"]);
  bench.registry.contents.npm!.leaf!["2.1.0"] = { "index.js": "module.exports = 'leaf 2.1';" };
  assertEquals(await bench.lock(["npm:leaf@*"]), first);
  await bench.plugin.write({ "new.ts": "" });
  const changed = await bench.lock(["npm:leaf@*"]);
  assertNotEquals(changed.folder, first.folder);
  assertEquals(await bench.import(changed, "npm:leaf@*"), "leaf 2.1");
});

Deno.test("another list, other registries, another content hash: each has its own cache", async () => {
  await using bench = new Bench();
  await using other = new FakeRegistry(structuredClone(CONTENTS));
  const all = [
    await bench.lock(["npm:leaf@1"]),
    await bench.lock(["npm:leaf@2"]),
    await bench.lock(["npm:leaf@1"], { registries: other.registries }),
    await bench.lock(["npm:leaf@1"], { contentHash: "a" }),
  ];
  assertEquals(new Set(all.map(({ folder }) => folder)).size, 4);
  assertEquals(bench.left().length, 4);
});

Deno.test("calls at once, from two hosts too, all get the same whole cache", async () => {
  await using bench = new Bench();
  const locks = await Promise.all(Array.from({ length: 4 }, () => bench.lock(["npm:user@1"])));
  for (const lock of locks) assertEquals(lock, locks[0]!);
  assertEquals(bench.left().length, 1);
  assertEquals(await bench.import(locks[0]!, "npm:user@1"), "user 1 with leaf 1");
});

Deno.test("a draft that another host left half made is not used", async () => {
  await using bench = new Bench();
  const { folder } = await bench.lock(["npm:leaf@1"], { contentHash: "a" });
  await Deno.rename(folder, `${bench.caches.path}/draft-of-another`);
  await Deno.remove(`${bench.caches.path}/draft-of-another/npm`, { recursive: true });
  const locked = await bench.lock(["npm:leaf@1"], { contentHash: "a" });
  assertEquals(await bench.import(locked, "npm:leaf@1"), "leaf 1");
});

const faults: [name: string, specifier: string, text: string, spoil: (registry: FakeRegistry) => void][] = [
  ["a package that there is none of", "npm:none@1", "npm package 'none' does not exist", () => {}],
  ["a version that there is none of", "npm:leaf@9", "Could not find npm package 'leaf' matching '9'", () => {}],
  ["a JSR package that there is none of", "jsr:@acme/none@1", "JSR package not found: @acme/none", () => {}],
  ["a JSR version that there is none of", "jsr:@acme/tool@9", "Could not find version of '@acme/tool'", () => {}],
  ["a tarball of another checksum", "npm:leaf@1", "Tarball checksum did not match", (registry) => {
    registry.integrity = `sha512-${new Uint8Array(64).toBase64()}`;
  }],
  ["a package without a checksum", "npm:leaf@1", "the registry names no checksum for leaf@1.0.0", (registry) => {
    registry.integrity = null;
  }],
  ["a JSR file of another checksum", "jsr:@acme/tool@1", "Integrity check failed", (registry) => {
    registry.fault = (path) => path.endsWith("mod.ts") ? new Response("export default 'evil'") : undefined;
  }],
  ["a registry that answers 500", "npm:leaf@1", "Bad response: 500", (registry) => {
    registry.fault = () => new Response(null, { status: 500 });
  }],
  ["JSR answering 500", "jsr:@acme/tool@1", "500", (registry) => {
    registry.fault = () => new Response(null, { status: 500 });
  }],
  ["a registry that answers garbage", "npm:leaf@1", 'package "leaf"', (registry) => {
    registry.fault = () => new Response("<html>");
  }],
  ["a tarball that is garbage", "npm:leaf@1", "Tarball checksum did not match", (registry) => {
    registry.fault = (path) => path.endsWith(".tgz") ? new Response("garbage") : undefined;
  }],
  ["a dependency that is no package of the registry", "npm:far@1", "a dependency outside of npm", (registry) => {
    const dependencies = { leaf: `${registry.url}leaf/-/1.0.0.tgz` };
    registry.contents.npm!.far = { "1.0.0": { "package.json": JSON.stringify({ dependencies }) } };
  }],
];

for (const [name, specifier, text, spoil] of faults) {
  const namesOne = ["none", "leaf'", "@acme"].some((part) => text.includes(part)); // else Deno does not say which one
  Deno.test(`${name} is a PackageError that says so, and nothing is left behind`, async () => {
    await using bench = new Bench();
    spoil(bench.registry);
    const other = specifier.startsWith("npm") ? "jsr:@acme/tool@1" : "npm:user@1";
    const list = namesOne ? [other, specifier] : [specifier];
    const error = await assertRejects(() => bench.lock(list), PackageError);
    assertStringIncludes(error.message, `Cannot fetch package "${specifier}": `);
    assertStringIncludes(error.message, text);
    assertStringIncludes(error.message, '(listed by plugin "thing/sample")');
    assertEquals([error.specifier, error.plugin], [specifier, "thing/sample"]);
    assertEquals(bench.left(), []);
    bench.registry.fault = undefined;
    bench.registry.integrity = undefined;
    bench.registry.contents.npm!.none = { "1.0.0": { "index.js": "" } };
    if (specifier === "npm:none@1") await bench.lock([specifier]); // a failure is not remembered
  });
}

for (
  const specifier of [
    "npm:leaf@file:../x",
    "npm:alias@npm:leaf@1",
    "npm:leaf@https://example.com/x.tgz",
    "jsr:tool",
    "npm:",
    "https://x",
  ]
) {
  Deno.test(`"${specifier}" is refused before anything is asked`, async () => {
    await using bench = new Bench();
    const error = await assertRejects(() => bench.lock([specifier]), PackageError);
    assertStringIncludes(error.message, "it is none; expected");
    assertEquals([bench.registry.requests, bench.left()], [[], []]);
  });
}

Deno.test("an empty list and a limit that is none are errors, never 'all'", async () => {
  await using bench = new Bench();
  await assertRejects(() => bench.lock([]), RangeError, "it lists none");
  await assertRejects(() => bench.lock(["npm:leaf@1"], { timeoutMs: NaN }), RangeError, "a limit is above 0");
});

Deno.test("a registry that never answers ends with the limit, and with the signal", async () => {
  await using silent = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    return new Promise((resolve) => request.signal.addEventListener("abort", () => resolve(new Response())));
  });
  await using bench = new Bench();
  const registries = { npm: `http://127.0.0.1:${silent.addr.port}/` };
  const error = await assertRejects(() => bench.lock(["npm:leaf"], { registries, timeoutMs: 500 }), PackageError);
  assertStringIncludes(error.message, "it was not there within 500 ms");
  const aborter = new AbortController();
  setTimeout(() => aborter.abort(new Error("enough")), 500);
  await assertRejects(() => bench.lock(["npm:leaf"], { registries, signal: aborter.signal }), Error, "enough");
  assertEquals(bench.left(), []);
});

Deno.test({
  name: "a host that may not start Deno is told the flag",
  permissions: { read: true, write: true, net: ["127.0.0.1"], run: false },
  async fn() {
    await using bench = new Bench();
    const error = await assertRejects(() => bench.lock(["npm:leaf"]), PackageError);
    assertStringIncludes(error.message, `the host may not start Deno; start it with --allow-run=${Deno.execPath()}`);
    assertEquals(bench.left(), []);
  },
});

Deno.test("a Deno that is not there is named", async () => {
  await using bench = new Bench();
  const source = new URL("../../src/packages/mod.ts", import.meta.url).href;
  const code = `import { lockPackages } from ${JSON.stringify(source)};
    const [pluginDir, dir] = Deno.args;
    await lockPackages({ specifiers: ["npm:leaf"], pluginDir, dir, denoPath: "/nowhere/deno", env: {}, plugin: "a/b" })
      .catch((error) => console.log(error.message));`;
  await bench.plugin.write({ "host.ts": code });
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const paths = [`${bench.plugin.path}/host.ts`, bench.plugin.path, bench.caches.path];
  const flags = ["--quiet", "--no-lock", `--config=${config}`, "--allow-read", "--allow-write", "--allow-run"];
  const { stdout, stderr } = await deno(["run", ...flags, ...paths]);
  assertStringIncludes(stdout, 'there is no Deno at "/nowhere/deno"', stderr);
  assertEquals(bench.left(), []);
});

Deno.test("npm's lifecycle scripts do not run", async () => {
  await using bench = new Bench();
  const mark = `${bench.plugin.path}/ran`;
  const scripts = { preinstall: `touch ${mark}`, install: `touch ${mark}`, postinstall: `touch ${mark}` };
  bench.registry.contents.npm!.script = {
    "1.0.0": { "package.json": JSON.stringify({ scripts }), "index.js": "module.exports = 'script';" },
  };
  const locked = await bench.lock(["npm:script@1"]);
  assertEquals(await bench.import(locked, "npm:script@1"), "script");
  assertEquals(await Deno.stat(mark).then(() => true, () => false), false);
});

Deno.test("what lies in folders above the cache has no say: workspace, package.json, .npmrc", async () => {
  await using bench = new Bench();
  await bench.caches.write({
    "deno.json": '{ "workspace": ["./*/*/*"], "nodeModulesDir": "auto" }', // takes in even a draft
    "package.json": '{ "dependencies": { "none": "1" } }',
    ".npmrc": "registry=http://127.0.0.1:1/",
  });
  const locked = await bench.lock(["npm:leaf@1"], { dir: `${bench.caches.path}/below` });
  assertEquals(await bench.import(locked, "npm:leaf@1"), "leaf 1");
  assertEquals(bench.left(), [".npmrc", "below", "deno.json", "package.json"]);
});

Deno.test("downloading gets the variables for registries, proxies and certificates, and no others", () => {
  const needed = {
    NODE_EXTRA_CA_CERTS: "/a.pem",
    SSL_CERT_FILE: "/b.pem",
    SSL_CERT_DIR: "/b",
    DENO_CERT: "/c.pem",
    DENO_TLS_CA_STORE: "system",
    HTTPS_PROXY: "http://127.0.0.1:9/",
    no_proxy: "127.0.0.1",
  };
  const registries = { npm: "http://127.0.0.1:8/", jsr: "http://127.0.0.1:7/" };
  const given = downloadEnvironment({ ...needed, SECRET: "s", HOME: "/root", DENO_DIR: "/d" }, registries, "/ours");
  assertEquals(given, {
    ...needed,
    NPM_CONFIG_REGISTRY: registries.npm,
    JSR_URL: registries.jsr,
    HOME: "/ours",
    USERPROFILE: "/ours",
    DENO_DIR: "/ours",
    DENO_NO_PACKAGE_JSON: "1",
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  });
});

Deno.test("the variables do reach the download: through a proxy that they name", async () => {
  await using bench = new Bench();
  const registries = { npm: "http://registry.invalid/" };
  const { folder } = await bench.lock(["npm:leaf@1"], { registries, env: { HTTP_PROXY: bench.registry.url } });
  assertEquals(bench.left(), [folder.slice(bench.caches.path.length + 1)]);
  assert(bench.registry.requests.includes("leaf"));
});

Deno.test("without them named, the host's own variables are used, and a registry's password stays with the host", async () => {
  await using bench = new Bench();
  const before = Deno.env.get("NPM_CONFIG_REGISTRY");
  Deno.env.set("NPM_CONFIG_REGISTRY", bench.registry.url.replace("//", "//user:secret@"));
  try {
    const locked = await lockPackages({
      specifiers: ["npm:leaf@1"],
      pluginDir: bench.plugin.path,
      dir: bench.caches.path,
      denoPath: Deno.execPath(),
      plugin: "thing/sample",
    });
    assertEquals(locked.env.NPM_CONFIG_REGISTRY, bench.registry.url);
    assertEquals(await bench.import(locked, "npm:leaf@1"), "leaf 1");
  } finally {
    if (before === undefined) Deno.env.delete("NPM_CONFIG_REGISTRY");
    else Deno.env.set("NPM_CONFIG_REGISTRY", before);
  }
});
