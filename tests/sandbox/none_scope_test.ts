/** What only a scope without walls does. */
import { assert, assertEquals, assertRejects, assertStrictEquals, assertStringIncludes } from "@std/assert";
import { toFileUrl } from "@std/path/to-file-url";
import { SerializationError } from "../../src/errors.ts";
import { callHook, openNoneScope } from "../../src/sandbox/mod.ts";
import { STOP_CHAIN } from "../../src/stop_chain.ts";
import { TempFolder } from "../support.ts";
import { OpenedScope } from "./opened_scope.ts";

const plugin = { kind: "thing", name: "sample" };
const log = () => {};

Deno.test("strict: what could not cross into a sandbox is refused, with the words that a sandbox has for it", async () => {
  const body = `echo(v: unknown) { return v; } async later(v: unknown) { await null; return v; }
    when() { return { items: [1, { when: new Date(0) }] }; } async soon() { await null; return new Map(); }
    stop() { return STOP_CHAIN; } nothing() {} async *stream() { yield 1; }`;
  await using strict = await OpenedScope.open("none", body, { strict: true });
  await using sandboxed = await OpenedScope.open("process", body);
  await using loose = await OpenedScope.open("none", body);
  const failures: [hook: string, args: unknown[], metadata?: object][] = [
    ["echo", [1, { a: new Map() }]],
    ["later", [() => 1]],
    ["when", []],
    ["soon", []],
    ["echo", [1], { at: new Date() }],
  ];
  for (const [hook, args, metadata] of failures) {
    const call = (scope: typeof strict) =>
      callHook(scope.scope, hook, args, metadata === undefined ? {} : { metadata: metadata as never });
    const expected = await assertRejects(() => call(sandboxed), SerializationError);
    const error = await assertRejects(() => call(strict), SerializationError);
    assertEquals([error.message, error.path], [expected.message, expected.path]);
    if (metadata === undefined) await call(loose);
  }
  for (const options of [undefined, { metadata: {} }]) {
    assertEquals(await callHook(strict.scope, "echo", [{ a: [new Uint8Array(2)] }], options), {
      a: [new Uint8Array(2)],
    });
    assertEquals(await callHook(strict.scope, "later", [undefined], options), undefined);
    assertEquals(await callHook(strict.scope, "nothing", [], options), undefined);
    assertStrictEquals(await callHook(strict.scope, "stop", [], options), STOP_CHAIN);
    const items: unknown[] = [];
    for await (const item of await callHook(strict.scope, "stream", [], options) as AsyncIterable<unknown>) {
      items.push(item);
    }
    assertEquals(items, [1]);
  }
});

Deno.test("a plugin of a later generation is imported afresh, and its stacks point into its file", async () => {
  await using folder = new TempFolder();
  const file = `${folder.path}/plugin.ts`;
  const entry = { pluginDir: folder.path, file, url: toFileUrl(file).href, exportName: "Sample" };
  const tell = async (generation: number) => {
    const scope = openNoneScope({ plugin, log, code: { entry: entry as never }, generation });
    await scope.load();
    return { version: await callHook(scope, "version", []), fail: () => callHook(scope, "fail", []) };
  };
  const write = (version: number) =>
    folder.write({
      "plugin.ts":
        `export class Sample {\n  version(): number { return ${version}; }\n  fail() { throw new Error("x"); }\n}\n`,
    });
  await write(1);
  assertEquals((await tell(0)).version, 1);
  await write(2);
  assertEquals((await tell(0)).version, 1, "Deno keeps what it has imported");
  const fresh = await tell(1);
  assertEquals(fresh.version, 2);
  const error = await assertRejects(fresh.fail, Error, "x");
  assertStringIncludes(error.stack!, `${file}?generation=1:3:`);
});

Deno.test("a call from inside another that carries something, but itself carries nothing, sees nothing", async () => {
  await using inner = await OpenedScope.open(
    "none",
    "ctx: any; setup(ctx: any) { this.ctx = ctx; } async see() { await null; return this.ctx.metadata; }",
  );
  const call = {
    see: (metadata?: object) =>
      callHook(inner.scope, "see", [], metadata === undefined ? undefined : { metadata: metadata as never }),
  };
  await using outer = await OpenedScope.open(
    "none",
    `ctx: any; setup(ctx: any) { this.ctx = ctx; }
    async ask() { return [this.ctx.metadata, await this.ctx.resources.inner.see(), await this.ctx.resources.inner.see({ n: 2 }), this.ctx.metadata]; }`,
    { resources: { inner: call } },
  );
  assertEquals(await callHook(outer.scope, "ask", [], { metadata: { n: 1 } }), [{ n: 1 }, {}, { n: 2 }, { n: 1 }]);
});

Deno.test("plain calls need no promise of their own: a hook's own promise, a thenable and a value all arrive once", async () => {
  const told: unknown[] = [];
  const waiter = { resolve: (value: unknown) => told.push(value), reject: (error: unknown) => told.push(error) };
  const failure = new Error("no");
  const module = {
    value: () => 1,
    promise: () => Promise.resolve(2),
    thenable: () => ({ then: (done: (value: number) => void) => (done(3), done(4)) }),
    rejects: () => Promise.reject(failure),
    throws() {
      throw failure;
    },
  };
  const scope = openNoneScope({ plugin, log, code: { module } });
  await scope.load();
  for (const hook of Object.keys(module)) assertEquals(scope.start(hook, [], waiter), undefined);
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(told, [1, failure, 2, failure, 3]);
  await scope.close("stopped");
  scope.start("value", [], waiter);
  assert(String(told.at(-1)).includes("it is torn down"));
});
