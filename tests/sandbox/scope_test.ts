/** What every sandbox does alike: one suite, with real processes, real workers and real files. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/join";
import { type PluginContextOptions, type PluginRegistryOptions, SerializationError } from "@dagstack/plugin-system";
import { manifestText, TempFolder, TestHost } from "../support.ts";

function plugin(body: string, resources = "", fields: Record<string, string> = {}): Record<string, string> {
  return { "p/dagstack.toml": manifestText(fields, resources), "p/plugin.ts": `export class Sample {\n${body}\n}\n` };
}

for (const sandbox of ["process", "worker"] as const) {
  const start = (
    files: Record<string, string>,
    options: PluginRegistryOptions = {},
    context: PluginContextOptions = {},
  ) => TestHost.start(files, { sandbox, ...options }, context);

  Deno.test(`in a ${sandbox} values of every kind come back as they went, bytes at any depth included`, async () => {
    await using host = await start(
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

  Deno.test(`in a ${sandbox} what cannot cross is named with its path, in both directions, and harms no other call`, async () => {
    await using host = await start(plugin(
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

  Deno.test(`in a ${sandbox} an error keeps class, message, cause and a stack that points into the plugin`, async () => {
    await using host = await start(plugin(`
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

  Deno.test(`in a ${sandbox} a thousand calls in flight all get their own answer`, async () => {
    await using host = await start(
      plugin("async later(n: number) { await null; return n * 2; } now(n: number) { return n * 2; }"),
    );
    const { later, now } = host.plugin();
    const numbers = Array.from({ length: 1000 }, (_, n) => n);
    const results = await Promise.all(numbers.map((n) => n % 2 === 0 ? later!(n) : now!(n)));
    assertEquals(results, numbers.map((n) => n * 2));
  });

  Deno.test(`in a ${sandbox} clock and rng live in the scope`, async () => {
    await using host = await start(plugin(
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

  Deno.test(`in a ${sandbox} env gives the listed variables and refuses the others with the field to add`, async () => {
    Deno.env.set("DAGSTACK_TEST_LISTED", "yes");
    Deno.env.set("DAGSTACK_TEST_SECRET", "no");
    try {
      await using host = await start(plugin(
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

  Deno.test(`in a ${sandbox} filesystem opens exactly the listed paths`, async () => {
    await using data = new TempFolder();
    await data.write({ "in/a.txt": "readable", "out/keep": "", "secret.txt": "secret" });
    const read = join(data.path, "in"), write = join(data.path, "out");
    await using host = await start(plugin(
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

  Deno.test(`in a ${sandbox} a resource of the host is called over messages, with its errors and its state`, async () => {
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
    await using host = await start(
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
    assertEquals(error.stack!.includes("scope_test.ts"), false, "the host's paths stay with the host");
  });

  Deno.test(`in a ${sandbox} an undeclared resource throws and names the field; an optional one not offered is undefined`, async () => {
    await using host = await start(plugin(
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

  Deno.test(`in a ${sandbox} a synchronous resource of the host's own is refused outside sandbox none`, async () => {
    const clock = { now: () => new Date(0), monotonicNs: () => 0n };
    const files = plugin(
      `setup(ctx: any) { this.t = ctx.resources.clock.now().getTime(); } t = -1; time() { return this.t; }`,
      '[plugin.resources]\nrequired = ["clock"]',
    );
    await using sandboxed = await start(files, {}, { resources: { clock } });
    assertStringIncludes(sandboxed.reason()!.message, 'resource "clock" cannot be offered to a sandbox');
    await using none = await start(files, { sandbox: "none", trusted: ["thing/sample"] }, {
      resources: { clock },
    });
    assertEquals(await none.plugin().time!(), 0);
  });

  Deno.test(`in a ${sandbox} what a plugin logs, prints or writes to stdout becomes records with its name, in order`, async () => {
    await using host = await start(plugin(
      `setup(ctx: any) { ctx.logger.warn("set up", { step: 1 }); }
     print() { console.log("%s is", "one", { a: 1 }); console.error("two"); Deno.stdout.writeSync(new TextEncoder().encode("three\\n")); return "done"; }`,
      "",
      { version: '"1.2.3"' },
    ));
    assertEquals(await host.plugin().print!(), "done");
    const own = { "plugin.kind": "thing", "plugin.name": "sample", "plugin.version": "1.2.3" };
    const said = host.logger.records.filter(({ level }) => level !== "debug"); // there the registry says what it starts
    assertEquals(said, [
      { level: "warn", message: "set up", fields: { ...own, step: 1 } },
      { level: "info", message: "one is { a: 1 }", fields: own },
      { level: "error", message: "two", fields: own },
      { level: "info", message: "three", fields: own },
    ]);
  });

  Deno.test(`in a ${sandbox} a plugin gets its own section of the configuration, and its manifest`, async () => {
    const files = plugin(
      `setup(ctx: any) { this.seen = [ctx.config, ctx.manifest.name, ctx.manifest.resources.required]; } seen: any; tell() { return this.seen; }`,
    );
    for (const config of [{ thing: { sample: { size: 3 } }, other: 1 }, { "thing.sample": { size: 3 } }]) {
      await using host = await start(files, {}, { config });
      assertEquals(await host.plugin().tell!(), [{ size: 3 }, "sample", []]);
    }
  });

  Deno.test(`in a ${sandbox} a plugin imports values and types of the package by name; a host's names throw when used`, async () => {
    await using host = await start({
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

  Deno.test(`in a ${sandbox} a plugin's own deno.json has no effect on how it is loaded`, async () => {
    await using host = await start({
      ...plugin("where() { return import.meta.resolve('@dagstack/plugin-system'); }"),
      "p/deno.json": '{ "imports": { "@dagstack/plugin-system": "./other.ts" }, "unstable": ["kv"] }',
      "p/other.ts": "export const other = 1;",
    });
    const where = String(await host.plugin().where!());
    assert(sandbox === "process" ? where.startsWith("data:text/javascript,") : where.endsWith("/mod.ts"), where);
  });

  Deno.test(`in a ${sandbox} a plugin imports its own files, and nothing outside its folder in any way`, async () => {
    await using host = await start({
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

  Deno.test(`in a ${sandbox} a static import of a file outside is refused when the plugin is loaded`, async () => {
    await using host = await start({
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
}
