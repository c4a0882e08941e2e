/** The guide of SPEC section 1, word for word. */
import { PluginContext, PluginRegistry } from "@dagstack/plugin-system";
import { ALL_CHECKS, loadManifest, runContractSuite } from "@dagstack/plugin-system";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { FixedChunker } from "../plugins/fixed-chunker/plugin.ts";

Deno.test("the guide's host cuts the text into its four pieces", async () => {
  const registry = new PluginRegistry();
  await registry.discover("plugins/");
  await registry.setupAll(new PluginContext({ config: {}, logger: console, registry }));
  try {
    const chunker = registry.getPlugin<FixedChunker>("chunker", { name: "fixed" });
    const pieces = await chunker.chunk("Hello, dagstack!", 5);
    assertEquals(pieces.map((p) => p.text), ["Hello", ", dag", "stack", "!"]);
    assertEquals(pieces.map((p) => p.offset), [0, 5, 10, 15]);
    assertEquals((await chunker.chunk("x".repeat(513))).map((p) => p.text.length), [512, 1]);
    const error = await assertRejects(() => chunker.chunk("text", 0), RangeError, "maxSize must be positive");
    assert(
      /at FixedChunker\.chunk \(file:.*\/plugins\/fixed-chunker\/plugin\.ts:\d+:\d+\)/.test(error.stack!),
      error.stack,
    );
  } finally {
    await registry.teardownAll();
  }
});

Deno.test("contract", async () => {
  const manifest = await loadManifest("plugins/fixed-chunker/dagstack.toml");
  const result = await runContractSuite({ pluginClass: FixedChunker, manifest, checks: ALL_CHECKS });
  assert(result.ok, result.formatFailures());
  assertEquals(result.passed, ALL_CHECKS);
});
