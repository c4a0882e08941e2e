/** What only a process of its own contains, with real processes and real servers. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { PluginUnavailable } from "@dagstack/plugin-system";
import { isolationFlags } from "../../src/sandbox/mod.ts";
import { manifestText, TestHost } from "../support.ts";

function plugin(body: string, resources = "", fields: Record<string, string> = {}): Record<string, string> {
  return { "p/dagstack.toml": manifestText(fields, resources), "p/plugin.ts": `export class Sample {\n${body}\n}\n` };
}

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

Deno.test("a plugin that exits or crashes makes its calls fail with the reason, and harms no other plugin", async () => {
  await using host = await TestHost.start({
    "a/dagstack.toml": manifestText(),
    "a/plugin.ts": `export class Sample { exit() { Deno.exit(0); } wait() { return new Promise(() => {}); } }`,
    "b/dagstack.toml": manifestText({ name: '"other"' }),
    "b/plugin.ts":
      `export class Sample { fine() { return "fine"; } crash() { setTimeout(() => { throw new Error("late \\x1b[31mred"); }); } }`,
  });
  const waiting = assertRejects(host.plugin().wait!, PluginUnavailable, "exited early");
  await assertRejects(() => host.plugin().exit!(), PluginUnavailable, "exited early");
  await waiting;
  await assertRejects(
    () => host.plugin().exit!(),
    PluginUnavailable,
    'Cannot use plugin "thing/sample": exited early: its process ended without having been told to',
  );
  const other = host.plugin("thing/other");
  assertEquals(await other.fine!(), "fine");
  await other.crash!();
  for (;;) {
    const reason = host.reason("thing/other");
    if (reason !== undefined) {
      assertStringIncludes(reason.message, "crashed: Error: late");
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
    "--no-config",
    "--no-npm",
    "--no-remote",
    "--no-lock",
    "--cached-only",
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
