import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { HookUnknown, InProcessEventBus, NoOpTenantContext } from "@dagstack/plugin-system";
import type { PluginRegistryOptions, Subscription } from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";

const TIERS: Record<string, PluginRegistryOptions> = {
  process: {},
  worker: { sandbox: "worker" },
  none: { sandbox: "none", trusted: ["thing/sample", "thing/base"] },
};

const BASE = {
  "base/dagstack.toml": manifestText({ name: '"base"' }),
  "base/plugin.ts": `export class Sample {
    setup(c: any) { this.context = c; } context: any;
    double(n: number) { return { n: n * 2, tenant: this.context.metadata.tenant_id ?? null }; }
    fail() { throw new RangeError("too much"); }
  }`,
};
const USER = (body: string, fields: Record<string, string> = {}) => ({
  "user/dagstack.toml": manifestText({ depends_on: '["base"]', ...fields }),
  "user/plugin.ts":
    `export class Sample { setup(c: any) { this.context = c; this.onSetup?.(); } context: any; ${body} }`,
});

for (const [tier, options] of Object.entries(TIERS)) {
  Deno.test(`${tier}: a plugin calls what it depends on, with what its own call carries, and gets its errors`, async () => {
    await using host = await TestHost.start({
      ...BASE,
      ...USER(`
        async use(n: number) { return await this.context.registry.getPlugin("thing", { name: "base" }).double(n); }
        async fails() { await this.context.registry.getPlugin("thing").fail(); }
        other() { this.context.registry.getPlugin("thing", { name: "sample" }); }
      `),
    }, options);
    const { registry } = host;
    assertEquals(await host.plugin().use!(4), { n: 8, tenant: null });
    const carried = await registry.call("thing", "sample", "use", [5], { metadata: { tenant_id: "acme" } });
    assertEquals(carried, { n: 10, tenant: "acme" });
    await assertRejects(() => host.plugin().fails!(), RangeError, "too much");
    await assertRejects(() => host.plugin().other!(), Error, 'plugin "thing/sample" depends on thing/base');
  });

  Deno.test(`${tier}: a hook named as every object's methods are is as unknown as any, and a handle has a text`, async () => {
    await using host = await TestHost.start({
      ...BASE,
      ...USER(`
        async use(hook: string) { await this.context.registry.getPlugin("thing")[hook](1); }
        text() {
          const base = this.context.registry.getPlugin("thing");
          return [\`\${base}\`, base + "", typeof Deno.inspect(base), typeof base.then, base.toJSON === undefined];
        }
      `),
    }, options);
    for (const hook of ["constructor", "toString", "valueOf", "hasOwnProperty", "none"]) {
      await assertRejects(() => host.plugin().use!(hook), HookUnknown, `Cannot call "${hook}" of plugin "thing/base"`);
    }
    const text = "[object Plugin thing/base]";
    assertEquals(await host.plugin().text!(), [text, text, "string", "undefined", true]);
  });

  Deno.test(`${tier}: events go from plugin to plugin and host, and a handler that throws harms nobody`, async () => {
    await using host = await TestHost.start({
      ...BASE,
      ...USER(`
        heard: unknown[] = [];
        onSetup() {
          this.context.eventBus.subscribe("news", () => { throw new Error("bad handler"); });
          this.own = this.context.eventBus.subscribe("news", (payload: unknown) => { this.heard.push(payload); });
        }
        own: any;
        tell(payload: unknown) { this.context.eventBus.publish("told", payload); }
        stop() { this.context.eventBus.unsubscribe(this.own); }
        async got(count: number) {
          while (this.heard.length < count) await new Promise((r) => setTimeout(r, 5));
          return this.heard;
        }
      `),
    }, options);
    const { context } = host;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    using _heard = context!.eventBus.subscribe("told", resolve);
    await host.plugin().tell!({ a: 1 });
    assertEquals(await promise, { a: 1 });
    context!.eventBus.publish("news", { n: 1 });
    context!.eventBus.publish("other", { n: 9 });
    context!.eventBus.publish("news", { n: 2 });
    assertEquals(await host.plugin().got!(2), [{ n: 1 }, { n: 2 }]);
    await host.plugin().stop!();
    assertStringIncludes(
      host.logger.messages("error").join("\n"),
      'A handler of events "news" has failed: bad handler',
    );
  });

  Deno.test(`${tier}: tenants are asked, for the tenant of the running call`, async () => {
    const asked: unknown[] = [];
    class Tenants extends NoOpTenantContext {
      override checkAccess(request: { resource: string; action: string; tenant_id?: string }): boolean {
        asked.push(request);
        return request.tenant_id === "acme";
      }
    }
    await using host = await TestHost.start(
      {
        ...BASE,
        ...USER(`may() { return this.context.tenant.checkAccess({ resource: "r", action: "read" }); }`),
      },
      options,
      { tenant: new Tenants() },
    );
    const may = (tenant_id: string) => host.registry.call("thing", "sample", "may", [], { metadata: { tenant_id } });
    assertEquals([await may("acme"), await may("other")], [true, false]);
    assertEquals(asked[0], { resource: "r", action: "read", tenant_id: "acme", plugin: "thing/sample" });
  });

  Deno.test(`${tier}: records of a call carry its trace and its tenant`, async () => {
    await using host = await TestHost.start(
      { ...BASE, ...USER(`say() { this.context.logger.info("said"); }`) },
      options,
    );
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const metadata = { tenant_id: "acme", trace_context: { traceparent } };
    await host.registry.call("thing", "sample", "say", [], { metadata });
    const record = host.logger.records.find(({ message }) => message === "said");
    assertEquals(record?.fields?.tenant_id, "acme");
    assertEquals(record?.fields?.trace_id, "0af7651916cd43dd8448eb211c80319c");
    await host.plugin().say!();
    assertEquals(Object.keys(host.logger.records.at(-1)!.fields!).includes("tenant_id"), false);
  });

  Deno.test(`${tier}: a plugin that is reloaded hears each event once, and one that is torn down none`, async () => {
    await using host = await TestHost.start({
      ...BASE,
      ...USER(`onSetup() {
        this.context.eventBus.subscribe("ask", (n: unknown) => this.context.eventBus.publish("ack", n));
      }`),
    }, options);
    const bus = host.context!.eventBus;
    const acks: unknown[] = [];
    using _acks = bus.subscribe("ack", (n) => acks.push(n));
    const ask = async (n: number) => {
      bus.publish("ask", n);
      for (let i = 0; i < 400 && !acks.includes(n); i++) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await ask(1);
    await host.registry.reload("thing", "sample");
    await ask(2);
    await new Promise((resolve) => setTimeout(resolve, 20)); // a second answer would come now
    await host.registry.teardownAll();
    bus.publish("ask", 3);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(acks, [1, 2]);
  });

  Deno.test(`${tier}: who unsubscribes is forgotten at once, and an event that cannot come is the only one missed`, async () => {
    class Counted extends InProcessEventBus {
      open = 0;
      override subscribe(...given: Parameters<InProcessEventBus["subscribe"]>): Subscription {
        this.open++;
        const { topic, ...subscription } = super.subscribe(...given);
        const end = subscription[Symbol.dispose];
        return { topic, [Symbol.dispose]: () => (this.open--, end()) };
      }
    }
    const eventBus = new Counted();
    await using host = await TestHost.start(
      {
        ...BASE,
        ...USER(`
        heard: unknown[] = [];
        onSetup() { this.context.eventBus.subscribe("n", (n: unknown) => { this.heard.push(n); }); }
        async churn() {
          for (let i = 0; i < 50; i++) {
            const own = this.context.eventBus.subscribe("other", () => {});
            await new Promise((r) => setTimeout(r, 1));
            this.context.eventBus.unsubscribe(own);
          }
        }
        async got(count: number) {
          for (let i = 0; i < 400 && this.heard.length < count; i++) await new Promise((r) => setTimeout(r, 5));
          return this.heard;
        }
      `),
      },
      options,
      { eventBus },
    );
    await host.plugin().churn!();
    for (let i = 0; i < 400 && eventBus.open > 1; i++) await new Promise((resolve) => setTimeout(resolve, 5));
    assertEquals(eventBus.open, 1);
    eventBus.publish("n", 1);
    eventBus.publish("n", { run: () => 1 });
    eventBus.publish("n", "x".repeat(9 * 1024 * 1024));
    eventBus.publish("n", 2);
    assertEquals(await host.plugin().got!(2), [1, 2]);
    assertStringIncludes(host.logger.messages("warn").join(), 'Plugin "thing/sample" misses events "n"');
    await host.registry.teardownAll();
    assertEquals(eventBus.open, 0);
  });

  Deno.test(`${tier}: events that nobody reads are bounded, and the loss is told`, async () => {
    await using host = await TestHost.start({
      ...BASE,
      ...USER(`onSetup() {
        this.context.eventBus.subscribe("n", () => { const end = Date.now() + 300; while (Date.now() < end); });
      }`),
    }, options);
    const before = Deno.memoryUsage().rss;
    const payload = { text: "x".repeat(1024 * 1024) };
    for (let i = 0; i < 400; i++) host.context!.eventBus.publish("n", payload);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assertStringIncludes(host.logger.messages("warn").join(), "too many events wait for it");
    assert(Deno.memoryUsage().rss - before < 200 * 1024 * 1024);
  });
}
