import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { PluginUnavailable } from "@dagstack/plugin-system";
import { createTestContext, MemoryLogger, RecordingEventBus } from "@dagstack/plugin-system/testing";
import { FixedChunker } from "../../plugins/fixed-chunker/plugin.ts";

Deno.test("a plugin's methods can be called directly, with a context made in one line", async () => {
  const chunker = new FixedChunker();
  await chunker.setup(createTestContext().context);
  assertEquals(chunker.chunk("abc", 2).length, 2);
});

Deno.test("all that is handed over is a double, and the test holds the other end", async () => {
  const abort = new AbortController();
  const options = { config: { size: 3 }, metadata: { tenant_id: "acme" }, signal: abort.signal, env: { A: "b" } };
  const { context, http, blobs, progress, checkpoint, logs, events, clock } = createTestContext(options);
  assertEquals([context.config, context.metadata, context.signal.aborted], [{ size: 3 }, { tenant_id: "acme" }, false]);
  assert(Object.isFrozen(context.metadata) && context.signal === abort.signal);
  assertEquals(context.resources.clock.now().getTime(), clock.now().getTime());
  assertEquals(context.resources.env.get("A"), "b");
  http.on("GET", "https://example.com/a", { body: { n: 1 } });
  assertEquals((await context.resources.http_client.get("https://example.com/a")).json(), { n: 1 });
  await context.resources.get<typeof blobs>("blob_store").put("k", "v");
  await context.progress.event("done");
  await context.checkpoint.save("k", 1);
  context.logger.info("said", { a: 1 });
  context.eventBus.publish("news", 1);
  assertEquals([await blobs.list(), progress.events, await checkpoint.list()], [["k"], [{ type: "done" }], [{
    key: "k",
    version: 1,
  }]]);
  assertEquals(logs.records, [{ level: "info", message: "said", fields: { a: 1 } }]);
  assertEquals(events.published, [{ topic: "news", payload: 1 }]);
});

Deno.test("a manifest limits what the context holds, as in a registry", async () => {
  const manifest = { resources: { required: ["http_client"], http_client: { hosts: ["api.example.com"] } } };
  const { context, http } = createTestContext({ manifest });
  http.on("GET", /./, { body: "x" });
  assertEquals((await context.resources.http_client.get("https://api.example.com/")).text(), "x");
  await assertRejects(() => context.resources.http_client.get("https://example.org/"), Deno.errors.NotCapable);
  assertThrows(() => context.resources.clock, Error, 'Cannot use resource "clock"');
  assertThrows(() => context.checkpoint, Error, 'Cannot use resource "checkpoint"');
  assertEquals([context.resources.has("clock"), context.resources.has("http_client")], [false, true]);
  assertEquals(context.manifest.kind, "test");
  const asking = { manifest: { resources: { required: ["oracle"] } } };
  assertThrows(() => createTestContext(asking), PluginUnavailable, 'no double for the required resource "oracle"');
});

Deno.test("dependencies of a context are objects of the test's", async () => {
  const { context } = createTestContext({ dependencies: { "math/base": { double: (n: number) => n * 2 } } });
  const base = context.registry.getPlugin<{ double(n: number): number; half(n: number): number }>("math");
  assertEquals(await base.double(2), 4);
  await assertRejects(() => base.half(2), Error, 'Cannot call hook "half"');
});

Deno.test("a memory logger keeps what was said as it was said", () => {
  const logs = new MemoryLogger();
  const fields = { n: 1 };
  logs.debug("a", fields);
  fields.n = 2;
  logs.error("b");
  assertEquals(logs.records, [{ level: "debug", message: "a", fields: { n: 1 } }, { level: "error", message: "b" }]);
  assertEquals([logs.messages(), logs.messages("error")], [["a", "b"], ["b"]]);
  logs.clear();
  assertEquals(logs.records, []);
});

Deno.test("a recording bus remembers what was published, and delivers it", async () => {
  const logs = new MemoryLogger();
  const bus = new RecordingEventBus(logs);
  const heard: unknown[] = [];
  const subscription = bus.subscribe("a", (payload) => heard.push(payload));
  bus.subscribe("a", () => {
    throw new Error("bad handler");
  });
  bus.publish("a", 1);
  bus.publish("b");
  await Promise.resolve();
  bus.unsubscribe(subscription);
  bus.publish("a", 2);
  await Promise.resolve();
  assertEquals(heard, [1]);
  assertEquals(bus.published, [{ topic: "a", payload: 1 }, { topic: "b", payload: undefined }, {
    topic: "a",
    payload: 2,
  }]);
  assertEquals([bus.payloads("a"), logs.messages("error").length], [[1, 2], 2]);
  assertThrows(() => bus.publish(""), TypeError, "a topic is a text");
  bus.clear();
  assertEquals(bus.published, []);
});
