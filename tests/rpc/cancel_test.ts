import { getEventListeners } from "node:events";
import { assert, assertEquals, assertFalse, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import { ProtocolError, SerializationError } from "../../src/errors.ts";
import { type CallContext, Connection, encodeFrame, type Metadata } from "../../src/rpc/mod.ts";
import { isStopChainError, STOP_CHAIN } from "../../src/stop_chain.ts";
import { link, messagesOf, nextTurn, outcomes, TARGET, Uncaught } from "./linked_pair.ts";

const CANCEL = 4;
const reason = new Error("no longer wanted");

/** A handler that never answers by itself, and the contexts of its calls. */
function patient() {
  const calls: CallContext[] = [];
  const answers: PromiseWithResolvers<unknown>[] = [];
  const handler = (_method: string, _args: unknown[], call: CallContext) => {
    calls.push(call);
    answers.push(Promise.withResolvers());
    return answers.at(-1)!.promise;
  };
  return { calls, answers, handler };
}

Deno.test("aborting rejects the call at once with the signal's reason, and aborts the handler's signal", async () => {
  const { calls, handler } = patient();
  const { near, sent } = link({ handler });
  const controller = new AbortController();
  const call = near.call(TARGET, "x", [], { signal: controller.signal });
  await nextTurn();
  const { signal } = calls[0]!;
  assertFalse(signal.aborted);
  let told = 0;
  signal.addEventListener("abort", () => told++);
  controller.abort(reason);
  assertEquals(await outcomes([call]), [{ error: reason }]);
  assertEquals([signal.aborted, told], [true, 1]);
  assertEquals((signal.reason as Error).name, "AbortError");
  assertEquals(messagesOf(sent).filter(([kind]) => kind === CANCEL), [[CANCEL, 1]]);
});

Deno.test("a handler that looks at its signal only after the cancel finds it aborted", async () => {
  const { calls, handler } = patient();
  const { near } = link({ handler });
  const controller = new AbortController();
  const call = near.call(TARGET, "x", [], { signal: controller.signal });
  await nextTurn();
  controller.abort(reason);
  assertEquals(await outcomes([call]), [{ error: reason }]);
  assert(calls[0]!.signal.aborted);
  assertStrictEquals(calls[0]!.signal, calls[0]!.signal);
});

Deno.test("a call whose signal is aborted already sends nothing", async () => {
  const { near, sent } = link({ handler: () => 1 });
  const call = near.call(TARGET, "x", [], { signal: AbortSignal.abort(reason) });
  assertEquals(await outcomes([call]), [{ error: reason }]);
  assertEquals(sent, []);
});

Deno.test("a call aborted in the turn in which it was made is cancelled as well", async () => {
  const { calls, handler } = patient();
  const { near } = link({ handler });
  const controller = new AbortController();
  const call = near.call(TARGET, "x", [], { signal: controller.signal });
  controller.abort(reason);
  assertEquals(await outcomes([call]), [{ error: reason }]);
  assert(calls[0]!.signal.aborted);
});

for (
  const [name, answer] of [["a result", 1], ["an error", new RangeError("m")], ["bytes", new Uint8Array(3)]] as const
) {
  Deno.test(`the answer to a cancelled call is dropped, and carries nothing: ${name}`, async () => {
    const { answers, handler } = patient();
    const { near, answered } = link({ handler });
    const controller = new AbortController();
    const call = near.call(TARGET, "x", [], { signal: controller.signal });
    await nextTurn();
    controller.abort(reason);
    assertEquals(await outcomes([call]), [{ error: reason }]);
    if (answer instanceof Error) answers[0]!.reject(answer);
    else answers[0]!.resolve(answer);
    await nextTurn();
    assertEquals(messagesOf(answered), [[1, 1]]);
    const next = near.call(TARGET, "y", []);
    await nextTurn();
    answers[1]!.resolve("still works");
    assertEquals(await next, "still works");
  });
}

Deno.test("an answer that crosses the cancel on its way is dropped", async () => {
  const controller = new AbortController();
  const { near } = link({ handler: () => "late" });
  const call = near.call(TARGET, "x", [], { signal: controller.signal });
  queueMicrotask(() => controller.abort(reason));
  assertEquals(await outcomes([call]), [{ error: reason }]);
  assertEquals(await near.call(TARGET, "x", []), "late");
});

Deno.test("a second answer to a cancelled call is a violation", async () => {
  const violations: Error[] = [];
  const lone = new Connection({ peer: "x", write: () => {}, onViolation: (error) => violations.push(error) });
  const controller = new AbortController();
  const call = lone.call(TARGET, "x", [], { signal: controller.signal });
  controller.abort(reason);
  lone.receive(encodeFrame("[[1,1]]"));
  assertEquals(violations, []);
  lone.receive(encodeFrame("[[1,1]]"));
  assertEquals(violations.length, 1);
  assertInstanceOf(violations[0], ProtocolError);
  assertEquals(await outcomes([call]), [{ error: reason }]);
});

Deno.test("a call aborted while its arguments are read is cancelled as well", async () => {
  const { calls, handler } = patient();
  const { near } = link({ handler });
  const controller = new AbortController();
  const argument = Object.defineProperty({}, "key", { enumerable: true, get: () => (controller.abort(reason), 1) });
  const call = near.call(TARGET, "x", [argument], { signal: controller.signal });
  assertEquals(await outcomes([call]), [{ error: reason }]);
  assert(calls[0]!.signal.aborted);
});

Deno.test("a signal is left alone once its call has been answered", async () => {
  const { near, sent } = link({
    handler: (method) => {
      if (method === "fail") throw new RangeError("m");
      return 1;
    },
  }); // deno-fmt-ignore
  const controller = new AbortController();
  const { signal } = controller;
  const calls = [near.call(TARGET, "x", [], { signal }), near.call(TARGET, "fail", [], { signal })];
  assertEquals(getEventListeners(signal, "abort").length, 2);
  await outcomes(calls);
  assertEquals(getEventListeners(signal, "abort"), []);
  controller.abort(reason);
  await nextTurn();
  assertEquals(messagesOf(sent).filter(([kind]) => kind === CANCEL), []);
});

Deno.test("a signal is left alone once the connection is closed", async () => {
  using uncaught = new Uncaught();
  const busy: boolean[] = [];
  const { near } = link({ handler: () => new Promise(() => {}), near: { onBusy: (now) => busy.push(now) } });
  const controller = new AbortController();
  const call = near.call(TARGET, "x", [], { signal: controller.signal });
  near.close(new RangeError("closed"));
  assertEquals(getEventListeners(controller.signal, "abort"), []);
  controller.abort(reason);
  const [found] = await outcomes([call]);
  assertEquals(String((found as { error: unknown }).error), "RangeError: closed");
  assertEquals([busy, uncaught.errors], [[true, false], []]);
});

Deno.test("a cancelled call is no reason to stay busy", async () => {
  const busy: boolean[] = [];
  const { near } = link({ handler: () => new Promise(() => {}), near: { onBusy: (now) => busy.push(now) } });
  const controller = new AbortController();
  const call = near.call(TARGET, "x", [], { signal: controller.signal });
  await nextTurn();
  controller.abort(reason);
  assertEquals(busy, [true, false]);
  await outcomes([call]);
});

Deno.test("closing aborts the signals of calls that are being handled, with the reason of the closing", async () => {
  const { calls, handler } = patient();
  const { near, far } = link({ handler });
  const waiting = [near.call(TARGET, "x", []), near.call(TARGET, "y", [])];
  await nextTurn();
  const { signal } = calls[0]!;
  const closed = new RangeError("closed");
  far.close(closed);
  for (const one of [signal, calls[1]!.signal]) assertStrictEquals(one.reason, closed);
  near.close(closed);
  await outcomes(waiting);
});

Deno.test("cancels of what was never called, and second cancels, are violations; one that comes late is none", async () => {
  for (
    const [frames, count] of [
      ["[[4,1]]", 1],
      ['[[0,1,7,"x",[]],[4,2]]', 1],
      ['[[0,1,7,"x",[]],[4,1]]', 0],
      ['[[0,1,7,"x",[]],[4,1],[4,1]]', 1],
      ['[[0,1,7,"now",[]],[4,1],[4,1]]', 0],
      ['[[0,1,7,"x",[]],[4,"1"]]', 1],
      ['[[0,1,7,"x",[]],[4,0.5]]', 1],
      ['[[0,1,7,"x",[]],[4,-1]]', 1],
      ['[[0,1,7,"x",[]],[4]]', 1],
      ['[[0,2,7,"x",[]],[0,1,7,"y",[]]]', 1],
      ['[[0,1,7,"x",[]],[0,1,7,"y",[]]]', 1],
    ] as const
  ) {
    const violations: Error[] = [];
    const lone = new Connection({ peer: "x", write: () => {}, onViolation: (error) => violations.push(error) });
    lone.serve(TARGET, (method) => method === "now" ? 1 : new Promise(() => {}));
    lone.receive(encodeFrame(frames));
    assertEquals(violations.length, count, frames);
    lone.close(reason);
    await nextTurn();
  }
});

// Metadata

const metadata: Metadata = { tenant_id: "a", trace_context: { traceparent: "00-x", tags: [1, { deep: true }] } };

for (const args of [[], [1], [undefined], [new Uint8Array(2), { a: new Uint8Array(1) }]]) {
  Deno.test(`metadata arrives beside ${args.length} arguments, frozen at every depth: ${Deno.inspect(args)}`, async () => {
    let seen: unknown[] = [];
    const { near } = link({ handler: (_method, args, call) => void (seen = [args, call.metadata]) });
    await near.call(TARGET, "x", args, { metadata });
    assertEquals(seen, [args, metadata]);
    const found = seen[1] as typeof metadata & { trace_context: { tags: unknown[] } };
    for (const one of [found, found.trace_context, found.trace_context.tags, found.trace_context.tags[1]]) {
      assert(Object.isFrozen(one));
    }
  });
}

Deno.test("a call without metadata says so and sends none", async () => {
  let seen: unknown = 1;
  const { near, sent } = link({ handler: (_method, _args, call) => void (seen = call.metadata) });
  await near.call(TARGET, "x", [1]);
  assertEquals(seen, undefined);
  assertEquals(messagesOf(sent), [[0, 1, TARGET, "x", [1]]]);
  near.notify(TARGET, "x", [1]);
  await nextTurn();
  assertEquals(seen, undefined);
});

Deno.test("metadata that is no JSON rejects the call, with its path, and sends nothing", async () => {
  const { near, sent } = link({ handler: () => 1 });
  const bad: [Record<string, unknown>, string][] = [
    [{ when: new Date(0) }, 'metadata of hook "x": $.when: Date'],
    [{ a: [new Uint8Array(1)] }, 'metadata of hook "x": $.a[0]: Uint8Array'],
    [[] as never, 'metadata of hook "x": $: no object'],
  ];
  for (const [given, why] of bad) {
    const [found] = await outcomes([near.call(TARGET, "x", [], { metadata: given as Metadata })]);
    const { error } = found as { error: Error };
    assertInstanceOf(error, SerializationError);
    assert(error.message.includes(why), error.message);
  }
  assertEquals(sent, []);
});

Deno.test("metadata that is no object is a violation", () => {
  for (const value of ["1", "null", '"x"', "[]"]) {
    const violations: Error[] = [];
    const lone = new Connection({ peer: "x", write: () => {}, onViolation: (error) => violations.push(error) });
    lone.serve(TARGET, () => new Promise(() => {}));
    lone.receive(encodeFrame(`[[0,1,7,"x",[],[],${value}]]`));
    assertEquals(violations.length, 1, value);
  }
});

Deno.test("limits that are no numbers are refused, for they would be no limits", () => {
  for (const option of ["maxBytes", "maxPending", "maxQueuedBytes"]) {
    for (const value of [NaN, 0, -1]) {
      assertThrows(() => new Connection({ peer: "x", write: () => {}, [option]: value }), RangeError, option);
    }
  }
});

/** A waiter that remembers. */
function remembering() {
  const told: unknown[][] = [];
  const waiter = {
    resolve: (value: unknown) => void told.push(["resolve", value]),
    reject: (error: unknown, early?: boolean) => void told.push(["reject", error, early]),
    late: () => void told.push(["late"]),
  };
  return { told, waiter };
}

Deno.test("a started call is cancelled without a signal, and its waiter is told when the answer comes after all", async () => {
  const { calls, answers, handler } = patient();
  const { near, sent } = link({ handler });
  const { told, waiter } = remembering();
  const call = near.start(TARGET, "x", [], waiter)!;
  await nextTurn();
  call.cancel(reason);
  assertEquals(told, [["reject", reason, true]]);
  await nextTurn();
  assert(calls[0]!.signal.aborted);
  assertEquals(messagesOf(sent).filter(([kind]) => kind === CANCEL), [[CANCEL, 1]]);
  call.cancel(new Error("again"));
  answers[0]!.resolve("unwanted");
  await nextTurn();
  assertEquals(told, [["reject", reason, true], ["late"]]);
  call.cancel(new Error("too late"));
  await nextTurn();
  assertEquals([told.length, messagesOf(sent).length], [2, 2]);
});

Deno.test("cancelling a call that is over has no effect, whether it was answered, failed or closed", async () => {
  const { near, sent } = link({
    handler(method) {
      if (method === "fail") throw new RangeError("mine");
      return 1;
    },
  });
  for (const method of ["x", "fail"]) {
    const { told, waiter } = remembering();
    const call = near.start(TARGET, method, [], waiter)!;
    await nextTurn();
    call.cancel(reason);
    await nextTurn();
    assertEquals(told.length, 1);
  }
  assertEquals(messagesOf(sent).filter(([kind]) => kind === CANCEL), []);
  const { told, waiter } = remembering();
  const open = near.start(TARGET, "x", [], waiter)!;
  near.close(reason);
  open.cancel(new Error("again"));
  assertEquals(told, [["reject", reason, undefined]]);
  const refused = remembering();
  assertEquals(near.start(TARGET, "x", [], refused.waiter), undefined);
  assertEquals(refused.told, [["reject", reason, undefined]]);
});

Deno.test("closing tells the waiter of a cancelled call that no answer can come any more, once", async () => {
  const { handler } = patient();
  const { near } = link({ handler });
  const { told, waiter } = remembering();
  near.start(TARGET, "x", [], waiter)!.cancel(reason);
  await nextTurn();
  near.close(new Error("closed"));
  near.close(new Error("closed"));
  assertEquals(told, [["reject", reason, true], ["late"]]);
});

Deno.test("cancelling ends the stream that was the answer, and the streams among the arguments", async () => {
  let returned = 0;
  async function* endless() {
    try {
      for (let i = 0;; i++) yield await Promise.resolve(i);
    } finally {
      returned++;
    }
  }
  const { near } = link({ handler: (_method, [stream]) => stream ?? endless() });
  for (const args of [[], [endless()]]) {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const call = near.start(TARGET, "x", args, { resolve, reject })!;
    const iterator = (await promise as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    await iterator.next();
    call.cancel(reason);
    const [ended] = await outcomes([iterator.next()]);
    assertEquals(ended, { error: reason });
    await nextTurn();
  }
  assertEquals(returned, 2);
});

Deno.test("what an end works on can be asked for, oldest first, by target", async () => {
  const { answers, handler } = patient();
  const { near, far } = link({ handler });
  far.serve(TARGET + 1, handler);
  assertEquals(far.underWay(TARGET), []);
  near.call(TARGET, "a", [], { metadata: { n: 1 } });
  near.call(TARGET, "b", []);
  await nextTurn();
  const calls = far.underWay(TARGET);
  assertEquals(calls.map(({ method, metadata }) => [method, metadata]), [["a", { n: 1 }], ["b", undefined]]);
  assert(calls.every(({ since }) => since > 0 && since <= performance.now()));
  answers[0]!.resolve(1);
  await nextTurn();
  assertEquals(far.underWay(TARGET).map(({ method }) => method), ["b"]);
  assertEquals(far.underWay(TARGET + 2), []);
});

Deno.test("STOP_CHAIN crosses as an error that says so", async () => {
  const { near } = link({ handler: (method) => method === "now" ? STOP_CHAIN : Promise.resolve(STOP_CHAIN) });
  for (const method of ["now", "later"]) {
    const [outcome] = await outcomes([near.call(TARGET, method, [])]);
    assert(typeof outcome === "object" && "error" in outcome && isStopChainError(outcome.error));
  }
});

Deno.test("a call that had to wait until answers were read is over when it is answered", async () => {
  let open = () => {};
  let blocked = true;
  const { near, far } = link({
    handler: (method) => method === "large" ? "x".repeat(100) : Promise.resolve(method),
    far: {
      maxQueuedBytes: 10,
      write(frame) {
        near.receive(frame);
        return blocked ? new Promise<void>((resolve) => open = resolve) : undefined;
      },
    },
  });
  const first = near.call(TARGET, "large", []);
  await nextTurn();
  const second = near.call(TARGET, "deferred", []);
  await nextTurn();
  assertEquals(await outcomes([first, second]), [{ value: "x".repeat(100) }, "waiting"]);
  blocked = false;
  open();
  assertEquals(await outcomes([second]), [{ value: "deferred" }]);
  assertEquals(far.underWay(TARGET), []);
});
