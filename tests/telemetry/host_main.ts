/** A host that calls its plugins inside a span of its own. Says on stdout what the calls gave. */
import type { Tracer } from "@opentelemetry/api";
import { PluginContext, PluginRegistry } from "@dagstack/plugin-system";
import type { HostSpec } from "./otlp_receiver.ts";

const { folder, options, act }: HostSpec = JSON.parse(Deno.args[0]!);
const api = Reflect.get(globalThis, Symbol.for("opentelemetry.js.api.1"));
const tracer: Tracer | undefined = api?.trace.getTracer("host program");

const store = {
  put(text: string): Promise<string> {
    tracer?.startSpan("host work").end();
    if (text === "too much") return Promise.reject(new RangeError("the store is full"));
    return Promise.resolve(`kept ${text}`);
  },
};

const registry = new PluginRegistry(options);
const silent = { debug() {}, info() {}, warn: console.error, error: console.error };
const context = new PluginContext({
  registry,
  logger: silent,
  config: { "thing.back": { api_key: "s3cr3t-value" } },
  resources: { store },
});
const acts: Record<string, () => Promise<unknown>> = {
  go: () => registry.call("thing", "front", "go", ["a text"]),
  fail: () => registry.call("thing", "front", "go", ["too much"]).catch((error) => error.message),
  leak: () => registry.call("thing", "back", "leak", []).catch((error) => error.message),
  carried: () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const metadata = { trace_context: { traceparent, tracestate: "vendor=1" } };
    return registry.call("thing", "front", "go", ["a text"], { metadata });
  },
};
const inSpan = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  tracer === undefined ? work() : tracer.startActiveSpan(name, async (span) => {
    try {
      return await work();
    } finally {
      span.end();
    }
  });

await registry.discover(folder);
await inSpan("start", () => registry.setupAll(context)); // what is active now must not become a parent later
try {
  console.log(JSON.stringify(await inSpan("request", acts[act]!)));
} finally {
  await registry.teardownAll();
}
