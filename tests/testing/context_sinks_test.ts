/** What every registry offers without being told, and what a host offers: progress, checkpoint, blob_store. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Logger, PluginContext } from "@dagstack/plugin-system";
import { InMemoryBlobStore, InMemoryCheckpointStore, MockProgressSink } from "@dagstack/plugin-system/testing";
import { manifestText, TestHost } from "../support.ts";
import { EVERY_TIER } from "./every_tier.ts";

const PLUGIN = (fields: Record<string, string>, resources: string) => ({
  "p/dagstack.toml": manifestText(fields, resources),
  "p/plugin.ts": `export class Sample {
    setup(context: any) { this.context = context; } context: any;
    async work(to: number) {
      const { progress } = this.context;
      for (let i = 1; i <= to; i++) await progress.update(i / to, "step " + i, { i });
      await progress.event("done", { to });
    }
    async bad() { await this.context.progress.update(2, "too much"); }
    same() { return this.context.resources.progress === this.context.progress; }
    async keep(state: unknown) { return await this.context.checkpoint.save("unit", state); }
    async kept() { return await this.context.checkpoint.load("unit"); }
    none() { return this.context.checkpoint === undefined; }
    clear() { return [typeof this.context.checkpoint.clear, Object.keys(this.context.resources.blob_store)]; }
    async blob(text: string) {
      const store = this.context.resources.blob_store;
      await store.put("a/b", text);
      return [await store.get("a/b"), await store.list("a/"), await store.exists("c"), await store.delete("a/b")];
    }
  }`,
});

for (const [tier, { options, fields }] of Object.entries(EVERY_TIER)) {
  Deno.test(`${tier}: without a word from host or manifest progress goes to the plugin's log`, async () => {
    await using host = await TestHost.start(PLUGIN(fields, ""), options);
    await host.plugin().work!(2);
    const records = host.logger.records.filter(({ fields }) => fields?.["plugin.name"] === "sample");
    assertEquals(records.map(({ level, message }) => [level, message]), [
      ["info", "50 % step 1"],
      ["info", "100 % step 2"],
      ["info", "event done"],
    ]);
    assertEquals(records[2]?.fields?.payload, { to: 2 });
    await assertRejects(() => host.plugin().bad!(), RangeError, "percent is 2, not 0 to 1");
    await assertRejects(() => host.plugin().none!(), Error, "does not declare it; add it to required or optional");
  });

  Deno.test(`${tier}: a manifest may require progress of any host, and of none a checkpoint`, async () => {
    const required = PLUGIN(fields, '[plugin.resources]\nrequired = ["progress"]\noptional = ["checkpoint"]');
    await using host = await TestHost.start(required, options);
    assertEquals(host.reason(), undefined);
    assertEquals([await host.plugin().same!(), await host.plugin().none!()], [true, true]);
    await host.plugin().work!(1);
    assertStringIncludes(host.logger.messages("info").join(), "100 % step 1");
    await using other = await TestHost.start(PLUGIN(fields, '[plugin.resources]\nrequired = ["checkpoint"]'), options);
    assertStringIncludes(other.reason()!.message, 'does not offer the required resource "checkpoint"');
  });

  Deno.test(`${tier}: calls that carry something do not take each other's turn in the log`, async () => {
    await using host = await TestHost.start(PLUGIN(fields, ""), options);
    const work = (tenant_id: string) => host.registry.call("thing", "sample", "work", [1], { metadata: { tenant_id } });
    await Promise.all([work("a"), work("b")]);
    const tenants = host.logger.records.filter(({ message }) => message === "100 % step 1").map(({ fields }) =>
      fields?.tenant_id
    );
    assertEquals(tenants.sort(), ["a", "b"]);
  });

  Deno.test(`${tier}: what the host offers is reached, by the methods of its interface and no others`, async () => {
    const progress = new MockProgressSink();
    const checkpoint = new InMemoryCheckpointStore();
    const blob_store = new InMemoryBlobStore();
    const declared = '[plugin.resources]\nrequired = ["progress", "checkpoint", "blob_store"]';
    const resources = { progress, checkpoint, blob_store };
    await using host = await TestHost.start(PLUGIN(fields, declared), options, { resources });
    await host.plugin().work!(2);
    assertEquals(progress.reports, [
      { percent: 0.5, message: "step 1", payload: { i: 1 } },
      { percent: 1, message: "step 2", payload: { i: 2 } },
      { type: "done", payload: { to: 2 } },
    ]);
    assertEquals(host.logger.messages("info").filter((message) => message.includes("step")), []);
    assertEquals(await host.plugin().keep!({ at: 3 }), 1);
    assertEquals(await host.plugin().kept!(), { state: { at: 3 }, version: 1 });
    assertEquals(await checkpoint.load("unit"), { state: { at: 3 }, version: 1 });
    const bytes = new TextEncoder().encode("text");
    assertEquals(await host.plugin().blob!("text"), [bytes, ["a/b"], false, true]);
    assertEquals(await host.plugin().clear!(), ["undefined", ["put", "get", "read", "delete", "list", "exists"]]);
    await assertRejects(() => host.plugin().keep!(undefined), Error, "undefined");
  });

  Deno.test(`${tier}: what a manifest does not declare stays out of reach, were it offered`, async () => {
    const progress = new MockProgressSink();
    const resources = { progress, checkpoint: new InMemoryCheckpointStore() };
    await using host = await TestHost.start(PLUGIN(fields, ""), options, { resources });
    await host.plugin().work!(1);
    assertEquals(progress.reports, []);
    await assertRejects(() => host.plugin().keep!(1), Error, 'Cannot use resource "checkpoint"');
    await assertRejects(() => host.plugin().same!(), Error, 'Cannot use resource "progress"');
  });
}

Deno.test("a host's own context has them, too", async () => {
  const records: unknown[] = [];
  const info = (message: string) => void records.push(message);
  const logger: Logger = { debug() {}, info, warn() {}, error() {} };
  const bare = new PluginContext({ logger });
  await bare.progress.update(0.5, "half");
  assertEquals(records, ["50 % half"]);
  const progress = new MockProgressSink();
  const checkpoint = new InMemoryCheckpointStore();
  const context = new PluginContext({ logger, resources: { progress, checkpoint } });
  await context.progress.update(1, "all");
  await context.checkpoint.save("key", 1);
  assertEquals([progress.updates.length, (await checkpoint.load("key")).version], [1, 1]);
});
