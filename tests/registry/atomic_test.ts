/** A fault at any step of registering, starting or reloading leaves the registry as it was, and says what happened. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { PluginRegistryOptions, SetupAllOptions } from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";
import { eventually, ownChildren } from "./own_children.ts";

type Files = Record<string, string>;

const GOOD = { "good/dagstack.toml": manifestText({ name: '"good"' }), "good/plugin.ts": code("return 'good'") };
const MANIFEST = "bad/dagstack.toml";
const CODE = "bad/plugin.ts";
const TMPDIR = '[plugin.resources]\nrequired = ["tmpdir"]';

function code(answer: string, setup = ""): string {
  return `export class Sample { async setup(c: any) { ${setup} } hi() { ${answer} } die() { Deno.exit(3); } }`;
}

const SOUND: Files = { [MANIFEST]: manifestText({}, TMPDIR), [CODE]: code("return 'hi'") };

/** What must be as before: `status()` without timings, the processes, and the temporary folders. */
function picture(host: TestHost, tmp: string) {
  const plugins = host.registry.status().plugins.map((plugin) => ({ ...plugin, timings: undefined }));
  return { plugins, list: host.registry.list(), children: ownChildren(), folders: foldersOf(tmp) };
}

function foldersOf(tmp: string): string[] {
  const below = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => `${path}/${name}`);
  return below(tmp).flatMap(below).sort();
}

/** A host whose good plugin runs in a process, and whose temporary folders can be counted. */
async function withGood(options: PluginRegistryOptions = {}): Promise<{ host: TestHost; tmp: string }> {
  const tmp = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "plugin-system-test-" }));
  const host = new TestHost({ tempDir: tmp, ...options });
  await host.folder.write(GOOD);
  await host.registry.discover(`${host.folder.path}/good`);
  await host.setup();
  return { host, tmp };
}

async function done({ host, tmp }: { host: TestHost; tmp: string }): Promise<void> {
  await host[Symbol.asyncDispose]();
  await Deno.remove(tmp, { recursive: true });
}

/** Compares when processes have had the time to end. */
async function assertAsBefore(host: TestHost, tmp: string, before: ReturnType<typeof picture>): Promise<void> {
  await eventually("processes end", () => ownChildren().every((pid) => before.children.includes(pid)));
  assertEquals(picture(host, tmp), before);
  assertEquals(await host.plugin("thing/good").hi!(), "good");
}

const REGISTERING: Record<string, { files: Files; lacks?: string; says: string }> = {
  "a manifest that is no TOML": { files: { [MANIFEST]: "[plugin" }, says: "bad/dagstack.toml" },
  "a manifest that is invalid": { files: { [MANIFEST]: manifestText({ priority: '"high"' }) }, says: "priority" },
  "a core_version of another core": {
    files: { [MANIFEST]: manifestText({ core_version: '">=9,<10"' }) },
    says: 'core_version is ">=9,<10"',
  },
  "a runtime that is not served": {
    files: { [MANIFEST]: manifestText({ runtime: '"mcp_http"' }, '[plugin.mcp_http]\nurl = "http://127.0.0.1/"') },
    says: 'runtime is "mcp_http"',
  },
  "an entry point that is not there": { files: {}, lacks: CODE, says: "plugin" },
  "a config_schema that is none": {
    files: { [MANIFEST]: manifestText({}, "[plugin.config_schema]\ntype = 7") },
    says: "config_schema",
  },
  "a name that is taken": { files: { [MANIFEST]: manifestText({ name: '"good"' }) }, says: "thing/good" },
};

for (const [fault, { files, lacks, says }] of Object.entries(REGISTERING)) {
  Deno.test(`registering: ${fault} leaves no trace, and the next attempt succeeds`, async () => {
    const own = await withGood();
    const { host, tmp } = own;
    try {
      const before = picture(host, tmp);
      await host.folder.write({ ...SOUND, ...files });
      if (lacks !== undefined) await Deno.remove(`${host.folder.path}/${lacks}`);
      const { registered, failures } = await host.registry.discover(`${host.folder.path}/bad`);
      assertEquals([registered.length, failures.length], [0, 1]);
      assertStringIncludes(failures[0]!.error.message, says);
      assertStringIncludes(host.logger.messages("warn").join("\n"), says);
      await assertAsBefore(host, tmp, before);
      await host.folder.write(SOUND);
      await host.registry.discover(`${host.folder.path}/bad`);
      await host.setup();
      assertEquals(await host.plugin().hi!(), "hi");
    } finally {
      await done(own);
    }
  });
}

const HANG = "await new Promise((r) => setTimeout(r, 60000));";

const STARTING: Record<string, { files?: Files; host?: PluginRegistryOptions; says: string; setup?: SetupAllOptions }> =
  {
    "an offer that is missing": {
      files: { [MANIFEST]: manifestText({}, '[plugin.resources]\nrequired = ["nowhere"]') },
      says: 'does not offer the required resource "nowhere"',
    },
    "a subprocess that nobody granted": {
      files: {
        [MANIFEST]: manifestText(
          {},
          '[plugin.resources]\nrequired = ["subprocess"]\n[plugin.resources.subprocess]\nprograms = ["ls"]',
        ),
      },
      says: "ls",
    },
    "a module that throws": { files: { [CODE]: "throw new Error('torn');" }, says: "torn" },
    "an export that is not there": { files: { [CODE]: "export class Other {}" }, says: 'no export "Sample"' },
    "a setup that throws": {
      files: { [CODE]: code("", "throw new Error('no disk');") },
      says: "setup failed: Error: no disk",
    },
    "a setup that never ends": {
      files: { [MANIFEST]: manifestText({ startup_timeout_sec: "1" }, TMPDIR), [CODE]: code("", HANG) },
      says: "1000 ms",
    },
    "a process that dies in setup": { files: { [CODE]: code("", "Deno.exit(3);") }, says: "exit code 3" },
  };

for (const [fault, { files, says }] of Object.entries(STARTING)) {
  for (const onFailure of ["continue", "rollback"] as const) {
    Deno.test(`starting (${onFailure}): ${fault} leaves nothing running, and the next attempt succeeds`, async () => {
      const own = await withGood();
      const { host, tmp } = own;
      try {
        const before = picture(host, tmp);
        await host.folder.write({ ...SOUND, ...files });
        await host.registry.discover(`${host.folder.path}/bad`);
        const thrown = await host.registry.setupAll({ onFailure }).then(() => undefined, (error: Error) => error);
        assertEquals(thrown?.message, onFailure === "rollback" ? host.reason()!.message : undefined);
        assertStringIncludes(host.reason()!.message, says);
        assertStringIncludes(host.logger.messages("error").join("\n") + thrown?.message, says);
        await eventually("processes end", () => ownChildren().every((pid) => before.children.includes(pid)));
        const { children, folders, plugins } = picture(host, tmp);
        assertEquals({ children, folders }, { children: before.children, folders: before.folders });
        assertEquals(plugins.find(({ name }) => name === "good"), before.plugins[0]);
        assertEquals(await host.plugin("thing/good").hi!(), "good");
        await host.folder.write(SOUND);
        await host.registry.discover(`${host.folder.path}/bad`, { override: true });
        await host.registry.setupAll({ onFailure });
        assertEquals([host.reason(), await host.plugin().hi!()], [undefined, "hi"]);
      } finally {
        await done(own);
      }
    });
  }
}

Deno.test("starting: a Deno that cannot be run is named, and leaves no folder", async () => {
  const tmp = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "plugin-system-test-" }));
  const host = await TestHost.start(SOUND, { tempDir: tmp, denoPath: "/nowhere/deno" });
  try {
    assertStringIncludes(host.reason()!.message, "/nowhere/deno");
    assertEquals([foldersOf(tmp), ownChildren()], [[], []]);
  } finally {
    await done({ host, tmp });
  }
});

Deno.test("starting: a signal that is aborted leaves what ran, ends what was starting, and the next start succeeds", async () => {
  const own = await withGood();
  const { host, tmp } = own;
  try {
    const before = picture(host, tmp);
    await host.folder.write({ ...SOUND, [CODE]: code("", HANG) });
    await host.registry.discover(`${host.folder.path}/bad`);
    const controller = new AbortController();
    const starting = host.registry.setupAll({ signal: controller.signal }).catch((error) => error);
    await eventually("its process is there", () => ownChildren().length > before.children.length);
    controller.abort(new Error("enough"));
    assertEquals((await starting).message, "enough");
    await eventually("its process ends", () => ownChildren().length === before.children.length);
    const { plugins, folders } = picture(host, tmp);
    assertEquals([plugins.map(({ state }) => state), folders], [["active", "stopped"], before.folders]);
    await host.folder.write(SOUND);
    await host.setup();
    assertEquals(await host.plugin().hi!(), "hi");
  } finally {
    await done(own);
  }
});

const RELOADING: Record<string, { files?: Files; lacks?: string; says: string }> = {
  "a broken manifest": { files: { [MANIFEST]: "[plugin" }, says: "bad/dagstack.toml" },
  "a manifest of another name": {
    files: { [MANIFEST]: manifestText({ name: '"other"' }) },
    says: 'now names "thing/other"',
  },
  "a manifest that is gone": { lacks: MANIFEST, says: "bad/dagstack.toml" },
  "a core_version of another core": {
    files: { [MANIFEST]: manifestText({ core_version: '">=9,<10"' }) },
    says: ">=9,<10",
  },
  "an entry point that is gone": { lacks: CODE, says: "plugin" },
  "a module that throws": { files: { [CODE]: "throw new Error('torn');" }, says: "torn" },
  "a setup that throws": { files: { [CODE]: code("", "throw new Error('no disk');") }, says: "no disk" },
  "a setup that never ends": {
    files: { [MANIFEST]: manifestText({ startup_timeout_sec: "1" }, TMPDIR), [CODE]: code("", HANG) },
    says: "1000 ms",
  },
  "a process that dies in setup": { files: { [CODE]: code("", "Deno.exit(3);") }, says: "exit code 3" },
  "a dependency that is not there": {
    files: { [MANIFEST]: manifestText({ depends_on: '["none"]' }, TMPDIR) },
    says: '"none"',
  },
  "a dependency that closes a circle": {
    files: { [MANIFEST]: manifestText({ depends_on: '["sample"]' }, TMPDIR) },
    says: "thing/sample",
  },
};

for (const [fault, { files = {}, lacks, says }] of Object.entries(RELOADING)) {
  Deno.test(`reloading: ${fault} puts the old instance back, and the next attempt succeeds`, async () => {
    const own = await withGood();
    const { host, tmp } = own;
    try {
      await host.folder.write(SOUND);
      await host.registry.discover(`${host.folder.path}/bad`);
      await host.setup();
      const before = picture(host, tmp);
      await host.folder.write(files);
      if (lacks !== undefined) await Deno.remove(`${host.folder.path}/${lacks}`);
      const reloading = host.registry.reload("thing", "sample").then(() => undefined, (error: Error) => error);
      const meanwhile = host.plugin().hi!();
      assertStringIncludes(String((await reloading)?.message), says);
      assertEquals(await meanwhile, "hi");
      await assertAsBefore(host, tmp, before);
      await host.folder.write({ ...SOUND, [CODE]: code("return 'new'") });
      await host.registry.reload("thing", "sample");
      assertEquals(await host.plugin().hi!(), "new");
    } finally {
      await done(own);
    }
  });
}

Deno.test("reloading: a temporary folder that cannot be made leaves the old instance", async () => {
  const own = await withGood();
  const { host, tmp } = own;
  try {
    await host.folder.write({ ...SOUND, [MANIFEST]: manifestText() });
    await host.registry.discover(`${host.folder.path}/bad`);
    await host.setup();
    const before = picture(host, tmp);
    await host.folder.write(SOUND); // now it wants a folder
    await Deno.rename(tmp, `${tmp}-away`);
    await Deno.writeTextFile(tmp, "no folder");
    const error = await host.registry.reload("thing", "sample").then(() => undefined, (error: Error) => error);
    await Deno.remove(tmp);
    await Deno.rename(`${tmp}-away`, tmp);
    assertStringIncludes(String(error?.message), "no fresh folder can be made");
    await assertAsBefore(host, tmp, before);
    await host.registry.reload("thing", "sample");
    assertEquals(await host.plugin().hi!(), "hi");
  } finally {
    await done(own);
  }
});

Deno.test("reloading: an old instance that dies meanwhile is replaced all the same, and tells why if it is not", async () => {
  for (const [setup, after] of [["", "active"], ["throw new Error('no disk');", "unavailable"]] as const) {
    const own = await withGood();
    const { host, tmp } = own;
    try {
      const alone = picture(host, tmp);
      await host.folder.write({
        ...SOUND,
        [CODE]: `export class Sample { later() { setTimeout(() => Deno.exit(3), 50); } hi() {} }`,
      });
      await host.registry.discover(`${host.folder.path}/bad`);
      await host.setup();
      const { children, folders } = picture(host, tmp);
      await host.folder.write({
        [CODE]: code("return 'new'", `await new Promise((r) => setTimeout(r, 500)); ${setup}`),
      });
      await host.plugin().later!();
      const reloading = host.registry.reload("thing", "sample").then(() => "done", (error: Error) => error.message);
      const call = host.plugin().hi!().then((value) => value, (error: Error) => error.message);
      assertStringIncludes(await reloading, setup === "" ? "done" : "no disk");
      assertStringIncludes(String(await call), setup === "" ? "new" : "exit code 3");
      assertEquals(host.registry.status().plugins.map(({ state }) => state), ["active", after]);
      const left = after === "active" ? { children, folders } : alone;
      await eventually("one process is left at most", () => ownChildren().length === left.children.length);
      assertEquals(foldersOf(tmp).length, left.folders.length);
    } finally {
      await done(own);
    }
  }
});
