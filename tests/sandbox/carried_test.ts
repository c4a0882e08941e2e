/** What a call carries, how it is cancelled, and what its plugin sees of it: the same in every kind of scope. */
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { InFlightCall, Metadata } from "../../src/context/mod.ts";
import { callHook, callMethod, type Waiter } from "../../src/sandbox/mod.ts";
import { STOP_CHAIN } from "../../src/stop_chain.ts";
import { KINDS, OpenedScope } from "./opened_scope.ts";

const SETUP = "ctx: any; setup(ctx: any) { this.ctx = ctx; }";
const WAIT_MS = 10_000;

/** Waits for something that must happen. */
async function until(what: () => unknown): Promise<void> {
  for (const end = Date.now() + WAIT_MS; !await what();) {
    if (Date.now() > end) throw new Error("it has not happened");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A waiter that remembers. */
class Remembering implements Waiter {
  readonly told: unknown[][] = [];
  resolve(value: unknown) {
    this.told.push(["resolve", value]);
  }
  reject(error: unknown, early?: boolean) {
    this.told.push(["reject", error, early]);
  }
  late() {
    this.told.push(["late"]);
  }
}

for (const kind of KINDS) {
  Deno.test(`in a ${kind} each of 200 calls under way sees its own metadata after awaits and timers`, async () => {
    await using opened = await OpenedScope.open(
      kind,
      `${SETUP}
      async see(n: number) {
        const seen = [this.ctx.metadata.n];
        await null; seen.push(this.ctx.metadata.n);
        await new Promise((r) => setTimeout(r, n % 7)); seen.push(this.ctx.metadata.n);
        await new Promise<void>((r) => setTimeout(() => { seen.push(this.ctx.metadata.n); queueMicrotask(r); }, 1));
        seen.push(this.ctx.metadata.n);
        return [seen.every((one) => one === seen[0]), seen[0] ?? null];
      }`,
    );
    const calls = Array.from({ length: 200 }, (_, n) => {
      const options = n % 3 === 2 ? undefined : { metadata: { n } };
      return callHook(opened.scope, "see", [n], options);
    });
    assertEquals(await Promise.all(calls), Array.from({ length: 200 }, (_, n) => [true, n % 3 === 2 ? null : n]));
  });

  Deno.test(`in a ${kind} metadata is frozen at every depth, empty outside a call, and nobody else's can be changed`, async () => {
    await using opened = await OpenedScope.open(
      kind,
      `before: any; ctx: any; setup(ctx: any) { this.ctx = ctx; this.before = ctx.metadata; }
      change() {
        const { metadata } = this.ctx;
        const thrown = [() => metadata.a = 1, () => metadata.deep.list.push(2), () => { metadata.deep.x = 1; }, () => { this.ctx.metadata = {}; }]
          .map((change) => { try { change(); return "changed"; } catch (error) { return (error as Error).name; } });
        return { thrown, seen: metadata, empty: [this.before, Object.isFrozen(this.before)] };
      }
      none() { return [this.ctx.metadata, Object.isFrozen(this.ctx.metadata), this.ctx.signal.aborted]; }`,
    );
    const metadata: Metadata = { a: 0, deep: { list: [1] }, __proto__x: 1 };
    const told = await callHook(opened.scope, "change", [], { metadata });
    assertEquals(told, {
      thrown: ["TypeError", "TypeError", "TypeError", "TypeError"],
      seen: metadata,
      empty: [{}, true],
    });
    assertEquals([metadata, Object.isFrozen(metadata)], [{ a: 0, deep: { list: [1] }, __proto__x: 1 }, false]);
    assertEquals(await callHook(opened.scope, "none", []), [{}, true, false]);
  });

  Deno.test(`in a ${kind} a cancelled call rejects at once, aborts context.signal, and tells later that it is over`, async () => {
    await using opened = await OpenedScope.open(
      kind,
      `${SETUP} reasons: string[] = [];
      async wait() {
        const { signal } = this.ctx;
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        this.reasons.push(this.ctx.signal.reason.name);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      reasonsSeen() { return this.reasons; }`,
      { poolSize: 1 },
    );
    const waiter = new Remembering();
    const started = opened.scope.start("wait", [], waiter, { metadata: {} })!;
    await new Promise((resolve) => setTimeout(resolve, 50));
    const reason = new Error("no longer wanted");
    started.cancel(reason);
    assertEquals(waiter.told, [["reject", reason, true]]);
    started.cancel(new Error("again"));
    await until(() => waiter.told.length > 1);
    assertEquals(waiter.told, [["reject", reason, true], ["late"]]);
    started.cancel(new Error("too late"));
    assertEquals(waiter.told.length, 2);
    assertEquals(await callHook(opened.scope, "reasonsSeen", []), ["AbortError"]);
  });

  Deno.test(`in a ${kind} a signal alone lets the plugin see that its caller has given up`, async () => {
    await using opened = await OpenedScope.open(
      kind,
      `${SETUP} aborted = false;
      wait() { const { signal } = this.ctx; return new Promise<void>((r) => signal.addEventListener("abort", () => { this.aborted = true; r(); })); }
      seen() { return this.aborted; }`,
      { poolSize: 1 },
    );
    const controller = new AbortController();
    const call = callHook(opened.scope, "wait", [], { signal: controller.signal });
    setTimeout(() => controller.abort(new RangeError("mine")), 50);
    await assertRejects(() => call, RangeError, "mine");
    await until(() => callHook(opened.scope, "seen", []));
    await assertRejects(() => callHook(opened.scope, "wait", [], { signal: controller.signal }), RangeError, "mine");
  });

  Deno.test(`in a ${kind} a stream runs as part of the call that gave it`, async () => {
    await using opened = await OpenedScope.open(
      kind,
      `${SETUP}
      async *items() { for (let i = 0; i < 3; i++) { await null; yield this.ctx.metadata.n; } }
      async later() { return this.items(); }`,
    );
    for (const hook of ["items", "later"]) {
      const streams = await Promise.all([1, 2].map((n) => callHook(opened.scope, hook, [], { metadata: { n } })));
      const read = async (stream: unknown) => {
        const items: unknown[] = [];
        for await (const item of stream as AsyncIterable<unknown>) items.push(item);
        return items;
      };
      assertEquals(await Promise.all(streams.map(read)), [[1, 1, 1], [2, 2, 2]]);
    }
  });

  Deno.test(`in a ${kind} a plugin that replaces what calls are followed by harms nobody's metadata`, async () => {
    // NB: without a sandbox the plugin shares the host's isolate, so it must put back what it takes.
    await using opened = await OpenedScope.open(
      kind,
      `${SETUP}
      async tamper() {
        const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
        const { run, getStore, enterWith } = AsyncLocalStorage.prototype;
        const bad = () => { throw new Error("tampered"); };
        Object.assign(AsyncLocalStorage.prototype, { run: bad, getStore: bad, enterWith: bad });
        globalThis.restore = () => Object.assign(AsyncLocalStorage.prototype, { run, getStore, enterWith });
      }
      async see() { await null; return this.ctx.metadata.n ?? null; }
      restore() { (globalThis as any).restore(); delete (globalThis as any).restore; }`
        .replace("globalThis.restore =", "(globalThis as any).restore ="),
      { poolSize: 1 },
    );
    assertEquals(await callHook(opened.scope, "see", [], { metadata: { n: 1 } }), 1);
    await callHook(opened.scope, "tamper", []);
    assertEquals(await callHook(opened.scope, "see", [], { metadata: { n: 2 } }), 2);
    assertEquals(await callHook(opened.scope, "see", []), null);
    await callHook(opened.scope, "restore", []);
  });

  Deno.test(`in a ${kind} inFlight() lists the plugin's calls under way, oldest first, and none that is over`, async () => {
    const supplied: InFlightCall[] = [{ hook: "given", elapsedMs: 1, metadata: {} }];
    await using opened = await OpenedScope.open(
      kind,
      `${SETUP} wake: (() => void)[] = [];
      wait() { return new Promise<void>((resolve) => this.wake.push(resolve)); }
      other() { return new Promise<void>((resolve) => this.wake.push(resolve)); }
      async health() { await new Promise((r) => setTimeout(r, 1)); return this.list(); }
      list() { return this.ctx.inFlight(); }
      end() { for (const wake of this.wake) wake(); }`,
      { poolSize: 1, inFlight: () => supplied },
    );
    if (kind === "none") {
      assertEquals(await callHook(opened.scope, "list", []), supplied);
      return;
    }
    assertEquals(await callHook(opened.scope, "list", []), []);
    const calls = [
      callHook(opened.scope, "wait", [], { metadata: { n: 1 } }),
      callHook(opened.scope, "other", []),
    ];
    for (const call of calls) call.catch(() => {}); // awaited below, unless the test fails before
    await new Promise((resolve) => setTimeout(resolve, 30));
    const listed = await callMethod(opened.scope, "health") as InFlightCall[];
    assertEquals(listed.map(({ hook, metadata }) => [hook, metadata]), [["wait", { n: 1 }], ["other", {}]]);
    assert(listed.every(({ elapsedMs }) => elapsedMs >= 10 && elapsedMs < 60_000), JSON.stringify(listed));
    await callHook(opened.scope, "end", []);
    await Promise.all(calls);
    assertEquals(await callHook(opened.scope, "list", []), []);
  });

  Deno.test(`in a ${kind} the registry's own methods are told, called apart from the hooks, and never offered as such`, async () => {
    await using opened = await OpenedScope.open(
      kind,
      `setup() {} health() { return { fine: true }; } matches(x: any) { return x.size > 3; } teardown() { return false; }
      wrap() { return "a hook as any other"; } ["#odd"]() { return "never"; } hook() { return 1; }`,
    );
    assertEquals(opened.loaded.hooks.toSorted(), ["hook", "wrap"]);
    assertEquals(opened.loaded.methods, ["setup", "teardown", "health", "matches"]);
    assertEquals(await callMethod(opened.scope, "health"), { fine: true });
    assertEquals(await callMethod(opened.scope, "matches", [{ size: 4 }]), true);
    assertEquals(await callHook(opened.scope, "wrap", []), "a hook as any other");
    for (const name of ["health", "setup", "#setup", "#teardown", "#odd", "odd", "#hook"]) {
      await assertRejects(() => callHook(opened.scope, name, []), Error, `Cannot call hook "${name}": there is none`);
    }
    assertEquals(await opened.scope.teardown(), false);
  });

  Deno.test(`in a ${kind} a method that the plugin has not is an error, and a teardown's other results mean nothing`, async () => {
    await using opened = await OpenedScope.open(kind, "teardown() { return new Map(); }");
    assertEquals(opened.loaded.methods, ["teardown"]);
    await assertRejects(
      () => callMethod(opened.scope, "health"),
      Error,
      'Cannot call "health": there is no such method',
    );
    assertEquals(await opened.scope.teardown(), undefined);
  });

  Deno.test(`in a ${kind} STOP_CHAIN comes out of a hook as the symbol it is`, async () => {
    await using opened = await OpenedScope.open(
      kind,
      "now() { return STOP_CHAIN; } async later() { await null; return STOP_CHAIN; } is() { return STOP_CHAIN === Symbol.for('@dagstack/plugin-system/STOP_CHAIN'); }",
    );
    assertStrictEquals(await callHook(opened.scope, "now", []), STOP_CHAIN);
    assertStrictEquals(await callHook(opened.scope, "later", []), STOP_CHAIN);
    assertEquals(await callHook(opened.scope, "is", []), true);
  });
}

for (const kind of ["thread pool", "process pool"] as const) {
  Deno.test(`a ${kind} counts a member as busy until it has answered a cancelled call`, async () => {
    await using opened = await OpenedScope.open(
      kind,
      `id = crypto.randomUUID(); who() { return this.id; }
      async burn() { await null; const end = Date.now() + 400; while (Date.now() < end); }`,
    );
    const waiter = new Remembering();
    const started = opened.scope.start("burn", [], waiter, { metadata: {} })!;
    await new Promise((resolve) => setTimeout(resolve, 100));
    started.cancel(new Error("enough"));
    const ids: unknown[] = [];
    for (let i = 0; i < 4; i++) ids.push(await callHook(opened.scope, "who", []));
    assertEquals(new Set(ids).size, 1, "all go to the other member");
    assertEquals(waiter.told.map(([what]) => what), ["reject"], "the first one is still busy");
    await until(() => waiter.told.length > 1);
  });
}
