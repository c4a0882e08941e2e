import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  parseManifest,
  PluginContext,
  PluginRegistry,
  PluginRegistryError,
  ResourceRegistry,
} from "@dagstack/plugin-system";
import { manifestText, MemoryLogger } from "../support.ts";

const postgres = { query: (text: string) => text.toUpperCase() };

class Pool {
  db: { query(text: string): string } | undefined;
  setup(ctx: PluginContext) {
    this.db = ctx.resources.get<typeof postgres>("postgres");
  }
  ask(text: string) {
    return this.db!.query(text);
  }
}

const manifest = (required: string[], optional: string[] = []) => ({
  name: "pool",
  kind: "thing",
  runtime: "in_process",
  core_version: ">=0.1.0,<1.0.0",
  resources: { required, optional },
});

Deno.test("the public documentation's host runs: register, setupAll({ resources }), ctx.resources.get", async () => {
  const resources = new ResourceRegistry();
  resources.register("postgres", postgres);
  await using registry = new PluginRegistry({ logger: new MemoryLogger() });
  await registry.registerModule(Pool, manifest(["postgres"]));
  await registry.setupAll({ resources });
  assertEquals(await registry.getPlugin<Pool>("thing", "pool").ask("select"), "SELECT");
});

Deno.test("register, has, get and tryGet do what they say", () => {
  const resources = new ResourceRegistry().register("postgres", postgres);
  assertEquals([resources.has("postgres"), resources.has("other")], [true, false]);
  assertEquals(resources.get<typeof postgres>("postgres") === postgres, true);
  assertEquals(resources.tryGet("other"), undefined);
  const error = assertThrows(() => resources.get("other"), PluginRegistryError);
  assertEquals(error.message, 'Cannot get resource "other": it is not registered');
  assertEquals(resources.has("constructor") || resources.has("__proto__"), false);
});

Deno.test("scopeFor gives what a manifest declares, and throws for a required one that is missing", () => {
  const resources = new ResourceRegistry().register("postgres", postgres).register("other", postgres);
  const text = (required: string) =>
    parseManifest(manifestText({}, `[plugin.resources]\nrequired = ["${required}"]\noptional = ["cache"]`));
  const scope = resources.scopeFor(text("postgres"));
  assertEquals([scope.has("postgres"), scope.has("other"), scope.has("cache")], [true, false, false]);
  const error = assertThrows(() => resources.scopeFor(text("queue")), PluginRegistryError);
  assertStringIncludes(error.message, 'plugin "sample": it requires "queue", which is not registered');
});

Deno.test("plugins see what is registered when they start", async () => {
  const resources = new ResourceRegistry();
  await using registry = new PluginRegistry({ logger: new MemoryLogger() });
  await registry.registerModule(Pool, manifest(["postgres"]));
  const context = new PluginContext({ resources, registry, logger: new MemoryLogger() });
  await registry.setupAll(context);
  await assertRejects(
    async () => void await registry.getPlugin<Pool>("thing", "pool").ask("a"),
    PluginRegistryError,
    '"postgres"',
  );
  resources.register("postgres", postgres);
  await registry.setupAll(context);
  assertEquals(await registry.getPlugin<Pool>("thing", "pool").ask("a"), "A");
});
