/** Where plugins come from: only a package of a listed scope whose files are those of the checksum is trusted for it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PluginRegistry, type PluginRegistryOptions, type Provenance } from "@dagstack/plugin-system";
import { materialisePackage } from "../../src/packages/mod.ts";
import { hashFolder } from "../../src/folder_hash.ts";
import { provenanceOf } from "../../src/registry/provenance.ts";
import { Publishers, TRUSTED_PUBLISHERS_VARIABLE } from "../../src/registry/provenance_publishers.ts";
import { FakeRegistry } from "../packages/fake_registry.ts";
import { deno, manifestText, MemoryLogger, PROJECT, TempFolder } from "../support.ts";

const FILES = {
  "dagstack.toml": manifestText({
    maintainer: '"@acme"',
    authors: '["npm:@acme"]',
    homepage: '"https://acme.example"',
  }),
  "plugin.ts": "export class Sample { text() { return 'packed'; } }",
};

interface Started {
  provenance: Provenance;
  state: string;
  warnings: string[];
  infos: string[];
}

/** Starts the plugin of a package, or of a folder, under a list of publishers. */
async function start(
  specifier: string,
  publishers: string | undefined,
  options: PluginRegistryOptions & { files?: Record<string, string>; tamper?: (folder: string) => Promise<void> } = {},
): Promise<Started> {
  const { files = FILES, tamper, ...rest } = options;
  const packages = {
    "@acme/sample": { "1.2.0": files },
    "@evil/sample": { "1.2.0": files },
    sample: { "1.2.0": files },
  };
  const { sample: _, ...scoped } = packages;
  await using server = new FakeRegistry({ npm: packages, jsr: scoped });
  await using cache = new TempFolder();
  const logger = new MemoryLogger();
  await using registry = new PluginRegistry({ logger, ...rest });
  const { registries } = server;
  const report = await registry.discoverPackages([specifier], { registries, cacheDir: cache.path });
  assertEquals(report.failures, []);
  await tamper?.(report.registered[0]!.source.replace(/\/[^/]+$/, ""));
  if (publishers === undefined) Deno.env.delete(TRUSTED_PUBLISHERS_VARIABLE);
  else Deno.env.set(TRUSTED_PUBLISHERS_VARIABLE, publishers);
  try {
    await registry.setupAll();
  } finally {
    Deno.env.delete(TRUSTED_PUBLISHERS_VARIABLE);
  }
  const { provenance, state } = registry.status().plugins[0]!;
  return { provenance, state, warnings: logger.messages("warn"), infos: logger.messages("info") };
}

for (const registry of ["npm", "jsr"]) {
  for (const listed of ["@acme", `${registry}:@acme`, ` @other , ${registry}:@acme,`]) {
    Deno.test(`${registry}: a package of "${listed}" is trusted by its publisher`, async () => {
      const { provenance, state, warnings, infos } = await start(`${registry}:@acme/sample@^1`, listed);
      assertEquals(state, "active");
      assertEquals(provenance, {
        trusted: true,
        by: "publisher",
        package: `${registry}:@acme/sample`,
        version: "1.2.0",
        publisher: `${registry}:@acme`,
        checksumVerified: true,
      });
      assertEquals(warnings, []);
      assertStringIncludes(infos[0]!, `${registry}:@acme/sample@1.2.0, trusted by its publisher ${registry}:@acme`);
    });
  }
}

const UNTRUSTED: [why: string, specifier: string, listed: string, warning: string][] = [
  [
    "another scope",
    "npm:@evil/sample",
    "@acme",
    'its publisher "npm:@evil" is not in DAGSTACK_PLUGIN_TRUSTED_PUBLISHERS',
  ],
  ["the same scope at another registry", "npm:@acme/sample", "jsr:@acme", 'its publisher "npm:@acme" is not in'],
  ["a scope that only begins alike", "npm:@acme/sample", "@acm,@acme-labs", 'its publisher "npm:@acme" is not in'],
  ["no scope at all", "npm:sample", "@acme", "npm:sample has no scope"],
];

for (const [why, specifier, listed, warning] of UNTRUSTED) {
  Deno.test(`${why} is untrusted, with a warning, and runs all the same`, async () => {
    const { provenance, state, warnings } = await start(specifier, listed);
    assertEquals([provenance.trusted, provenance.by, state], [false, undefined, "active"]);
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0]!, `Plugin "thing/sample" is untrusted: ${warning}`);
  });
}

Deno.test("a folder whose manifest and package.json name a trusted publisher is untrusted", async () => {
  await using folder = new TempFolder();
  await folder.write({ ...FILES, "package.json": '{ "name": "@acme/sample", "version": "1.2.0" }' });
  for (const specifier of [folder.path, `${folder.path}/.`]) {
    const { provenance, warnings } = await start(specifier, "@acme");
    assertEquals(provenance, { trusted: false });
    assertStringIncludes(warnings[0]!, "it does not come from a package, so that nothing says whose it is");
  }
});

Deno.test("a folder that looks like one of our cache is untrusted", async () => {
  await using folder = new TempFolder();
  const name = `npm-@acme+sample-1.2.0-${"0".repeat(64)}`;
  await folder.write(Object.fromEntries(Object.entries(FILES).map(([path, text]) => [`${name}/${path}`, text])));
  const { provenance } = await start(`${folder.path}/${name}`, "@acme");
  assertEquals(provenance, { trusted: false });
});

Deno.test("files that were changed in the cache are not those of the checksum, and the package is untrusted", async () => {
  const changes: ((folder: string) => Promise<void>)[] = [
    (folder) => Deno.writeTextFile(`${folder}/plugin.ts`, "export class Sample { text() { return 'evil'; } }"),
    (folder) => Deno.writeTextFile(`${folder}/more.ts`, ""),
  ];
  for (const tamper of changes) {
    const { provenance, state, warnings } = await start("npm:@acme/sample", "@acme", { tamper });
    assertEquals([provenance.trusted, provenance.checksumVerified, state], [false, false, "active"]);
    assertStringIncludes(warnings[0]!, "its files are not those that npm:@acme/sample was checked with");
  }
});

Deno.test("a package whose folder changes while it is loaded does not run as a trusted one", async () => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, `${text}//`);
    await Deno.writeTextFile(file, text);
    return new Response("go on");
  });
  const { port } = server.addr as Deno.NetAddr;
  let file = "";
  const asks =
    `[plugin.resources]\nrequired = ["http_client"]\n[plugin.resources.http_client]\nhosts = ["127.0.0.1:${port}"]\n`;
  const files = {
    "dagstack.toml": manifestText({}, asks),
    "plugin.ts": `await (await fetch("http://127.0.0.1:${port}/")).text(); ${FILES["plugin.ts"]}`,
  };
  const tamper = (folder: string) => {
    file = `${folder}/plugin.ts`;
    return Promise.resolve();
  };
  const { state, provenance } = await start("npm:@acme/sample", "@acme", { files, tamper });
  await server.shutdown();
  assertEquals([state, provenance.trusted], ["unavailable", false]);
});

Deno.test("what is no scope trusts nobody, and is warned of", async () => {
  const { provenance, warnings } = await start("npm:@acme/sample", "acme,@Acme,npm:acme,@acme/sample,*,deno:@acme,@");
  assertEquals(provenance.trusted, false);
  for (const entry of ["acme", "@Acme", "npm:acme", "@acme/sample", "*", "deno:@acme", "@"]) {
    assert(
      warnings.some((message) =>
        message.startsWith(`Cannot trust publisher "${entry}" of ${TRUSTED_PUBLISHERS_VARIABLE}`)
      ),
    );
  }
});

Deno.test("a host that asks for nothing of this is left in peace, and status is honest", async () => {
  const { provenance, warnings, infos } = await start("npm:@acme/sample", undefined);
  assertEquals([provenance.trusted, provenance.checksumVerified, provenance.publisher], [false, true, "npm:@acme"]);
  assertEquals([warnings, infos], [[], []]);
});

Deno.test("the permissions of a trusted publisher's package must be agreed to like any other's", async () => {
  const { provenance, state } = await start("npm:@acme/sample", "@acme", { grants: { version: 1, plugins: {} } });
  assertEquals([state, provenance.trusted], ["unavailable", false]);
});

Deno.test("the variable is read only where the host may, and nobody is asked", async () => {
  await using folder = new TempFolder();
  await folder.write({
    ...FILES,
    "host.ts": `import { PluginRegistry } from ${JSON.stringify(new URL("mod.ts", PROJECT).href)};
      await using registry = new PluginRegistry();
      await registry.setupAll();
      console.log("started");`,
  });
  const config = new URL("deno.json", PROJECT).pathname;
  const run = (flags: string[]) =>
    deno([
      "run",
      "--no-check",
      "--config",
      config,
      `--allow-read=${PROJECT.pathname}`,
      ...flags,
      `${folder.path}/host.ts`,
    ], {
      env: { [TRUSTED_PUBLISHERS_VARIABLE]: "Acme" },
    });
  assertEquals((await run([])).stdout, "started\n");
  const allowed = await run([`--allow-env=${TRUSTED_PUBLISHERS_VARIABLE}`]);
  assertStringIncludes(allowed.stderr, 'Cannot trust publisher "Acme"');
});

Deno.test("the hash of what was fetched is that of the folder, whatever the names in it", async () => {
  const files = {
    "b.ts": "1",
    "a/z.ts": "2",
    "a.ts": "3",
    "ä.ts": "4",
    "\u{10000}.ts": "5",
    "\uffee.ts": "6",
    "Z.ts": "7",
  };
  await using server = new FakeRegistry({ npm: { "@acme/names": { "1.0.0": files } } });
  await using cache = new TempFolder();
  const { folder, origin } = await materialisePackage("npm:@acme/names", cache.path, server.registries);
  assertEquals(origin!.contentHash, await hashFolder(folder));
  assertEquals([origin!.registry, origin!.name, origin!.version], ["npm", "@acme/names", "1.0.0"]);
  assertEquals((await materialisePackage(folder, cache.path)).origin, undefined);
});

Deno.test("a grant comes before a publisher, and neither holds for content that is not known", () => {
  const origin = { registry: "npm", name: "@acme/a", version: "1.0.0", contentHash: "x" } as const;
  const publishers = new Publishers("@acme");
  const judge = (contentHash: string | undefined, grantedHash: string | undefined) =>
    provenanceOf({ isHostCode: false, origin, contentHash, grantedHash, publishers });
  assertEquals([judge("x", "x").by, judge("x", "y").by, judge("y", "y").by], ["grants", "publisher", "grants"]);
  assertEquals([judge(undefined, undefined).trusted, judge("y", undefined).trusted], [false, false]);
});
