/** One plugin turns each check red; what cannot be checked is inconclusive, never green. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  ALL_CHECKS,
  type CheckName,
  loadManifest,
  parseManifest,
  runContractSuite,
  SerializationError,
} from "@dagstack/plugin-system";
import { manifestText, TempFolder } from "../support.ts";

async function check(folder: TempFolder, files: Record<string, string>, options: Record<string, unknown> = {}) {
  await folder.write({ "dagstack.toml": manifestText(), ...files });
  return await runContractSuite({ manifest: `${folder.path}/dagstack.toml`, ...options });
}

const red: [check: CheckName, violation: string, message: string, files: Record<string, string>][] = [
  ["manifest", "ManifestInvalid", 'plugin.runtime (line 4, column 11): expected one of "in_process"', {
    "dagstack.toml": manifestText({ runtime: '"in-process"' }),
    "plugin.ts": "export class Sample {}",
  }],
  ["manifest", "ManifestInvalid", 'core_version is ">=9", the core is', {
    "dagstack.toml": manifestText({ core_version: '">=9"' }),
    "plugin.ts": "export class Sample { hi() {} }",
  }],
  ["manifest", "PluginLoadError", "names no file", {}],
  ["serialisable_boundaries", "SerializationError", 'result of hook "when": $.at: Date', {
    "plugin.ts": "export class Sample { when() { return { at: new Date() }; } }",
  }],
  ["serialisable_boundaries", "SerializationError", 'result of hook "late": $[0]: Map', {
    "plugin.ts": "export class Sample { async late(n: number) { await null; return n === 1.5 ? [new Map()] : []; } }",
  }],
  ["clean_lifecycle", "LeakDetected", "still open after teardown", {
    "plugin.ts": "export class Sample {\n  setup() { setInterval(() => {}, 1e6); }\n  hi() {}\n}",
  }],
  ["clean_lifecycle", "LeakDetected", "still open after teardown", {
    "plugin.ts": "export class Sample {\n  read() { Deno.openSync(new URL(import.meta.url)); }\n}",
  }],
  ["clean_lifecycle", "LeakDetected", "do not run to their end", {
    "plugin.ts": 'export class Sample { hi() {} teardown() { throw new Error("stuck"); } }',
  }],
  ["clean_lifecycle", "LeakDetected", "do not run to their end", {
    "plugin.ts": "export class Sample { hi() {} teardown() { Deno.exit(0); } }",
  }],
];

for (const [name, violation, message, files] of red) {
  Deno.test(`check ${name} turns red: ${message} (${Object.values(files).at(-1)?.slice(20, 60) ?? "no file"})`, async () => {
    await using folder = new TempFolder();
    const result = await check(folder, files);
    assertEquals(result.ok, false);
    const finding = result.failures.find((failure) => failure.check === name);
    assertEquals(finding?.violation, violation, result.formatFailures());
    assertStringIncludes(finding!.message, message);
    assert(finding!.fix.length > 10);
    assert(!result.passed.includes(name));
    assertStringIncludes(result.formatFailures(), `${violation} (`);
  });
}

Deno.test("a leaked timer is found at the line that started it", async () => {
  await using folder = new TempFolder();
  const result = await check(folder, {
    "plugin.ts": "export class Sample {\n  setup() {\n    setInterval(() => {}, 1e6);\n  }\n  hi() {}\n}",
  });
  assertEquals(result.failures[0]?.location, `file://${folder.path}/plugin.ts:3:5`);
});

Deno.test("a sound plugin that opens and closes passes every check", async () => {
  await using folder = new TempFolder();
  const result = await check(folder, {
    "dagstack.toml": manifestText({}, '[plugin.resources]\nrequired = ["tmpdir", "clock"]'),
    "plugin.ts": `export class Sample {
      setup(c: any) { this.timer = setInterval(() => {}, 1000); this.dir = c.resources.tmpdir; } timer: any; dir: any;
      async hi(name: string) { const f = await this.dir.createFile("x" + Math.random()); await Deno.remove(f); return { name }; }
      teardown() { clearInterval(this.timer); }
    }`,
  });
  assertEquals([result.ok, result.passed, result.inconclusive], [true, ALL_CHECKS, []], result.formatFailures());
});

Deno.test("samples come from the call, else from samples.json, else from the parameter types", async () => {
  const code = { "plugin.ts": "export class Sample { pick(o: unknown) { return (o as any).bad ? new Set() : 1; } }" };
  await using folder = new TempFolder();
  assertEquals((await check(folder, code)).ok, true);
  const called = await check(folder, code, { samples: { pick: [[{ bad: true }]] } });
  assertStringIncludes(called.formatFailures(), 'result of hook "pick": $: Set');
  const read = await check(folder, { ...code, "samples.json": '{ "pick": [[{ "bad": 1 }]] }' });
  assertStringIncludes(read.formatFailures(), 'result of hook "pick": $: Set');
  const broken = await check(folder, { ...code, "samples.json": '{ "pick": [5] }' });
  assertStringIncludes(broken.formatFailures(), "pick: expected a list of argument lists");
});

Deno.test("with nothing to call, the check is inconclusive and says what to add; strict makes it a failure", async () => {
  await using folder = new TempFolder();
  const code = { "plugin.ts": "class Odd {} export class Sample { pick(o: Odd) { return String(o); } }" };
  const result = await check(folder, code);
  assertEquals([result.ok, result.passed.includes("serialisable_boundaries")], [true, false]);
  assertStringIncludes(result.inconclusive[0]!.reason, "samples.json");
  assertEquals((await check(folder, code, { strict: true })).ok, false);
});

Deno.test("a class that is not the entry point, and a manifest made in memory, are inconclusive", async () => {
  await using folder = new TempFolder();
  class Other {}
  const result = await check(folder, { "plugin.ts": "export class Sample { hi() {} }" }, { pluginClass: Other });
  assertStringIncludes(
    result.inconclusive.map(({ reason }) => reason).join(),
    'pluginClass "Other" is not the entry point',
  );
  const memory = await runContractSuite({ manifest: parseManifest(manifestText()) });
  assertEquals(memory.inconclusive.length, ALL_CHECKS.length);
});

Deno.test("only the checks asked for are run, and an unknown one is refused", async () => {
  await using folder = new TempFolder();
  await folder.write({ "dagstack.toml": manifestText(), "plugin.ts": "export class Sample { hi() {} }" });
  const manifest = await loadManifest(`${folder.path}/dagstack.toml`);
  assertEquals((await runContractSuite({ manifest, checks: ["manifest"] })).passed, ["manifest"]);
  await assertRejects(
    () => runContractSuite({ manifest, checks: ["all" as CheckName] }),
    RangeError,
    "the checks are manifest",
  );
});

Deno.test("a plugin that hangs in a hook ends in bounded time and is said to", async () => {
  await using folder = new TempFolder();
  const result = await check(folder, {
    "plugin.ts": "export class Sample { hang() { return new Promise(() => {}); } }",
  }, {
    checks: ["serialisable_boundaries", "clean_lifecycle"],
  });
  assertStringIncludes(result.formatFailures(), "hang");
  assertEquals(result.passed, []);
});

const HOST_KEPT = '[plugin.resources]\nrequired = ["blob_store", "checkpoint", "progress", "tmpdir", "clock"]';

/** A plugin that uses all that stays with a host, and holds that it works. */
const USES_ALL = `export class Sample {
  c: any;
  setup(c: any) { this.c = c; }
  async use(name: string) {
    const { resources, progress, checkpoint } = this.c;
    const { blob_store } = resources;
    const key = "key of " + name.length;
    await progress.update(0.5, "half", { name });
    await blob_store.put(key, name.replaceAll("\\0", ""));
    const { version } = await checkpoint.load(key);
    const saved = await checkpoint.save(key, { name }, { expectedVersion: version });
    const text = new TextDecoder().decode(await blob_store.get(key));
    return { text, saved: saved === version + 1, methods: Object.keys(resources.checkpoint).sort().join() };
  }
  async teardown() {
    const keys = await this.c.resources.blob_store.list();
    if (!keys.includes("key of 0")) throw new Error("nothing was stored");
    const methods = Object.keys(this.c.resources.checkpoint).sort().join();
    if (methods !== "list,load,save") throw new Error("it can call " + methods);
  }
}`;

Deno.test("a plugin that requires what stays with a host is really tried, with doubles", async () => {
  await using folder = new TempFolder();
  const result = await check(folder, { "dagstack.toml": manifestText({}, HOST_KEPT), "plugin.ts": USES_ALL });
  assertEquals([result.ok, result.passed, result.inconclusive], [true, ALL_CHECKS, []], result.formatFailures());
});

Deno.test("what a plugin that uses doubles does wrong is found", async () => {
  await using folder = new TempFolder();
  const manifest = manifestText({}, HOST_KEPT);
  const saves = 'return this.c.checkpoint.save("key", { when: new Date(0) }); }';
  for (
    const [code, message, evidence] of [
      [`c: any; setup(c: any) { this.c = c; } hi() { ${saves}`, 'hook "hi": Cannot pass', true],
      [`c: any; setup(c: any) { this.c = c; ${saves} hi() {}`, "setup: Cannot pass", false],
      [
        `c: any; setup(c: any) { this.c = c; }
        async hi() { return await this.c.checkpoint.save("key", 1) === 1 ? { when: new Date(0) } : 0; }`,
        'result of hook "hi"', // which it gives only where saving works
        true,
      ],
    ] as const
  ) {
    const options = { checks: ["serialisable_boundaries"] };
    const files = { "dagstack.toml": manifest, "plugin.ts": `export class Sample { ${code} }` };
    const { failures: [finding] } = await check(folder, files, options);
    assertEquals(finding?.violation, "SerializationError");
    assertStringIncludes(finding!.message, message);
    assertStringIncludes(finding!.message, "$.when: Date");
    assertEquals([finding!.evidence !== undefined, finding!.fix.startsWith("pass a date as text")], [evidence, true]);
  }
  const leaks = await check(folder, {
    "dagstack.toml": manifest,
    "plugin.ts": USES_ALL.replace("this.c = c;", "this.c = c; setInterval(() => {}, 1e6);"),
  });
  assertEquals(leaks.failures.map(({ check }) => check), ["clean_lifecycle"], leaks.formatFailures());
});

Deno.test("what only a host can offer leaves a plugin untried, and says what", async () => {
  await using folder = new TempFolder();
  const result = await check(folder, {
    "dagstack.toml": manifestText({}, '[plugin.resources]\nrequired = ["progress", "db"]'),
    "plugin.ts": "export class Sample { hi() {} }",
  });
  const untried = ["serialisable_boundaries", "clean_lifecycle"];
  assertEquals([result.ok, result.passed, result.inconclusive.map(({ check }) => check)], [
    true,
    ["manifest"],
    untried,
  ]);
  for (const { reason } of result.inconclusive) {
    assertEquals(reason, "the plugin requires db, which only a host can offer");
  }
});

const NEEDS_SIZE = manifestText(
  {},
  '[plugin.config_schema]\ntype = "object"\nrequired = ["size"]\n[plugin.config_schema.properties.size]\ntype = "integer"',
);

Deno.test("a plugin with a required configuration is tried with the one in the call", async () => {
  await using folder = new TempFolder();
  const bySchema = `export class Sample {
    setup(c: any) { if (c.config.size !== 3 || c.config.deep.list[0] !== "a") throw new Error("other config"); }
    hi() {}
  }`;
  const byClass = `export class Sample {
    static configSchema = { "~standard": { version: 1, vendor: "own", validate: (value: any) =>
      value.size === 3 ? { value } : { issues: [{ message: "is not 3", path: ["size"] }] } } };
    hi() {}
  }`;
  const config = { size: 3, deep: { list: ["a"] } };
  for (
    const [files, reason] of [
      [{ "dagstack.toml": NEEDS_SIZE, "plugin.ts": bySchema }, 'the plugin\'s configuration lacks "size"'],
      [{ "plugin.ts": byClass }, 'Cannot configure plugin "thing/sample": /size'],
    ] as const
  ) {
    const tried = await check(folder, files, { config });
    assertEquals([tried.passed, tried.inconclusive], [ALL_CHECKS, []], tried.formatFailures());
    const untried = await check(folder, files);
    assertEquals([untried.passed, untried.failures], [["manifest"], []], untried.formatFailures());
    for (const told of untried.inconclusive) {
      assertStringIncludes(told.reason, reason);
      assertStringIncludes(told.reason, "give its section of the configuration in the call, as config: { … }");
    }
    assertEquals(untried.inconclusive.length, 2);
  }
});

Deno.test("a configuration that no host can send is refused before anything is started", async () => {
  await using folder = new TempFolder();
  const files = { "plugin.ts": "export class Sample { hi() {} }" };
  await assertRejects(() => check(folder, files, { config: { at: new Date() } }), SerializationError, "$.at: Date");
  await assertRejects(
    () => check(folder, files, { config: { a: [new Uint8Array(1)] } }),
    RangeError,
    "bytes at $.a[0]",
  );
});
