/** Fields whose promise is kept before anything of the plugin runs. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { manifestText, TestHost } from "../../support.ts";
import { assertGoodAnswers, discover, plugin, type Proof } from "./proof.ts";

/** A plugin that says so when any of it runs. */
const LOUD = 'constructor() { console.log("ran"); } setup() { console.log("set up"); } pid() { return Deno.pid; }';

/** A manifest that is refused when it is read, with the code and a part of the message. */
function refused(promise: string, fields: Record<string, string>, code: string, ...parts: string[]): Proof {
  return {
    promise,
    async bites() {
      const failures = await discover(plugin(LOUD, "", fields));
      assertEquals(failures.map((failure) => failure.code), [code]);
      for (const part of parts) assertStringIncludes(failures[0]!.message, part);
    },
  };
}

/** Proofs by field. */
export const DECLARATION_PROOFS: Readonly<Record<string, Proof>> = {
  schema_version: refused(
    "a manifest of another format is not read as this one",
    { schema_version: '"2"' },
    "ManifestInvalid",
    "schema_version",
    '"2"',
  ),
  kind_api_version: {
    promise: "a plugin written for another version of its kind is not called by this one",
    async bites() {
      const say = { name: "hi", dispatch: "singleton", description: "Says hi.", input_schema: { type: "object" } };
      await using host = new TestHost();
      await host.registry.addHookspec({
        kind: "thing",
        kind_api_version: "1.1.0",
        description: "Things.",
        hooks: [{ ...say, output_schema: true }],
      });
      await host.folder.write({
        ...plugin(LOUD, "", { kind_api_version: '"2"' }),
        "newer/dagstack.toml": manifestText({ name: '"newer"', kind_api_version: '"1.2"' }),
        "newer/plugin.ts": `export class Sample { ${LOUD} }`,
      });
      const { failures } = await host.registry.discover(host.folder.path);
      await host.setup();
      assertEquals(failures.map(({ error }) => Reflect.get(error, "code")), [
        "VersionIncompatible",
        "VersionIncompatible",
      ]);
      assertStringIncludes(
        failures[0]!.error.message,
        'kind_api_version is "1.2", registered of kind "thing" is 1.1.0',
      );
      assertStringIncludes(failures[1]!.error.message, 'kind_api_version is "2", registered of kind "thing" is 1.1.0');
      assertEquals(host.logger.messages("info"), [], "none of it ran");
      await assertGoodAnswers(host);
    },
  },
  core_version: refused(
    "a core outside the range does not run it",
    { core_version: '">=9.0.0"' },
    "VersionIncompatible",
    'core_version is ">=9.0.0", the core is ',
  ),
  runtime: refused(
    "a runtime that the host does not have is not replaced by one that it has",
    { runtime: '"mcp_http"', url: '"http://127.0.0.1:9/"' },
    "RuntimeNotSupported",
    'runtime is "mcp_http"',
  ),
  entry_point: {
    promise: "no code outside the plugin's folder is its own",
    async bites() {
      const outside = { "out.ts": 'console.log("ran"); export class Sample {}' };
      const written = await discover({ ...plugin(LOUD, "", { entry_point: '"../out.ts#Sample"' }), ...outside });
      assertEquals(written.map(({ code }) => code), ["ManifestInvalid"]);
      assertStringIncludes(written[0]!.message, "inside the plugin's folder");

      await using host = new TestHost();
      await host.folder.write({ ...plugin(LOUD, "", { entry_point: '"link:Sample"' }), ...outside });
      await Deno.symlink("../out.ts", `${host.folder.path}/p/link.ts`);
      const { failures } = await host.registry.discover(host.folder.path);
      await host.setup();
      assertEquals(failures.map(({ error }) => Reflect.get(error, "code")), ["PluginLoadError"]);
      assertStringIncludes(failures[0]!.error.message, "outside");
      assertEquals(host.logger.messages("info"), []);
      await assertGoodAnswers(host);
    },
  },
  in_process_only: {
    promise: "the plugin runs in the host's process or not at all, and only when the host trusts it by name",
    async bites() {
      const files = plugin(LOUD, "", { in_process_only: "true" });
      await using strict = await TestHost.start(files, { sandbox: "process" });
      assertEquals(strict.reason()?.code, "SandboxUnavailable");
      assertStringIncludes(strict.reason()!.message, 'add "thing/sample" to the trusted option');
      assertEquals(strict.logger.messages("info"), []);
      await assertGoodAnswers(strict);

      await using host = await TestHost.start(plugin("pid() { return Deno.pid; }", "", { in_process_only: "true" }), {
        sandbox: "process",
        trusted: ["thing/sample"],
      });
      assertEquals(await host.plugin().pid!(), Deno.pid);
      const { sandbox } = host.registry.status().plugins.find(({ name }) => name === "sample")!;
      assertEquals(sandbox, "none");
    },
  },
  config_schema: {
    promise: "a configuration that does not fit never reaches the plugin",
    async bites() {
      const schema = "[plugin.config_schema]\ntype = 'object'\nrequired = ['size']\n" +
        "[plugin.config_schema.properties.size]\ntype = 'integer'\nmaximum = 10";
      for (
        const [size, told] of [["many", "/size must be integer"], [11, "/size must be <= 10"], [
          undefined,
          "must have required property 'size'",
        ]] as const
      ) {
        await using host = await TestHost.start(plugin(LOUD, schema), {}, { config: { thing: { sample: { size } } } });
        assertEquals(host.reason()?.code, "ConfigInvalid");
        assertStringIncludes(host.reason()!.message, told);
        assertEquals(host.logger.messages("info"), []);
        await assertGoodAnswers(host);
      }
      await using host = await TestHost.start(plugin(LOUD, schema), {}, {
        config: { thing: { sample: { size: 10 } } },
      });
      assertEquals(host.reason(), undefined);
    },
  },
  depends_on: {
    promise: "the plugin starts after what it depends on, and not at all without it",
    async bites() {
      const fields = { depends_on: '["base"]' };
      const base = (setup: string) => ({
        "base/dagstack.toml": plugin("", "", { name: '"base"' })["p/dagstack.toml"]!,
        "base/plugin.ts": `export class Sample { async setup() { ${setup} } }`,
      });
      const wait = 'await new Promise((r) => setTimeout(r, 200)); console.log("base ready");';
      await using host = await TestHost.start({ ...plugin(LOUD, "", fields), ...base(wait) });
      assertEquals(host.logger.messages("info"), ["base ready", "ran", "set up"]);

      for (
        const [files, told] of [
          [{}, 'it depends on "base": no such plugin is registered'],
          [base('throw new Error("broken");'), "setup failed: Error: broken"],
        ] as const
      ) {
        await using without = await TestHost.start({ ...plugin(LOUD, "", fields), ...files });
        assertEquals(without.reason()?.code, "PluginUnavailable");
        assertStringIncludes(without.reason()!.message, told);
        assertEquals(without.logger.messages("info"), []);
        await assertGoodAnswers(without);
      }
    },
  },
};
