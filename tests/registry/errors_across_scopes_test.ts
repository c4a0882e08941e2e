/** What a plugin throws arrives as what it is, from every scope: class, code, message, cause and a stack (SPEC section 9). */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  BroadcastErrors,
  isPluginRegistryError,
  isPluginUnavailable,
  type PluginRegistryOptions,
  PluginUnavailable,
} from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";

// Line numbers matter here: the first line of the file is 1.
const CODE = `import { PluginRegistryError, PluginUnavailable } from "@dagstack/plugin-system";
class QuotaUsedUp extends RangeError {
  override name = "QuotaUsedUp";
  code = "E_QUOTA";
  limit = 3;
}
export class Sample { unnamed() { class Unnamed extends RangeError {} throw new Unnamed("x"); }
  plain() { throw new RangeError("line 8"); }
  async later() { await null; throw new TypeError("line 9"); }
  own() { throw new QuotaUsedUp("line 10"); }
  caused() {
    try { this.own(); } catch (cause) { throw new Error("outer", { cause: new SyntaxError("middle", { cause }) }); }
  }
  many() { throw new AggregateError([new TypeError("one"), new QuotaUsedUp("two")], "several"); }
  aborted() { throw new DOMException("stopped", "AbortError"); }
  ours() { throw new PluginUnavailable("thing/else", "it is asleep"); }
  base() { throw new PluginRegistryError("plain", { plugin: "thing/x" }); }
  denied() { return Deno.readTextFileSync("/etc/passwd"); }
  missing() { return Deno.readTextFileSync(import.meta.dirname + "/gone"); }
  deep(n = 5): never { if (n === 0) throw new Error("line 20"); return this.deep(n - 1); }
  list(): never { throw new QuotaUsedUp("collected"); }
}
`;
const SANDBOXES: Record<string, PluginRegistryOptions> = {
  none: { sandbox: "none", trusted: ["thing/sample"] },
  process: {},
  worker: { sandbox: "worker" },
  group: { groups: { both: ["thing/sample", "thing/other"] } },
};
const HOOKS = { hooks: { thing: { list: "broadcast_collect" } } } as const;

for (const [sandbox, options] of Object.entries(SANDBOXES)) {
  const test = (name: string, run: (host: TestHost) => Promise<void>) =>
    Deno.test(`${sandbox}: ${name}`, async () => {
      await using host = await TestHost.start({ "p/dagstack.toml": manifestText(), "p/plugin.ts": CODE }, {
        ...options,
        ...HOOKS,
      });
      await run(host);
    });

  test("a built-in error keeps its class, and its stack points to the line in the plugin's own file", async (host) => {
    const cases = [["plain", RangeError, 8], ["later", TypeError, 9], ["deep", Error, 20]] as const;
    for (const [hook, Class, line] of cases) {
      const error = await assertRejects(() => host.plugin()[hook]!(), Class, `line ${line}`);
      assertEquals([error.constructor, error.name], [Class, Class.name]);
      assertStringIncludes(error.stack!, `${host.folder.path}/p/plugin.ts:${line}:`);
    }
  });

  test("an error of the plugin's own class keeps name, code and message", async (host) => {
    const error = await assertRejects(() => host.plugin().own!(), Error, "line 10");
    assertEquals([error.name, Reflect.get(error, "code")], ["QuotaUsedUp", "E_QUOTA"]);
    assertStringIncludes(error.stack!, "plugin.ts:10:");
    assertStringIncludes(error.stack!, "QuotaUsedUp");
  });

  test("an error of a class that sets no name is told by the class's", async (host) => {
    const error = await assertRejects(() => host.plugin().unnamed!(), Error, "x");
    assert([error.name, error.constructor.name].includes("Unnamed"), `${error.name}, ${error.constructor.name}`);
  });

  test("causes arrive at every depth, each with its class, code and stack", async (host) => {
    const error = await assertRejects(() => host.plugin().caused!(), Error, "outer");
    const middle = error.cause;
    assert(middle instanceof SyntaxError);
    const inmost = middle.cause;
    assert(inmost instanceof Error);
    assertEquals([inmost.name, Reflect.get(inmost, "code"), inmost.message], ["QuotaUsedUp", "E_QUOTA", "line 10"]);
    assertStringIncludes(inmost.stack!, "plugin.ts:10:");
  });

  test("an AggregateError keeps its errors, and a DOMException its name", async (host) => {
    const several = await assertRejects(() => host.plugin().many!(), AggregateError, "several");
    assertEquals(several.errors.map(({ name, message }: Error) => [name, message]), [["TypeError", "one"], [
      "QuotaUsedUp",
      "two",
    ]]);
    const aborted = await host.plugin().aborted!().then(() => undefined, (error) => error);
    assertEquals([aborted.name, aborted.message], ["AbortError", "stopped"]);
  });

  test("an error of the package keeps class, code and fields", async (host) => {
    const error = await assertRejects(() => host.plugin().ours!(), PluginUnavailable, "it is asleep");
    assert(isPluginUnavailable(error));
    assertEquals([error.code, error.plugin, error.reason], ["PluginUnavailable", "thing/else", "it is asleep"]);
    const base = await assertRejects(() => host.plugin().base!());
    assert(isPluginRegistryError(base, "PluginRegistryError") && base.plugin === "thing/x");
  });

  test("an error of Deno's keeps its class and code", async (host) => {
    const missing = await assertRejects(() => host.plugin().missing!(), Deno.errors.NotFound);
    assertEquals([missing.name, Reflect.get(missing, "code")], ["NotFound", "ENOENT"]);
    if (sandbox !== "none") await assertRejects(() => host.plugin().denied!(), Deno.errors.NotCapable, "/etc/passwd");
  });

  test("what a dispatch gathers is as whole as what a call throws", async (host) => {
    const error = await assertRejects(() => host.registry.dispatch("thing", "list", {}), BroadcastErrors);
    const [own] = error.errors;
    assertEquals([own!.name, Reflect.get(own!, "code")], ["QuotaUsedUp", "E_QUOTA"]);
    assertStringIncludes(own!.stack!, "plugin.ts:21:");
  });
}

for (const [sandbox, options] of Object.entries(SANDBOXES)) {
  Deno.test(`${sandbox}: an error of setup is the cause of the plugin's reason, with its class and its place`, async () => {
    await using host = await TestHost.start({
      "p/dagstack.toml": manifestText(),
      "p/plugin.ts": `export class Sample {\n setup() {\n  throw new RangeError("no luck");\n }\n hi() {}\n}`,
    }, options);
    const error = await assertRejects(
      () => host.plugin().hi!(),
      PluginUnavailable,
      "setup failed: RangeError: no luck",
    );
    assert(error.cause instanceof RangeError);
    assertStringIncludes(error.cause.stack!, "p/plugin.ts:3:");
  });
}
