import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import * as page from "../../src/errors.ts";
import { type CallHandler, Connection, DEFAULT_MAX_BYTES, encodeFrame } from "../../src/rpc/mod.ts";
import { Chance } from "./chance.ts";
import { echo, link, messagesOf, nextTurn, outcomes, TARGET, Uncaught } from "./linked_pair.ts";

const { KindUnknown, PluginRegistryError, PluginUnavailable, ProtocolError, SerializationError } = page;

// Calls and their frames

Deno.test("calls made in one turn share a frame, and so do their answers", async () => {
  const { near, sent, answered } = link({ handler: (method, [a]) => `${method} ${a}` });
  const calls = Array.from({ length: 100 }, (_, i) => near.call(TARGET, "say", [i]));
  assertEquals(await Promise.all(calls), calls.map((_, i) => `say ${i}`));
  assertEquals([sent.length, answered.length], [1, 1]);
  assertEquals(messagesOf(sent).length, 100);
});

Deno.test("calls of different turns do not wait for each other", async () => {
  const { near, sent, answered } = link({ handler: echo });
  assertEquals(await near.call(TARGET, "echo", [1]), 1);
  assertEquals(await near.call(TARGET, "echo", [2]), 2);
  assertEquals([sent.length, answered.length], [2, 2]);
});

Deno.test("answers that settle over several microtasks share a frame", async () => {
  const handler: CallHandler = async (_method, [depth]) => {
    for (let i = 0; i < (depth as number); i++) await null;
    return depth;
  };
  const { near, answered } = link({ handler });
  const depths = [0, 1, 2, 3, 4, 5];
  assertEquals(await Promise.all(depths.map((depth) => near.call(TARGET, "wait", [depth]))), depths);
  assertEquals(answered.length, 1);
});

Deno.test("calls and notifications leave in the order in which they were made", async () => {
  const seen: unknown[] = [];
  const handler: CallHandler = (method, args) => {
    seen.push([method, ...args]);
  };
  const { near, sent } = link({ handler });
  const first = near.call(TARGET, "call", [1]);
  near.notify(TARGET, "notify", [2]);
  await Promise.all([first, near.call(TARGET, "call", [3])]);
  assertEquals(seen, [["call", 1], ["notify", 2], ["call", 3]]);
  assertEquals(sent.length, 1);
});

Deno.test("thousands of calls of one turn are all answered, each with its own result", async () => {
  const { near } = link({ handler: echo });
  const calls = Array.from({ length: 5000 }, (_, i) => near.call(TARGET, "echo", [i]));
  assertEquals(await Promise.all(calls), calls.map((_, i) => i));
});

Deno.test("messages leave also while each microtask adds one", async () => {
  const seen: unknown[] = [];
  const { near } = link({ handler: (_method, [i]) => void seen.push(i) });
  for (let i = 0; i < 5000; i++) {
    near.notify(TARGET, "tick", [i]);
    await null;
  }
  assert(seen.length > 0, "nothing has left in 5000 microtasks");
  await nextTurn();
  assertEquals(seen, Array.from({ length: 5000 }, (_, i) => i));
});

Deno.test("what is sent while a write is pending is gathered into one frame", async () => {
  const frames: Uint8Array[] = [];
  const writes: PromiseWithResolvers<void>[] = [];
  const connection = new Connection({
    peer: "slow end",
    write(frame) {
      frames.push(frame);
      writes.push(Promise.withResolvers());
      return writes.at(-1)!.promise;
    },
  });
  connection.notify(TARGET, "first", []);
  await nextTurn();
  for (let i = 0; i < 10; i++) {
    connection.notify(TARGET, "later", [i]);
    await nextTurn();
  }
  assertEquals(frames.length, 1);
  writes[0]!.resolve();
  await nextTurn();
  assertEquals(frames.length, 2);
  assertEquals(messagesOf(frames.slice(1)).map((message) => message[4]), Array.from({ length: 10 }, (_, i) => [i]));
  writes[1]!.resolve();
  await nextTurn();
  connection.notify(TARGET, "again", []);
  await nextTurn();
  assertEquals(frames.length, 3);
});

Deno.test("a write that fails breaks nothing; whoever owns the channel closes", async () => {
  const connection = new Connection({ peer: "gone", write: () => Promise.reject(new Error("broken pipe")) });
  const call = connection.call(TARGET, "x", []);
  await nextTurn();
  connection.close(new PluginUnavailable("a/b", "it has ended"));
  await assertRejects(() => call, PluginUnavailable, "it has ended");
});

Deno.test("answers may come in any order", async () => {
  const waiting = new Map<unknown, PromiseWithResolvers<unknown>>();
  const handler: CallHandler = (_method, [name]) => {
    waiting.set(name, Promise.withResolvers());
    return waiting.get(name)!.promise;
  };
  const { near } = link({ handler });
  const order: unknown[] = [];
  const calls = ["a", "b", "c"].map((name) => near.call(TARGET, "x", [name]).then((value) => order.push(value)));
  await nextTurn();
  for (const name of ["c", "a", "b"]) {
    waiting.get(name)!.resolve(name);
    await nextTurn();
  }
  await Promise.all(calls);
  assertEquals(order, ["c", "a", "b"]);
});

Deno.test("each target is answered by its own handler, the latest one set", async () => {
  const { near, far } = link();
  far.serve(0, (method) => `zero ${method}`);
  far.serve(-1, (method) => `minus one ${method}`);
  far.serve(3, () => "old");
  far.serve(3, () => "new");
  const calls = [near.call(0, "a", []), near.call(-1, 'b "ß"', []), near.call(3, "c", [])];
  assertEquals(await Promise.all(calls), ["zero a", 'minus one b "ß"', "new"]);
});

Deno.test("both ends may call, also while they are called", async () => {
  const { near, far } = link();
  near.serve(TARGET, (_method, [n]) => (n as number) + 1);
  far.serve(TARGET, async (_method, [n]) => await far.call(TARGET, "increment", [n]) as number * 10);
  assertEquals(await near.call(TARGET, "outer", [4]), 50);
  near.serve(TARGET, (_method, [n]) => n === 0 ? "ground" : near.call(TARGET, "down", [(n as number) - 1]));
  far.serve(TARGET, (_method, [n]) => n === 0 ? "ground" : far.call(TARGET, "down", [(n as number) - 1]));
  assertEquals(await near.call(TARGET, "down", [20]), "ground");
});

// Values

const values: [name: string, value: unknown][] = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["zero", 0],
  ["a fraction", -1.5e-7],
  ["a large number", Number.MAX_SAFE_INTEGER],
  ["an empty text", ""],
  ["text of every kind", 'a"\\\n\u0000ß€😀\u2028\ud800'],
  ["long text", "€".repeat(100_000)],
  ["an empty list", []],
  ["an empty object", {}],
  ["lists and objects in each other", { a: [{ b: [[], {}, null] }], c: { d: "e" } }],
  ["an own key named __proto__", JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')],
  ["an object with a key named then", { then: 1 }],
  ["what looks like a message", [[1, 1, "result"], [[["a"], 1]]]],
  ["bytes", new Uint8Array([0, 10, 255])],
  ["no bytes", new Uint8Array(0)],
  ["many bytes", new Uint8Array(300_000).map((_, i) => i)],
  ["bytes at any depth", { a: [{ b: new Uint8Array([1]) }, new Uint8Array([2, 3])], c: [[[new Uint8Array(0)]]] }],
];

for (const [name, value] of values) {
  Deno.test(`an argument and a result arrive as they were: ${name}`, async () => {
    let seen: unknown;
    const { near } = link({ handler: (_method, args) => seen = args[0] });
    assertEquals(await near.call(TARGET, "echo", [value]), value);
    assertEquals(seen, value);
    assertFalse("polluted" in {});
  });
}

Deno.test("bytes of several messages of one frame do not mix", async () => {
  const { near, sent } = link({ handler: echo });
  const calls = Array.from({ length: 20 }, (_, i) => near.call(TARGET, "echo", [[new Uint8Array(i).fill(i), i]]));
  assertEquals(await Promise.all(calls), calls.map((_, i) => [new Uint8Array(i).fill(i), i]));
  assertEquals(sent.length, 1);
});

Deno.test("bytes arrive in a buffer of their own, which the other end does not see change", async () => {
  const kept: Uint8Array[] = [];
  const { near } = link({ handler: (_method, [bytes]) => (kept.push(bytes as Uint8Array), bytes) });
  const given = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
  const result = await near.call(TARGET, "echo", [given]) as Uint8Array;
  result.fill(9);
  given.fill(8);
  assertEquals(kept, [new Uint8Array([2, 3])]);
  assertEquals(result.buffer.byteLength, 2);
});

Deno.test("arguments are those of the moment of the call, whatever becomes of them afterwards", async () => {
  const { near } = link({ handler: echo });
  const list = [1];
  const bytes = new Uint8Array([1, 2]);
  const calls = [near.call(TARGET, "echo", [list]), near.call(TARGET, "echo", [bytes])];
  list.push(2);
  bytes.fill(9);
  assertEquals(await Promise.all(calls), [[1], new Uint8Array([1, 2])]);
});

Deno.test("results are those of the moment of the answer, also from a buffer that is used again", async () => {
  const scratch = new Uint8Array(2);
  const { near } = link({ handler: (_method, [n]) => scratch.fill(n as number) });
  const calls = [near.call(TARGET, "fill", [1]), near.call(TARGET, "fill", [2])];
  assertEquals(await Promise.all(calls), [new Uint8Array([1, 1]), new Uint8Array([2, 2])]);
});

Deno.test("bytes given away right after the call still arrive", async () => {
  const { near } = link({ handler: echo });
  const bytes = new Uint8Array([1, 2]);
  const calls = [near.call(TARGET, "echo", [bytes]), near.call(TARGET, "echo", ["beside"])];
  structuredClone(bytes, { transfer: [bytes.buffer] });
  using uncaught = new Uncaught();
  assertEquals(await outcomes(calls), [{ value: new Uint8Array([1, 2]) }, { value: "beside" }]);
  assertEquals(uncaught.errors, []);
});

Deno.test("a result of undefined is undefined", async () => {
  const { near } = link({ handler: (method) => method === "later" ? Promise.resolve() : undefined });
  assertEquals(await near.call(TARGET, "now", []), undefined);
  assertEquals(await near.call(TARGET, "later", []), undefined);
});

Deno.test("undefined arguments keep defaults, null does not, and their number is kept", async () => {
  const hook = (a: unknown = "A", b: unknown = "B", c: unknown = "C") => [a, b, c];
  const counts: number[] = [];
  const handler: CallHandler = (_method, args) => {
    counts.push(args.length);
    return hook(...args);
  };
  const { near } = link({ handler });
  assertEquals(await near.call(TARGET, "x", [undefined, null, undefined]), ["A", null, "C"]);
  assertEquals(await near.call(TARGET, "x", [1, undefined]), [1, "B", "C"]);
  assertEquals(await near.call(TARGET, "x", []), ["A", "B", "C"]);
  assertEquals(counts, [3, 2, 0]);
});

Deno.test("undefined properties are dropped on the way", async () => {
  const { near } = link({ handler: (_method, [value]) => Object.keys(value as object) });
  assertEquals(await near.call(TARGET, "keys", [{ a: 1, b: undefined, c: new Uint8Array(1) }]), ["a", "c"]);
});

Deno.test("an argument that cannot cross rejects the call and sends nothing", async () => {
  const { near, sent } = link({ handler: echo });
  const error = await assertRejects(
    () => near.call(TARGET, "chunk", ["fine", { items: [new Date(0)] }]),
    SerializationError,
    'Cannot pass argument 2 of hook "chunk": $.items[0]: Date',
  );
  assertEquals([error.path, error.found], ["$.items[0]", "Date"]);
  assertThrows(() => near.notify(TARGET, "log", [() => 1]), SerializationError, "$: function");
  await nextTurn();
  assertEquals(sent, []);
  assertEquals(await near.call(TARGET, "echo", [1]), 1);
});

Deno.test("a result that cannot cross rejects the call, and the next call is answered", async () => {
  const results: Record<string, unknown> = { now: { when: new Date(0) }, later: Promise.resolve([1n]), fine: 1 };
  const { near } = link({ handler: (method) => results[method] });
  const error = await assertRejects(() => near.call(TARGET, "now", []), SerializationError);
  assertEquals(
    error.message,
    'Cannot pass result of hook "now": $.when: Date; only JSON values and Uint8Array cross a boundary',
  );
  assertEquals([error.path, error.found], ["$.when", "Date"]);
  await assertRejects(() => near.call(TARGET, "later", []), SerializationError, "$[0]: BigInt");
  assertEquals(await near.call(TARGET, "fine", []), 1);
});

Deno.test("a value that rewrites itself breaks no other call", async () => {
  const tricky = Object.assign([1], { toJSON: () => undefined });
  const { near } = link({ handler: (method, [value]) => method === "tricky" ? tricky : value });
  const found = await outcomes([
    near.call(TARGET, "echo", [tricky]),
    near.call(TARGET, "tricky", []),
    near.call(TARGET, "echo", ["beside"]),
  ]);
  for (const one of found.slice(0, 2)) {
    assert(typeof one === "object");
    if ("error" in one) assertInstanceOf(one.error, SerializationError);
    else assertEquals(one.value, [1]);
  }
  assertEquals(found[2], { value: "beside" });
});

// Promises

const thenables: [name: string, result: () => unknown, outcome: unknown][] = [
  ["a promise", () => Promise.resolve(1), { value: 1 }],
  ["a promise of undefined", () => Promise.resolve(), { value: undefined }],
  ["a promise of bytes", () => Promise.resolve(new Uint8Array([1])), { value: new Uint8Array([1]) }],
  ["a promise that rejects", () => Promise.reject(new RangeError("no")), "RangeError: no"],
  ["another thenable", () => ({ then: (resolve: (value: number) => void) => resolve(2) }), { value: 2 }],
  ["a thenable of a thenable", () => ({ then: (f: (v: unknown) => void) => f(Promise.resolve(3)) }), { value: 3 }],
  [
    "a thenable that rejects",
    () => ({ then: (_: unknown, no: (e: unknown) => void) => no("x") }),
    'Error: thrown value: "x"',
  ],
  ["a thenable that throws", () => ({
    then: () => {
      throw new URIError("t");
    },
  }), "URIError: t"], // deno-fmt-ignore
  ["a thenable that answers twice", () => ({ then: (f: (v: unknown) => void) => (f(4), f(5)) }), { value: 4 }],
  ["one whose then cannot be read", () => ({
    get then() {
      throw new EvalError("t");
    },
  }), "EvalError: t"], // deno-fmt-ignore
];

for (const [name, result, outcome] of thenables) {
  Deno.test(`a handler may give ${name}`, async () => {
    const { near } = link({ handler: result });
    const [found] = await outcomes([near.call(TARGET, "x", [])]);
    if (typeof outcome === "string") assertEquals(String((found as { error: unknown }).error), outcome);
    else assertEquals(found, outcome);
    assertEquals((await outcomes([near.call(TARGET, "x", [])])).includes("waiting"), false);
  });
}

// Errors

/** What a call rejects with when its handler throws. */
async function rejection(thrown: unknown, later = false): Promise<Error> {
  const handler = () => {
    if (later) return Promise.reject(thrown);
    throw thrown;
  };
  return await assertRejects(() => link({ handler }).near.call(TARGET, "x", []), Error);
}

const plugin = "chunker/fixed";
const errors: Error[] = [
  new Error("m"),
  new RangeError("m"),
  new TypeError("m", { cause: new SyntaxError("below", { cause: new Error("bottom") }) }),
  new AggregateError([new RangeError("a"), "b"], "m"),
  new Deno.errors.NotCapable("m"),
  Object.assign(new Deno.errors.NotFound("m"), { code: "ENOENT" }),
  new page.PluginRegistryError("m", { plugin }),
  new page.ManifestInvalid("a.toml", [{ path: "a", expected: "b", found: "c" }]),
  new page.DiscoveryError("plugins/", "gone"),
  new page.AmbiguousPlugin("m", ["a", "b"]),
  new page.ConfigInvalid("chunker/fixed", "/size", "must be number"),
  new page.DependencyCycle(["a/b", "a/c", "a/b"]),
  new page.PackageError("npm:a", "there is no such package"),
  new page.VersionIncompatible("thing/a", ">=9", "m"),
  new page.KindUnknown("m"),
  new page.RuntimeNotSupported("m"),
  new page.PluginLoadError("m", { plugin, cause: new TypeError("below") }),
  new page.PluginUnavailable(plugin, "it is torn down"),
  new page.PermissionExceeded(plugin, []),
  new page.GrantRequired("k/p", "new", [], "r"),
  new page.GrantsInvalid("grants.json", []),
  new page.SandboxUnavailable("m"),
  new page.HookTimeout("hook", 50, 51, { plugin, hook: "chunk" }),
  new page.SerializationError("$.when", "Date"),
  new page.HookUnknown("m"),
  new page.ProtocolError("m"),
  new page.TeardownErrors([new RangeError("a"), new page.KindUnknown("b")]),
  new page.BroadcastErrors("k", "run", [{ plugin, error: new RangeError("a") }]),
  new page.DispatchMismatch("k", "run", "chain", "singleton", { plugin }),
  new page.NoCapabilityMatch("k", "run", { language: "go", capabilities: ["gpu"] }, "none"),
  new page.StoreError({ action: "put", key: "a", store: "the store" }, "it is closed"),
  new page.CheckpointConflict({ action: "save", key: "a", store: "the store" }, 1, 2),
  new page.HttpError({ method: "GET", shown: "https://a.example/" }, "dns", "no such name"),
  new page.HookspecInvalid("tool.yaml", [{ file: "a.json", path: "type", expected: "a type", found: "7", line: 2 }]),
  new page.HookInputInvalid("tool/add", "execute", { path: "$.args.x", expected: "a number", found: '"three"' }),
  new page.HookOutputInvalid("tool/add", "execute", { path: "$", expected: "an object", found: "3" }),
];

for (const error of errors) {
  Deno.test(`${error.name} keeps class, message, code, cause and errors across a connection`, async () => {
    for (const later of [false, true]) {
      const copy = await rejection(error, later);
      assertStrictEquals(Object.getPrototypeOf(copy), Object.getPrototypeOf(error));
      assertEquals(String(copy), String(error));
      assertEquals(Reflect.get(copy, "code"), Reflect.get(error, "code"));
      let [a, b]: unknown[] = [copy.cause, error.cause];
      for (; a instanceof Error && b instanceof Error; [a, b] = [a.cause, b.cause]) {
        assertEquals(String(a), String(b));
        assertStrictEquals(Object.getPrototypeOf(a), Object.getPrototypeOf(b));
      }
      assertEquals([a, b], [undefined, undefined]);
      const gathered = (one: Error) =>
        (Reflect.get(one, "errors") as unknown[] | undefined)?.map((e) => e instanceof Error ? e.name : "Error");
      assertEquals(gathered(copy), gathered(error));
      if (error instanceof PluginRegistryError) assert(page.isPluginRegistryError(copy, error.code));
    }
  });
}

Deno.test("the errors above hold all that the package has", () => {
  const codes = errors.filter((error) => error instanceof PluginRegistryError).map(({ code }) => code);
  assertEquals(codes.sort(), Object.keys(page.errorClasses).sort());
});

const nonErrors: [thrown: unknown, message: string][] = [
  ["oops", 'thrown value: "oops"'],
  [undefined, "thrown value: undefined"],
  [null, "thrown value: null"],
  [42, "thrown value: 42"],
  [{ a: 1 }, 'thrown value: {"a":1}'],
  [Symbol("s"), "thrown value: Symbol(s)"],
];

for (const [thrown, message] of nonErrors) {
  Deno.test(`a handler that throws no error rejects the call with: ${message}`, async () => {
    for (const later of [false, true]) assertEquals(String(await rejection(thrown, later)), `Error: ${message}`);
  });
}

Deno.test("an error says in its stack which end it comes from, and shows only the lines worth it", async () => {
  const handler = () => {
    const error = new RangeError("m");
    error.stack = "RangeError: m\n    at chunk (plugin.ts:1:1)\n    at call (guest.ts:1:1)";
    throw error;
  };
  const { near } = link({ handler, far: { keepFrame: (line) => line.includes("plugin.ts") } });
  const error = await assertRejects(() => near.call(TARGET, "x", []), RangeError);
  assertEquals(error.stack, "RangeError: m\n    at chunk (plugin.ts:1:1)\n    at far end");
});

Deno.test("an error too large for a message still rejects its call, and breaks no other", async () => {
  const handler: CallHandler = (method, [value]) => {
    if (method === "echo") return value;
    const error = new RangeError("m".repeat(15_000), { cause: new Error("m".repeat(15_000)) });
    if (method === "later") return Promise.reject(error);
    throw error;
  };
  const violations: Error[] = [];
  const far = { maxBytes: 20_000, onViolation: (error: Error) => violations.push(error) };
  const { near } = link({ handler, far });
  using uncaught = new Uncaught();
  for (const method of ["now", "later"]) {
    const [failed, beside] = await outcomes([near.call(TARGET, method, []), near.call(TARGET, "echo", [1])]);
    assertEquals([violations.map(String), uncaught.errors.map(String)], [[], []]);
    assert(typeof failed === "object" && "error" in failed, `${method}: ${JSON.stringify(failed)}`);
    assertInstanceOf(failed.error, Error);
    assertEquals(beside, { value: 1 });
  }
});

// Notifications

Deno.test("a notification is taken, and nothing is answered", async () => {
  const seen: unknown[] = [];
  const { near, sent, answered } = link({ handler: (method, args) => seen.push(method, ...args) });
  assertEquals(near.notify(TARGET, "log", ["a", new Uint8Array([1]), undefined]), undefined);
  await nextTurn();
  assertEquals(seen, ["log", "a", new Uint8Array([1]), undefined]);
  assertEquals([sent.length, answered.length], [1, 0]);
});

Deno.test("a notification that fails is nobody's business", async () => {
  const handler: CallHandler = (method, [value]) => {
    if (method === "throw") throw new Error("x");
    if (method === "reject") return Promise.reject(new Error("x"));
    if (method === "unreadable") return Object.defineProperty({}, "then", { get: () => fail() });
    if (method === "odd") return { when: new Date(0) };
    return value;
  };
  const fail = () => {
    throw new Error("x");
  };
  const { near, answered } = link({ handler });
  for (const method of ["throw", "reject", "unreadable", "odd"]) near.notify(TARGET, method, []);
  await nextTurn();
  assertEquals(answered.length, 0);
  assertEquals(await near.call(TARGET, "echo", [1]), 1);
});

// Closing

Deno.test("closing rejects what waits and every later call with its reason, and drops notifications", async () => {
  const { near, sent } = link({ handler: () => new Promise(() => {}) });
  const waiting = [near.call(TARGET, "a", []), near.call(TARGET, "b", [])];
  await nextTurn();
  const reason = new PluginUnavailable("a/b", "it is torn down");
  near.close(reason);
  near.close(new Error("too late"));
  const later = near.call(TARGET, "c", []);
  near.notify(TARGET, "d", []);
  assertEquals(await outcomes([...waiting, later]), [{ error: reason }, { error: reason }, { error: reason }]);
  assertEquals(sent.length, 1);
});

Deno.test("what is not yet sent when a connection is closed is not sent", async () => {
  const { near, sent } = link({ handler: echo });
  const call = near.call(TARGET, "echo", [1]);
  near.close(new KindUnknown("closed"));
  await assertRejects(() => call, KindUnknown, "closed");
  await nextTurn();
  assertEquals(sent, []);
});

Deno.test("a closed connection takes nothing more, not even garbage", async () => {
  const seen: string[] = [];
  const violations: unknown[] = [];
  const connection = new Connection({
    peer: "x",
    write: (frame) => void seen.push(String(frame)),
    onViolation: (error) => violations.push(error),
  });
  connection.serve(TARGET, (method) => seen.push(method));
  connection.close(new Error("closed"));
  connection.receive(encodeFrame(`[[0,1,${TARGET},"x",[]]]`));
  connection.receive(new Uint8Array(100));
  await nextTurn();
  assertEquals([seen, violations], [[], []]);
});

Deno.test("an answer ready only after closing is dropped", async () => {
  const answers = ["a", "b", "c"].map(() => Promise.withResolvers<unknown>());
  const { near, far, answered } = link({ handler: (_method, [i]) => answers[i as number]!.promise });
  const calls = answers.map((_, i) => near.call(TARGET, "x", [i]));
  await nextTurn();
  far.close(new Error("closed"));
  answers[0]!.resolve(1);
  answers[1]!.reject(new Error("x"));
  answers[2]!.resolve(new Date(0));
  await nextTurn();
  assertEquals(answered, []);
  near.close(new KindUnknown("closed"));
  for (const call of calls) await assertRejects(() => call, KindUnknown);
});

Deno.test("closing from within a handler stops the rest of the frame", async () => {
  const seen: string[] = [];
  const { near, far } = link();
  far.serve(TARGET, (method) => {
    seen.push(method);
    if (method === "last") far.close(new Error("closed"));
  });
  for (const method of ["first", "last", "never"]) near.notify(TARGET, method, []);
  await nextTurn();
  assertEquals(seen, ["first", "last"]);
});

// Limits

const LIMIT = 200_000;

/** The bytes of a call beside the text it carries. */
function overhead(id: number): number {
  return JSON.stringify([0, id, TARGET, "echo", [""]]).length;
}

Deno.test("the limit is 16 MiB unless told otherwise", () => {
  assertEquals(DEFAULT_MAX_BYTES, 16_777_216);
});

Deno.test("a limit that is no number is refused, for it would be no limit", () => {
  assertThrows(() => new Connection({ peer: "x", write: () => {}, maxBytes: NaN }), RangeError);
});

Deno.test("a message over the limit is refused, the others of its turn go through", async () => {
  const { near, sent } = link({ handler: echo, near: { maxBytes: LIMIT }, far: { maxBytes: LIMIT } });
  const bytes = new Uint8Array(LIMIT);
  const found = await outcomes([
    near.call(TARGET, "echo", ["before"]),
    near.call(TARGET, "echo", ["x".repeat(LIMIT)]),
    near.call(TARGET, "echo", [bytes]),
    near.call(TARGET, "echo", ["€".repeat(LIMIT / 3)]),
    near.call(TARGET, "echo", ["after"]),
  ]);
  assertEquals([found[0], found[4]], [{ value: "before" }, { value: "after" }]);
  for (const one of found.slice(1, 4)) {
    assert(typeof one === "object" && "error" in one);
    assertInstanceOf(one.error, SerializationError);
    assert(/hook "echo": \$: \d+ bytes, the limit is 200000 bytes/.test(one.error.message), one.error.message);
  }
  assertEquals(sent.length, 1);
});

Deno.test("a notification over the limit is refused", async () => {
  const { near, sent } = link({ near: { maxBytes: LIMIT } });
  assertThrows(() => near.notify(TARGET, "log", ["x".repeat(LIMIT)]), SerializationError, '"log": $:');
  await nextTurn();
  assertEquals(sent, []);
});

Deno.test("a result over the limit rejects its call, the others of its turn go through", async () => {
  const handler: CallHandler = (_method, [count]) => "x".repeat(count as number);
  const { near } = link({ handler, near: { maxBytes: LIMIT }, far: { maxBytes: LIMIT } });
  const found = await outcomes([10, LIMIT, 20].map((count) => near.call(TARGET, "grow", [count])));
  assertEquals([found[0], found[2]], [{ value: "x".repeat(10) }, { value: "x".repeat(20) }]);
  const refused = found[1] as { error: Error };
  assertInstanceOf(refused.error, SerializationError);
  assert(refused.error.message.startsWith('Cannot pass result of hook "grow": $: 2000'), refused.error.message);
});

Deno.test("a message exactly as large as the limit goes through, one byte more does not", async () => {
  const { near } = link({
    handler: (_method, [text]) => (text as string).length,
    near: { maxBytes: LIMIT },
    far: { maxBytes: LIMIT },
  });
  const fits = LIMIT - overhead(1);
  assertEquals(await near.call(TARGET, "echo", ["x".repeat(fits)]), fits);
  await assertRejects(() => near.call(TARGET, "echo", ["x".repeat(fits + 1)]), SerializationError, "200001 bytes");
});

Deno.test("a small limit is counted as exactly as a large one", async () => {
  const { near } = link({ handler: echo, near: { maxBytes: 1000 }, far: { maxBytes: 1000 } });
  const fits = "x".repeat(1000 - overhead(1));
  assertEquals(await near.call(TARGET, "echo", [fits]), fits);
  await assertRejects(() => near.call(TARGET, "echo", [`${fits}x`]), SerializationError, "1001 bytes");
});

Deno.test("the frames of a big batch stay within the limit, and all calls are answered", async () => {
  const limits = { maxBytes: LIMIT, maxQueuedBytes: 20 * LIMIT };
  const { near, sent, answered } = link({ handler: echo, near: limits, far: limits });
  const given = Array.from({ length: 60 }, (_, i) => [
    i,
    i % 3 === 0 ? new Uint8Array(i * 700).fill(i) : "€x"[i % 2]!.repeat(i * 900),
  ]);
  assertEquals(await Promise.all(given.map((value) => near.call(TARGET, "echo", [value]))), given);
  for (const frames of [sent, answered]) {
    assert(frames.length > 1);
    for (const frame of frames) assert(frame.byteLength <= 22 + LIMIT + 2, `a frame of ${frame.byteLength} bytes`);
  }
  assert(sent.length < 60, "calls still share frames");
});

Deno.test("a frame larger than this end accepts is a violation", async () => {
  const violations: Error[] = [];
  const far = { maxBytes: 1000, onViolation: (error: Error) => violations.push(error) };
  const { near } = link({ handler: echo, far });
  const call = near.call(TARGET, "echo", ["x".repeat(2000)]);
  await nextTurn();
  assertEquals(violations.length, 1);
  assert(/the limit is 100\d bytes/.test(violations[0]!.message), violations[0]!.message);
  near.close(new KindUnknown("closed"));
  await assertRejects(() => call, KindUnknown);
});

// What arrives

Deno.test("bytes may arrive one by one", async () => {
  const cut = (frame: Uint8Array) => Array.from(frame, (byte) => new Uint8Array([byte]));
  const { near } = link({ handler: echo, cut });
  const given = [{ a: "€😀", b: [new Uint8Array([1, 2, 3]), new Uint8Array(0)] }, "x", null];
  assertEquals(await Promise.all(given.map((value) => near.call(TARGET, "echo", [value]))), given);
});

/** An end that nobody answers, with two calls that wait. */
class LoneEnd {
  readonly violations: Error[] = [];
  readonly seen: unknown[] = [];
  readonly busy: boolean[] = [];
  readonly calls: Promise<unknown>[];
  /** How many of the calls do not wait any more. */
  settled = 0;
  readonly ids: unknown[] = [];
  readonly connection = new Connection({
    peer: 'plugin "a/b"',
    maxBytes: 10_000,
    write: (frame) => void this.ids.push(...messagesOf([frame]).map((message) => message[1])),
    onViolation: (error) => this.violations.push(error),
    onBusy: (busy) => this.busy.push(busy),
  });

  constructor() {
    this.connection.serve(TARGET, (method, args) => {
      this.seen.push([method, ...args]);
      return args[0];
    });
    this.calls = [this.connection.call(TARGET, "a", []), this.connection.call(TARGET, "b", [])];
    for (const call of this.calls) call.then(() => this.settled++, () => this.settled++);
  }

  /** An end whose calls have left; their ids are 1 and 2. */
  static async open(): Promise<LoneEnd> {
    const end = new LoneEnd();
    await nextTurn();
    assertEquals(end.ids, [1, 2]);
    return end;
  }
}

Deno.test("a frame cut short is no violation, it may still be on its way", async () => {
  const end = await LoneEnd.open();
  const frame = encodeFrame('[[1,1,"answer"]]');
  for (let length = 0; length < frame.byteLength; length++) {
    const other = await LoneEnd.open();
    other.connection.receive(frame.subarray(0, length));
    assertEquals([other.violations, other.busy], [[], [true]]);
    other.connection.close(new Error("closed"));
  }
  end.connection.receive(frame.subarray(0, 30));
  end.connection.receive(frame.subarray(30));
  assertEquals(await end.calls[0], "answer");
  end.connection.close(new Error("closed"));
});

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

const violations: [name: string, bytes: Uint8Array, why: string][] = [
  ["garbage", latin1("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), "the bytes received are no frame"],
  ["zeros", new Uint8Array(64), "the bytes received are no frame"],
  ["a print between frames", latin1('debug: here I am, x = {"a":1}\n'), "the bytes received are no frame"],
  ["a good frame, then garbage", new Uint8Array([...encodeFrame("[]"), ...new Uint8Array(30)]), "are no frame"],
  ["a frame too large", latin1("0000010000 0000000003 "), "it is 10003 bytes, the limit is"],
  ["text that is not UTF-8", latin1('0000000007 0000000000 ["\xff\xfe\xfd"]'), "its text is not UTF-8"],
  ["no text at all", encodeFrame(""), "its text is not JSON"],
  ["bad JSON", encodeFrame("[[1,1,"), "its text is not JSON"],
  ["two JSON values", encodeFrame("[] []"), "its text is not JSON"],
  ["an object for a frame", encodeFrame("{}"), "a frame is an array of messages"],
  ["null for a frame", encodeFrame("null"), "a frame is an array of messages"],
  ["an object for a message", encodeFrame('[{"0":1}]'), "a message is an array"],
  ["null for a message", encodeFrame("[null]"), "a message is an array"],
  ["a message alone, without its frame's brackets", encodeFrame("[1,1]"), "a message is an array"],
  ["an empty message", encodeFrame("[[]]"), "no such kind of message"],
  ["an unknown kind", encodeFrame("[[10,1]]"), "no such kind of message"],
  ["a kind that is text", encodeFrame('[["1",1]]'), "no such kind of message"],
  ["a kind that is a list", encodeFrame("[[[1],1]]"), "no such kind of message"],
  ["an answer to no call", encodeFrame("[[1,3,null]]"), "an answer that nobody waits for"],
  ["an error for no call", encodeFrame('[[2,0,{"name":"Error"}]]'), "an answer that nobody waits for"],
  ["an answer whose id is text", encodeFrame('[[1,"1",null]]'), "an answer that nobody waits for"],
  ["an answer without an id", encodeFrame("[[1]]"), "an answer that nobody waits for"],
  ["two answers to one call", encodeFrame("[[1,1,null],[1,1,null]]"), "an answer that nobody waits for"],
  ["an error after the answer", encodeFrame("[[1,1,null],[2,1,{}]]"), "an answer that nobody waits for"],
  ["a call to an unknown target", encodeFrame('[[0,1,8,"x",[]]]'), "a call needs"],
  ["a call to a target that is text", encodeFrame('[[0,1,"7","x",[]]]'), "a call needs"],
  ["a call without a target", encodeFrame('[[0,1,null,"x",[]]]'), "a call needs"],
  ["a call without a method", encodeFrame("[[0,1,7,null,[]]]"), "a call needs"],
  ["a call without arguments", encodeFrame('[[0,1,7,"x"]]'), "a call needs"],
  ["a call whose arguments are an object", encodeFrame('[[0,1,7,"x",{"length":1}]]'), "a call needs"],
  ["a call whose arguments are bytes", encodeFrame('[[0,1,7,"x",null,[[[],1]]]]', [new Uint8Array(1)]), "a call needs"],
  ["a call without an id", encodeFrame('[[0,null,7,"x",[]]]'), "a call needs"],
  ["a call whose id is a fraction", encodeFrame('[[0,0.5,7,"x",[]]]'), "a call needs"],
  ["a call whose id is text", encodeFrame('[[0,"1",7,"x",[]]]'), "a call needs"],
  ["a notification to an unknown target", encodeFrame('[[3,0,8,"x",[]]]'), "a call needs"],
  ["patches that are no list", encodeFrame('[[0,1,7,"x",[],{}]]'), "a patch fits neither"],
  ["a patch that leads nowhere", encodeFrame('[[0,1,7,"x",[],[[[0]]]]]'), "a patch fits neither"],
  ["a patch into a prototype", encodeFrame('[[0,1,7,"x",[{}],[[[0,"__proto__","x"]]]]]'), "a patch fits neither"],
  ["a patch on what is not null", encodeFrame('[[0,1,7,"x",[1],[[[0]]]]]'), "a patch fits neither"],
  ["a patch without its bytes", encodeFrame('[[0,1,7,"x",[null],[[[0],1]]]]'), "a patch fits neither"],
  ["a bad patch in an answer", encodeFrame("[[1,1,null,[[[],5]]]]"), "a patch fits neither"],
  ["a bad patch in a later answer", encodeFrame("[[1,1,0],[1,2,{},[[[1]]]]]"), "a patch fits neither"],
  ["lists nested too deep", encodeFrame(`[[1,1,${"[".repeat(300)}${"]".repeat(300)}]]`), "nested deeper than 256"],
  [
    "objects nested too deep",
    encodeFrame(`[[1,1,${'{"a":'.repeat(300)}1${"}".repeat(300)}]]`),
    "nested deeper than 256",
  ],
  ["raw bytes for nobody", encodeFrame("[]", [new Uint8Array(1)]), "raw bytes that no message speaks of"],
  ["more raw bytes than patches", encodeFrame("[[1,1,null,[[[],1]]]]", [new Uint8Array(2)]), "raw bytes that no"],
];

for (const [name, bytes, why] of violations) {
  Deno.test(`a peer that sends ${name} has broken the protocol, and is told once`, async () => {
    for (const pieces of [[bytes], Array.from(bytes, (byte) => new Uint8Array([byte]))]) {
      const end = await LoneEnd.open();
      for (const piece of pieces) end.connection.receive(piece);
      end.connection.receive(bytes);
      end.connection.receive(encodeFrame('[[0,1,7,"too late",[]]]'));
      assertEquals(end.violations.length, 1);
      const [violation] = end.violations;
      assertInstanceOf(violation, ProtocolError);
      assert(violation.message.includes(why), violation.message);
      await assertRejects(() => end.connection.call(TARGET, "later", []), ProtocolError, why);
      assertFalse(end.seen.flat().includes("too late"));
    }
  });

  Deno.test(`a peer that sends ${name} leaves no call waiting`, async () => {
    const end = await LoneEnd.open();
    end.connection.receive(bytes);
    const found = await outcomes(end.calls);
    assertFalse(found.includes("waiting"), Deno.inspect(found));
    assertEquals(end.busy, [true, false]);
  });
}

Deno.test("the connection is closed by the time a violation is told", async () => {
  let call: Promise<unknown> | undefined;
  const busy: boolean[] = [];
  const connection: Connection = new Connection({
    peer: "x",
    write: () => {},
    onBusy: (now) => busy.push(now),
    onViolation: () => call = connection.call(TARGET, "x", []),
  });
  connection.receive(new Uint8Array(30));
  assert(call !== undefined);
  await assertRejects(() => call!, ProtocolError);
  assertEquals(busy, [], "the call was refused at once");
});

Deno.test("a violation that nobody listens for is no failure of receiving", async () => {
  const connection = new Connection({ peer: "x", write: () => {} });
  connection.receive(new Uint8Array(30));
  await assertRejects(() => connection.call(TARGET, "x", []), ProtocolError);
});

Deno.test("messages before a bad one in its frame have been taken", async () => {
  const end = await LoneEnd.open();
  end.connection.receive(encodeFrame('[[3,0,7,"good",[]],[1,1,"fine"],[9],[3,0,7,"late",[]]]'));
  assertEquals(end.seen, [["good"]]);
  assertEquals(await end.calls[0], "fine");
  await assertRejects(() => end.calls[1]!, ProtocolError);
});

Deno.test("a value as deep as may be sent is taken, and so is a text full of brackets", async () => {
  const { near } = link({ handler: echo });
  const deep = JSON.parse("[".repeat(256) + "]".repeat(256));
  const given = [deep, { text: "[".repeat(1000), key: '\\"[{' }];
  assertEquals(await near.call(TARGET, "echo", given), deep);
});

Deno.test("an answer that holds no proper error still rejects", async () => {
  const end = await LoneEnd.open();
  end.connection.receive(encodeFrame('[[2,1],[2,2,"oops"]]'));
  const found = await outcomes(end.calls);
  assertEquals(
    found.map((one) => String((one as { error: unknown }).error)),
    Array(2).fill("Error: unprintable error"),
  );
  assertEquals(end.violations, []);
});

// Busy

Deno.test("busy is told when calls begin to wait and when none waits any more", async () => {
  const answers = ["a", "b"].map(() => Promise.withResolvers<unknown>());
  const busy: boolean[] = [];
  const { near } = link({
    handler: (_method, [i]) => answers[i as number]!.promise,
    near: { onBusy: (now) => busy.push(now) },
  });
  near.notify(TARGET, "x", [0]);
  await nextTurn();
  assertEquals(busy, []);
  const calls = [near.call(TARGET, "x", [0]), near.call(TARGET, "x", [1])];
  assertEquals(busy, [true]);
  await nextTurn();
  answers[0]!.resolve(0);
  assertEquals(await calls[0], 0);
  assertEquals(busy, [true]);
  answers[1]!.reject(new RangeError("m"));
  await assertRejects(() => calls[1]!, RangeError);
  assertEquals(busy, [true, false]);
  assertEquals(await near.call(TARGET, "x", [0]), 0);
  assertEquals(busy, [true, false, true, false]);
});

Deno.test("busy ends with the connection, and does not begin after it", async () => {
  const busy: boolean[] = [];
  const { near } = link({ handler: () => new Promise(() => {}), near: { onBusy: (now) => busy.push(now) } });
  const calls = [near.call(TARGET, "x", []), near.call(TARGET, "x", [])];
  near.close(new KindUnknown("closed"));
  assertEquals(busy, [true, false]);
  calls.push(near.call(TARGET, "x", []));
  near.close(new KindUnknown("closed again"));
  for (const call of calls) await assertRejects(() => call, KindUnknown, "closed");
  assertEquals(busy, [true, false]);
});

Deno.test("an idle connection that is closed was never busy", () => {
  const busy: boolean[] = [];
  const { near } = link({ near: { onBusy: (now) => busy.push(now) } });
  near.close(new Error("closed"));
  assertEquals(busy, []);
});

Deno.test("a call that cannot be sent does not make busy", async () => {
  const busy: boolean[] = [];
  const { near } = link({ near: { onBusy: (now) => busy.push(now) } });
  await assertRejects(() => near.call(TARGET, "x", [1n]), SerializationError);
  assertEquals(busy, []);
});

// Anything at all

/** Messages that {@linkcode LoneEnd} takes, and how many raw bytes each speaks of. */
const goodMessages: [text: string, bytes: number][] = [
  ['[1,1,{"a":[null,"€"]},[[["a",0],3]]]', 3],
  ["[1,2]", 0],
  ['[2,2,{"name":"RangeError","message":"m","cause":{"name":"Error","message":"n"},"fields":{"a":1}}]', 0],
  ['[0,1,7,"echo",[null,{"b":null}],[[[0]],[[1,"b"],2]]]', 2],
  ['[3,0,7,"log",["text"]]', 0],
];
const oddValues = [
  ...["null", "true", "0", "1", "2", "3", "7", "-1", "0.5", "1e400", "9007199254740993", '""', '"x"', '"__proto__"'],
  ...["[]", "{}", "[[]]", "[[[],0]]", "[[[],1]]", '[[["a"],2]]', "[[[0]]]", '{"__proto__":null}', '{"length":1}', ""],
  ...['{"name":1,"message":[],"errors":[null],"fields":{"toString":1}}', "[".repeat(200) + "]".repeat(200)],
];

/** Some of them, no call answered twice, and raw bytes for all. */
function goodFrame(chance: Chance, rewrite = (text: string) => text): Uint8Array {
  const messages = goodMessages.filter((_, i) => i !== 2 && chance.below(2) === 0);
  if (messages.length === 0) messages.push(chance.of(goodMessages));
  const text = rewrite(`[${messages.map(([text]) => text).join(",")}]`);
  return encodeFrame(text, messages.map(([, bytes]) => chance.bytes(bytes)));
}

/** Swaps literals of a frame's text for others, its lengths being right again. */
function rewrittenFrame(chance: Chance): Uint8Array {
  return goodFrame(chance, (text) => {
    const tokens = text.match(/"[^"]*"|[\d.]+|null|[[\]{},:]/g)!;
    for (let i = chance.below(3); i >= 0; i--) tokens[chance.below(tokens.length)] = chance.of(oddValues);
    return tokens.join("");
  });
}

/** A list of messages whose every element is anything. */
function madeUpFrame(chance: Chance): Uint8Array {
  const message = () => `[${Array.from({ length: chance.below(7) }, () => chance.of(oddValues) || "null").join(",")}]`;
  const messages = Array.from({ length: 1 + chance.below(3) }, message);
  return encodeFrame(`[${messages.join(",")}]`, [chance.bytes(chance.below(4))]);
}

/** A good frame with bytes changed, left out, put in or doubled. */
function damagedFrame(chance: Chance): Uint8Array {
  const bytes = [...goodFrame(chance)];
  for (let i = chance.below(4); i >= 0; i--) {
    const at = chance.below(bytes.length);
    const damage = chance.below(5);
    if (damage === 0) bytes[at] = chance.below(256);
    else if (damage === 1) bytes.splice(at, 1 + chance.below(8));
    else if (damage === 2) bytes.splice(at, 0, ...chance.bytes(1 + chance.below(8)));
    else if (damage === 3) bytes.splice(at, 0, ...bytes.slice(at, at + chance.below(40)));
    else bytes[at]! ^= 1 << chance.below(8);
    if (bytes.length === 0) break;
  }
  return new Uint8Array(bytes);
}

const generators: ((chance: Chance) => Uint8Array)[] = [
  (chance) => goodFrame(chance),
  rewrittenFrame,
  madeUpFrame,
  damagedFrame,
  (chance) => chance.bytes(chance.below(80)),
];

/** Feeds one end with frames of chance, in pieces of chance. */
function feed(end: LoneEnd, seed: number): void {
  const chance = new Chance(seed);
  for (let i = 1 + chance.below(2); i > 0; i--) {
    const bytes = chance.of(generators)(chance);
    for (let at = 0; at < bytes.byteLength;) {
      const piece = bytes.subarray(at, at + 1 + chance.below(bytes.byteLength));
      end.connection.receive(piece);
      at += piece.byteLength;
    }
  }
}

const SEEDS = 3000;

/** One end for each seed, fed, its answers sent. */
async function feedAll(): Promise<Map<number, LoneEnd>> {
  const ends = new Map<number, LoneEnd>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const end = new LoneEnd();
    ends.set(seed, end);
    try {
      feed(end, seed);
    } catch (cause) {
      throw new Error(`receiving threw with seed ${seed}`, { cause });
    }
  }
  await nextTurn();
  return ends;
}

Deno.test("whatever arrives, receiving never throws and tells of a violation at most once", async () => {
  const tally = { broken: 0, whole: 0, heard: 0, answered: 0 };
  for (const [seed, { connection, violations, seen, settled }] of await feedAll()) {
    assert(violations.length <= 1, `${violations.length} violations with seed ${seed}`);
    for (const violation of violations) assertInstanceOf(violation, ProtocolError, `seed ${seed}`);
    tally[violations.length === 1 ? "broken" : "whole"]++;
    if (seen.length > 0) tally.heard++;
    if (violations.length === 0 && settled > 0) tally.answered++;
    connection.close(new Error("closed"));
  }
  assert(
    Object.values(tally).every((count) => count > SEEDS / 30),
    `the inputs are too much alike: ${JSON.stringify(tally)}`,
  );
});

Deno.test("whatever arrives, a violation leaves no call waiting and none to be made", async () => {
  for (const [seed, { connection, violations, calls, settled, busy }] of await feedAll()) {
    if (violations.length > 0) {
      assertEquals(settled, calls.length, `a call waits for ever with seed ${seed}`);
      assertEquals(busy, [true, false]);
      assertStrictEquals(await assertRejects(() => connection.call(TARGET, "late", [])), violations[0]);
    }
    connection.close(new Error("closed"));
  }
});
