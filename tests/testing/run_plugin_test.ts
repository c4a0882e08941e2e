/** The kit for authors of plugins: a plugin run without a registry, held to what a sandbox would hold it to. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  ConfigInvalid,
  HookTimeout,
  ManifestInvalid,
  PluginUnavailable,
  SerializationError,
} from "@dagstack/plugin-system";
import type { PluginContext } from "@dagstack/plugin-system";
import { runPlugin } from "@dagstack/plugin-system/testing";
import { FixedChunker } from "../../plugins/fixed-chunker/plugin.ts";
import { PageSaver } from "../../plugins/page-saver/plugin.ts";
import { TempFolder } from "../support.ts";

const PLUGINS = new URL("../../plugins/", import.meta.url);

/** Shows what it was given. */
class Probe {
  context!: PluginContext;
  last: unknown;
  setup(context: PluginContext): void {
    this.context = context;
  }
  echo(value: unknown): unknown {
    return this.last = value;
  }
  date(): unknown {
    return { items: [{ when: new Date(0) }] };
  }
  carried(): unknown {
    return [this.context.metadata, this.context.signal.aborted];
  }
  async wait(): Promise<void> {
    const { signal } = this.context;
    await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }
  resource(name: string): boolean {
    return this.context.resources.get(name) !== undefined;
  }
  async *count(to: number): AsyncGenerator<number> {
    for (let i = 0; i < to; i++) yield i;
  }
}

Deno.test("a test of the fixed chunker takes five lines", async () => {
  await using chunker = await runPlugin(FixedChunker, { manifest: new URL("fixed-chunker/dagstack.toml", PLUGINS) });
  const pieces = await chunker.hooks.chunk("Hello, dagstack!", 5);
  assertEquals(pieces.map(({ text }) => text), ["Hello", ", dag", "stack", "!"]);
  await assertRejects(() => chunker.hooks.chunk("text", 0), RangeError, "maxSize must be positive");
});

Deno.test("HTTP answers are scripted, and only to the hosts of the manifest", async () => {
  await using saver = await runPlugin(PageSaver, { manifest: new URL("page-saver/dagstack.toml", PLUGINS) });
  saver.http.on("GET", "http://127.0.0.1/page", { body: "<p>page</p>" });
  saver.http.on("GET", "http://example.com/", { body: "elsewhere" });
  const { path, bytes } = await saver.hooks.save("http://127.0.0.1/page");
  assertEquals([bytes, await Deno.readTextFile(path)], [11, "<p>page</p>"]);
  assertEquals(saver.http.requests.map(({ method, url }) => `${method} ${url}`), ["GET http://127.0.0.1/page"]);
  await assertRejects(() => saver.hooks.save("http://example.com/"), Deno.errors.NotCapable, "example.com");
  await saver.teardown();
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("what could not cross a boundary is told, and what crosses is a copy", async () => {
  await using probe = await runPlugin(Probe);
  const error = await assertRejects(() => probe.hooks.date(), SerializationError);
  assertStringIncludes(error.message, 'result of hook "date": $.items[0].when: Date');
  await assertRejects(() => probe.hooks.echo(new Map()), SerializationError, 'argument 1 of hook "echo": $: Map');
  await assertRejects(() => probe.hooks.echo({ f: () => {} }), SerializationError, "$.f: function");
  const given = { list: [1], bytes: new Uint8Array([1, 2]) };
  const echoed = await probe.hooks.echo(given) as typeof given;
  assertEquals(echoed, given);
  assert(echoed !== given && probe.instance.last !== given && probe.instance.last !== echoed);
  const items: number[] = [];
  for await (const item of await probe.hooks.count(3)) items.push(item);
  assertEquals(items, [0, 1, 2]);
  await assertRejects(() => runPlugin(Probe, { config: { when: new Date(0) } }), SerializationError, "$.when: Date");

  await using loose = await runPlugin(Probe, { strict: false, config: { when: new Date(0) } });
  const map = new Map();
  assert(await loose.hooks.echo(map) === map);
  await using live = await runPlugin(Probe, { manifest: { in_process_only: true } });
  assert(await live.hooks.echo(map) === map);
});

Deno.test("a resource of the test's own is reached as from a sandbox", async () => {
  const put: unknown[] = [];
  class Store {
    put(value: unknown): number {
      return put.push(value);
    }
    list(): unknown {
      return new Set(put);
    }
  }
  class User {
    setup(context: PluginContext): void {
      this.store = context.resources.get("store");
    }
    store!: { put(value: unknown): Promise<number>; list(): Promise<unknown> };
    async use(): Promise<unknown> {
      const answer = this.store.put({ a: 1 });
      return [answer instanceof Promise, await answer];
    }
    async date(): Promise<void> {
      await this.store.put(new Date(0));
    }
    async list(): Promise<void> {
      await this.store.list();
    }
  }
  await using user = await runPlugin(User, { resources: { store: new Store() } });
  assertEquals(await user.hooks.use(), [true, 1]);
  assertEquals(put, [{ a: 1 }]);
  await assertRejects(() => user.hooks.date(), SerializationError, "Date");
  await assertRejects(() => user.hooks.list(), SerializationError, "Set");
  await using loose = await runPlugin(User, { strict: false, resources: { store: new Store() } });
  assertEquals(await loose.hooks.use(), [false, 2]);
});

Deno.test("a plugin gets the resources that its manifest declares, and no others", async () => {
  await using all = await runPlugin(Probe);
  for (const name of ["clock", "rng", "http_client", "blob_store", "progress", "checkpoint", "env"]) {
    assertEquals(await all.hooks.resource(name), true, name);
  }
  await using some = await runPlugin(Probe, { manifest: { resources: { required: ["clock", "tmpdir"] } } });
  assertEquals([await some.hooks.resource("clock"), await some.hooks.resource("tmpdir")], [true, true]);
  await assertRejects(() => some.hooks.resource("rng"), Error, 'Cannot use resource "rng"');
  const manifest = { resources: { required: ["oracle"] } };
  await assertRejects(() => runPlugin(Probe, { manifest }), PluginUnavailable, 'the required resource "oracle"');
  await using own = await runPlugin(Probe, { manifest, resources: { oracle: { ask() {} } } });
  assertEquals(await own.hooks.resource("oracle"), true);
});

Deno.test("environment variables are the test's, as far as the manifest lists them", async () => {
  class Reader {
    setup(context: PluginContext): void {
      this.values = context.resources.env.toObject();
    }
    values?: Record<string, string>;
    show() {
      return this.values!;
    }
  }
  const env = { API_URL: "http://a", OTHER: "b" };
  await using all = await runPlugin(Reader, { env });
  assertEquals(await all.hooks.show(), env);
  const manifest = { resources: { required: ["env"], env: { variables: ["API_URL", "HOME"] } } };
  await using listed = await runPlugin(Reader, { env, manifest });
  assertEquals(await listed.hooks.show(), { API_URL: "http://a" });
});

Deno.test("time stands still, chance repeats itself, and both are the test's to set", async () => {
  class Stamper {
    setup(context: PluginContext): void {
      this.#resources = context.resources;
    }
    #resources!: PluginContext["resources"];
    stamp(): [string, number] {
      return [this.#resources.clock.now().toISOString(), this.#resources.rng.nextInt(1, 1_000_000)];
    }
  }
  const stamps = async (seed: number) => {
    await using stamper = await runPlugin(Stamper, { at: "2026-02-03T04:05:06Z", seed });
    const first = await stamper.hooks.stamp();
    stamper.clock.advance(1000);
    return [first, await stamper.hooks.stamp()];
  };
  const [[at, one], [later, two]] = await stamps(1) as [[string, number], [string, number]];
  assertEquals([at, later], ["2026-02-03T04:05:06.000Z", "2026-02-03T04:05:07.000Z"]);
  assertEquals(await stamps(1), [[at, one], [later, two]]);
  assert(one !== two && (await stamps(2))[0]![1] !== one);
});

Deno.test("progress, checkpoints, blobs, logs and events are there to be read", async () => {
  class Worker {
    setup(context: PluginContext): void {
      this.#context = context;
      context.eventBus.subscribe("go", (payload) => context.logger.warn("heard", { payload }));
    }
    #context!: PluginContext;
    async work(): Promise<void> {
      const { progress, checkpoint, resources, logger, eventBus } = this.#context;
      await progress.update(0.5, "half");
      await checkpoint.save("unit", { at: 1 });
      await resources.get<{ put(key: string, data: string): Promise<void> }>("blob_store").put("key", "text");
      logger.info("said", { a: 1 });
      eventBus.publish("told", { b: 2 });
    }
  }
  await using worker = await runPlugin(Worker);
  await worker.with({ metadata: { tenant_id: "acme" } }).work();
  assertEquals(worker.progress.reports, [{ percent: 0.5, message: "half" }]);
  assertEquals(await worker.checkpoint.load("unit"), { state: { at: 1 }, version: 1 });
  assertEquals(await worker.blobs.list(), ["key"]);
  assertEquals(worker.logs.records, [{ level: "info", message: "said", fields: { a: 1, tenant_id: "acme" } }]);
  assertEquals(worker.events.payloads("told"), [{ b: 2 }]);
  worker.events.publish("go", 7);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(worker.logs.records.at(-1), { level: "warn", message: "heard", fields: { payload: 7 } });
});

Deno.test("calls carry what the test says, all of them or one", async () => {
  const abort = new AbortController();
  await using probe = await runPlugin(Probe, { metadata: { tenant_id: "acme" } });
  assertEquals(await probe.hooks.carried(), [{ tenant_id: "acme" }, false]);
  assertEquals(await probe.with({ metadata: { actor: "me" } }).carried(), [{ actor: "me" }, false]);
  assertEquals(await probe.with({ timeoutMs: 5000 }).carried(), [{ tenant_id: "acme" }, false]);
  const waiting = probe.with({ signal: abort.signal }).wait();
  abort.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  await assertRejects(() => probe.with({ timeoutMs: 20 }).wait(), HookTimeout, "no answer within 20 ms");
});

Deno.test("configuration is held against config_schema and configSchema", async () => {
  class Sized {
    static configSchema = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: (value: unknown) => {
          const { size = 5 } = value as { size?: unknown };
          return typeof size === "number"
            ? { value: { size } }
            : { issues: [{ message: "no number", path: ["size"] }] };
        },
      },
    };
    setup(context: PluginContext): void {
      this.#size = context.config.size;
    }
    #size: unknown;
    size() {
      return this.#size;
    }
  }
  await using sized = await runPlugin(Sized);
  assertEquals(await sized.hooks.size(), 5);
  assert(sized.instance instanceof Sized);
  await assertRejects(() => runPlugin(Sized, { config: { size: "x" } }), ConfigInvalid, "/size is refused: no number");
  const manifest = { config_schema: { required: ["size"] } };
  await assertRejects(() => runPlugin(Sized, { manifest }), ConfigInvalid, "must have required property 'size'");
});

Deno.test("dependencies are objects of the test's", async () => {
  class User {
    setup(context: PluginContext): void {
      this.#lookup = context.registry;
    }
    #lookup!: PluginContext["registry"];
    async use(n: number) {
      return await this.#lookup.getPlugin<{ double(n: number): number }>("math", { name: "base" }).double(n);
    }
  }
  const dependencies = { "math/base": { double: (n: number) => n * 2 } };
  await using user = await runPlugin(User, { dependencies });
  assertEquals(await user.hooks.use(4), 8);
  await assertRejects(() => runPlugin(User, { manifest: { depends_on: ["base"] } }), PluginUnavailable, '"base"');
  await using declared = await runPlugin(User, { manifest: { depends_on: ["base"] }, dependencies });
  assertEquals(await declared.hooks.use(5), 10);
});

Deno.test("health and teardown are asked as a registry asks them", async () => {
  const said: string[] = [];
  const plugin = {
    health: () => ({ healthy: true }),
    probe: () => "by hook",
    teardown: () => {
      said.push("teardown");
      return false;
    },
  };
  {
    await using running = await runPlugin(plugin);
    assertEquals(await running.health(), { healthy: true });
    assertEquals(await running.teardown(), false);
    assertEquals(await running.teardown(), false);
    await assertRejects(() => running.hooks.probe(), PluginUnavailable);
  }
  assertEquals(said, ["teardown"]);
  await using named = await runPlugin(() => ({ probe: plugin.probe }), { manifest: { health_check: "probe" } });
  assertEquals(await named.health(), "by hook");
  await using without = await runPlugin(Probe);
  await assertRejects(() => without.health(), Error, 'the plugin has no method "health"');
  const failing = await runPlugin({ teardown: () => Promise.reject(new RangeError("stuck")) });
  await assertRejects(() => failing.teardown(), Error, "stuck");
});

Deno.test("what goes wrong in setup is told, with its cause, and leaves nothing running", async () => {
  class Bad {
    setup() {
      throw new RangeError("no such store");
    }
  }
  const error = await assertRejects(() => runPlugin(Bad), PluginUnavailable, "setup failed: RangeError: no such store");
  assert(error.cause instanceof RangeError);
  class Asking {
    constructor(readonly name: string) {}
  }
  const asking = Asking as unknown as new () => Asking;
  await assertRejects(() => runPlugin(asking), Error, "takes 1 arguments, expected none");
  await assertRejects(() => runPlugin(Bad, { manifest: { priorty: 1 } }), ManifestInvalid, 'did you mean "priority"');
  await assertRejects(() => runPlugin(Bad, { manifest: "none/dagstack.toml" }), ManifestInvalid, "no such file");
});

Deno.test("hooks that are not there, and names that are no hooks", async () => {
  await using probe = await runPlugin(Probe);
  const hooks = probe.hooks as unknown as Record<string, (() => Promise<unknown>) | undefined>;
  await assertRejects(() => hooks.eco!(), Error, '"echo"');
  assertEquals([hooks.then, await probe.hooks === probe.hooks], [undefined, true]);
  assertEquals(Object.keys(probe.hooks).sort(), ["carried", "count", "date", "echo", "resource", "wait"]);
});

Deno.test("a plugin that is bound to the CPU runs here as any other", async () => {
  await using folder = new TempFolder();
  await folder.write({
    "dagstack.toml": `[plugin]\nname = "cpu"\nkind = "thing"\nruntime = "in_process"\ncore_version = ">=0.1.0,<1.0.0"
entry_point = "plugin:Probe"\nexecution_model = "process_cpu_bound"`,
  });
  await using probe = await runPlugin(Probe, { manifest: `${folder.path}/dagstack.toml` });
  assertEquals(await probe.hooks.echo(1), 1);
});
