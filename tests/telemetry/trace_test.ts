import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TempFolder } from "../support.ts";
import { OtlpReceiver, runHost } from "./otlp_receiver.ts";
import { GUARD, pluginFiles } from "./plugins.ts";

interface Tier {
  options: Record<string, unknown>;
  fields?: Record<string, string>;
  /** Whether calls cross into another isolate, so that there is a span inside, too. */
  inside: { front: boolean; back: boolean };
}

const BOTH = { front: true, back: true };
const TRUSTED = ["thing/front", "thing/back"];
const THREADS = { execution_model: '"thread_cpu_bound"' };
const TIERS: Record<string, Tier> = {
  process: { options: {}, inside: BOTH },
  worker: { options: { sandbox: "worker" }, inside: BOTH },
  none: { options: { sandbox: "none", trusted: TRUSTED }, inside: { front: false, back: false } },
  "worker, process": { options: { sandbox: { plugins: { "thing/front": "worker" } } }, inside: BOTH },
  "none, process": {
    options: { sandbox: { plugins: { "thing/front": "none" } }, trusted: TRUSTED },
    inside: { front: false, back: true },
  },
  "pools of threads": { options: { poolSize: 2 }, fields: THREADS, inside: BOTH },
  "pools of workers": { options: { sandbox: "worker", poolSize: 2 }, fields: THREADS, inside: BOTH },
  "pools of processes": {
    options: { poolSize: 2 },
    fields: { execution_model: '"process_cpu_bound"' },
    inside: BOTH,
  },
  "a group": { options: { groups: { both: TRUSTED } }, inside: BOTH },
};

for (const [tier, { options, fields, inside }] of Object.entries(TIERS)) {
  Deno.test(`${tier}: one trace goes from the host through two plugins and back, and is exported by all of them`, async () => {
    await using folder = new TempFolder();
    await folder.write(pluginFiles(fields));
    await using receiver = new OtlpReceiver();
    const { stdout, stderr, code } = await runHost({ folder: folder.path, options, act: "go" }, receiver.env);
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(stdout).kept, "kept a text");
    assertEquals(receiver.path(receiver.one("host work")), [
      "request",
      "plugin.hook front",
      ...(inside.front ? ["hook front"] : []),
      "front work front",
      "plugin.hook back",
      ...(inside.back ? ["hook back"] : []),
      "plugin.resource back",
      "host work",
    ]);
    const { kind, attributes, status } = receiver.one("plugin.hook", "back");
    assertEquals([attributes.kind, attributes.hook, status.code ?? 0], ["thing", "keep", 0]);
    assertEquals(kind, inside.back ? 3 : 1); // OTLP's numbers: CLIENT, INTERNAL
    const { resource, method } = receiver.one("plugin.resource").attributes;
    assertEquals([resource, method], ["store", "put"]);
    // What a plugin makes itself says whose it is, whatever it says.
    const own = receiver.one("front work");
    assertEquals([own.scope, own.attributes], ["thing/front", { own: true, plugin: "front", kind: "thing" }]);
    const point = receiver.points.find(({ name }) => name === "front.calls");
    assertEquals(point?.attributes, { size: 6, kind: "thing", plugin: "front" });
    // What the plugin sees of its trace is its own span, where it has one.
    const seen = receiver.one(inside.back ? "hook" : "plugin.hook", "back");
    assertEquals(JSON.parse(stdout).trace.traceparent, `00-${seen.traceId}-${seen.spanId}-01`);
  });
}

Deno.test("a call that carries a trace goes on with it, also where the host has a span of its own", async () => {
  await using folder = new TempFolder();
  await folder.write(pluginFiles());
  await using receiver = new OtlpReceiver();
  const { stdout } = await runHost({ folder: folder.path, options: {}, act: "carried" }, receiver.env);
  const { traceId, parentSpanId } = receiver.one("plugin.hook", "front");
  assertEquals([traceId, parentSpanId], ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"]);
  assertEquals(receiver.one("host work").traceId, traceId);
  assert(receiver.one("request").traceId !== traceId);
  assertEquals(JSON.parse(stdout).trace.tracestate, "vendor=1");
});

for (const sandbox of ["process", "worker", "none"]) {
  Deno.test(`${sandbox}: what middleware goes on with is below its span`, async () => {
    await using folder = new TempFolder();
    await folder.write({ ...pluginFiles(), ...GUARD });
    await using receiver = new OtlpReceiver();
    const options = { sandbox, trusted: [...TRUSTED, "guard/guard"] };
    const { stderr, code } = await runHost({ folder: folder.path, options, act: "go" }, receiver.env);
    assertEquals(code, 0, stderr);
    const inside = sandbox === "none" ? [] : ["hook back"];
    assertEquals(receiver.path(receiver.one("host work")).slice(-5 - inside.length), [
      "front work front",
      "plugin.hook back",
      "plugin.wrap guard",
      ...inside,
      "plugin.resource back",
      "host work",
    ]);
  });
}

Deno.test("what fails says so in each span that it passes, and the class of the error is kept", async () => {
  await using folder = new TempFolder();
  await folder.write(pluginFiles());
  await using receiver = new OtlpReceiver();
  const { stdout } = await runHost({ folder: folder.path, options: {}, act: "fail" }, receiver.env);
  assertEquals(JSON.parse(stdout), "the store is full");
  for (const plugin of ["front", "back"]) {
    const { status, events, attributes } = receiver.one("plugin.hook", plugin);
    assertEquals([status.code, status.message], [2, "the store is full"]);
    assertEquals(attributes["error.type"], "RangeError");
    assertEquals(events.map((event) => event.attributes["exception.type"]), ["RangeError"]);
  }
  for (const name of ["hook", "plugin.resource"]) {
    const { status, events, attributes } = receiver.one(name, "back");
    assertEquals([status.code, status.message ?? "", attributes["error.type"], events], [2, "", "RangeError", []]);
  }
});

Deno.test("secrets of a plugin's configuration are not exported with its errors", async () => {
  await using folder = new TempFolder();
  await folder.write(pluginFiles());
  await using receiver = new OtlpReceiver();
  const { stdout } = await runHost({ folder: folder.path, options: {}, act: "leak" }, receiver.env);
  assertStringIncludes(stdout, "s3cr3t-value"); // the caller is given the error as it is
  assertEquals(receiver.one("plugin.hook", "back").status.message, "refused by the server: ***");
  assertEquals(JSON.stringify(receiver.spans).includes("s3cr3t-value"), false);
});

Deno.test("while telemetry is off calls carry nothing, and nothing is exported", async () => {
  await using folder = new TempFolder();
  await folder.write(pluginFiles());
  await using receiver = new OtlpReceiver();
  const env = { ...receiver.env, OTEL_DENO: "false" };
  const { stdout, stderr } = await runHost({ folder: folder.path, options: {}, act: "go" }, env);
  assertEquals(JSON.parse(stdout || "null"), { kept: "kept a text", trace: null }, stderr);
  assertEquals([receiver.spans, receiver.points], [[], []]);
});

Deno.test("a host that may not read its own variables still has one trace, without what is inside its plugins", async () => {
  await using folder = new TempFolder();
  await folder.write(pluginFiles());
  await using receiver = new OtlpReceiver();
  const flags = ["--allow-read", "--allow-write", `--allow-run=${Deno.execPath()},/bin/sh`];
  const spec = { folder: folder.path, options: {}, act: "go" };
  const { stderr, code } = await runHost(spec, receiver.env, flags);
  assertEquals(code, 0, stderr);
  assertEquals(receiver.path(receiver.one("host work")), [
    "request",
    "plugin.hook front",
    "plugin.hook back",
    "plugin.resource back",
    "host work",
  ]);
});
