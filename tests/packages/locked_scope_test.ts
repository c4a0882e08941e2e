/** In a process that is started with locked packages exactly these load, and nobody else's lie within reach. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { linkPackages, type LockedPackages, lockPackages } from "../../src/packages/mod.ts";
import { TempFolder } from "../support.ts";
import { type Contents, FakeRegistry } from "./fake_registry.ts";
import { runLocked, tryImports } from "./locked_process.ts";

const esm = (json: object = {}) => JSON.stringify({ type: "module", ...json });

const CONTENTS: Contents = {
  npm: {
    "leaf": {
      "1.0.0": { "index.js": "module.exports = 'leaf 1, mode ' + process.env.NODE_ENV;" },
      "2.0.0": { "index.js": "module.exports = 'leaf 2';" },
    },
    "user": {
      "1.0.0": {
        "package.json": JSON.stringify({ dependencies: { leaf: "^1.0.0" } }),
        "index.js": "module.exports = 'user 1.0';",
      },
      "1.1.0": {
        "package.json": JSON.stringify({ dependencies: { leaf: "^1.0.0" } }),
        "index.js": "module.exports = 'user 1.1 with ' + require('leaf');",
        "sub.js": "module.exports = 'sub';",
      },
    },
    "@acme/parts": {
      "1.0.0": { "package.json": esm({ exports: { "./a": "./a.js" } }), "a.js": "export default 'a';" },
    },
    "data": {
      "1.0.0": {
        "package.json": esm(),
        "data.txt": "its own data",
        "index.js": `import { readFileSync } from "node:fs";
          export default readFileSync(new URL("./data.txt", import.meta.url), "utf8");`,
      },
    },
    "other": { "1.0.0": { "index.js": "module.exports = 'other';" } },
  },
  jsr: {
    "@acme/base": {
      "1.0.0": { "mod.ts": "export default 'base 1.0' as string;" },
      "1.1.0": { "mod.ts": "export default 'base 1.1' as string;" },
    },
    "@acme/tool": {
      "1.0.0": {
        "mod.ts": `import base from "jsr:@acme/base@^1"; export default "tool with " + base;`,
        "sub.ts": "export default 'part of tool';",
      },
    },
  },
};

interface Scope extends AsyncDisposable {
  locked: LockedPackages;
  pluginDir: string;
  registry: FakeRegistry;
}

async function openScope(specifiers: string[], contentHash = "a", dir?: string): Promise<Scope> {
  const stack = new AsyncDisposableStack();
  const registry = stack.use(new FakeRegistry(CONTENTS));
  const plugin = stack.use(new TempFolder());
  const caches = stack.use(new TempFolder());
  const locked = await lockPackages({
    specifiers,
    pluginDir: plugin.path,
    contentHash,
    dir: dir ?? caches.path,
    denoPath: Deno.execPath(),
    registries: registry.registries,
    env: {},
    plugin: "thing/sample",
  });
  await registry[Symbol.asyncDispose](); // nothing below needs it
  return { locked, pluginDir: plugin.path, registry, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

Deno.test("a listed npm package loads by its range, by its bare name, by its name alone, with its dependencies", async () => {
  await using scope = await openScope(["npm:user@^1"]);
  const whole = '"user 1.1 with leaf 1, mode undefined"';
  assertEquals(await tryImports(scope, ["npm:user@^1", "npm:user@1", "user", "npm:user", "user/sub.js"]), {
    "npm:user@^1": whole,
    "npm:user@1": whole,
    "user": whole,
    "npm:user": whole,
    "user/sub.js": '"sub"',
  });
});

Deno.test("an unlisted package, another version and a dependency by its own name are refused, cached or not", async () => {
  await using scope = await openScope(["npm:user@^1"]);
  const specifiers = [
    "npm:user@1.0.0",
    "npm:user@1.1.0",
    "npm:leaf@^1.0.0",
    "npm:leaf@1.0.0",
    "npm:leaf",
    "npm:leaf@2",
  ];
  const refused = await tryImports(scope, [
    ...specifiers,
    "npm:other",
    "leaf",
    "jsr:@acme/tool",
    "https://jsr.io/x.ts",
  ]);
  for (const [specifier, outcome] of Object.entries(refused)) assertStringIncludes(outcome, "refused: ", specifier);
  assertStringIncludes(refused["npm:leaf@1.0.0"]!, "The lockfile is out of date"); // it is in the cache
  assertStringIncludes(refused["https://jsr.io/x.ts"]!, "--no-remote is specified"); // not just "not cached"
});

Deno.test("a listed JSR package loads with all that it exports; https: and what is not locked stay refused", async () => {
  await using scope = await openScope(["jsr:@acme/tool@1"]);
  const { host } = new URL(scope.locked.env.JSR_URL!);
  const loads = ["jsr:@acme/tool@1", "@acme/tool", "jsr:@acme/tool@1/sub", "@acme/tool/sub"];
  const refused = [
    "jsr:@acme/tool@1.0.0",
    "jsr:@acme/base@1.0.0",
    "jsr:@acme/none",
    "npm:user",
    "https://example.com/x.ts",
    `http://${host}/@acme/tool/1.0.0/mod.ts?data`,
    `http://${host}/none.ts`,
  ];
  const outcomes = await tryImports(scope, [...loads, ...refused]);
  assertEquals(loads.map((specifier) => outcomes[specifier]), [
    '"tool with base 1.1"',
    '"tool with base 1.1"',
    '"part of tool"',
    '"part of tool"',
  ]);
  for (const specifier of refused) assertStringIncludes(outcomes[specifier]!, "refused: ", specifier);
  assertStringIncludes(outcomes["npm:user"]!, "--no-npm is specified");
  assert(scope.locked.flags.includes(`--allow-import=${host}`), "other servers stay closed twice over");
});

Deno.test("nothing that is imported ever reaches the registry, not even in a worker of the plugin", async () => {
  await using registry = new FakeRegistry(CONTENTS);
  await using plugin = new TempFolder();
  await using caches = new TempFolder();
  const locked = await lockPackages({
    specifiers: ["npm:user@^1", "jsr:@acme/tool@1"],
    pluginDir: plugin.path,
    dir: caches.path,
    denoPath: Deno.execPath(),
    registries: registry.registries,
    env: {},
    plugin: "thing/sample",
  });
  const asked = registry.requests.length;
  const attempts = ["leak.ts", "@acme/tool/1.0.0/mod.ts?leak"].map((path) => registry.url + path)
    .concat("npm:leak", "npm:user@9", "npm:leaf@2", "jsr:@acme/leak", "jsr:@acme/base@7", "jsr:@acme/tool@1.0.0");
  const all = `let refused = 0;
    for (const s of ${JSON.stringify(attempts)}) await import(s).catch(() => refused++);`;
  const worker = `data:text/javascript,${encodeURIComponent(`${all} postMessage(refused);`)}`;
  const run = { locked, pluginDir: plugin.path };
  assertEquals(await runLocked({ ...run, code: `${all} console.log(refused);` }), [`${attempts.length}`]);
  const inWorker = await runLocked({
    ...run,
    code: `const worker = new Worker(${JSON.stringify(worker)}, { type: "module" });
      worker.onmessage = ({ data }) => { console.log(data); worker.terminate(); };`,
  });
  assertEquals(inWorker, [`${attempts.length}`]);
  assertEquals(registry.requests.slice(asked), []);
});

Deno.test("a refused package that is not cached leaves the listed ones usable, and so works 'try, else do without'", async () => {
  await using scope = await openScope(["npm:user@^1"]);
  const code = `for (const s of ["npm:other", "jsr:@acme/none", "npm:user@9", "npm:user@^1"])
    await import(s).then(() => console.log("loaded"), () => console.log("refused"));`;
  assertEquals(await runLocked({ ...scope, code }), ["refused", "refused", "refused", "loaded"]);
});

Deno.test("the subpath of a package without a main module is enough to list", async () => {
  await using scope = await openScope(["npm:@acme/parts@1/a"]);
  assertEquals(await tryImports(scope, ["npm:@acme/parts@1/a", "@acme/parts/a"]), {
    "npm:@acme/parts@1/a": '"a"',
    "@acme/parts/a": '"a"',
  });
});

Deno.test("unlisted variables read as undefined, listed ones have their value", async () => {
  await using scope = await openScope(["npm:leaf@1"]);
  const code = `import process from "node:process";
    const names = ["MODE", "HOME", "NPM_CONFIG_REGISTRY", "DENO_DIR"];
    console.log(JSON.stringify(names.map((name) => [Deno.env.get(name) ?? null, process.env[name] ?? null])));
    console.log(JSON.stringify([Object.keys(Deno.env.toObject()), Object.keys(process.env)]));`;
  const env = { MODE: "test", OTHER: "x" };
  const none = "[null,null],[null,null],[null,null]";
  const run = { ...scope, code, env };
  assertEquals(await runLocked({ ...run, flags: ["--allow-env=MODE"] }), [
    `[["test","test"],${none}]`,
    '[["MODE"],["MODE"]]',
  ]);
  assertEquals(await runLocked(run), [`[[null,null],${none}]`, "[[],[]]"]);
});

Deno.test("the plugin writes neither lock nor cache, and reads none of it but the files of its packages", async () => {
  await using scope = await openScope(["npm:data@1"]);
  const { folder, lockFile } = scope.locked;
  const before = await listing(folder);
  const code = `const { default: data } = await import("npm:data@1");
    console.log(data);
    const file = new URL("./data.txt", import.meta.resolve("npm:data@1"));
    for (const action of [
      () => Deno.writeTextFileSync(${JSON.stringify(lockFile)}, ""),
      () => Deno.writeTextFileSync(file, ""),
      () => Deno.removeSync(${JSON.stringify(folder)}, { recursive: true }),
      () => Deno.symlinkSync("/etc", ${JSON.stringify(`${folder}/npm/x`)}),
      () => Deno.readTextFileSync(${JSON.stringify(lockFile)}),
      () => [...Deno.readDirSync(${JSON.stringify(folder)})],
      () => [...Deno.readDirSync(${JSON.stringify(`${folder}/..`)})],
    ]) try { action(); console.log("done"); } catch (error) { console.log(error.name); }
    await (await caches.open("x")).put("http://a/", new Response("y"));`;
  assertEquals(await runLocked({ ...scope, code }), ["its own data", ...Array(7).fill("NotCapable")]);
  assertEquals(await listing(folder), before);
});

Deno.test("another plugin's packages are out of reach, by their path too", async () => {
  await using caches = new TempFolder();
  await using scope = await openScope(["npm:leaf@1"], "a", caches.path);
  await using other = await openScope(["npm:other@1"], "b", caches.path);
  const [file] = await runLocked({ ...other, code: `console.log(import.meta.resolve("npm:other@1"));` });
  assertStringIncludes(file!, other.locked.folder);
  const outcomes = await tryImports(scope, [file!]);
  assertStringIncludes(outcomes[file!]!, "refused: Requires read access");
});

Deno.test("two processes of a plugin share the packages, and nothing that they store", async () => {
  await using scope = await openScope(["npm:user@^1"]);
  const before = await listing(scope.locked.folder);
  const code = `const { default: user } = await import("npm:user@^1");
    const store = await caches.open("shared");
    console.log(user.slice(0, 8), await store.match("http://a/") === undefined, localStorage.getItem("k"));
    await store.put("http://a/", new Response("b"));
    localStorage.setItem("k", "v");`;
  const outputs = await Promise.all([1, 2, 3].map(() => runLocked({ ...scope, code })));
  for (const output of outputs) assertEquals(output, ["user 1.1 true null"]);
  assertEquals(await listing(scope.locked.folder), before);
});

Deno.test("removing a process's DENO_DIR leaves the packages alone", async () => {
  await using scope = await openScope(["npm:leaf@1"]);
  const before = await listing(scope.locked.folder);
  assert(before.length > 0);
  const denoDir = await Deno.makeTempDir();
  await linkPackages(scope.locked, denoDir);
  await Deno.remove(denoDir, { recursive: true });
  assertEquals(await listing(scope.locked.folder), before);
});

/** Every file below a folder, with its length and the time of its last change. */
async function listing(folder: string, prefix = ""): Promise<string[]> {
  const lines: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) lines.push(...await listing(path, `${prefix}${name}/`));
    else {
      const { size, mtime } = await Deno.lstat(path);
      lines.push(`${prefix}${name} ${size} ${mtime?.toISOString()}`);
    }
  }
  return lines.sort();
}
