/** `resources.packages`: locked when the plugin is registered, loaded in its scope, and nothing else is. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { PluginRegistryOptions } from "@dagstack/plugin-system";
import { type Contents, FakeRegistry } from "../packages/fake_registry.ts";
import { manifestText, TempFolder, TestHost } from "../support.ts";

const CONTENTS: Contents = {
  npm: {
    shout: {
      "1.0.0": {
        "package.json": '{ "dependencies": { "quiet": "1" } }',
        "index.js": "exports.shout = (t) => t.toUpperCase() + (process.env.UNLISTED ?? '!');",
      },
    },
    quiet: { "1.0.0": { "index.js": "module.exports = 'quiet';" } },
    other: { "1.0.0": { "index.js": "module.exports = 'other';" } },
  },
  jsr: {},
};

function plugin(specifiers: string[], fields: Record<string, string> = {}): Record<string, string> {
  const resources = `[plugin.resources]\nrequired = ["packages"]\n[plugin.resources.packages]\nspecifiers = ${
    JSON.stringify(specifiers)
  }`;
  return {
    "p/dagstack.toml": manifestText(fields, resources),
    "p/plugin.ts": `import { shout } from "shout";
      export class Sample {
        say(t: string) { return shout(t); }
        load(s: string) { return import(s).then(() => "loaded"); }
      }`,
  };
}

async function open(
  files: Record<string, string>,
  options: PluginRegistryOptions = {},
): Promise<{ host: TestHost; registry: FakeRegistry; cache: TempFolder } & AsyncDisposable> {
  const registry = new FakeRegistry(CONTENTS);
  const cache = new TempFolder();
  const host = await TestHost.start(files, {
    packages: { dir: cache.path, registries: { npm: registry.url } },
    ...options,
  });
  return {
    host,
    registry,
    cache,
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
      await cache[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a plugin imports the packages that its manifest lists, and no others", async () => {
  await using opened = await open(plugin(["npm:shout@1"]));
  const sample = opened.host.plugin();
  assertEquals(await sample.say!("hi"), "HI!");
  for (const specifier of ["npm:other@1", "npm:quiet@1", "other", "https://example.com/x.js"]) {
    await assertRejects(() => sample.load!(specifier), Error);
  }
  assertEquals(opened.host.registry.status().plugins[0]!.permissions!.packages, ["npm:shout@1"]);
});

Deno.test("packages are fetched when the plugin is registered, and not again for the same plugin", async () => {
  await using opened = await open(plugin(["npm:shout@1"]));
  const asked = opened.registry.requests.length;
  await using again = new TestHost({
    packages: { dir: opened.cache.path, registries: { npm: opened.registry.url } },
  });
  await again.registry.discover(opened.host.folder.path);
  await again.setup();
  assertEquals(await again.plugin().say!("hi"), "HI!");
  assertEquals(opened.registry.requests.length, asked);
});

Deno.test("what policy refuses is not fetched, and the plugin says what would grant it", async () => {
  await using opened = await open(plugin(["npm:shout@1"]), { policy: { packages: { specifiers: ["npm:other@1"] } } });
  assertEquals(opened.registry.requests, []);
  assertStringIncludes(
    opened.host.reason()!.message,
    'packages "npm:shout@1" (asked by resources.packages.specifiers) is refused by the policy; allow it with ' +
      'policy: { packages: { specifiers: ["npm:shout@1"] } }',
  );
});

Deno.test("a package that cannot be had keeps its plugin out, with the reason in the report", async () => {
  await using registry = new FakeRegistry(CONTENTS);
  await using cache = new TempFolder();
  await using host = new TestHost({ packages: { dir: cache.path, registries: { npm: registry.url } } });
  await host.folder.write(plugin(["npm:none@1"]));
  const { registered, failures } = await host.registry.discover(host.folder.path);
  assertEquals([registered.length, failures.length], [0, 1]);
  assertStringIncludes(failures[0]!.error.message, 'Cannot fetch package "npm:none@1"');
  assertStringIncludes(failures[0]!.error.message, 'listed by plugin "thing/sample"');
});

Deno.test("a worker cannot lock packages, and says which sandbox can", async () => {
  await using opened = await open(plugin(["npm:shout@1"]), { sandbox: "worker" });
  assertStringIncludes(opened.host.reason()!.message, 'it cannot lock packages; choose sandbox "process"');
});
