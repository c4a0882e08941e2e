/** What can happen while plugins start and stop: overlaps, leavings, broken loggers, tampering with errors. */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { type Logger, PluginRegistry, PluginUnavailable } from "@dagstack/plugin-system";
import { fromFileUrl } from "@std/path/from-file-url";
import { deno, manifestText, PROJECT, TempFolder, TestHost } from "../support.ts";

const files = (body: string, resources = "", fields: Record<string, string> = {}) => ({
  "p/dagstack.toml": manifestText(fields, resources),
  "p/plugin.ts": `export class Sample {\n${body}\n}\n`,
});
const NONE = { sandbox: "none", trusted: ["thing/sample"] } as const;

Deno.test("a plugin torn down while it starts ends stopped, and its process with it", async () => {
  await using host = new TestHost();
  await host.folder.write(files("async setup() { await new Promise((r) => setTimeout(r, 60000)); } hi() {}"));
  await host.registry.discover(host.folder.path);
  const starting = host.setup();
  await host.registry.teardownAll();
  await starting;
  assertEquals(host.registry.status().plugins.map(({ state }) => state), ["stopped"]);
  await assertRejects(() => host.plugin().hi!(), PluginUnavailable, "it is stopped");
});

Deno.test("a second teardownAll waits for the first, and a plugin keeps its folder until its own teardown is done", async () => {
  await using host = await TestHost.start(files(
    `setup(c: any) { this.dir = c.resources.tmpdir; } dir: any;
     async teardown() { await new Promise((r) => setTimeout(r, 100)); await this.dir.createFile("late"); }`,
    '[plugin.resources]\nrequired = ["tmpdir"]',
  ));
  await Promise.all([host.registry.teardownAll(), host.registry.teardownAll()]);
  assertEquals(host.registry.status().plugins.map(({ state }) => state), ["stopped"]);
});

Deno.test("a second setupAll waits for what the first has begun, and one after teardownAll starts again", async () => {
  await using host = new TestHost();
  await host.folder.write(
    files("async setup() { await new Promise((r) => setTimeout(r, 100)); } hi() { return 'hi'; }"),
  );
  await host.registry.discover(host.folder.path);
  const first = host.setup();
  await host.setup();
  assertEquals(await host.plugin().hi!(), "hi");
  await first;
  await host.registry.teardownAll();
  await host.setup();
  assertEquals(await host.plugin().hi!(), "hi");
});

Deno.test("calls in flight at teardown reject, also without a sandbox", async () => {
  const code = files("wait() { return new Promise(() => {}); }");
  for (const options of [{}, NONE]) {
    await using host = await TestHost.start(code, { ...options, drainTimeoutMs: 50 });
    const waiting = assertRejects(() => host.plugin().wait!(), PluginUnavailable, "it is torn down");
    await host.registry.teardownAll();
    await waiting;
  }
});

Deno.test("a folder that a plugin made unreadable is removed all the same", async () => {
  let path = "";
  {
    await using host = await TestHost.start(files(
      `setup(c: any) { this.dir = c.resources.tmpdir; } dir: any;
       lock() { Deno.mkdirSync(this.dir.path + "/d"); Deno.writeTextFileSync(this.dir.path + "/d/f", "x");
         Deno.chmodSync(this.dir.path + "/d", 0); return this.dir.path; }`,
      '[plugin.resources]\nrequired = ["tmpdir"]',
    ));
    path = await host.plugin().lock!() as string;
    await host.registry.teardownAll();
  }
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("a temporary folder that cannot be made is named, and only those who need it are refused", async () => {
  await using host = await TestHost.start({
    ...files("hi() { return 'hi'; }"),
    "q/dagstack.toml": manifestText({ name: '"needy"' }, '[plugin.resources]\nrequired = ["tmpdir"]'),
    "q/plugin.ts": "export class Sample {}",
  }, { tempDir: "/etc/hosts/none" });
  assertEquals(await host.plugin().hi!(), "hi");
  assertStringIncludes(
    host.reason("thing/needy")!.message,
    "no fresh folder can be made in /etc/hosts/none (option tempDir)",
  );
});

Deno.test("a host that forgets teardown leaves no temporary folders behind", async () => {
  await using folder = new TempFolder();
  await folder.write({
    ...files("hi() { return 'hi'; }", '[plugin.resources]\nrequired = ["tmpdir"]'),
    "host.ts": `import { PluginRegistry } from "@dagstack/plugin-system";
      const registry = new PluginRegistry({ tempDir: Deno.args[0] + "/tmp" });
      await registry.discover(Deno.args[0] + "/p");
      await registry.setupAll();
      console.log(await registry.getPlugin("thing").hi!());`,
  });
  const config = fromFileUrl(new URL("deno.json", PROJECT));
  const { code, stdout, stderr } = await deno(["run", "-A", "--config", config, `${folder.path}/host.ts`, folder.path]);
  assertEquals([code, stdout], [0, "hi\n"], stderr);
  assertEquals([...Deno.readDirSync(`${folder.path}/tmp`)], []);
});

Deno.test("a logger that throws or rejects harms nothing", async () => {
  const broken: Logger = {
    debug: () => {},
    info: () => Promise.reject(new Error("down")) as unknown as void,
    warn: () => {
      throw new Error("down");
    },
    error: () => {
      throw new Error("down");
    },
  };
  await using host = await TestHost.start(
    { ...files("hi() { console.log('x'); console.error('y'); return 'hi'; }"), "bad/dagstack.toml": "x" },
    { logger: broken },
    { logger: broken },
  );
  assertEquals(await host.plugin().hi!(), "hi");
});

Deno.test("what a plugin logs cannot write to a terminal or look like the host's lines", async () => {
  await using host = await TestHost.start(files(String.raw`hi() { console.log("\x1b]0;title\x07a\nFAKE: ok"); }`));
  await host.plugin().hi!();
  assertEquals(host.logger.messages("info"), ["\\x1b]0;title\\x07a\n    FAKE: ok"]);
});

Deno.test("an error that looks like one of the package's own does not steer the host", async () => {
  await using host = await TestHost.start({
    ...files('setup() { throw Object.assign(new Error("boom"), { code: "PluginUnavailable" }); }'),
    "t/dagstack.toml": manifestText({ name: '"late"' }),
    "t/plugin.ts":
      'export class Sample { teardown() { throw Object.assign(new Error("fake"), { code: "HookTimeout" }); } }',
  });
  assertStringIncludes(host.reason()!.message, "setup failed: boom");
  await host.registry.teardownAll().catch(() => {});
  assertEquals(host.registry.status().plugins.find(({ name }) => name === "late")?.state, "stopped");
});

Deno.test("a frozen error crosses sandbox none as it is", async () => {
  const code = files("hi() { throw Object.freeze(new Error('Requires read access to \"x\"')); }");
  await using host = await TestHost.start(code, NONE);
  await assertRejects(() => host.plugin().hi!(), Error, 'Requires read access to "x"');
});

Deno.test("a plugin that forges a message of its guest ends, and says so at once", async () => {
  await using host = await TestHost.start(files(
    `hi() { Deno.stdout.writable; const fs = (globalThis as any).process.getBuiltinModule("node:fs");
      fs.writeSync(1, "0000000012 0000000000 [[0,1,77,5]]"); return "hi"; }`,
  ));
  await assertRejects(() => host.plugin().hi!(), Error, "Cannot understand message from plugin");
});

Deno.test("a value that is nested too deep does not reach the host, forged or not", async () => {
  await using host = await TestHost.start(files(
    `forged() { const fs = (globalThis as any).process.getBuiltinModule("node:fs");
      const deep = "[".repeat(100000) + "]".repeat(100000);
      const text = "[[1,3," + deep + "]]";
      fs.writeSync(1, String(text.length).padStart(10, "0") + " 0000000000 " + text); return new Promise(() => {}); }`,
  ));
  await assertRejects(() => host.plugin().forged!(), Error, "nested deeper than 256 levels");
});

Deno.test("every way to print through console is a record, and kills nobody", async () => {
  await using host = await TestHost.start(files(
    `async all() { console.table([{ a: 1 }]); console.count(); console.count(); console.time("t"); console.timeEnd("t");
      console.group("g"); console.log("in"); console.groupEnd(); console.assert(false, "no"); console.dirxml(1); console.clear();
      console.trace("t"); console.dir({ b: 2 }); console.log("%d%% of %o", 5, {});
      const w = Deno.stdout.writable.getWriter(); await w.write(new TextEncoder().encode("streamed\\n")); return "alive"; }`,
  ));
  assertEquals(await host.plugin().all!(), "alive");
  const text = host.logger.records.map(({ message }) => message).join("\n");
  for (
    const part of [
      "default: 2",
      "t: ",
      "g",
      "  in",
      "Assertion failed: no",
      "Trace: t",
      "{ b: 2 }",
      "5% of {}",
      "streamed",
    ]
  ) {
    assertStringIncludes(text, part);
  }
});

Deno.test("the host's own --deny flags hold for its plugins", async () => {
  await using folder = new TempFolder();
  await folder.write({
    "data/secret.txt": "TOP SECRET",
    "p/dagstack.toml": manifestText(
      {},
      `[plugin.resources]\nrequired = ["filesystem"]\n[plugin.resources.filesystem]\nread = ["${folder.path}/data"]`,
    ),
    "p/plugin.ts": `export class Sample { read() { return Deno.readTextFile("${folder.path}/data/secret.txt"); } }`,
    "host.ts": `import { PluginRegistry } from "@dagstack/plugin-system";
      await using registry = new PluginRegistry();
      await registry.discover(Deno.args[0] + "/p");
      await registry.setupAll();
      console.log(registry.status().plugins[0].reason?.message);
      console.log(await registry.getPlugin("thing").read!().catch((e: Error) => e.name));`,
  });
  const config = fromFileUrl(new URL("deno.json", PROJECT));
  const flags = ["--config", config, "-A", `--deny-read=${folder.path}/data/secret.txt`];
  const { stdout } = await deno(["run", ...flags, `${folder.path}/host.ts`, folder.path]);
  assertEquals(stdout.includes("TOP SECRET"), false);
  assertStringIncludes(stdout, `read "${folder.path}/data"`);
  assertStringIncludes(stdout, "is refused by the host");
});

Deno.test("a policy that means nothing is refused by name", () => {
  const make = (policy: unknown) => () => new PluginRegistry({ policy: policy as Record<string, never> });
  assertThrows(make(null), RangeError, "policy is null, expected an object");
  assertThrows(make({ http: true }), RangeError, 'policy names "http", expected only tmpdir, http_client');
  assertThrows(make({ http_client: { host: [] } }), RangeError, 'policy.http_client names "host"');
  assertThrows(make({ env: {} }), RangeError, "policy.env lacks variables");
  assertThrows(make({ filesystem: { read: "x" } }), RangeError, "policy.filesystem.read");
  make({ filesystem: { read: ["/x"] }, tmpdir: true })();
});

Deno.test("a kind that is a name of Object.prototype changes nothing", async () => {
  await using host = await TestHost.start(
    {
      "p/dagstack.toml": manifestText({ kind: '"constructor"' }),
      "p/plugin.ts": "export class Sample { hi() { return 1; } }",
    },
    { sandbox: { kinds: {} } },
  );
  assertEquals(host.registry.status().plugins[0]!.sandbox, "process");
  assertEquals(await host.plugin("constructor/sample").hi!(), 1);
});

Deno.test("configuration that cannot cross is named as such, and a section that is no table is refused", async () => {
  const code = files("hi() {}");
  await using dated = await TestHost.start(code, {}, { config: { "thing.sample": { when: new Date(0) } } });
  assertStringIncludes(dated.reason()!.message, 'configuration of plugin "thing/sample": $.when: Date');
  await using listed = await TestHost.start(code, {}, { config: { thing: { sample: [1] } } });
  assertEquals(listed.reason()?.code, "ConfigInvalid");
});

Deno.test("args that are no list are refused before anything is sent", async () => {
  await using host = await TestHost.start(files("hi() { return 'hi'; }"));
  await assertRejects(() => host.registry.call("thing", "sample", "hi", {} as unknown[]), TypeError, "args is no list");
  assertEquals(await host.plugin().hi!(), "hi");
});

Deno.test("a plugin whose turn had not come when all was torn down is not started", async () => {
  await using host = new TestHost();
  await host.folder.write({
    ...files("async setup() { await new Promise((r) => setTimeout(r, 60000)); }"),
    "q/dagstack.toml": manifestText({ name: '"later"', depends_on: '["sample"]' }),
    "q/plugin.ts": "export class Sample {}",
  });
  await host.registry.discover(host.folder.path);
  const starting = host.setup();
  await host.registry.teardownAll();
  await starting;
  const states = host.registry.status().plugins.map(({ name, state }) => `${name} ${state}`);
  assertEquals(states, ["later registered", "sample stopped"]);
  assertEquals(host.logger.messages("error"), []);
});
