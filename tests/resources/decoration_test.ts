/** Decoration of resources, by the host and by middleware: one suite over every place that a plugin's code can be in. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { currentCall, PluginContext, type ResourceCall, type ResourceDecorator } from "@dagstack/plugin-system";
import type { PluginContextOptions } from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";
import { plugin, until, type Way, WAYS } from "./ways.ts";

/** Puts a function around each method of a resource. */
function around(
  resource: object,
  work: (method: string, args: unknown[], goOn: (args: unknown[]) => unknown) => unknown,
): object {
  return new Proxy(resource, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => work(String(name), args, (given) => Reflect.apply(value, target, given));
    },
  });
}

class Store {
  #kept = new Map<string, unknown>();
  put(key: string, value: unknown) {
    this.#kept.set(key, value);
  }
  async get(key: string) {
    await Promise.resolve();
    if (!this.#kept.has(key)) throw new RangeError(`no ${key}`);
    return this.#kept.get(key);
  }
}

const USER = `
  r: any; setup(c: any) { this.r = c.resources; }
  async use(key: string, value: unknown) { await this.r.store.put(key, value); return await this.r.store.get(key); }
  async miss() { await this.r.store.get("none"); }
  now() { return this.r.clock.now() instanceof Date; }
  many(count: number) { for (let i = 0; i < count; i++) this.r.clock.monotonicNs(); }
  below() { this.r.rng.nextInt(2, 1); }`;
const NEEDS = '[plugin.resources]\nrequired = ["store", "clock", "rng"]';

const start = (way: Way, context: PluginContextOptions) =>
  TestHost.start(plugin(USER, NEEDS, way), WAYS[way], { resources: { store: new Store() }, ...context });

for (const way of Object.keys(WAYS) as Way[]) {
  Deno.test(`${way}: decorators stand around a resource in their order, innermost first, once per plugin`, async () => {
    const seen: string[] = [];
    const named = (name: string, resource = "store"): ResourceDecorator => ({
      resource,
      decorate(inner, owner) {
        seen.push(`${name} for ${owner.plugin} ${owner.kind}/${owner.name} ${owner.resource} ${owner.manifest.name}`);
        return around(inner, (method, args, goOn) => {
          seen.push(`${name} ${method} ${JSON.stringify(args)} by ${currentCall()?.metadata.tenant_id}`);
          return goOn(method === "put" ? [args[0], `${args[1]}+${name}`] : args);
        });
      },
    });
    await using host = await start(way, { decorators: [named("inner"), named("outer", "*"), named("no", "other")] });
    const call = { metadata: { tenant_id: "acme" } };
    assertEquals(await host.registry.call("thing", "sample", "use", ["k", "v"], call), "v+outer+inner");
    assertEquals(seen, [
      "inner for thing/sample thing/sample store sample",
      "outer for thing/sample thing/sample store sample",
      'outer put ["k","v"] by acme',
      'inner put ["k","v+outer"] by acme',
      'outer get ["k"] by acme',
      'inner get ["k"] by acme',
    ]);
    await assertRejects(() => host.plugin().miss!(), RangeError, "no none");
  });

  Deno.test(`${way}: a decorator that refuses a call refuses it with its own error`, async () => {
    class QuotaExceeded extends Error {
      override name = "QuotaExceeded";
      code = "QUOTA";
    }
    const quota: ResourceDecorator = {
      resource: "store",
      decorate: (inner) =>
        around(inner, (method, args, goOn) => {
          if (method === "put") throw new QuotaExceeded("writes are used up");
          return goOn(args);
        }),
    };
    await using host = await start(way, { decorators: [quota] });
    const error = await assertRejects(() => host.plugin().use!("k", 1), Error, "writes are used up");
    assertEquals([error.name, Reflect.get(error, "code")], ["QuotaExceeded", "QUOTA"]);
  });

  Deno.test(`${way}: resources in the scope report after the fact, in batches, with what the call carried`, async () => {
    const batches: (readonly ResourceCall[])[] = [];
    const report = (calls: readonly ResourceCall[]) => void batches.push(calls);
    const before = Date.now();
    await using host = await start(way, { decorators: [{ resource: "clock", report }, { resource: "rng", report }] });
    assertEquals(await host.registry.call("thing", "sample", "now", [], { metadata: { tenant_id: "acme" } }), true);
    await assertRejects(() => host.plugin().below!(), RangeError);
    await until(() => batches.flat().length >= 2);
    const calls = batches.flat().map(({ atMs, ms, ...rest }) => {
      assert(atMs >= before - 1000 && atMs <= Date.now() + 1000 && ms >= 0, `${atMs} ${ms}`);
      return rest;
    });
    const plugin = "thing/sample";
    assertEquals(calls.find(({ method }) => method === "now"), {
      plugin,
      resource: "clock",
      method: "now",
      metadata: { tenant_id: "acme" },
    });
    assertStringIncludes(calls.find(({ resource }) => resource === "rng")!.error!, "RangeError: Cannot choose");
  });

  Deno.test(`${way}: a thousand calls make a batch, and the last one comes with the teardown`, async () => {
    const batches: (readonly ResourceCall[])[] = [];
    const report = (calls: readonly ResourceCall[]) => void batches.push(calls);
    await using host = await start(way, { decorators: [{ resource: "*", report }] });
    await host.plugin().many!(2500);
    await host.registry.teardownAll();
    assertEquals(batches.flat().filter(({ resource }) => resource === "clock").length, 2500);
    assertEquals(Math.max(...batches.map(({ length }) => length)), 1000);
  });

  Deno.test(`${way}: who is slow to take reports has one at a time, and each call is told or counted`, async () => {
    const told: [calls: number, dropped: number][] = [];
    let underWay = 0;
    let most = 0;
    let free = () => {};
    const isFree = new Promise<void>((resolve) => free = resolve);
    const report = async (calls: readonly ResourceCall[], dropped: number) => {
      most = Math.max(most, ++underWay);
      told.push([calls.length, dropped]);
      await isFree;
      underWay--;
    };
    let seen = 0;
    const quick = { resource: "clock", report: (calls: readonly ResourceCall[]) => void (seen += calls.length) };
    await using host = await start(way, { decorators: [{ resource: "clock", report }, quick] });
    await host.plugin().many!(4500);
    await until(() => seen === 4500);
    assertEquals(told, [[1000, 0]], "the first is under way still");
    free();
    await until(() => told.length === 2);
    assertEquals([told[1], most], [[1000, 2500], 1]);
  });

  Deno.test(`${way}: a decorator with report alone hears of the host's resources, too, and its failure is logged`, async () => {
    const seen: string[] = [];
    const report = (calls: readonly ResourceCall[]) => {
      seen.push(...calls.map(({ resource, method, error }) => `${resource}.${method} ${error ?? ""}`));
      throw new Error("the disk is full");
    };
    await using host = await start(way, { decorators: [{ resource: "*", report }] });
    await host.plugin().use!("k", 1);
    await assertRejects(() => host.plugin().miss!(), RangeError);
    await host.registry.teardownAll();
    assertEquals(seen, ["store.put ", "store.get ", "store.get RangeError: no none"]);
    assertStringIncludes(host.logger.messages("error").join("\n"), "the disk is full");
  });
}

const MIDDLEWARE = (body: string, fields: Record<string, string> = {}) => ({
  "m/dagstack.toml": manifestText(
    { name: '"guard"', kind: '"middleware"', priority: "1000", ...fields },
    '[plugin.chain_wrap]\nkinds = ["thing"]\nhooks = ["*"]',
  ),
  "m/plugin.ts":
    `export class Sample { log: unknown[] = []; wrap(_call: any, next: any) { return next(); } said() { return this.log; }\n${body}\n}`,
});

for (const way of Object.keys(WAYS) as Way[]) {
  const options = { ...WAYS[way], trusted: ["thing/sample", "middleware/guard"] };

  Deno.test(`${way}: middleware wraps calls of the host's resources, changes, answers and refuses them`, async () => {
    const inside: unknown[] = [];
    const store = around(new Store(), (method, args, goOn) => {
      inside.push([method, currentCall()?.metadata]);
      return goOn(args);
    });
    await using host = await TestHost.start(
      {
        ...plugin(USER, NEEDS, way),
        ...MIDDLEWARE(`async wrapResource(call: any, next: any) {
        this.log.push([call.kind, call.plugin, call.resource, call.method, call.args, call.metadata, "hook" in call]);
        if (call.args[0] === "forbidden") throw new RangeError("it is forbidden");
        if (call.args[0] === "known") return "answered by middleware";
        const args = call.method === "put" ? [call.args[0], "changed"] : call.args;
        return await next({ args, metadata: { ...call.metadata, seen: true } });
      }`),
      },
      options,
      { resources: { store } },
    );
    const metadata = { tenant_id: "acme" };
    assertEquals(await host.registry.call("thing", "sample", "use", ["k", "v"], { metadata }), "changed");
    assertEquals(inside, [["put", { ...metadata, seen: true }], ["get", { ...metadata, seen: true }]]);
    assertEquals(await host.plugin("middleware/guard").said!(), [
      ["thing", "sample", "store", "put", ["k", "v"], metadata, false],
      ["thing", "sample", "store", "get", ["k"], metadata, false],
    ]);
    await assertRejects(() => host.plugin().use!("forbidden", 1), RangeError, "it is forbidden");
    assertEquals(await host.plugin().use!("known", 1), "answered by middleware");
    await assertRejects(() => host.plugin().miss!(), RangeError, "no none");
    const report = await host.registry.call("middleware", "guard", "wrapResource", []).catch((error) => error.code);
    assertEquals(report, "HookUnknown", "it is no hook");
  });

  Deno.test(`${way}: middleware hears of calls inside the scope by resourceReport, as soon as both have started`, async () => {
    await using host = await TestHost.start(
      {
        ...plugin(
          USER.replace("{ this.r = c.resources; }", "{ this.r = c.resources; this.r.clock.now(); }"),
          NEEDS,
          way,
        ),
        ...MIDDLEWARE(`resourceReport(calls: any[], dropped: number) {
        for (const one of calls) this.log.push([one.plugin, one.resource, one.method, dropped]);
      }`),
      },
      options,
      { resources: { store: new Store() } },
    );
    await host.plugin().many!(2);
    const said = () => host.plugin("middleware/guard").said!() as Promise<unknown[][]>;
    await until(async () => (await said()).filter(([, , method]) => method === "monotonicNs").length >= 2);
    const one = ["thing/sample", "clock", "monotonicNs", 0];
    const all = await said();
    assertEquals(all.filter(([, , method]) => method !== "now"), [one, one]);
    assert(all.some(([, , method]) => method === "now"), "that of its setup");
  });

  Deno.test(`${way}: a middleware that is slow to take reports has one at a time, and its failures are logged`, async () => {
    await using host = await TestHost.start(
      {
        ...plugin(USER, NEEDS, way),
        ...MIDDLEWARE(`underWay = 0; free: any; isFree = new Promise((resolve) => this.free = resolve);
          letGo() { this.free(); }
          async resourceReport(calls: any[], dropped: number) {
            this.log.push([++this.underWay, calls.length + dropped]);
            await this.isFree;
            this.underWay--;
            throw new Error("not kept");
          }`),
      },
      options,
      { resources: { store: new Store() } },
    );
    const said = () => host.plugin("middleware/guard").said!() as Promise<[underWay: number, calls: number][]>;
    const sum = async () => (await said()).reduce((all, [, calls]) => all + calls, 0);
    for (let i = 0; i < 3; i++) await host.plugin().many!(1500);
    await until(async () => (await said()).length === 1);
    await host.plugin("middleware/guard").letGo!();
    await until(async () => await sum() === 4500);
    assertEquals((await said()).filter(([underWay]) => underWay !== 1), []);
    await until(() => host.logger.messages("error").length > 0);
    const errors = host.logger.messages("error");
    assert(errors.every((text) => /^Cannot report \d+ calls of .*middleware\/guard".*not kept/.test(text)), errors[0]);
  });

  Deno.test(`${way}: a middleware that has failed lets no call of a resource through`, async () => {
    const failing = ['wrapResource() {} setup() { throw new Error("not today"); }', '} throw new Error("no code"); {'];
    for (const body of failing) {
      await using host = await TestHost.start(
        {
          ...plugin(USER, NEEDS, way),
          ...MIDDLEWARE(body),
          "p/plugin.ts": `export class Sample { setup(c: any) { return c.resources.store.put("k", 1); } }`,
        },
        options,
        { resources: { store: new Store() } },
      );
      assertStringIncludes(host.reason()?.message ?? "", 'Cannot use plugin "middleware/guard"');
    }
  });

  Deno.test(`${way}: a plugin that starts beside its middleware waits with its resources until that can take the call`, async () => {
    await using host = await TestHost.start(
      {
        ...plugin(USER, NEEDS, way),
        ...MIDDLEWARE(`async setup() { await new Promise((r) => setTimeout(r, 300)); }
          wrapResource(call: any, next: any) { this.log.push(call.method); return next(); }`),
        "p/plugin.ts": `export class Sample { setup(c: any) { return c.resources.store.put("k", 1); } }`,
      },
      options,
      { resources: { store: new Store() } },
    );
    assertEquals(host.reason(), undefined);
    assertEquals(new Set(await host.plugin("middleware/guard").said!() as string[]), new Set(["put"]));
  });
}

Deno.test("middleware without wrapResource leaves resources alone, also for what it depends on", async () => {
  await using host = await TestHost.start(
    {
      ...plugin(`${USER} async onStart() {}`, NEEDS, "worker"),
      ...MIDDLEWARE("", { depends_on: '["sample"]' }),
      "p/plugin.ts":
        `export class Sample { setup(c: any) { return c.resources.store.put("k", 1); } ok() { return 1; } }`,
    },
    WAYS.worker,
    { resources: { store: new Store() } },
  );
  assertEquals(await host.plugin().ok!(), 1);
});

Deno.test("what a decorator cannot do is told where it is registered, else when the plugin starts, with what would mend it", async () => {
  const decorate = (resource: object) => resource;
  const rows: [decorator: unknown, message: string][] = [
    [{ resource: "clock", decorate }, 'Cannot decorate resource "clock": it lives in the plugin\'s scope'],
    [{ resource: "http_client", decorate }, 'or register "http_client" as an object of the host\'s own'],
    [{ resource: "store" }, "has neither decorate(resource, owner) nor report(calls)"],
    [{ decorate }, "the decorator does not name it"],
    [{ resource: "store", decorate: 1 }, "decorate is no function"],
  ];
  for (const [decorator, message] of rows) {
    const error = assertThrows(() => new PluginContext({ decorators: [decorator as ResourceDecorator] }));
    assertStringIncludes((error as Error).message, message);
  }
  const cases: [decorate: () => object, message: string][] = [
    [() => ({ put() {} }), 'what its decorator gave lacks "get"; give an object with all of the resource\'s methods'],
    [() => undefined as never, "its decorator gave undefined"],
    [() => {
      throw new TypeError("no quota");
    }, 'Cannot decorate resource "store" for plugin "thing/sample": TypeError: no quota'],
  ];
  for (const [decorate, message] of cases) {
    await using host = await start("worker", { decorators: [{ resource: "store", decorate }] });
    assertStringIncludes(host.reason()!.message, message);
  }
});
