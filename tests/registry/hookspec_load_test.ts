/** What a plugin must have that goes by a hookspec, wherever it runs (SPEC section 12). */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { PluginLoadError, type PluginRegistryOptions, SingletonDispatcher } from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";
import { hook, spec } from "./hookspec_samples.ts";
import { BASE, OwnHost } from "./own_host.ts";

const SPEC = spec([
  hook("list_items"),
  hook("say"),
  hook("may_be", "singleton", { optional: true }),
]);

/** Every way that a plugin's code can run. */
const WAYS: Record<string, { options: PluginRegistryOptions; fields?: Record<string, string> }> = {
  process: { options: {} },
  worker: { options: { sandbox: "worker" } },
  none: { options: { sandbox: "none", trusted: ["thing/sample"] } },
  "a pool of threads": { options: { poolSize: 2 }, fields: { execution_model: '"thread_cpu_bound"' } },
  "a pool of processes": { options: { poolSize: 2 }, fields: { execution_model: '"process_cpu_bound"' } },
  "a group": { options: { groups: { g: ["thing/sample"] } } },
};

async function started(body: string, way: keyof typeof WAYS, loud = ""): Promise<TestHost> {
  const { options, fields } = WAYS[way]!;
  const host = new TestHost(options);
  await host.registry.addHookspec(SPEC);
  await host.folder.write({
    "p/dagstack.toml": manifestText(fields),
    "p/plugin.ts": `export class Sample { setup() { console.log("set up"); ${loud} } ${body} }`,
  });
  await host.registry.discover(host.folder.path);
  await host.setup();
  return host;
}

for (const way of Object.keys(WAYS)) {
  Deno.test(`in ${way}, a plugin that lacks a hook or takes more than one object is refused before its setup`, async () => {
    await using host = await started("lst_items(a) {} say(a, b) {} mayBe(a, b, c) {}", way);
    const { code, message } = host.reason()!;
    assertEquals(code, "PluginLoadError");
    for (
      const part of [
        'Cannot load plugin "thing/sample" of "',
        'p/dagstack.toml": it does not fit hookspec "thing" 1.0.0: hook "list_items" is missing, did you mean "lst_items" to be it?',
        'hook "say" takes 2 arguments, expected one object',
        'hook "may_be" takes 3 arguments, expected one object',
        'its hooks are "lst_items", "say", "mayBe"',
      ]
    ) assertStringIncludes(message, part);
    assertEquals(host.logger.messages("info"), [], "no setup was called");
  });

  Deno.test(`in ${way}, hooks may be named either way, be fewer, take nothing, and stand beside other methods`, async () => {
    await using host = await started(
      "listItems({ text }) { return { text: `items ${text}` }; } say() { return { text: 'said' }; } extra(a, b) { return a + b; }",
      way,
    );
    assertEquals(host.reason(), undefined);
    const { registry } = host;
    const thing = host.plugin();
    for (const name of ["list_items", "listItems"]) {
      assertEquals(await registry.dispatch("thing", name, { text: "a" }), { text: "items a" });
      assertEquals(await registry.call("thing", "sample", name, [{ text: "b" }]), { text: "items b" });
      assertEquals(await thing[name]!({ text: "c" }), { text: "items c" });
    }
    assertEquals(await thing.extra!(1, 2), 3, "what the hookspec does not know is not looked at");
    await assertRejects(() => registry.dispatch("thing", "may_be", {}), Error, "no plugin of kind");
  });
}

Deno.test("a plugin that has it in snake_case is found by either name, too", async () => {
  await using host = await started("list_items() { return { text: 'i' }; } say() {}", "none");
  for (const name of ["list_items", "listItems"]) {
    assertEquals(await host.registry.call("thing", "sample", name, [{ text: "x" }]), { text: "i" });
    const things = new SingletonDispatcher<object, unknown>("thing");
    assertEquals(await things.dispatch(host.registry.getLoadedPlugins(), name, { text: "x" }), { text: "i" });
  }
});

Deno.test("a hook that is there under both names is refused", async () => {
  await using host = await started("list_items() {} listItems() {} say() {}", "none");
  assertStringIncludes(
    host.reason()!.message,
    'hook "list_items" is there twice, as "list_items" and "listItems"; keep one',
  );
});

Deno.test("the host's own code is held to it too, however it comes, and so is a reload", async () => {
  await using host = new OwnHost();
  const { registry } = host;
  await registry.addHookspec(SPEC);
  let items: ((input: object) => unknown) | undefined = (input: object) => input;
  const make = () => ({ say: (input: object) => input, ...(items === undefined ? {} : { list_items: items }) });
  await registry.registerModule(make, { ...BASE, kind: "thing", name: "made", priority: 1 });
  registry.registerManifest({ ...BASE, kind: "thing", name: "given", entry_point: "a:B" });
  registry.attachPlugin("given", { say: () => {} });
  await registry.setupAll();
  assertEquals(host.states, ["thing/given unavailable", "thing/made active"]);
  assertStringIncludes(host.reason("thing/given")!.message, 'hook "list_items" is missing');
  items = undefined;
  await assertRejects(() => registry.reload("thing", "made"), PluginLoadError, 'hook "list_items" is missing');
  assertEquals(await registry.call("thing", "made", "list_items", [{ text: "still there" }]), { text: "still there" });
});
