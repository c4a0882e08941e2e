import * as api from "@opentelemetry/api";
import { assertEquals, assertThrows } from "@std/assert";
import { HostHttpClient, PluginContext, PluginRegistry } from "@dagstack/plugin-system";
import type { BatchObservableCallback, Meter, ObservableCallback, Tracer } from "@dagstack/plugin-system";
import { MemorySdk } from "./memory_sdk.ts";

const MANIFEST = {
  name: "sample",
  kind: "thing",
  version: "1.2.3",
  runtime: "in_process",
  core_version: ">=0.1.0,<1.0.0",
  entry_point: "plugin:Sample",
};
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Starts a plugin of the host's own. */
async function start(plugin: object, resources: Record<string, unknown> = {}): Promise<PluginRegistry> {
  const registry = new PluginRegistry({ health: false });
  const manifest = { ...MANIFEST, resources: { required: Object.keys(resources) } };
  await registry.registerModule(plugin, manifest);
  await registry.setupAll(new PluginContext({ registry, logger: silent, resources }));
  return registry;
}

Deno.test("the types of tracer and meter are those of the npm package, both ways", () => {
  const ours = (context: PluginContext): [api.Tracer, api.Meter] => [context.tracer, context.metrics];
  const theirs = (tracer: api.Tracer, meter: api.Meter): [Tracer, Meter] => [tracer, meter];
  assertEquals(theirs(...ours(new PluginContext())).length, 2); // what is tested is that this compiles
});

Deno.test("without an SDK the tracer and the meter do nothing, and have every method", async () => {
  let given: PluginContext | undefined;
  await using _registry = await start({ setup: (context: PluginContext) => void (given = context) });
  for (const { tracer, metrics } of [given!, new PluginContext()]) {
    const span = tracer.startSpan("a").setAttribute("b", 1).addEvent("c").updateName("d");
    span.recordException(new Error("e"));
    span.end();
    assertEquals([span.isRecording(), span.spanContext().traceId], [false, "0".repeat(32)]);
    assertEquals(tracer.startActiveSpan("a", (inner) => inner.isRecording()), false);
    assertEquals(tracer.startActiveSpan("a", { root: true }, () => 7), 7);
    metrics.createCounter("a").add(1);
    metrics.createUpDownCounter("a").add(-1, { b: 1 });
    metrics.createHistogram("a").record(1);
    metrics.createGauge("a").record(1);
    for (const make of ["createObservableCounter", "createObservableUpDownCounter", "createObservableGauge"] as const) {
      const observable = metrics[make]("a");
      observable.addCallback(() => {});
      metrics.addBatchObservableCallback(() => {}, [observable]);
    }
  }
});

Deno.test("an SDK of npm's is found, manages no context, and its spans are connected all the same", async () => {
  let given: PluginContext | undefined;
  const registry = new PluginRegistry({ health: false });
  using sdk = new MemorySdk(); // registered after the registry was made
  const store = { put: () => Promise.resolve(1) };
  await registry.registerModule({
    setup: (context: PluginContext) => void (given = context),
    async keep() {
      await given!.tracer.startActiveSpan("own", { attributes: { size: 1 } }, async (span) => {
        await (given!.resources.store as typeof store).put();
        span.end();
      });
    },
  }, { ...MANIFEST, resources: { required: ["store"] } });
  await registry.setupAll(new PluginContext({ registry, logger: silent, resources: { store } }));
  await registry.call("thing", "sample", "keep");
  await registry.teardownAll();
  const [hook, own, resource] = sdk.spans;
  assertEquals(sdk.spans.map(({ name, ended }) => [name, ended]), [
    ["plugin.hook", true],
    ["own", true],
    ["plugin.resource", true],
  ]);
  assertEquals([own!.parent, resource!.parent], [hook!.id, hook!.id]);
  assertEquals(new Set(sdk.spans.map(({ traceId }) => traceId)).size, 1);
  assertEquals(own!.attributes, { size: 1, plugin: "sample", kind: "thing" });
  assertEquals(own!.scope, "thing/sample");
});

Deno.test("an SDK that makes no spans leaves the trace of a call as it is", async () => {
  const none = { startSpan: () => api.trace.wrapSpanContext(api.INVALID_SPAN_CONTEXT) } as unknown as api.Tracer;
  api.trace.setGlobalTracerProvider({ getTracer: () => none });
  try {
    let given: PluginContext | undefined;
    await using registry = await start({
      setup: (context: PluginContext) => void (given = context),
      seen: () => given!.metadata,
    });
    const metadata = { trace_context: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" } };
    assertEquals(await registry.call("thing", "sample", "seen", [], { metadata }), metadata);
    assertEquals(await registry.call("thing", "sample", "seen"), {});
  } finally {
    api.trace.disable();
  }
});

Deno.test("an SDK that has gone is not called any more once a plugin starts", async () => {
  const sdk = new MemorySdk();
  sdk[Symbol.dispose]();
  await using registry = await start({ keep: () => 1 });
  assertEquals(await registry.call("thing", "sample", "keep"), 1);
  assertEquals(sdk.spans, []);
});

Deno.test("a resource stays what it is behind its spans: class, fields, private members, and one object for all", async () => {
  using sdk = new MemorySdk();
  class Store {
    #kept = 0;
    size = 3;
    put(count: number): Promise<number> {
      return Promise.resolve(this.#kept += count);
    }
    fail(): never {
      throw new RangeError("no");
    }
  }
  const store = Object.freeze(new Store());
  const seen: Store[] = [];
  const plugin = { setup: (context: PluginContext) => void seen.push(context.resources.store as Store) };
  await using _one = await start(plugin, { store });
  assertEquals([seen[0] instanceof Store, seen[0]!.size, await seen[0]!.put(2), await store.put(1)], [true, 3, 2, 3]);
  assertEquals(sdk.spans.map(({ name, attributes }) => [name, attributes.method]), [["plugin.resource", "put"]]);
});

Deno.test("the span of a resource that fails tells the error's class and no text of it, which may hold a secret", async () => {
  using sdk = new MemorySdk();
  const store = {
    put(key: string): never {
      throw new RangeError(`no ${key}`);
    },
  };
  let given: PluginContext | undefined;
  const plugin = { setup: (context: PluginContext) => void (given = context) };
  await using _one = await start(plugin, { store });
  assertThrows(() => (given!.resources.store as typeof store).put("SECRET"), RangeError, "no SECRET");
  assertEquals(sdk.spans.map(({ name, errors }) => [name, errors]), [
    ["plugin.resource", ["error.type", "RangeError", { code: 2 }]],
  ]);
});

Deno.test("a client of the host's has a span for each request of a plugin, and none for what the host asks it", async () => {
  using sdk = new MemorySdk();
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => new Response("ok"));
  const host = `127.0.0.1:${server.addr.port}`;
  let given: PluginContext | undefined;
  const registry = new PluginRegistry({ health: false });
  await registry.registerModule({
    setup: (context: PluginContext) => void (given = context),
    web: async () => (await given!.resources.http_client.get(`http://${host}/`)).status,
  }, { ...MANIFEST, resources: { required: ["http_client"], http_client: { hosts: [host] } } });
  const client = new HostHttpClient();
  await registry.setupAll(new PluginContext({ registry, logger: silent, resources: { http_client: client } }));
  assertEquals(sdk.spans, []);
  assertEquals(await registry.call("thing", "sample", "web"), 200);
  await registry.teardownAll();
  assertEquals(sdk.spans.map(({ name, attributes: { method }, ended }) => [name, method, ended]), [
    ["plugin.hook", undefined, true],
    ["plugin.resource", "get", true],
  ]);
  assertEquals(sdk.spans[1]!.parent, sdk.spans[0]!.id);
});

Deno.test("measurements of every instrument carry the plugin's labels, which win", async () => {
  using sdk = new MemorySdk();
  let given: PluginContext | undefined;
  await using _registry = await start({ setup: (context: PluginContext) => void (given = context) });
  const { metrics } = given!;
  const labels = { plugin: "sample", kind: "thing" };
  metrics.createCounter("a").add(1, { plugin: "forged", own: 1 });
  metrics.createUpDownCounter("b").add(-2);
  metrics.createHistogram("c").record(3);
  metrics.createGauge("d").record(4);
  assertEquals(sdk.measured, [["a", 1, { ...labels, own: 1 }], ["b", -2, labels], ["c", 3, labels], ["d", 4, labels]]);

  const observed: unknown[] = [];
  for (const make of ["createObservableCounter", "createObservableUpDownCounter", "createObservableGauge"] as const) {
    const observable = metrics[make](make);
    const callback: ObservableCallback = (result) => result.observe(5, { own: 2 });
    observable.addCallback(callback);
    sdk.callbacks.get(make)!({ observe: (value, attributes) => void observed.push([value, attributes]) });
    observable.removeCallback(callback);
    assertEquals(sdk.callbacks.has(make), false);
  }
  assertEquals(observed, Array(3).fill([5, { ...labels, own: 2 }]));

  const observable = metrics.createObservableGauge("batched");
  const batch: BatchObservableCallback = (result) => result.observe(observable, 6);
  metrics.addBatchObservableCallback(batch, [observable]);
  const batched: unknown[] = [];
  for (const one of sdk.batches) {
    one({
      observe: (metric, value, attributes) => void batched.push([Reflect.get(metric, "name"), value, attributes]),
    });
  }
  metrics.removeBatchObservableCallback(batch, [observable]);
  assertEquals([batched, sdk.batches.size], [[["batched", 6, labels]], 0]);
});
