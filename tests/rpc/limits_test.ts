import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { PluginRegistryError, ProtocolError } from "../../src/errors.ts";
import { type CallHandler, Connection, DEFAULT_MAX_PENDING, encodeFrame } from "../../src/rpc/mod.ts";
import { link, nextTurn, outcomes, TARGET } from "./linked_pair.ts";

const never: CallHandler = () => new Promise(() => {});

/** A far end whose writes stay pending until they are let go. */
function slowPair(handler: CallHandler, far: { maxQueuedBytes: number; maxPending?: number }) {
  const held: (() => void)[] = [];
  let open = false;
  const violations: Error[] = [];
  const pair = link({
    handler,
    far: {
      ...far,
      onViolation: (error) => violations.push(error),
      write: (frame) =>
        new Promise((resolve) => {
          const go = () => {
            pair.near.receive(frame);
            resolve();
          };
          if (open) go();
          else held.push(go);
        }),
    },
  });
  const letGo = () => {
    open = true;
    for (const go of held.splice(0)) go();
  };
  return { ...pair, letGo, violations };
}

Deno.test("the limit of waiting calls is 10,000 unless told otherwise", () => {
  assertEquals(DEFAULT_MAX_PENDING, 10_000);
});

Deno.test("a call beyond the limit of waiting calls rejects, and says so", async () => {
  const answers: PromiseWithResolvers<unknown>[] = [];
  const handler = () => (answers.push(Promise.withResolvers()), answers.at(-1)!.promise);
  const { near } = link({ handler, near: { maxPending: 5 }, far: { maxPending: 5 } });
  const calls = Array.from({ length: 5 }, () => near.call(TARGET, "x", []));
  await assertRejects(
    () => near.call(TARGET, "chunk", []),
    PluginRegistryError,
    'Cannot call hook "chunk" of far end: 5 calls wait for an answer, the limit is 5',
  );
  await nextTurn();
  answers[0]!.resolve(1);
  assertEquals(await calls[0], 1);
  calls.push(near.call(TARGET, "x", []));
  await assertRejects(() => near.call(TARGET, "x", []), PluginRegistryError, "5 calls wait");
  near.close(new Error("closed"));
  await outcomes(calls);
});

Deno.test("a cancelled call counts until the other end has answered it", async () => {
  const answers: PromiseWithResolvers<unknown>[] = [];
  const handler = () => (answers.push(Promise.withResolvers()), answers.at(-1)!.promise);
  const { near } = link({ handler, near: { maxPending: 1 }, far: { maxPending: 1 } });
  const controller = new AbortController();
  const call = near.call(TARGET, "x", [], { signal: controller.signal });
  await nextTurn();
  controller.abort();
  await outcomes([call]);
  await assertRejects(() => near.call(TARGET, "x", []), PluginRegistryError, "1 calls wait");
  answers[0]!.resolve(1);
  await nextTurn();
  const next = near.call(TARGET, "x", []);
  await nextTurn();
  answers[1]!.resolve(2);
  assertEquals(await next, 2);
});

Deno.test("a peer that has more calls waiting than the limit breaks the protocol", async () => {
  const violations: Error[] = [];
  const lone = new Connection({
    peer: "x",
    write: () => {},
    maxPending: 3,
    onViolation: (error) => violations.push(error),
  });
  lone.serve(TARGET, (method, args, call) => method === "now" ? 1 : never(method, args, call));
  const calls = (from: number, to: number, method: string) => {
    const list = Array.from({ length: to - from + 1 }, (_, i) => `[0,${from + i},${TARGET},"${method}",[]]`);
    lone.receive(encodeFrame(`[${list.join(",")}]`));
  };
  calls(1, 20, "now");
  calls(21, 23, "later");
  assertEquals(violations, []);
  calls(24, 23 + 64, "later"); // so many are kept for what starts and stops a plugin
  assertEquals(violations, []);
  calls(24 + 64, 24 + 64, "later");
  assertEquals(violations.length, 1);
  assertInstanceOf(violations[0], ProtocolError);
  assert(violations[0].message.includes("more than 3 calls at once"), violations[0].message);
  await nextTurn();
});

Deno.test("a stream beyond the limit of open streams fails its call at whoever sends it", async () => {
  const generate = async function* () {
    yield 1;
  };
  const { near } = link({ handler: generate, near: { maxPending: 2 }, far: { maxPending: 2 } });
  const streams = [await near.call(TARGET, "x", []), await near.call(TARGET, "x", [])];
  await assertRejects(
    () => near.call(TARGET, "x", []),
    PluginRegistryError,
    'Cannot pass result of hook "x": 2 streams are open, the limit is 2',
  );
  await assertRejects(
    () => near.call(TARGET, "x", [generate(), generate(), generate()]),
    PluginRegistryError,
    'Cannot pass argument of hook "x": 2 streams are open, the limit is 2',
  );
  for await (const item of streams[0] as AsyncIterable<unknown>) assertEquals(item, 1);
  streams.push(await near.call(TARGET, "x", []));
  await assertRejects(() => near.call(TARGET, "x", []), PluginRegistryError, "2 streams are open");
});

Deno.test("a peer that opens more streams than the limit breaks the protocol", async () => {
  const violations: Error[] = [];
  const lone = new Connection({
    peer: "x",
    write: () => {},
    maxPending: 2,
    onViolation: (error) => violations.push(error),
  });
  lone.serve(TARGET, never);
  lone.receive(encodeFrame('[[0,1,7,"x",[null,null],[[[0],null,1],[[1],null,2]]]]'));
  assertEquals(violations, []);
  lone.receive(encodeFrame('[[0,2,7,"x",[null],[[[0],null,3]]]]'));
  assertEquals(violations.length, 1);
  assert(violations[0]!.message.includes("more than 2 streams"), violations[0]!.message);
  await nextTurn();
});

// A peer that does not read

Deno.test("calls and notifications to a peer that does not read are refused, and work again once it does", async () => {
  let go = () => {};
  const near: Connection = new Connection({
    peer: "slow end",
    maxQueuedBytes: 10_000,
    write: () => new Promise((resolve) => go = resolve),
  });
  const text = "x".repeat(1_000);
  const calls: Promise<unknown>[] = [];
  for (let i = 0; i < 10; i++) {
    calls.push(near.call(TARGET, "x", [text]));
    await nextTurn();
  }
  await assertRejects(
    () => near.call(TARGET, "x", [text]),
    PluginRegistryError,
    'Cannot call hook "x" of slow end: it does not read, 10',
  );
  assertThrows(
    () => near.notify(TARGET, "log", [text]),
    PluginRegistryError,
    'Cannot notify slow end of "log": it does not read, 10',
  );
  for (let i = 0; i < 2; i++) {
    go();
    await nextTurn();
  }
  calls.push(near.call(TARGET, "x", [text]));
  near.notify(TARGET, "log", [text]);
  near.close(new RangeError("closed"));
  for (const found of await outcomes(calls)) {
    assertEquals(String((found as { error: unknown }).error), "RangeError: closed");
  }
});

Deno.test("a peer that asks for much and reads nothing is not answered further than the limit", async () => {
  let handled = 0;
  const handler = () => (handled++, new Uint8Array(1_000));
  const { near, letGo, violations } = slowPair(handler, { maxQueuedBytes: 10_000 });
  const calls = Array.from({ length: 100 }, () => near.call(TARGET, "x", []));
  for (let i = 0; i < 5; i++) await nextTurn();
  assert(handled >= 10 && handled <= 12, `${handled} calls handled`);
  letGo();
  const results = await Promise.all(calls) as Uint8Array[];
  assertEquals(results.map(({ byteLength }) => byteLength), Array(100).fill(1_000));
  assertEquals([handled, violations], [100, []]);
});

Deno.test("deferred calls are handled in order, before those that come later", async () => {
  const seen: unknown[] = [];
  const handler: CallHandler = (_method, [i]) => (seen.push(i), new Uint8Array(1_000));
  const { near, letGo } = slowPair(handler, { maxQueuedBytes: 5_000 });
  const calls: Promise<unknown>[] = [];
  for (let i = 0; i < 30; i++) {
    calls.push(near.call(TARGET, "x", [i]));
    if (i % 7 === 0) await nextTurn();
  }
  await nextTurn();
  assert(seen.length < 30);
  letGo();
  await Promise.all(calls);
  assertEquals(seen, calls.map((_, i) => i));
});

Deno.test("a deferred call that is cancelled is never handled", async () => {
  const seen: unknown[] = [];
  const handler: CallHandler = (_method, [i]) => (seen.push(i), new Uint8Array(1_000));
  const { near, letGo } = slowPair(handler, { maxQueuedBytes: 5_000 });
  const controller = new AbortController();
  const calls = Array.from(
    { length: 20 },
    (_, i) => near.call(TARGET, "x", [i], i === 15 ? { signal: controller.signal } : {}),
  );
  const found = outcomes(calls);
  await nextTurn();
  controller.abort(new RangeError("m"));
  await found;
  await nextTurn();
  letGo();
  await Promise.allSettled(calls);
  assertEquals(seen, calls.map((_, i) => i).filter((i) => i !== 15));
});

Deno.test("the arguments of deferred calls are bounded, too: calls beyond are refused, not the peer", async () => {
  let handled = 0;
  const handler = () => (handled++, new Uint8Array(2_000));
  const { near, letGo, violations } = slowPair(handler, { maxQueuedBytes: 10_000 });
  const calls = Array.from({ length: 60 }, () => near.call(TARGET, "x", ["a".repeat(1_000)]));
  const found = Promise.allSettled(calls);
  await nextTurn();
  letGo();
  const refused = (await found).filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
  assert(refused.length > 20 && refused.length < 50, `${refused.length} refused`);
  for (const { reason } of refused) {
    assert(
      /^Cannot call "x": \d+ bytes of calls wait until near end reads its answers$/.test(reason.message),
      reason.message,
    );
  }
  assertEquals([handled, violations], [60 - refused.length, []]);
  assertEquals((await near.call(TARGET, "x", ["again"]) as Uint8Array).byteLength, 2_000);
});

Deno.test("a peer that reads nothing cannot have refusals heap up either", async () => {
  const { near, violations } = slowPair(() => new Uint8Array(2_000), { maxQueuedBytes: 10_000, maxPending: 50 });
  const calls = Array.from({ length: 200 }, () => near.call(TARGET, "x", ["a".repeat(1_000)]));
  await nextTurn();
  assertEquals(violations.length, 1);
  assert(violations[0]!.message.includes("more than 50 calls at once"), violations[0]!.message);
  near.close(new Error("closed"));
  await outcomes(calls);
});

Deno.test("a stream is not pulled while its reader's end does not take what is sent", async () => {
  let pulled = 0;
  const generate = async function* () {
    for (;;) yield new Uint8Array(1_000 + 0 * pulled++);
  };
  const { near, letGo } = slowPair(generate, { maxQueuedBytes: 10_000 });
  const call = near.call(TARGET, "x", []);
  await nextTurn();
  letGo();
  const iterator = (await call as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  assertEquals((await iterator.next()).done, false);
  await iterator.return!();
  const stuck = slowPair(generate, { maxQueuedBytes: 10_000 });
  pulled = 0;
  const streams = await openStreams(stuck.far, 5);
  await nextTurn();
  assert(pulled <= 20, `${pulled} items pulled`);
  stuck.far.close(new Error("closed"));
  assertEquals(streams, 5);
});

/** Has an end send streams, and gives credit for all of them, by messages made by hand. */
async function openStreams(far: Connection, count: number): Promise<number> {
  for (let id = 1; id <= count; id++) {
    far.receive(encodeFrame(`[[0,${id},${TARGET},"x",[]]]`));
    far.receive(encodeFrame(`[[7,${id},2000,1000000]]`));
  }
  await nextTurn();
  return count;
}
