/** Middleware in every kind of scope: `wrap(call, next)`, what it is told, what it changes, and what it cannot do. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import type { Next, NextChange, WrappedCall } from "../../src/context/mod.ts";
import { PluginUnavailable } from "../../src/errors.ts";
import { callHook, callWrap } from "../../src/sandbox/mod.ts";
import { STOP_CHAIN } from "../../src/stop_chain.ts";
import { RunningWraps } from "../../src/sandbox/running_wraps.ts";
import { link, TARGET } from "../rpc/linked_pair.ts";
import { KINDS, OpenedScope } from "./opened_scope.ts";

const SETUP = "ctx: any; setup(ctx: any) { this.ctx = ctx; }";

function wrapped(args: readonly unknown[] = [], metadata: WrappedCall["metadata"] = {}): WrappedCall {
  return { kind: "thing", plugin: "inner", hook: "work", args, metadata };
}

/** A `next` that remembers what it was given. */
function remembering(give: (change: NextChange | undefined) => unknown = () => "inner") {
  const changes: (NextChange | undefined)[] = [];
  const next: Next = (change) => {
    changes.push(change);
    return Promise.resolve().then(() => give(change));
  };
  return { next, changes };
}

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield await Promise.resolve(i);
}

for (const kind of KINDS) {
  const open = (body: string) => OpenedScope.open(kind, body, { wraps: true });

  Deno.test(`in a ${kind} wrap is told of the call, frozen, and goes on with it`, async () => {
    await using opened = await open(
      `async wrap(call: any, next: any) {
        const frozen = [call, call.args, call.metadata].every(Object.isFrozen);
        return { call, frozen, inner: await next() };
      } hook() {}`,
    );
    assertEquals([opened.loaded.hooks, opened.loaded.methods], [["hook"], ["wrap"]]);
    await assertRejects(() => callHook(opened.scope, "wrap", []), Error, 'Cannot call hook "wrap": there is none');
    const { next, changes } = remembering();
    const bytes = new Uint8Array([1, 2]);
    const told = await callWrap(opened.scope, wrapped([1, { a: bytes }], { actor: "me" }), next);
    assertEquals(told, {
      call: {
        kind: "thing",
        plugin: "inner",
        hook: "work",
        args: [1, { a: bytes }],
        metadata: { actor: "me" },
      },
      frozen: true,
      inner: "inner",
    });
    assertEquals(changes.map((change) => Object.keys(change ?? {})), [[]]);
  });

  Deno.test(`in a ${kind} wrap changes arguments and metadata, refuses a call, and replaces its result`, async () => {
    await using opened = await open(
      `async wrap(call: any, next: any) {
        if (call.args[0] === "refuse") throw new RangeError("refused");
        const inner = await next({ args: [call.args[0] * 2, "more"], metadata: { ...call.metadata, seen: true } });
        return ["wrapped", inner];
      }`,
    );
    const { next, changes } = remembering(() => 7);
    assertEquals(await callWrap(opened.scope, wrapped([21], { n: 1 }), next), ["wrapped", 7]);
    assertEquals(changes, [{ args: [42, "more"], metadata: { n: 1, seen: true } }]);
    await assertRejects(() => callWrap(opened.scope, wrapped(["refuse"]), next), RangeError, "refused");
    assertEquals(changes.length, 1);
  });

  Deno.test(`in a ${kind} what next rejects with arrives in wrap as it was, and comes back as such`, async () => {
    await using opened = await open(
      `seen: any; async wrap(call: any, next: any) {
        try { return await next(); } catch (error: any) { this.seen = [error.name, error.message, error.code, error.cause?.message]; throw error; }
      } last() { return this.seen; }`,
    );
    const failure = new PluginUnavailable("thing/inner", "it is torn down", { cause: new TypeError("why") });
    const { next } = remembering(() => Promise.reject(failure));
    const error = await assertRejects(() => callWrap(opened.scope, wrapped(), next), PluginUnavailable);
    assertStrictEquals(error, failure, "its stack, too, is the one it had");
    if (kind.endsWith("pool")) return; // another member may answer
    assertEquals(await callHook(opened.scope, "last", []), [
      failure.name,
      failure.message,
      "PluginUnavailable",
      "why",
    ]);
  });

  Deno.test(`in a ${kind} streams pass through wrap: among the arguments, changed ones, and as results`, async () => {
    await using opened = await open(
      `async wrap(call: any, next: any) {
        async function* twice() { for await (const n of call.args[0]) yield n * 2; }
        return call.args[1] === "change" ? await next({ args: [twice()] }) : await next();
      }`,
    );
    const read = async (stream: unknown) => {
      let sum = 0;
      for await (const n of stream as AsyncIterable<number>) sum += n;
      return sum;
    };
    const changed = remembering((change) => read(change?.args?.[0]));
    assertEquals(await callWrap(opened.scope, wrapped([numbers(100), "change"]), changed.next), 9900);
    const given = numbers(100);
    const same = remembering(() => read(given));
    assertEquals(await callWrap(opened.scope, wrapped([given]), same.next), 4950, "untouched, it is still the host's");
    const streaming = remembering(() => numbers(3000));
    assertEquals(await read(await callWrap(opened.scope, wrapped(), streaming.next)), 4498500);
  });

  Deno.test(`in a ${kind} STOP_CHAIN passes through next and wrap as the symbol`, async () => {
    await using opened = await open(
      `async wrap(call: any, next: any) { const given = await next(); return call.args[0] === "tell" ? given === STOP_CHAIN : given; }`,
    );
    const { next } = remembering(() => STOP_CHAIN);
    assertEquals(await callWrap(opened.scope, wrapped(["tell"]), next), true);
    assertStrictEquals(await callWrap(opened.scope, wrapped(), next), STOP_CHAIN);
  });

  Deno.test(`in a ${kind} context.metadata and context.signal follow inside wrap, with many at once`, async () => {
    await using opened = await open(
      `${SETUP} async wrap(call: any, next: any) {
        await next(); await new Promise((r) => setTimeout(r, 3));
        return [this.ctx.metadata.n ?? null, call.metadata.n ?? null, this.ctx.signal.aborted];
      }`,
    );
    const { next } = remembering();
    const calls = Array.from({ length: 50 }, (_, n) => callWrap(opened.scope, wrapped([], { n }), next));
    assertEquals(await Promise.all(calls), Array.from({ length: 50 }, (_, n) => [n, n, false]));
    assertEquals(await callWrap(opened.scope, wrapped(), next), [null, null, false]);
    const other = callWrap(opened.scope, wrapped([], { n: 1 }), next, { metadata: { n: 2 } });
    assertEquals(await other, [2, 1, false]);
  });

  Deno.test(`in a ${kind} next is dead once its wrap has ended, or was cancelled`, async () => {
    await using opened = await OpenedScope.open(
      kind,
      `${SETUP} kept: any[] = []; errors: string[] = [];
      async wrap(call: any, next: any) {
        this.kept.push(next);
        if (call.args[0] !== "wait") return "done";
        const { signal } = this.ctx;
        await new Promise<void>((r) => signal.addEventListener("abort", () => r()));
        await next().catch((error: Error) => this.errors.push(error.message));
      }
      async again() { try { return await this.kept[0](); } catch (error) { return (error as Error).message; } }
      said() { return this.errors; }`,
      { wraps: true, poolSize: 1 },
    );
    const { next, changes } = remembering();
    assertEquals(await callWrap(opened.scope, wrapped(), next), "done");
    const ended = "Cannot go on with the call: the wrap that was given this next has ended";
    assertEquals(await callHook(opened.scope, "again", []), ended);
    let late = false;
    const waiter = { resolve() {}, reject() {}, late: () => void (late = true) };
    const started = opened.scope.startWrap(wrapped(["wait"]), next, waiter, { metadata: {} })!;
    await new Promise((r) => setTimeout(r, 50));
    started.cancel(new Error("enough"));
    for (const end = Date.now() + 10_000; !late;) {
      assert(Date.now() < end, "it is never over");
      await new Promise((r) => setTimeout(r, 5)); // NB: nobody waits for a cancelled call, so nothing keeps the test alive
    }
    assertEquals(await callHook(opened.scope, "said", []), [ended]);
    assertEquals(changes, []);
  });
}

Deno.test("a guest that makes up tokens is answered with an error, runs nobody's call, and is not ended for it", async () => {
  const wraps = new RunningWraps(), others = new RunningWraps();
  const own = remembering(() => "own"), foreign = remembering(() => "foreign");
  const { near: guest } = link({ handler: wraps.handler });
  const waiter = { resolve() {}, reject() {} };
  const first = wraps.begin(own.next, waiter);
  for (let i = 0; i < 5; i++) others.begin(foreign.next, waiter); // of another plugin: their tokens are 1 to 5
  const ended = "the wrap that was given this next has ended";
  for (const token of [0, 2, 3, -1, 1.5, 1e300, "1", null, true, [1], { valueOf: 1 }, undefined]) {
    await assertRejects(() => guest.call(TARGET, "next", [token, false, 1]), Error, ended);
  }
  await assertRejects(() => guest.call(TARGET, "next", []), Error, ended);
  assertEquals([own.changes, foreign.changes], [[], []]);
  assertEquals(await guest.call(TARGET, "next", ["changed", first.token, true, 1]), "own");
  first.waiter.resolve("over");
  await assertRejects(() => guest.call(TARGET, "next", [first.token, false, 2]), Error, ended);
  assertEquals([own.changes, foreign.changes], [[{ args: ["changed"] }], []]);
});

Deno.test("two middleware plugins of one host cannot go on with each other's calls", async () => {
  const body =
    `async wrap(call: any, next: any) { await new Promise((r) => setTimeout(r, 100)); return await next(); }`;
  await using a = await OpenedScope.open("process", body, { wraps: true });
  await using b = await OpenedScope.open("process", body, { wraps: true });
  const ofA = remembering(() => "a"), ofB = remembering(() => "b");
  const calls = Array.from(
    { length: 20 },
    (_, i) => i % 2 === 0 ? callWrap(a.scope, wrapped(), ofA.next) : callWrap(b.scope, wrapped(), ofB.next),
  );
  assertEquals(await Promise.all(calls), Array.from({ length: 20 }, (_, i) => i % 2 === 0 ? "a" : "b"));
  assertEquals([ofA.changes.length, ofB.changes.length], [10, 10]);
});

Deno.test("wrap of a plugin that has none is an error", async () => {
  for (const kind of KINDS) {
    await using opened = await OpenedScope.open(kind, "hook() {}", { wraps: true });
    const error = await assertRejects(() => callWrap(opened.scope, wrapped(), remembering().next));
    assertInstanceOf(error, Error);
    assertEquals(error.message, 'Cannot call "wrap": there is no such method');
  }
});

Deno.test("an error that a guest claims to let through is one of its own wrap's, or the guest's word", async () => {
  const wraps = new RunningWraps();
  const failure = new RangeError("mine");
  const { near: guest } = link({ handler: wraps.handler });
  const told: unknown[] = [];
  const waiter = { resolve() {}, reject: (error: unknown) => void told.push(error) };
  const claim = (number: unknown) => Object.assign(new Error("claimed"), { code: "NEXT_FAILED", failure: number });
  const begin = () => wraps.begin(() => Promise.reject(failure), waiter);
  const [first, second] = [begin(), begin()];
  await assertRejects(() => guest.call(TARGET, "next", [first.token, false, 7]), RangeError, "mine");
  for (const number of [1, undefined, "7"]) begin().waiter.reject(claim(number));
  second.waiter.reject(claim(7));
  assert(told.length === 4 && told.every((error) => (error as Error).message === "claimed"));
  first.waiter.reject(claim(7));
  assertStrictEquals(told[4], failure);
});
