/** Packages from a real registry on loopback: npm's tarballs and JSR's files, each held against its checksum. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createTarGzip } from "nanotar";
import { PluginRegistry } from "@dagstack/plugin-system";
import { manifestText, MemoryLogger, TempFolder } from "../support.ts";

const FILES: Record<string, string> = {
  "dagstack.toml": manifestText({ name: '"packed"' }),
  "plugin.ts": `import { text } from "./lib/text.ts"; export class Sample { hi() { return text; } }`,
  "lib/text.ts": "export const text: string = 'from a package';",
};

interface Fault {
  integrity?: string;
  tarball?: string;
  files?: Record<string, string>;
}

/** A registry that serves one package as both npm and JSR do. */
async function serve(fault: Fault = {}) {
  const files = fault.files ?? FILES;
  const tarball = await createTarGzip(Object.entries(files).map(([name, data]) => ({ name: `package/${name}`, data })));
  const sha512 = new Uint8Array(await crypto.subtle.digest("SHA-512", tarball.slice())).toBase64();
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const [name, text] of Object.entries(files)) {
    const bytes = new TextEncoder().encode(text);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    manifest[`/${name}`] = { size: bytes.byteLength, checksum: fault.integrity ?? `sha256-${hash}` };
  }
  let requests = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    requests++;
    const { pathname, origin } = new URL(request.url);
    const dist = { tarball: fault.tarball ?? `${origin}/packed.tgz`, integrity: fault.integrity ?? `sha512-${sha512}` };
    const path = decodeURIComponent(pathname);
    if (path === "/@acme/packed") {
      return Response.json({
        "dist-tags": { latest: "1.2.0" },
        versions: { "1.0.0": { dist }, "1.2.0": { dist }, "2.0.0": { dist } },
      });
    }
    if (path === "/packed.tgz") return new Response(tarball.slice());
    if (path === "/@acme/packed/meta.json") {
      return Response.json({ latest: "1.2.0", versions: { "1.0.0": {}, "1.2.0": {}, "1.3.0": { yanked: true } } });
    }
    if (path === "/@acme/packed/1.2.0_meta.json") return Response.json({ manifest });
    const file = /^\/@acme\/packed\/1\.2\.0\/(.*)$/.exec(path)?.[1];
    return file !== undefined && Object.hasOwn(files, file)
      ? new Response(files[file])
      : new Response(null, { status: 404 });
  });
  const url = `http://127.0.0.1:${server.addr.port}/`;
  return {
    registries: { npm: url, jsr: url },
    requests: () => requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

for (const specifier of ["npm:@acme/packed@^1", "jsr:@acme/packed@^1", "npm:@acme/packed", "jsr:@acme/packed@1.2.0"]) {
  Deno.test(`the plugin of ${specifier} is fetched, checked, and runs in the sandbox`, async () => {
    await using registryServer = await serve();
    await using registry = new PluginRegistry({ logger: new MemoryLogger() });
    await using cache = new TempFolder();
    const { registries } = registryServer;
    const report = await registry.discoverPackages([specifier], { registries, cacheDir: cache.path });
    assertEquals(report.failures, []);
    assert(report.registered[0]!.source.startsWith(cache.path));
    assertStringIncludes(report.registered[0]!.source, "1.2.0");
    await registry.setupAll({});
    assertEquals(await registry.getPlugin("thing", "packed").hi!(), "from a package");
    assertEquals(registry.status().plugins[0]!.sandbox, "process");
  });
}

Deno.test("a folder is copied, so that what changes in it later does not change the plugin", async () => {
  await using source = new TempFolder();
  await source.write({ ...FILES, "node_modules/x/index.js": "" });
  await using registry = new PluginRegistry({ logger: new MemoryLogger() });
  const { registered } = await registry.discoverPackages([source.path]);
  await source.write({ "lib/text.ts": "export const text: string = 'changed';" });
  await registry.setupAll({});
  assertEquals(await registry.getPlugin("thing").hi!(), "from a package");
  const copy = registered[0]!.source;
  await registry.teardownAll();
  assertEquals(await Deno.stat(copy).then(() => true, () => false), false, "a cache that nobody named is removed");
});

const faults: [name: string, specifier: string, fault: Fault, text: string][] = [
  [
    "an npm tarball of another checksum",
    "npm:@acme/packed",
    { integrity: "sha512-AAAA" },
    "its tarball is not what the registry's checksum says",
  ],
  ["an npm tarball without a checksum", "npm:@acme/packed", { integrity: "none" }, "names no checksum for its tarball"],
  [
    "a JSR file of another checksum",
    "jsr:@acme/packed",
    { integrity: "sha256-00" },
    "is not what the registry's checksum says",
  ],
  ["a tarball at another origin", "npm:@acme/packed", { tarball: "http://127.0.0.1:1/x.tgz" }, "at another origin"],
  [
    "a version that there is none of",
    "npm:@acme/packed@^9",
    {},
    "no version of it fits; there are 1.0.0, 1.2.0, 2.0.0",
  ],
  ["a range that is none", "npm:@acme/packed@!!", {}, "no version"],
  ["a package that there is none of", "npm:@acme/other", {}, "there is no such package"],
  ["a JSR package that there is none of", "jsr:@acme/other", {}, "there is no such package"],
  ["a JSR name without a scope", "jsr:packed", {}, "it is none; expected"],
  ["a URL", "https://example.com/x.ts", {}, "it is none; expected"],
  ["a path that leads nowhere", "/nowhere/at/all", {}, "cannot be read"],
  [
    "a package without a manifest",
    "npm:@acme/packed",
    { files: { "index.js": "" } },
    "it carries no manifest at its top",
  ],
  [
    "a JSR file that climbs out",
    "jsr:@acme/packed",
    { files: { ...FILES, "../../evil.ts": "" } },
    "which is no path inside it",
  ],
];

for (const [name, specifier, fault, text] of faults) {
  Deno.test(`${name} stands in the report, and another package is registered all the same`, async () => {
    await using registryServer = await serve(fault);
    await using good = new TempFolder();
    await good.write(FILES);
    await using cache = new TempFolder();
    await using registry = new PluginRegistry({ logger: new MemoryLogger() });
    const options = { registries: registryServer.registries, cacheDir: cache.path };
    const report = await registry.discoverPackages([specifier, good.path], options);
    assertEquals(report.registered.map((plugin) => plugin.name), ["packed"]);
    assertEquals(report.failures.map(({ source }) => source), [specifier]);
    assertEquals(Reflect.get(report.failures[0]!.error, "code"), "PackageError");
    assertStringIncludes(report.failures[0]!.error.message, text);
    assertEquals([...Deno.readDirSync(cache.path)].filter(({ name }) => name.startsWith("draft-")), []);
  });
}

Deno.test("a symlink in a folder that is a package is refused", async () => {
  await using source = new TempFolder();
  await source.write(FILES);
  await Deno.symlink("/etc/hosts", `${source.path}/link`);
  await using registry = new PluginRegistry({ logger: new MemoryLogger() });
  const { failures } = await registry.discoverPackages([source.path]);
  assertStringIncludes(failures[0]!.error.message, '"link", which is neither file nor folder');
});

Deno.test("a file of a tarball that climbs out ends up inside the package's folder", async () => {
  await using registryServer = await serve({ files: { ...FILES, "../../evil.ts": "" } });
  await using cache = new TempFolder();
  await using registry = new PluginRegistry({ logger: new MemoryLogger() });
  const { registries } = registryServer;
  const { registered } = await registry.discoverPackages(["npm:@acme/packed"], {
    registries,
    cacheDir: `${cache.path}/a/b`,
  });
  assertEquals(registered.length, 1);
  assertEquals([...Deno.readDirSync(cache.path)].map(({ name }) => name), ["a"]);
  assertEquals([...Deno.readDirSync(`${cache.path}/a`)].map(({ name }) => name), ["b"]);
  assertEquals([...Deno.readDirSync(`${cache.path}/a/b`)].length, 1);
});
