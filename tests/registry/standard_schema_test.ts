/** A class may say by a schema of its own what configuration it takes: any library that follows Standard Schema. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { manifestText, TestHost } from "../support.ts";
import { EVERY_TIER } from "../testing/every_tier.ts";
import { OwnHost } from "./own_host.ts";

/** As a library would: fills in a default, makes a number of text, and lists all that is wrong. */
const BY_HAND = `
const configSchema = {
  "~standard": {
    version: 1,
    vendor: "by hand",
    validate(value: any) {
      const issues: unknown[] = [];
      if (!/^[0-9]+$/.test(String(value.size ?? "512"))) issues.push({ message: "no number: " + value.size, path: ["size"] });
      if (value.store?.["a/b"] !== undefined) issues.push({ message: "no such store", path: [{ key: "store" }, { key: "a/b" }] });
      if (value.api_key?.length > 8) issues.push({ message: "too long: " + value.api_key, path: ["api_key"] });
      return issues.length > 0 ? { issues } : { value: { ...value, size: Number(value.size ?? 512) } };
    },
  },
};
`;
const PLUGIN = (schema: string, statics = "static configSchema = configSchema;", fields = {}) => ({
  "p/dagstack.toml": manifestText(fields),
  "p/plugin.ts": `${schema}
    let setups = 0;
    export class Sample { ${statics}
      setup(context: any) { setups++; this.config = context.config; this.seen = context; } config: any; seen: any;
      show() { return [this.config, setups, this.seen.metadata.tenant_id ?? null]; }
    }`,
});

for (const [tier, { options, fields }] of Object.entries(EVERY_TIER)) {
  const start = (config: Record<string, unknown>, schema = BY_HAND) =>
    TestHost.start(PLUGIN(schema, undefined, fields), options, { config: { thing: { sample: config } } });

  Deno.test(`${tier}: setup sees what the schema makes of the configuration`, async () => {
    await using host = await start({ size: "7", mode: "fast" });
    assertEquals(await host.plugin().show!(), [{ size: 7, mode: "fast" }, 1, null]);
    await using other = await start({});
    const carrying = other.registry.call("thing", "sample", "show", [], { metadata: { tenant_id: "acme" } });
    assertEquals(await carrying, [{ size: 512 }, 1, "acme"], "and the rest of the context is as it was");
  });

  Deno.test(`${tier}: what the schema refuses is ConfigInvalid, with all that is wrong and no secret`, async () => {
    await using host = await start({ size: "many", store: { "a/b": 1 }, api_key: "hunter2hunter2" });
    assertEquals(host.reason(), {
      code: "ConfigInvalid",
      message: 'Cannot configure plugin "thing/sample": /size is refused: no number: many; ' +
        "/store/a~1b is refused: no such store; /api_key is refused: too long: ***",
    });
    assertStringIncludes(host.logger.messages("error").join(), "/size is refused");
    assertEquals(JSON.stringify(host.logger.records).includes("hunter2"), false);
    await assertRejects(() => host.plugin().show!(), Error, "/size is refused");
  });

  Deno.test(`${tier}: a schema that waits, throws, or gives nonsense`, async () => {
    const schema = (body: string, validate = "async validate(value: any)") =>
      `const configSchema = { "~standard": { version: 1, vendor: "x", ${validate} { ${body} } } };`;
    await using waits = await start({ a: 1 }, schema(`await 0; return { value: { b: value.a + 1 } };`));
    assertEquals(await waits.plugin().show!(), [{ b: 2 }, 1, null]);
    const cases: [schema: string, code: string, message: string][] = [
      [
        schema(`throw new RangeError("boom");`),
        "PluginUnavailable",
        "setup failed: its configSchema threw RangeError: boom",
      ],
      [schema(`return 7;`), "PluginUnavailable", "its configSchema gave a number, expected a value or issues"],
      [schema(`return {};`), "PluginUnavailable", "its configSchema gave neither a value nor issues"],
      [schema(`return { value: [1] };`), "PluginUnavailable", "made a list of the configuration, expected an object"],
      [schema(`return { issues: "no" };`), "PluginUnavailable", "gave issues that are a string, expected a list"],
      [schema(`return { issues: [] };`), "ConfigInvalid", "its section is refused: its configSchema does not say why"],
      [
        schema(`return { issues: [{}] };`),
        "ConfigInvalid",
        "its section is refused: its configSchema does not say why",
      ],
      [
        "const configSchema = { type: 'object' };",
        "PluginLoadError",
        'is no Standard Schema: it has no "~standard"; JSON Schema',
      ],
      ["const configSchema = { '~standard': { version: 2 } };", "PluginLoadError", "its version is 2, expected 1"],
      ["const configSchema = null;", "PluginLoadError", "is no Standard Schema: it is null"],
      [schema("", "validate: 1, other()"), "PluginLoadError", "it has no function validate"],
    ];
    // Sandboxes start a scope for each: the cases themselves need no more than one kind of scope.
    for (const [broken, code, message] of tier === "none" || tier === "process" ? cases : cases.slice(0, 1)) {
      await using host = await start({}, broken);
      assertEquals(host.reason()?.code, code, host.reason()?.message);
      assertStringIncludes(host.reason()!.message, message);
    }
  });

  Deno.test(`${tier}: config_schema of the manifest is asked before the class's own`, async () => {
    const files = PLUGIN(BY_HAND, undefined, { ...fields, config_schema: '{ required = ["mode"] }' });
    await using refused = await TestHost.start(files, options, { config: { "thing.sample": { size: "no" } } });
    assertEquals(
      refused.reason()?.message,
      `Cannot configure plugin "thing/sample": its section must have required property 'mode'`,
    );
    await using second = await TestHost.start(files, options, { config: { "thing.sample": { size: "no", mode: 1 } } });
    assertStringIncludes(second.reason()!.message, "/size is refused");
    await using both = await TestHost.start(files, options, { config: { "thing.sample": { mode: 1 } } });
    assertEquals(await both.plugin().show!(), [{ mode: 1, size: 512 }, 1, null]);
  });
}

const LIBRARIES = {
  zod: `import { z } from "zod";
    const configSchema = z.object({ size: z.coerce.number().int().positive().default(512), mode: z.enum(["fast", "slow"]) });`,
  valibot: `import * as v from "valibot";
    const configSchema = v.object({
      size: v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.integer(), v.minValue(1)), 512),
      mode: v.picklist(["fast", "slow"]),
    });`,
};

for (const [library, schema] of Object.entries(LIBRARIES)) {
  Deno.test(`a schema of ${library} fills in defaults, transforms, and says what is wrong where`, async () => {
    const { options } = EVERY_TIER.none!;
    const start = (config: Record<string, unknown>) =>
      TestHost.start(PLUGIN(schema), options, { config: { thing: { sample: config } } });
    await using host = await start({ mode: "fast" });
    assertEquals(await host.plugin().show!(), [{ size: 512, mode: "fast" }, 1, null]);
    await using other = await start({ mode: "slow", size: "3" });
    assertEquals((await other.plugin().show!() as unknown[])[0], { size: 3, mode: "slow" });
    await using refused = await start({ mode: "medium", size: -1 });
    const { code, message } = refused.reason()!;
    assertEquals(code, "ConfigInvalid", message);
    assertStringIncludes(message, "/size is refused: ");
    assertStringIncludes(message, "/mode is refused: ");
  });
}

Deno.test("a schema stands on a class, a factory, an object, or the class of an object; a hook may have the name", async () => {
  const configSchema = {
    "~standard": { version: 1, vendor: "x", validate: (value: object) => ({ value: { ...value, seen: true } }) },
  };
  class Sample {
    static configSchema: unknown = configSchema;
    setup(context: { config: unknown }) {
      this.config = context.config;
    }
    config: unknown;
    show() {
      return this.config;
    }
  }
  const bare = () => {
    let config: unknown;
    return { setup: (context: { config: unknown }) => void (config = context.config), show: () => config };
  };
  const asFunction = Object.assign(() => {}, configSchema);
  await using host = await OwnHost.running({
    "thing/class": { plugin: Sample },
    "thing/factory": { plugin: Object.assign(bare, { configSchema }) },
    "thing/object": { plugin: { ...bare(), configSchema } },
    "thing/given": { plugin: () => ({ ...bare(), configSchema }) },
    "thing/instance": { plugin: new Sample() },
    "thing/function": { plugin: { ...bare(), configSchema: asFunction } },
    "thing/hook": { plugin: { ...bare(), configSchema: () => "a hook" } },
  });
  for (const name of ["class", "factory", "object", "given", "instance", "function"]) {
    assertEquals(await host.plugin(`thing/${name}`).show!(), { seen: true }, name);
    assertEquals(Object.keys(host.plugin(`thing/${name}`)).includes("configSchema"), false, name);
  }
  assertEquals(await host.plugin("thing/hook").configSchema!(), "a hook");
  assertEquals(await host.plugin("thing/hook").show!(), {});
});

Deno.test("more issues than anybody reads are counted, and long ones cut", async () => {
  const issues = Array.from({ length: 25 }, (_, i) => ({ message: "x".repeat(600), path: [i] }));
  const configSchema = { "~standard": { version: 1, vendor: "x", validate: () => ({ issues }) } };
  await using host = await OwnHost.running({ "thing/sample": { plugin: { configSchema } } });
  const { message } = host.reason()!;
  assert(message.endsWith(`/19 is refused: ${"x".repeat(500)}…; and 5 more`), message.slice(-600));
});

Deno.test("a setup that finds its configuration wrong may say so itself; of another plugin's it is an error like any", async () => {
  const throwing = (plugin: string) => `
    import { ConfigInvalid } from "@dagstack/plugin-system";
    export class Sample { setup() { throw new ConfigInvalid("${plugin}", "/size", "is odd"); } }`;
  for (const sandbox of ["process", "worker"] as const) {
    const start = (plugin: string) =>
      TestHost.start({ "p/dagstack.toml": manifestText(), "p/plugin.ts": throwing(plugin) }, { sandbox });
    await using own = await start("thing/sample");
    assertEquals(own.reason()?.code, "ConfigInvalid");
    assertStringIncludes(own.reason()!.message, "/size is odd");
    await using other = await start("thing/other");
    assertEquals(other.reason()?.code, "PluginUnavailable");
  }
});
