/** The process sandbox, with real processes, real files and real servers. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/join";
import { PluginUnavailable, SerializationError } from "@dagstack/plugin-system";
import { isolationFlags } from "../../src/sandbox/mod.ts";
import { manifestText, TempFolder, TestHost } from "../support.ts";

function plugin(body: string, resources = "", fields: Record<string, string> = {}): Record<string, string> {
  return { "p/dagstack.toml": manifestText(fields, resources), "p/plugin.ts": `export class Sample {\n${body}\n}\n` };
}

Deno.test("values of every kind come back as they went, bytes at any depth included", async () => {
  await using host = await TestHost.start(
    plugin("echo(value: unknown) { return value; } nothing() {} count(...a: unknown[]) { return a.length; }"),
  );
  const sample = host.plugin();
  const values = [
    null,
    true,
    0,
    -1.5,
    "",
    "👩‍👩‍👧 \ud83d lone \u0000",
    [],
    {},
    [1, [2, [3]]],
    {
      a: { b: [new Uint8Array([1, 2, 3]), null], "": 1, "__proto__x": 2 },
    },
    new Uint8Array(),
    new Uint8Array(1_000_000).fill(7),
    { kept: 1, dropped: undefined },
  ];
  for (const value of values) {
    const expected = typeof value === "object" && value !== null && "dropped" in value ? { kept: 1 } : value;
    assertEquals(await sample.echo!(value), expected);
  }
  assertEquals(await sample.nothing!(), undefined);
  assertEquals(await sample.count!(1, undefined, 3), 3);
});

Deno.test("what cannot cross is named with its path, in both directions, and harms no other call", async () => {
  await using host = await TestHost.start(plugin(
    "when() { return { items: [1, { when: new Date(0) }] }; } echo(v: unknown) { return v; } nan() { return NaN; }",
  ));
  const sample = host.plugin();
  const [when, map, fine, nan] = await Promise.allSettled([
    sample.when!(),
    sample.echo!({ a: new Map() }),
    sample.echo!("fine"),
    sample.nan!(),
  ]);
  assert(when.status === "rejected" && when.reason instanceof SerializationError);
  assertEquals([when.reason.path, when.reason.found], ["$.items[1].when", "Date"]);
  assertStringIncludes(when.reason.message, 'result of hook "when": $.items[1].when: Date');
  assert(map.status === "rejected" && map.reason instanceof SerializationError);
  assertStringIncludes(map.reason.message, 'argument 1 of hook "echo": $.a: Map');
  assertEquals(fine, { status: "fulfilled", value: "fine" });
  assert(nan.status === "rejected");
});

Deno.test("an error keeps class, message, cause and a stack that points into the plugin", async () => {
  await using host = await TestHost.start(plugin(`
  fail() { throw new RangeError("too far", { cause: new TypeError("why") }); }
  own() { class Odd extends Error { override name = "Odd"; code = "E_ODD"; } throw new Odd("mine"); }
  text() { throw "only text"; }
  hostile() { throw { toString() { throw 1; } }; }`));
  const sample = host.plugin();
  const error = await assertRejects(() => sample.fail!(), RangeError, "too far");
  assert(error.cause instanceof TypeError && error.cause.message === "why");
  assertStringIncludes(error.stack!, `${host.folder.path}/p/plugin.ts:3:18`);
  assertEquals(/data:|ext:/.test(error.stack!), false, error.stack);
  const own = await assertRejects(() => sample.own!(), Error, "mine");
  assertEquals([own.name, Reflect.get(own, "code")], ["Odd", "E_ODD"]);
  await assertRejects(() => sample.text!(), Error, 'thrown value: "only text"');
  await assertRejects(() => sample.hostile!(), Error);
});

Deno.test("a thousand calls in flight all get their own answer", async () => {
  await using host = await TestHost.start(
    plugin("async later(n: number) { await null; return n * 2; } now(n: number) { return n * 2; }"),
  );
  const { later, now } = host.plugin();
  const numbers = Array.from({ length: 1000 }, (_, n) => n);
  const results = await Promise.all(numbers.map((n) => n % 2 === 0 ? later!(n) : now!(n)));
  assertEquals(results, numbers.map((n) => n * 2));
});

Deno.test("clock and rng live in the scope", async () => {
  await using host = await TestHost.start(plugin(
    `
  setup(ctx: any) { this.r = ctx.resources; } r: any;
  tell() {
    const { clock, rng } = this.r;
    const a = clock.monotonicNs(), b = clock.monotonicNs();
    const ints = Array.from({ length: 200 }, () => rng.nextInt(-1, 1));
    return { now: clock.now().getTime(), grows: b >= a && typeof a === "bigint", float: rng.nextFloat(),
      ints: [...new Set(ints)].sort(), uuid: rng.uuid4(), choice: rng.choice(["x"]) };
  }`,
    '[plugin.resources]\nrequired = ["clock", "rng"]',
  ));
  const told = await host.plugin().tell!() as Record<string, unknown>;
  assert(Math.abs(told.now as number - Date.now()) < 60_000);
  assertEquals([told.grows, told.ints, told.choice], [true, [-1, 0, 1], "x"]);
  assert(told.float as number >= 0 && (told.float as number) < 1);
  assert(/^[0-9a-f]{8}-[0-9a-f]{4}-4/.test(told.uuid as string));
});

Deno.test("tmpdir is a fresh folder of the plugin's own, gone after teardown", async () => {
  const host = await TestHost.start(plugin(
    `
  setup(ctx: any) { this.dir = ctx.resources.tmpdir; } dir: any;
  async use() {
    const file = await this.dir.createFile("note", ".txt");
    await Deno.writeTextFile(file, "kept");
    const sub = await this.dir.createSubdir("inner");
    const made = await Deno.makeTempFile();
    return { file, sub, made, text: await Deno.readTextFile(file), path: this.dir.path };
  }
  async outside() { await this.dir.createFile("../x"); }`,
    '[plugin.resources]\nrequired = ["tmpdir"]',
  ));
  try {
    const used = await host.plugin().use!() as Record<string, string>;
    assertEquals(used.text, "kept");
    for (const path of [used.file!, used.sub!, used.made!]) assert(path.startsWith(used.path! + "/"), path);
    await assertRejects(() => host.plugin().outside!(), RangeError, "one path segment");
    await host.registry.teardownAll();
    await assertRejects(() => Deno.stat(used.path!), Deno.errors.NotFound);
  } finally {
    await host[Symbol.asyncDispose]();
  }
});

Deno.test("env gives the listed variables and refuses the others with the field to add", async () => {
  Deno.env.set("DAGSTACK_TEST_LISTED", "yes");
  Deno.env.set("DAGSTACK_TEST_SECRET", "no");
  try {
    await using host = await TestHost.start(plugin(
      `
    setup(ctx: any) { this.env = ctx.resources.env; } env: any;
    listed() { return [this.env.get("DAGSTACK_TEST_LISTED"), Deno.env.get("DAGSTACK_TEST_LISTED"), this.env.toObject()]; }
    through() { return this.env.get("DAGSTACK_TEST_SECRET") ?? null; }
    secret() { return Deno.env.get("DAGSTACK_TEST_SECRET"); }`,
      '[plugin.resources]\nrequired = ["env"]\n[plugin.resources.env]\nvariables = ["DAGSTACK_TEST_LISTED"]',
    ));
    assertEquals(await host.plugin().listed!(), ["yes", "yes", { DAGSTACK_TEST_LISTED: "yes" }]);
    assertEquals(await host.plugin().through!(), null);
    await assertRejects(
      () => host.plugin().secret!(),
      Deno.errors.NotCapable,
      'Requires env access to "DAGSTACK_TEST_SECRET", which the plugin\'s manifest does not grant; to grant it, add ' +
        '"DAGSTACK_TEST_SECRET" to variables of [plugin.resources.env]',
    );
  } finally {
    Deno.env.delete("DAGSTACK_TEST_LISTED");
    Deno.env.delete("DAGSTACK_TEST_SECRET");
  }
});

Deno.test("filesystem opens exactly the listed paths", async () => {
  await using data = new TempFolder();
  await data.write({ "in/a.txt": "readable", "out/keep": "", "secret.txt": "secret" });
  const read = join(data.path, "in"), write = join(data.path, "out");
  await using host = await TestHost.start(plugin(
    `read(p: string) { return Deno.readTextFile(p); } write(p: string) { return Deno.writeTextFile(p, "w"); }`,
    `[plugin.resources]\nrequired = ["filesystem"]\n[plugin.resources.filesystem]\nread = ["${read}"]\nwrite = ["${write}"]`,
  ));
  const sample = host.plugin();
  assertEquals(await sample.read!(join(read, "a.txt")), "readable");
  await sample.write!(join(write, "b.txt"));
  assertEquals(await Deno.readTextFile(join(write, "b.txt")), "w");
  for (
    const refused of [
      () => sample.read!(join(data.path, "secret.txt")),
      () => sample.write!(join(read, "a.txt")),
      () => sample.read!(join(write, "b.txt")),
    ]
  ) {
    await assertRejects(refused, Deno.errors.NotCapable, "[plugin.resources.filesystem]");
  }
  assertEquals(await Deno.readTextFile(join(read, "a.txt")), "readable");
});

Deno.test("http_client reaches a listed host, and loopback only when it is listed", async () => {
  const seen: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    seen.push(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`);
    return Response.json({ ok: true }, { headers: { "x-seen": "1" } });
  });
  const code = plugin(`
  setup(ctx: any) { this.http = ctx.resources.http_client; } http: any;
  async get(url: string) { const r = await this.http.get(url); return { status: r.status, ok: r.ok, json: r.json(), header: r.headers["x-seen"] }; }
  async post(url: string, body: unknown) { return (await this.http.post(url, { body })).text(); }
  raw(url: string) { return fetch(url).then((r) => r.text()); }`);
  const { port } = server.addr;
  const resources = (hosts: string) =>
    `[plugin.resources]\nrequired = ["http_client"]\n[plugin.resources.http_client]\nhosts = [${hosts}]`;
  await using open = await TestHost.start({
    ...code,
    "p/dagstack.toml": manifestText({}, resources(`"127.0.0.1:${port}"`)),
  });
  assertEquals(await open.plugin().get!(`http://127.0.0.1:${port}/a`), {
    status: 200,
    ok: true,
    json: { ok: true },
    header: "1",
  });
  assertEquals(await open.plugin().post!(`http://127.0.0.1:${port}/b`, { x: 1 }), '{"ok":true}');
  assertEquals(seen, ["GET /a ", 'POST /b {"x":1}']);

  await using closed = await TestHost.start({
    ...code,
    "p/dagstack.toml": manifestText({}, resources('"example.com"')),
  });
  for (const hook of ["get", "raw"]) {
    await assertRejects(
      () => closed.plugin()[hook]!(`http://127.0.0.1:${port}/c`),
      Deno.errors.NotCapable,
      "[plugin.resources.http_client]",
    );
  }
  assertEquals(seen.length, 2);
});

Deno.test("a program is started only by a plugin that is trusted by name", async () => {
  const program = Deno.execPath();
  const files = plugin(
    `async run() {
       const args = ["eval", "--no-config", "console.log('ran')"];
       return new TextDecoder().decode((await new Deno.Command("${program}", { args }).output()).stdout);
     }`,
    `[plugin.resources]\nrequired = ["subprocess"]\n[plugin.resources.subprocess]\nprograms = ["${program}"]`,
  );
  await using refused = await TestHost.start(files);
  assertEquals(refused.reason()?.code, "PermissionExceeded");
  assertStringIncludes(refused.reason()!.message, 'trusted: ["thing/sample"]');
  await using trusted = await TestHost.start(files, { trusted: ["thing/sample"] });
  assertEquals(await trusted.plugin().run!(), "ran\n");
  assertEquals(trusted.registry.status().plugins[0]!.escapes_sandbox, true);
});

Deno.test("a resource of the host is called over messages, with its errors and its state", async () => {
  const seen: unknown[] = [];
  class Store {
    #kept = new Map<string, Uint8Array>();
    put(key: string, bytes: Uint8Array) {
      seen.push(key);
      this.#kept.set(key, bytes);
    }
    async get(key: string) {
      await Promise.resolve();
      const found = this.#kept.get(key);
      if (found === undefined) throw new RangeError(`no ${key}`);
      return found;
    }
    then() {
      throw new Error("is no method that a plugin can call");
    }
  }
  await using host = await TestHost.start(
    plugin(
      `setup(ctx: any) { this.store = ctx.resources.get("store"); this.has = ctx.resources.has("store"); } store: any; has = false;
       async use() { await this.store.put("k", new Uint8Array([9])); return [this.has, Object.keys(this.store), await this.store.get("k")]; }
       miss() { return this.store.get("none"); }`,
      '[plugin.resources]\nrequired = ["store"]',
    ),
    {},
    { resources: { store: new Store() } },
  );
  assertEquals(await host.plugin().use!(), [true, ["put", "get"], new Uint8Array([9])]);
  assertEquals(seen, ["k"]);
  const error = await assertRejects(() => host.plugin().miss!(), RangeError, "no none");
  assertEquals(error.stack!.includes("process_scope_test.ts"), false, "the host's paths stay with the host");
});

Deno.test("an undeclared resource throws and names the field; an optional one not offered is undefined", async () => {
  await using host = await TestHost.start(plugin(
    `setup(ctx: any) { this.r = ctx.resources; } r: any;
     undeclared() { return this.r.rng.nextFloat(); }
     optional() { return [this.r.cache === undefined, this.r.has("cache"), this.r.tryGet("cache") === undefined]; }
     missing() { return this.r.get("cache"); }`,
    '[plugin.resources]\noptional = ["cache"]',
  ));
  await assertRejects(
    () => host.plugin().undeclared!(),
    Error,
    "does not declare it; add it to required or optional of [plugin.resources]",
  );
  assertEquals(await host.plugin().optional!(), [true, false, true]);
  await assertRejects(() => host.plugin().missing!(), Error, "the host does not offer it");
});

Deno.test("a synchronous resource of the host's own is refused outside sandbox none", async () => {
  const clock = { now: () => new Date(0), monotonicNs: () => 0n };
  const files = plugin(
    `setup(ctx: any) { this.t = ctx.resources.clock.now().getTime(); } t = -1; time() { return this.t; }`,
    '[plugin.resources]\nrequired = ["clock"]',
  );
  await using sandboxed = await TestHost.start(files, {}, { resources: { clock } });
  assertStringIncludes(sandboxed.reason()!.message, 'resource "clock" cannot be offered to a sandbox');
  await using none = await TestHost.start(files, { sandbox: "none", trusted: ["thing/sample"] }, {
    resources: { clock },
  });
  assertEquals(await none.plugin().time!(), 0);
});

Deno.test("what a plugin logs, prints or writes to stdout becomes records with its name, in order", async () => {
  await using host = await TestHost.start(plugin(
    `setup(ctx: any) { ctx.logger.warn("set up", { step: 1 }); }
     print() { console.log("%s is", "one", { a: 1 }); console.error("two"); Deno.stdout.writeSync(new TextEncoder().encode("three\\n")); return "done"; }`,
    "",
    { version: '"1.2.3"' },
  ));
  assertEquals(await host.plugin().print!(), "done");
  const own = { "plugin.kind": "thing", "plugin.name": "sample", "plugin.version": "1.2.3" };
  assertEquals(host.logger.records, [
    { level: "warn", message: "set up", fields: { ...own, step: 1 } },
    { level: "info", message: "one is { a: 1 }", fields: own },
    { level: "error", message: "two", fields: own },
    { level: "info", message: "three", fields: own },
  ]);
});

Deno.test("a plugin gets its own section of the configuration, and its manifest", async () => {
  const files = plugin(
    `setup(ctx: any) { this.seen = [ctx.config, ctx.manifest.name, ctx.manifest.resources.required]; } seen: any; tell() { return this.seen; }`,
  );
  for (const config of [{ thing: { sample: { size: 3 } }, other: 1 }, { "thing.sample": { size: 3 } }]) {
    await using host = await TestHost.start(files, {}, { config });
    assertEquals(await host.plugin().tell!(), [{ size: 3 }, "sample", []]);
  }
});

Deno.test("a plugin imports values and types of the package by name; a host's names throw when used", async () => {
  await using host = await TestHost.start({
    "p/dagstack.toml": manifestText(),
    "p/plugin.ts": `
      import { isPluginRegistryError, KindUnknown, type PluginContext, PluginRegistry } from "@dagstack/plugin-system";
      export class Sample {
        setup(_context: PluginContext) {}
        fail() { throw new KindUnknown("mine"); }
        same() { return isPluginRegistryError(new KindUnknown("x"), "KindUnknown"); }
        use() { return new PluginRegistry(); }
      }`,
  });
  const error = await assertRejects(() => host.plugin().fail!(), Error, "mine");
  assertEquals([error.constructor.name, Reflect.get(error, "code")], ["KindUnknown", "KindUnknown"]);
  assertEquals(await host.plugin().same!(), true);
  await assertRejects(
    () => host.plugin().use!(),
    Error,
    'Cannot use "PluginRegistry" inside a plugin: only a host can',
  );
});

Deno.test("a plugin's own deno.json has no effect on how it is loaded", async () => {
  await using host = await TestHost.start({
    ...plugin("where() { return import.meta.resolve('@dagstack/plugin-system'); }"),
    "p/deno.json": '{ "imports": { "@dagstack/plugin-system": "./other.ts" }, "unstable": ["kv"] }',
    "p/other.ts": "export const other = 1;",
  });
  assert(String(await host.plugin().where!()).startsWith("data:text/javascript,"));
});

Deno.test("a plugin imports its own files, and nothing outside its folder in any way", async () => {
  await using host = await TestHost.start({
    "p/dagstack.toml": manifestText(),
    "p/plugin.ts": `import { inner } from "./lib/inner.ts"; import data from "./data.json" with { type: "json" };
      export class Sample { inner() { return [inner, data]; } load(x: string) { return import(x).then(() => "loaded"); } }`,
    "p/lib/inner.ts": "export const inner = 'inner';",
    "p/data.json": '{"a":1}',
    "secret.ts": "export const secret = 'top';",
  });
  const sample = host.plugin();
  assertEquals(await sample.inner!(), ["inner", { a: 1 }]);
  for (
    const specifier of [
      `${host.folder.path}/secret.ts`,
      "../secret.ts",
      "npm:left-pad",
      "jsr:@std/assert",
      "https://example.com/x.ts",
    ]
  ) {
    const url = specifier.startsWith("/") ? `file://${specifier}` : specifier;
    const error = await assertRejects(
      () => sample.load!(url === "../secret.ts" ? `file://${host.folder.path}/p/../secret.ts` : url),
      Error,
    );
    assertEquals(error.message.includes("top"), false);
  }
});

Deno.test("a static import of a file outside is refused when the plugin is loaded", async () => {
  await using host = await TestHost.start({
    "p/dagstack.toml": manifestText(),
    "p/plugin.ts": `import "../secret.ts"; export class Sample {}`,
    "secret.ts": "console.log('the secret ran');",
  });
  assertEquals(host.reason()?.code, "PluginLoadError");
  assertStringIncludes(
    host.reason()!.message,
    `Requires read access to "${host.folder.path}/secret.ts", which the plugin's manifest does not grant; to grant it, ` +
      `add "${host.folder.path}/secret.ts" to read of [plugin.resources.filesystem]`,
  );
  assertEquals(host.logger.messages("info"), []);
});

Deno.test("a plugin that exits or crashes makes its calls fail with the reason, and harms no other plugin", async () => {
  await using host = await TestHost.start({
    "a/dagstack.toml": manifestText(),
    "a/plugin.ts": `export class Sample { exit() { Deno.exit(0); } wait() { return new Promise(() => {}); } }`,
    "b/dagstack.toml": manifestText({ name: '"other"' }),
    "b/plugin.ts":
      `export class Sample { fine() { return "fine"; } crash() { setTimeout(() => { throw new Error("late \\x1b[31mred"); }); } }`,
  });
  const waiting = host.plugin().wait!();
  await assertRejects(() => host.plugin().exit!(), PluginUnavailable, "its process exited early");
  await assertRejects(() => waiting, PluginUnavailable, "its process exited early");
  await assertRejects(
    () => host.plugin().exit!(),
    PluginUnavailable,
    'Cannot use plugin "thing/sample": its process exited early',
  );
  const other = host.plugin("thing/other");
  assertEquals(await other.fine!(), "fine");
  await other.crash!();
  for (;;) {
    const reason = host.reason("thing/other");
    if (reason !== undefined) {
      assertStringIncludes(reason.message, "its process crashed with exit code 1: Error: late");
      // deno-lint-ignore no-control-regex -- that there is none is what is tested
      assertEquals(/\x1b/.test(reason.message), false);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
});

Deno.test("a hook that misses its deadline is named, its process ends, and the others answer", async () => {
  await using host = await TestHost.start({
    "a/dagstack.toml": manifestText(),
    "a/plugin.ts": `export class Sample { spin() { while (true); } }`,
    "b/dagstack.toml": manifestText({ name: '"other"' }),
    "b/plugin.ts": `export class Sample { fine() { return "fine"; } }`,
  }, { hookTimeoutMs: 200 });
  const error = await assertRejects(
    () => host.plugin().spin!(),
    Error,
    'hook "spin" of plugin "thing/sample": no answer within 200 ms',
  );
  assertEquals(Reflect.get(error, "code"), "HookTimeout");
  await assertRejects(() => host.plugin().spin!(), PluginUnavailable, 'hook "spin" did not answer within 200 ms');
  assertEquals(await host.plugin("thing/other").fine!(), "fine");
});

Deno.test("every scope is started without prompts, packages, remote modules, configuration or a lock of whoever is there", () => {
  assertEquals(isolationFlags().map((flag) => flag.replace(/=.*/s, "")), [
    "--no-prompt",
    "--cached-only",
    "--no-npm",
    "--no-remote",
    "--no-config",
    "--no-lock",
    "--import-map",
  ]);
});

Deno.test("the host's environment does not reach a plugin's process, nor a program that it starts", async () => {
  Deno.env.set("DAGSTACK_TEST_SECRET", "secret of the host");
  try {
    const program = Deno.execPath();
    const files = plugin(
      `async run() {
         const args = ["eval", "--no-config", "console.log(JSON.stringify(Deno.env.toObject()))"];
         return JSON.parse(new TextDecoder().decode((await new Deno.Command("${program}", { args }).output()).stdout));
       }`,
      `[plugin.resources]\nrequired = ["subprocess"]\n[plugin.resources.subprocess]\nprograms = ["${program}"]`,
    );
    await using host = await TestHost.start(files, { trusted: ["thing/sample"] });
    const seen = Object.keys(await host.plugin().run!() as Record<string, string>).sort();
    assertEquals(seen, ["DENO_DIR", "DENO_NO_UPDATE_CHECK", "NO_COLOR", "PATH"]);
  } finally {
    Deno.env.delete("DAGSTACK_TEST_SECRET");
  }
});
