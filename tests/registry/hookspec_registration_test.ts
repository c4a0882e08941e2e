/** Which plugins a registry takes that has hookspecs, and which it refuses (SPEC sections 2 and 12). */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  HookspecInvalid,
  KindUnknown,
  PluginRegistry,
  PluginRegistryError,
  TOOL_HOOKSPEC,
  VersionIncompatible,
} from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";
import { hook, spec, tool } from "./hookspec_samples.ts";
import { BASE, OwnHost } from "./own_host.ts";

const ECHO = { say: (input: unknown) => input };

Deno.test("without hookspecs every kind and version is taken, and nothing is checked", async () => {
  await using host = await OwnHost.running({
    "tool/odd": { plugin: { one: (a: unknown, b: unknown) => [a, b] }, kind_api_version: "seven" },
  });
  assertEquals(await host.registry.call("tool", "odd", "one", [1, 2]), [1, 2]);
  assertEquals(host.registry.hookspecs(), []);
  assertEquals("hookspec" in host.registry.status().plugins[0]!, false);
});

Deno.test("a hookspec is given as a value, a path or a URL, and listed complete", async () => {
  await using host = new TestHost();
  const { folder, registry } = host;
  await folder.write({
    "thing.json": JSON.stringify(spec([hook("say")])),
    "other.json": JSON.stringify(spec([hook("say")], "other")),
  });
  const added = await registry.addHookspec(`${folder.path}/thing.json`);
  await registry.addHookspec(new URL(`file://${folder.path}/other.json`));
  await registry.addHookspec(TOOL_HOOKSPEC);
  assertEquals(registry.hookspecs().map(({ kind, kind_api_version }) => `${kind} ${kind_api_version}`), [
    "other 1.0.0",
    "thing 1.0.0",
    "tool 1.0.0",
  ]);
  assertEquals(added.hooks[0]!.optional, false);
  assertEquals(registry.hookspecs()[1], added);
});

Deno.test("a manifest of a kind without a hookspec is refused, and the file, the near kinds and the remedy are named", async () => {
  await using host = new TestHost();
  await host.registry.addHookspec(spec([hook("say")], "chunker"));
  await host.folder.write({
    "a/dagstack.toml": manifestText({ kind: '"chunkr"' }),
    "a/plugin.ts": "export class Sample {}",
    "b/dagstack.toml": manifestText({ kind: '"tool"', name: '"b"' }),
    "b/plugin.ts": "export class Sample {}",
    "c/dagstack.toml": manifestText({ kind: '"zzzzzz"', name: '"c"', core_version: '">=9"' }),
    "c/plugin.ts": "export class Sample {}",
  });
  const { registered, failures } = await host.registry.discover(host.folder.path);
  assertEquals(registered, []);
  assertEquals(
    failures.map(({ error }) => error.constructor),
    [KindUnknown, KindUnknown, KindUnknown],
    "kind before core_version",
  );
  const [near, builtIn, far] = failures.map(({ error }) => error.message);
  assertStringIncludes(near!, `a/dagstack.toml": kind "chunkr" has no hookspec; did you mean "chunker"?`);
  assertStringIncludes(
    builtIn!,
    'kind "tool" is built in and not registered; register it with addHookspec(TOOL_HOOKSPEC)',
  );
  assertStringIncludes(
    far!,
    'kind "zzzzzz" has no hookspec; registered are "chunker"; register its hookspec with addHookspec',
  );
  assertThrows(
    () => host.registry.registerManifest({ ...BASE, kind: "nope", name: "x", entry_point: "a:B" }),
    KindUnknown,
  );
  await assertRejects(() => host.registry.registerModule(class {}, { ...BASE, kind: "nope", name: "x" }), KindUnknown);
  assertEquals(host.registry.list(), []);
});

Deno.test("kind_api_version must have a registered major, and no newer minor", async () => {
  await using host = new OwnHost();
  const { registry } = host;
  await registry.addHookspec(spec([hook("say")], "thing", "1.1.0"));
  await registry.addHookspec(spec([hook("tell")], "thing", "2.0.3"));
  const register = (version: string | undefined) =>
    registry.registerModule({ say: () => {}, tell: () => {} }, {
      ...BASE,
      kind: "thing",
      name: `v${(version ?? "").replaceAll(/[^0-9a-z]/g, "_")}`,
      ...(version === undefined ? {} : { kind_api_version: version }),
    });
  for (const version of [undefined, "1", "1.0", "1.1", "1.1.9", "2", "2.0.0"]) await register(version);
  for (const version of ["0", "3", "1.2", "2.1.0", "one", "1.x", "", "01", "1.0.0.0"]) {
    const error = await assertRejects(() => register(version), VersionIncompatible);
    assertStringIncludes(error.message, `kind_api_version is "${version}", `);
    assertStringIncludes(error.message, 'of "registerModule"');
  }
  const { message } = await assertRejects(() => register("3"), Error);
  assertStringIncludes(message, 'registered of kind "thing" are 1.1.0, 2.0.3; write the plugin for one of these');
  const newer = await assertRejects(() => register("1.2"), Error);
  assertStringIncludes(newer.message, "is 1.1.0, which is older; register a newer one with addHookspec");
});

Deno.test("each plugin goes by the hookspec of its major, and status says which", async () => {
  await using host = new OwnHost();
  const { registry } = host;
  await registry.addHookspec(spec([hook("say")], "thing", "1.1.0"));
  await registry.addHookspec(spec([hook("tell")], "thing", "2.0.0"));
  await registry.registerModule({ say: (i: unknown) => i }, { ...BASE, kind: "thing", name: "old", priority: 1 });
  await registry.registerModule({ tell: (i: unknown) => i }, {
    ...BASE,
    kind: "thing",
    name: "new",
    kind_api_version: "2",
  });
  await registry.setupAll();
  assertEquals(host.states, ["thing/new active", "thing/old active"]);
  assertEquals(registry.status().plugins.map(({ hookspec }) => hookspec), ["2.0.0", "1.1.0"]);
  assertEquals(await registry.dispatch("thing", "say", { text: "a" }), { text: "a" });
  assertEquals(await registry.dispatch("thing", "tell", { text: "b" }), { text: "b" });
});

Deno.test("a hookspec that is refused changes nothing", async () => {
  await using host = new OwnHost({ hooks: { taken: { say: "chain" } } });
  const { registry } = host;
  await registry.addHookspec(spec([hook("say"), hook("tell", "chain")]));
  const refused: [object, string][] = [
    [
      spec([hook("say")], "thing", "1.4.0"),
      'another major version than that of "thing" 1.0.0, which is registered already',
    ],
    [spec([hook("tell")], "thing", "2.0.0"), '"chain", as in the other registered versions of kind "thing"'],
    [spec([hook("say")], "taken"), 'a kind that the "hooks" option does not declare'],
    [{ kind: "empty" }, "kind_api_version"],
  ];
  for (const [value, part] of refused) {
    const error = await assertRejects(() => registry.addHookspec(value), HookspecInvalid);
    assertStringIncludes(error.message, part);
  }
  assertEquals(registry.hookspecs().map(({ kind }) => kind), ["thing"]);
  await registry.addHookspec(spec([hook("say"), hook("tell", "chain")], "thing", "2.0.0"));
});

Deno.test("of two that register the same at once, one is refused", async () => {
  await using host = new OwnHost();
  const both = await Promise.allSettled([1, 2].map(() => host.registry.addHookspec(spec([hook("say")]))));
  assertEquals(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assertEquals(host.registry.hookspecs().length, 1);
});

Deno.test("what was registered before its hookspec is held against it when it starts; running plugins keep theirs out", async () => {
  let made = 0;
  const counted = () => (made++, { ...ECHO });
  await using host = await OwnHost.of({
    "thing/good": { plugin: () => ({ ...ECHO }) },
    "thing/future": { plugin: counted, kind_api_version: "9", priority: 1 },
    "other/lost": { plugin: counted },
  });
  const { registry } = host;
  await registry.addHookspec(spec([hook("say")]));
  await registry.setupAll();
  assertEquals(host.states, ["other/lost unavailable", "thing/future unavailable", "thing/good active"]);
  assertEquals(made, 0, "nothing of those ran");
  assertEquals(host.reason("other/lost")!.code, "KindUnknown");
  assertEquals(host.reason("thing/future")!.code, "VersionIncompatible");
  const error = await assertRejects(
    () => registry.addHookspec(spec([hook("say")], "thing", "9.0.0")),
    PluginRegistryError,
  );
  assertStringIncludes(error.message, 'Cannot add hookspec "thing" 9.0.0: thing/good run');
  await registry.addHookspec(spec([hook("say")], "other"));
  await registry.setupAll();
  assertEquals(host.states, ["other/lost active", "thing/future unavailable", "thing/good active"]);
  await registry.teardownAll();
  await registry.addHookspec(spec([hook("say")], "thing", "9.0.0"));
  await registry.setupAll();
  assertEquals(host.states, ["other/lost active", "thing/future active", "thing/good active"]);
});

Deno.test("middleware is of no kind that plugins are called by, and needs no hookspec", async () => {
  await using host = new OwnHost();
  const { registry } = host;
  await registry.addHookspec(TOOL_HOOKSPEC);
  const chain_wrap = { kinds: ["tool"], hooks: ["*"] };
  const wrap = (_call: unknown, next: () => Promise<unknown>) => next();
  await registry.registerModule({ wrap }, { ...BASE, kind: "middleware", name: "m", priority: 1000, chain_wrap });
  await registry.registerModule(tool({ one: () => 1 }), { ...BASE, kind: "tool", name: "t" });
  await registry.setupAll();
  assertEquals(await registry.dispatch("tool", "execute", { function: "one", args: {} }), { result: 1 });
});

Deno.test("hookValidation is strict, warn or off", () => {
  assertThrows(
    () => new PluginRegistry({ hookValidation: "loose" as "warn" }),
    RangeError,
    'hookValidation is "loose", expected "strict", "warn" or "off"',
  );
});

Deno.test("only singletons of a hookspec make a tie stop the start", async () => {
  await using host = new OwnHost();
  await host.registry.addHookspec(spec([hook("say")]));
  for (const name of ["a", "b"]) await host.registry.registerModule({ ...ECHO }, { ...BASE, kind: "thing", name });
  await assertRejects(() => host.registry.setupAll(), Error, "share priority 0");
});
