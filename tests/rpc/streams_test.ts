import { getEventListeners } from "node:events";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { PluginRegistryError, SerializationError } from "../../src/errors.ts";
import type { CallContext, RemoteStream } from "../../src/rpc/mod.ts";
import { link, messagesOf, nextTurn, outcomes, type PairOptions, TARGET, Uncaught } from "./linked_pair.ts";

/** A source that counts: gives what it is told, and remembers what was asked of it. */
class Source implements AsyncIterable<unknown> {
  pulled = 0;
  returned = 0;
  opened = 0;
  readonly #give: (i: number) => unknown;
  readonly #count: number;

  constructor(count = Infinity, give: (i: number) => unknown = (i) => i) {
    this.#count = count;
    this.#give = give;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    this.opened++;
    return {
      next: async () => {
        if (this.pulled >= this.#count) return { done: true, value: undefined };
        return { done: false, value: await this.#give(this.pulled++) };
      },
      return: () => {
        this.returned++;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}

async function collect(stream: unknown): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream as AsyncIterable<unknown>) items.push(item);
  return items;
}

/** A stream that near reads and far produces. */
async function open(source: AsyncIterable<unknown>, options: PairOptions = {}) {
  const pair = link({ handler: () => source, ...options });
  return { ...pair, stream: await pair.near.call(TARGET, "x", []) as RemoteStream };
}

const items = [1, "a", null, undefined, { a: [1] }, new Uint8Array([1, 2]), [new Uint8Array([3])], undefined, [], 2];

Deno.test("a result that is an async iterable arrives as one, items in order, of every kind", async () => {
  const { near } = link({
    handler: async function* () {
      yield* items;
    },
  });
  assertEquals(await collect(await near.call(TARGET, "x", [])), items);
});

Deno.test("a promise of an async iterable arrives as a stream, too", async () => {
  const { near } = link({ handler: () => Promise.resolve(new Source(3)) });
  assertEquals(await collect(await near.call(TARGET, "x", [])), [0, 1, 2]);
});

Deno.test("a ReadableStream arrives as a stream", async () => {
  const { near } = link({ handler: () => ReadableStream.from(["a", "b"]) });
  assertEquals(await collect(await near.call(TARGET, "x", [])), ["a", "b"]);
});

Deno.test("whole arguments that are async iterables arrive as such", async () => {
  const { near } = link({
    handler: async (_method, [a, between, b]) => [await collect(a), between, await collect(b)],
  });
  const given = [new Source(3), new Uint8Array([7]), ReadableStream.from(["x"])];
  assertEquals(await near.call(TARGET, "x", given), [[0, 1, 2], new Uint8Array([7]), ["x"]]);
});

Deno.test("a stream of the caller may go through the handler and come back", async () => {
  const { near } = link({
    handler: async function* (_method, [numbers]) {
      for await (const n of numbers as AsyncIterable<number>) yield n * 2;
    },
  });
  assertEquals(
    await collect(await near.call(TARGET, "x", [new Source(3000)])),
    Array.from({ length: 3000 }, (_, i) => i * 2),
  );
});

Deno.test("items of one turn share a frame", async () => {
  const { stream, answered } = await open(new Source(500));
  assertEquals((await collect(stream)).length, 500);
  assert(answered.length <= 4, `${answered.length} frames`);
});

Deno.test("an async iterable inside a value is refused, and so is one in a notification", async () => {
  const { near } = link({ handler: () => ({ inner: new Source(1) }) });
  await assertRejects(() => near.call(TARGET, "x", []), SerializationError, "$.inner: Source");
  await assertRejects(() => near.call(TARGET, "x", [[new Source(1)]]), SerializationError, "$[0]: Source");
  assertThrows(() => near.notify(TARGET, "x", [new Source(1)]), SerializationError, "$: Source");
});

Deno.test("a call whose other argument cannot cross leaves no stream open", async () => {
  const { near, sent } = link({ handler: () => 1, near: { maxPending: 2 } });
  for (let i = 0; i < 5; i++) {
    await assertRejects(() => near.call(TARGET, "x", [new Source(1), new Date(0)]), SerializationError, "Date");
  }
  assertEquals(sent, []);
});

// Back-pressure

Deno.test("nothing is pulled before somebody reads", async () => {
  const source = new Source();
  const { stream, near } = await open(source);
  await nextTurn();
  assertEquals([source.opened, source.pulled], [0, 0]);
  await stream[Symbol.asyncDispose]();
  near.close(new Error("closed"));
});

Deno.test("a producer is at most its window ahead of its reader, however many it could give", async () => {
  const source = new Source();
  const { stream } = await open(source);
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  for (let i = 0; i < 5; i++) await nextTurn();
  const ahead = source.pulled;
  assert(ahead >= 256 && ahead <= 4096, `${ahead} items ahead`);
  for (let i = 0; i < 3; i++) await nextTurn();
  assertEquals(source.pulled, ahead, "it goes on without credit");
  for (let i = 0; i < ahead; i++) await iterator.next();
  for (let i = 0; i < 5; i++) await nextTurn();
  assert(source.pulled > ahead, "reading gives no credit");
  assert(source.pulled <= 2 * ahead + 1, `${source.pulled} items pulled`);
  await iterator.return!();
});

for (
  const [name, item] of [["bytes", () => new Uint8Array(100_000)], ["text", () => "x".repeat(100_000)], [
    "objects",
    () => ({ text: ["x".repeat(50_000), "y".repeat(50_000)] }),
  ]] as const
) {
  Deno.test(`a producer of large ${name} is at most about a megabyte ahead`, async () => {
    const source = new Source(Infinity, item);
    const { stream } = await open(source);
    const iterator = stream[Symbol.asyncIterator]();
    for (let read = 1; read < 50; read++) {
      await iterator.next();
      if (read % 10 === 0) await nextTurn();
      assert(source.pulled - read <= 12, `${source.pulled - read} items ahead`);
    }
    await iterator.return!();
  });
}

Deno.test("an item larger than the window goes through", async () => {
  const big = new Uint8Array(5_000_000).fill(7);
  const { stream } = await open(new Source(3, () => big));
  assertEquals((await collect(stream)).map((one) => (one as Uint8Array).byteLength), [5e6, 5e6, 5e6]);
});

Deno.test("items whose bytes stand at long paths do not stall", async () => {
  const key = "k".repeat(2000);
  const item = () => ({ [key]: Array.from({ length: 300 }, () => new Uint8Array(0)) });
  const { stream } = await open(new Source(12, item));
  assertEquals((await collect(stream)).length, 12);
});

Deno.test("100,000 items arrive, and no more than a window of them exists at a time", async () => {
  const source = new Source(100_000);
  const { stream } = await open(source);
  let read = 0;
  let ahead = 0;
  for await (const item of stream) {
    assertEquals(item, read++);
    ahead = Math.max(ahead, source.pulled - read);
  }
  assertEquals(read, 100_000);
  assert(ahead <= 4096, `${ahead} items ahead`);
});

// Ends

Deno.test("leaving the loop returns the producer's iterator", async () => {
  const source = new Source();
  const { stream } = await open(source);
  for await (const item of stream) if (item === 3) break;
  await nextTurn();
  assertEquals(source.returned, 1);
  const { pulled } = source;
  await nextTurn();
  assertEquals(source.pulled, pulled);
});

Deno.test("throwing in the loop, and the iterator's own throw, return the producer's iterator", async () => {
  const first = new Source();
  const { stream } = await open(first);
  await assertRejects(async () => {
    for await (const _ of stream) throw new RangeError("m");
  }, RangeError);
  await nextTurn();
  assertEquals(first.returned, 1);
  const second = new Source();
  const other = (await open(second)).stream[Symbol.asyncIterator]();
  await other.next();
  await assertRejects(() => other.throw!(new EvalError("m")), EvalError);
  assertEquals(await other.next(), { done: true, value: undefined });
  await nextTurn();
  assertEquals(second.returned, 1);
});

Deno.test("a generator's finally runs when the reader leaves, also while it waits", async () => {
  const log: string[] = [];
  const { near } = link({
    handler: async function* (_method, _args, call) {
      try {
        yield 1;
        await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
        log.push("aborted");
      } finally {
        log.push("finally");
      }
    },
  });
  for await (const _ of await near.call(TARGET, "x", []) as RemoteStream) break;
  await nextTurn();
  assertEquals(log, ["aborted", "finally"]);
});

Deno.test("a producer's error arrives after the items before it, and ends the stream", async () => {
  const { near } = link({
    handler: async function* () {
      yield 1;
      yield 2;
      throw new RangeError("m", { cause: new TypeError("below") });
    },
  });
  const seen: unknown[] = [];
  const iterator = (await near.call(TARGET, "x", []) as RemoteStream)[Symbol.asyncIterator]();
  const error = await assertRejects(
    async () => {
      for await (const item of iterator) seen.push(item);
    },
    RangeError,
    "m",
  );
  assertInstanceOf(error.cause, TypeError);
  assertEquals(seen, [1, 2]);
  assertEquals(await iterator.next(), { done: true, value: undefined });
});

Deno.test("a producer that throws nothing at all fails all the same", async () => {
  const { stream } = await open(new Source(1, () => Promise.reject(undefined)));
  await assertRejects(() => collect(stream), Error, "undefined");
});

Deno.test("an item that cannot cross ends the stream with its path, and returns the iterator", async () => {
  const source = new Source(5, (i) => i === 2 ? { when: new Date(0) } : i);
  const { stream } = await open(source);
  const seen: unknown[] = [];
  await assertRejects(
    async () => {
      for await (const item of stream) seen.push(item);
    },
    SerializationError,
    'Cannot pass item of result of hook "x": $.when: Date',
  );
  assertEquals([seen, source.returned], [[0, 1], 1]);
});

Deno.test("an item over the limit ends the stream, the connection goes on", async () => {
  const { stream, near } = await open(new Source(5, (i) => i === 1 ? "x".repeat(2_000) : i), {
    far: { maxBytes: 1_000 },
  });
  await assertRejects(() => collect(stream), SerializationError, "the limit is 1000 bytes");
  assertInstanceOf(await near.call(TARGET, "x", []), Object);
  near.close(new Error("closed"));
});

Deno.test("iterating a stream again says why it cannot be", async () => {
  const { stream } = await open(new Source(2));
  assertEquals(await collect(stream), [0, 1]);
  assertThrows(
    () => stream[Symbol.asyncIterator](),
    PluginRegistryError,
    "Cannot iterate stream of far end: it has been iterated before",
  );
});

Deno.test("several readers that wait at once get one item each, in order", async () => {
  const { stream } = await open(new Source(3));
  const iterator = stream[Symbol.asyncIterator]();
  const results = await Promise.all(Array.from({ length: 5 }, () => iterator.next()));
  assertEquals(results.map(({ done, value }) => done === true ? "end" : value), [0, 1, 2, "end", "end"]);
});

Deno.test("disposing of a stream stops it, read or not", async () => {
  for (const read of [false, true]) {
    const source = new Source();
    const { stream } = await open(source);
    {
      await using owned = stream;
      if (read) await owned[Symbol.asyncIterator]().next();
    }
    await nextTurn();
    assertEquals(source.returned, 1);
  }
});

Deno.test("a source that cannot be opened, whose return throws, or that has none, harms nobody", async () => {
  using uncaught = new Uncaught();
  const fail = () => {
    throw new RangeError("m");
  };
  const next = () => Promise.resolve({ done: false as const, value: 1 });
  const sources: AsyncIterable<unknown>[] = [
    { [Symbol.asyncIterator]: () => ({ next, return: fail }) },
    { [Symbol.asyncIterator]: () => ({ next, return: () => Promise.reject(new RangeError("m")) }) },
    { [Symbol.asyncIterator]: () => ({ next }) },
  ];
  for (const source of sources) {
    for await (const item of (await open(source)).stream) {
      assertEquals(item, 1);
      break;
    }
  }
  const closed: AsyncIterable<unknown> = { [Symbol.asyncIterator]: fail };
  await assertRejects(async () => await collect((await open(closed)).stream), RangeError);
  const odd = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(null) }) } as never;
  await assertRejects(async () => await collect((await open(odd)).stream), TypeError);
  await nextTurn();
  assertEquals(uncaught.errors, []);
});

// Streams and their calls

Deno.test("aborting the call's signal ends its stream at once, and stops the producer", async () => {
  const source = new Source(Infinity, (i) => i < 5 ? i : new Promise(() => {}));
  const pair = link({ handler: () => source });
  const controller = new AbortController();
  const stream = await pair.near.call(TARGET, "x", [], { signal: controller.signal }) as RemoteStream;
  const iterator = stream[Symbol.asyncIterator]();
  for (let i = 0; i < 5; i++) await iterator.next();
  const waiting = iterator.next();
  const reason = new Error("no longer wanted");
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => waiting), reason);
  await nextTurn();
  assertEquals(source.returned, 1);
  assertEquals(await iterator.next(), { done: true, value: undefined });
});

for (
  const [name, give] of [["before", (i: number) => i], ["after", (i: number) => nextTurn().then(() => i)]] as const
) {
  Deno.test(`a signal is left alone once the stream has ended, its end having come ${name} its items were read`, async () => {
    const { near } = link({ handler: () => new Source(3, give) });
    const controller = new AbortController();
    assertEquals(await collect(await near.call(TARGET, "x", [], { signal: controller.signal })), [0, 1, 2]);
    assertEquals(getEventListeners(controller.signal, "abort"), []);
  });
}

Deno.test("aborting a call ends the streams among its arguments, on both ends", async () => {
  const source = new Source(Infinity, (i) => i < 2 ? i : new Promise(() => {}));
  const seen: unknown[] = [];
  let error: unknown;
  const { near } = link({
    handler: async (_method, [stream]) => {
      try {
        for await (const item of stream as AsyncIterable<unknown>) seen.push(item);
      } catch (caught) {
        error = caught;
      }
    },
  });
  const controller = new AbortController();
  const call = near.call(TARGET, "x", [source], { signal: controller.signal });
  await nextTurn();
  controller.abort(new RangeError("no longer wanted"));
  await outcomes([call]);
  assertEquals([seen, String(error), source.returned], [[0, 1], "RangeError: no longer wanted", 1]);
});

Deno.test("a stream given to a cancelled call as its answer is returned", async () => {
  const answer = Promise.withResolvers<unknown>();
  const { near, answered } = link({ handler: () => answer.promise });
  const controller = new AbortController();
  const call = near.call(TARGET, "x", [], { signal: controller.signal });
  await nextTurn();
  controller.abort();
  await outcomes([call]);
  const source = new Source();
  answer.resolve(source);
  await nextTurn();
  assertEquals(source.returned, 1);
  assertEquals(messagesOf(answered), [[1, 1]]);
});

Deno.test("a stream that answers a call just cancelled is stopped", async () => {
  const source = new Source();
  const { near } = link({ handler: () => source });
  const controller = new AbortController();
  const call = near.call(TARGET, "x", [], { signal: controller.signal });
  queueMicrotask(() => controller.abort());
  await outcomes([call]);
  await nextTurn();
  assertEquals(source.returned, 1);
});

Deno.test("a stream that a handler does not read ends with its call, and says so when it is read later", async () => {
  let kept: AsyncIterable<unknown> | undefined;
  const { near } = link({
    handler: (_method, [stream]) => void (kept = stream as AsyncIterable<unknown>),
    near: { maxPending: 3 },
  });
  for (let i = 0; i < 10; i++) {
    const source = new Source();
    await near.call(TARGET, "x", [source]);
    await nextTurn();
    assertEquals(source.returned, 1);
  }
  await assertRejects(() => collect(kept), PluginRegistryError, "the call that brought it has ended");
});

// Closing

Deno.test("closing ends streams with the reason for the reader, and returns the producer's iterator", async () => {
  const source = new Source(Infinity, (i) => i < 3 ? i : new Promise(() => {}));
  const { stream, near, far } = await open(source);
  const iterator = stream[Symbol.asyncIterator]();
  assertEquals((await iterator.next()).value, 0);
  await nextTurn();
  const closed = new RangeError("closed");
  near.close(closed);
  far.close(closed);
  assertEquals([(await iterator.next()).value, (await iterator.next()).value], [1, 2]);
  assertStrictEquals(await assertRejects(() => iterator.next()), closed);
  assertEquals(await iterator.next(), { done: true, value: undefined });
  assertEquals(source.returned, 1);
});

Deno.test("closing rejects readers that wait, and readers to come", async () => {
  using uncaught = new Uncaught();
  const silent = new Source(Infinity, () => new Promise(() => {}));
  const { stream, near } = await open(silent);
  const waiting = stream[Symbol.asyncIterator]().next();
  const unread = await near.call(TARGET, "x", []) as RemoteStream;
  const closed = new RangeError("closed");
  near.close(closed);
  assertStrictEquals(await assertRejects(() => waiting), closed);
  assertStrictEquals(await assertRejects(() => collect(unread)), closed);
  await nextTurn();
  assertEquals(uncaught.errors, []);
});

// Busy

Deno.test("reading a stream is being busy, from the first read to the end of the stream", async () => {
  const busy: boolean[] = [];
  const gate = Promise.withResolvers<unknown>();
  const { stream } = await open(new Source(2, (i) => i === 0 ? 0 : gate.promise), {
    near: { onBusy: (now) => busy.push(now) },
  });
  assertEquals(busy, [true, false]);
  const iterator = stream[Symbol.asyncIterator]();
  assertEquals(busy, [true, false, true]);
  await iterator.next();
  await nextTurn();
  assertEquals(busy.length, 3);
  gate.resolve(1);
  await iterator.next();
  await iterator.next();
  assertEquals(busy, [true, false, true, false]);
});

Deno.test("leaving a stream, and closing, end being busy", async () => {
  for (const leave of ["return", "close"]) {
    const busy: boolean[] = [];
    const { stream, near } = await open(new Source(), { near: { onBusy: (now) => busy.push(now) } });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    if (leave === "return") await iterator.return!();
    else near.close(new Error("closed"));
    assertEquals(busy, [true, false, true, false]);
  }
});

Deno.test("a handler pays nothing for what it does not look at", async () => {
  let made = 0;
  const { AbortController: Original } = globalThis;
  const { near } = link({ handler: (method, _args, call: CallContext) => method === "look" ? call.signal.aborted : 1 });
  globalThis.AbortController = class extends Original {
    constructor() {
      super();
      made++;
    }
  };
  try {
    await near.call(TARGET, "x", []);
    assertEquals(made, 0);
    await near.call(TARGET, "look", []);
    assertEquals(made, 1);
  } finally {
    globalThis.AbortController = Original;
  }
});
