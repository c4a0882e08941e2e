import { assert, assertEquals, assertFalse, assertInstanceOf, assertMatch, assertStrictEquals } from "@std/assert";
import * as page from "../../src/errors.ts";
import { decodeError, encodeError } from "../../src/rpc/remote_error.ts";

const ORIGIN = 'plugin "chunker/fixed"';

/** What arrives of something thrown. */
function arrived(thrown: unknown): Error {
  return decodeError(JSON.parse(JSON.stringify(encodeError(thrown))), ORIGIN);
}

Deno.test("an error of the language keeps its class", () => {
  const errors = [
    new Error("m"),
    new RangeError("m"),
    new TypeError("m"),
    new SyntaxError("m"),
    new ReferenceError("m"),
    new EvalError("m"),
    new URIError("m"),
    new AggregateError([], "m"),
  ];
  for (const error of errors) {
    const copy = arrived(error);
    assertStrictEquals(Object.getPrototypeOf(copy), Object.getPrototypeOf(error));
    assertEquals([copy.name, copy.message, String(copy)], [error.name, "m", String(error)]);
    assertFalse("code" in copy);
  }
});

const denoErrors = Object.entries(Deno.errors) as [string, new (message: string) => Error][];

Deno.test("every error of Deno keeps its class and its code", () => {
  assert(denoErrors.length > 20);
  for (const [name, DenoError] of denoErrors) {
    const copy = arrived(Object.assign(new DenoError("m"), { code: "EXAMPLE" }));
    assertInstanceOf(copy, DenoError);
    assertEquals([copy.name, copy.message, Reflect.get(copy, "code")], [name, "m", "EXAMPLE"]);
    assertEquals(arrived(new DenoError("m")).name, name);
  }
});

const cause = new TypeError("below");
const plugin = "chunker/fixed";
const pageErrors: page.PluginRegistryError[] = [
  new page.PluginRegistryError("m", { plugin, cause }),
  new page.ManifestInvalid("a.toml", [{ path: "a", expected: "b", found: "c", line: 1 }], { plugin }),
  new page.DiscoveryError("plugins/", "gone", { cause }),
  new page.AmbiguousPlugin("m", ["a", "b"]),
  new page.ConfigInvalid("chunker/fixed", "/size", "must be number"),
  new page.DependencyCycle(["a/b", "a/c", "a/b"]),
  new page.PackageError("npm:a", "there is no such package"),
  new page.VersionIncompatible("thing/a", ">=9", "m"),
  new page.KindUnknown("m"),
  new page.RuntimeNotSupported("m"),
  new page.PluginLoadError("m", { plugin, cause }),
  new page.PluginUnavailable(plugin, "it is torn down"),
  new page.PermissionExceeded(plugin, [
    { permission: "net", value: "a.example", field: "f", refusedBy: "host", remedy: "r" },
  ]),
  new page.GrantRequired(plugin, "more", [{ what: "net", asked: "a.example", field: "f" }], "r"),
  new page.GrantsInvalid("grants.json", [{ path: "$", expected: "b", found: "c", line: 1 }]),
  new page.SandboxUnavailable("m"),
  new page.HookTimeout("hook", 50, 51, { plugin, hook: "chunk" }),
  new page.SerializationError("$.when", "Date", { what: "x" }),
  new page.HookUnknown("m", { plugin }),
  new page.ProtocolError("m"),
  new page.TeardownErrors([new RangeError("a"), new page.KindUnknown("b")]),
  new page.BroadcastErrors("k", "run", [{ plugin, error: new RangeError("a") }]),
  new page.DispatchMismatch("k", "run", "chain", "singleton", { plugin }),
  new page.NoCapabilityMatch("k", "run", { language: "go", capabilities: ["gpu"] }, "none"),
  new page.StoreError({ action: "put", key: "a", store: "the store" }, "it is closed", { cause }),
  new page.CheckpointConflict({ action: "save", key: "a", store: "the store" }, 1, 2),
  new page.HttpError({ method: "GET", shown: "https://a.example/" }, "dns", "no such name"),
  new page.HookspecInvalid("tool.yaml", [{ file: "a.json", path: "type", expected: "a type", found: "7", line: 2 }]),
  new page.HookInputInvalid("tool/add", "execute", { path: "$.args.x", expected: "a number", found: '"three"' }),
  new page.HookOutputInvalid("tool/add", "execute", { path: "$", expected: "an object", found: "3" }),
];

Deno.test("the errors below are all that the package has", () => {
  assertEquals(pageErrors.map(({ code }) => code).sort(), Object.keys(page.errorClasses).sort());
});

for (const error of pageErrors) {
  Deno.test(`${error.code} keeps its class, code, message, plugin and fields`, () => {
    const copy = arrived(error);
    assertStrictEquals(Object.getPrototypeOf(copy), Object.getPrototypeOf(error));
    assertEquals([copy.name, Reflect.get(copy, "code"), copy.message], [error.name, error.code, error.message]);
    assert(page.isPluginRegistryError(copy, error.code));
    assertFalse(Object.hasOwn(copy, "code"));
    for (const [key, value] of Object.entries(error)) {
      if (key !== "errors") assertEquals(Reflect.get(copy, key), value, key);
    }
    assertEquals(String(copy.cause), String(error.cause));
    const errors = (one: Error) => (Reflect.get(one, "errors") as Error[] | undefined)?.map(String);
    assertEquals(errors(copy), errors(error));
  });
}

Deno.test("the failures of a broadcast stay together, plugin and error", () => {
  const error = new page.BroadcastErrors("k", "run", [
    { plugin: "k/a", error: new RangeError("a") },
    { plugin: "k/b", error: new page.KindUnknown("b") },
  ]);
  const copy = arrived(error) as page.BroadcastErrors;
  assertEquals(copy.failures.map(({ plugin, error }) => [plugin, String(error)]), [
    ["k/a", "RangeError: a"],
    ["k/b", "KindUnknown: b"],
  ]);
});

Deno.test("an error of an unknown class is an Error of that name, with its code", () => {
  class MoneyError extends Error {
    override name = "MoneyError";
    code = "E_MONEY";
    amount = 3;
  }
  const copy = arrived(new MoneyError("too little"));
  assertStrictEquals(Object.getPrototypeOf(copy), Error.prototype);
  assertEquals(String(copy), "MoneyError: too little");
  assertEquals([Reflect.get(copy, "code"), Reflect.get(copy, "amount")], ["E_MONEY", 3]);
});

Deno.test("an abort keeps its name", () => {
  const copy = arrived(new DOMException("stopped", "AbortError"));
  assertEquals([copy.name, copy.message], ["AbortError", "stopped"]);
});

Deno.test("an error keeps its chain of causes, eight deep", () => {
  let error = new Error("0");
  for (let i = 1; i < 20; i++) error = new RangeError(String(i), { cause: error });
  const messages: string[] = [];
  for (let e: unknown = arrived(error); e instanceof Error; e = e.cause) messages.push(e.message);
  assertEquals(messages, ["19", "18", "17", "16", "15", "14", "13", "12", "11"]);
});

Deno.test("a record is cut where it is made: eight causes, 32 errors", () => {
  const error = new Error("m");
  error.cause = error;
  let depth = 0;
  for (let record = encodeError(error).cause; record !== undefined; record = record.cause) depth++;
  assertEquals(depth, 8);
  assertEquals(encodeError(new AggregateError(Array(40).fill("x"))).errors?.length, 32);
});

Deno.test("a chain of causes that bites its own tail ends", () => {
  const error = new Error("m");
  error.cause = error;
  let length = 0;
  for (let e: unknown = arrived(error); e instanceof Error; e = e.cause) length++;
  assertEquals(length, 9);
});

Deno.test("a cause that is no error is described", () => {
  assertEquals((arrived(new Error("m", { cause: "why" })).cause as Error).message, 'thrown value: "why"');
  assertEquals((arrived(new Error("m", { cause: null })).cause as Error).message, "thrown value: null");
  assertFalse("cause" in arrived(new Error("m")));
});

Deno.test("an AggregateError keeps what it gathers, 32 of them", () => {
  const gathered = Array.from({ length: 40 }, (_, i) => new RangeError(String(i)));
  const copy = arrived(new AggregateError([...gathered, "x"], "all"));
  assertInstanceOf(copy, AggregateError);
  assertEquals(copy.errors.map(String), gathered.slice(0, 32).map(String));
  assertInstanceOf(copy.errors[0], RangeError);
  assertFalse(Object.keys(copy).includes("errors"));
  const inner = arrived(new AggregateError([new AggregateError(["x"], "inner")], "outer")) as AggregateError;
  assertEquals(inner.errors[0].errors[0].message, 'thrown value: "x"');
});

Deno.test("errors that gather themselves make a record of bounded size", () => {
  const error = new AggregateError([], "m");
  error.errors.push(error, error, error, error);
  error.stack = "";
  assert(JSON.stringify(encodeError(error)).length < 1_000_000);
});

const thrown: [name: string, value: unknown, message: string][] = [
  ["a text", "oops", 'thrown value: "oops"'],
  ["a number", 42, "thrown value: 42"],
  ["a BigInt", 42n, "thrown value: 42"],
  ["undefined", undefined, "thrown value: undefined"],
  ["null", null, "thrown value: null"],
  ["a symbol", Symbol("s"), "thrown value: Symbol(s)"],
  ["an object", { code: 1 }, 'thrown value: {"code":1}'],
  [
    "an object that only looks like an error",
    { name: "RangeError", message: "m" },
    'thrown value: {"name":"RangeError","message":"m"}',
  ],
  ["a list", [1, "a"], 'thrown value: [1,"a"]'],
  ["an object that has no JSON", { toJSON: () => undefined }, "thrown value: object"],
  ["an object whose JSON throws", { id: 1n }, "thrown value: object"],
];

for (const [name, value, message] of thrown) {
  Deno.test(`${name} that is thrown arrives as an Error that describes it`, () => {
    const copy = arrived(value);
    assertStrictEquals(Object.getPrototypeOf(copy), Error.prototype);
    assertEquals(copy.name, "Error");
    assertEquals(copy.message, message);
  });
}

function refuse(): never {
  throw new Error("not for you");
}

function revokedProxy(): unknown {
  const { proxy, revoke } = Proxy.revocable(new Error("m"), {});
  revoke();
  return proxy;
}

const hostile: [name: string, value: unknown][] = [
  ["a revoked Proxy", revokedProxy()],
  ["a Proxy of which nothing can be read", new Proxy(new Error("m"), { get: refuse, getPrototypeOf: refuse })],
  ["an error whose message throws", Object.defineProperty(new Error("m"), "message", { get: refuse })],
  ["an error whose stack throws", Object.defineProperty(new Error("m"), "stack", { get: refuse })],
  ["an error whose cause throws", Object.defineProperty(new Error("m"), "cause", { get: refuse })],
  ["an error whose errors throw", Object.assign(new Error("m"), { errors: new Proxy([1], { get: refuse }) })],
  ["an error whose name is no text", Object.assign(new Error("m"), { name: { toString: refuse } })],
  ["an error whose message is a symbol", Object.assign(new Error("m"), { message: Symbol("s") })],
  ["an error with a field that throws", Object.defineProperty(new Error("m"), "x", { get: refuse, enumerable: true })],
  ["a function", refuse],
  ["an object whose text throws", { toJSON: refuse, toString: refuse }],
];

for (const [name, value] of hostile) {
  Deno.test(`${name} that is thrown is still told of`, () => {
    const copy = arrived(value);
    assertInstanceOf(copy, Error);
    assert(copy.message.length > 0);
  });
}

Deno.test("long texts are cut and say so", () => {
  const error = new Error("m".repeat(20_000));
  error.name = "N".repeat(200);
  error.stack = `Error\n${"    at somewhere\n".repeat(1000)}`;
  Object.assign(error, { code: "C".repeat(200) });
  const record = encodeError(error);
  assertEquals(record.message, `${"m".repeat(16_384)}… (3616 more characters)`);
  assertEquals(record.name, `${"N".repeat(128)}… (72 more characters)`);
  assertEquals(record.code, `${"C".repeat(128)}… (72 more characters)`);
  assertMatch(record.frames!, /… \(\d+ more characters\)$/);
  assert(record.frames!.length < 8300);
});

Deno.test("fields cross only where they are JSON", () => {
  const error = Object.assign(new Error("m"), {
    path: "$.a",
    list: [1, { a: null }],
    gone: undefined,
    when: new Date(0),
    run: () => 1,
    raw: new Uint8Array(1),
    mean: NaN,
    id: 1n,
  });
  assertEquals(encodeError(error).fields, { path: "$.a", list: [1, { a: null }] });
  assertEquals(encodeError(new Error("m")).fields, undefined);
});

Deno.test("what an error says elsewhere is no field", () => {
  const error = Object.assign(new Error("m"), { name: "N", code: "C", cause: 1, errors: [], stack: "", message: "x" });
  assertEquals(encodeError(error).fields, undefined);
});

Deno.test("fields cross only up to a limit", () => {
  const error = Object.assign(new Error("m"), { small: 1, large: "x".repeat(20_000), late: 2 });
  assertEquals(encodeError(error).fields, { small: 1 });
});

Deno.test("fields are copies of what the error had", () => {
  const list = [1];
  const record = encodeError(Object.assign(new Error("m"), { list }));
  list.push(2);
  assertEquals(record.fields, { list: [1] });
});

Deno.test("a stack points into both sides", () => {
  const error = new RangeError("m");
  error.stack = "RangeError: m\n    at chunk (file:///plugin.ts:3:7)\n    at call (file:///guest.ts:1:1)";
  const record = encodeError(error, (line) => !line.includes("guest.ts"));
  assertEquals(record.frames, "    at chunk (file:///plugin.ts:3:7)");
  assertEquals(
    decodeError(record, ORIGIN).stack,
    'RangeError: m\n    at chunk (file:///plugin.ts:3:7)\n    at plugin "chunker/fixed"',
  );
  assertEquals(encodeError(error, () => false).frames, undefined);
});

Deno.test("lines of a message are not taken for frames of the stack", () => {
  const error = new Error("first\nsecond line");
  error.stack = "Error: first\nsecond line\n    at chunk (file:///plugin.ts:3:7)";
  assertEquals(encodeError(error).frames, "    at chunk (file:///plugin.ts:3:7)");
});

Deno.test("the frames of causes are chosen like those of the error", () => {
  const record = encodeError(new AggregateError([new Error("a")], "m", { cause: new Error("b") }), () => false);
  assertEquals([record.frames, record.cause?.frames, record.errors?.[0]?.frames], [undefined, undefined, undefined]);
});

const malformed: [name: string, record: unknown][] = [
  ["nothing", undefined],
  ["null", null],
  ["a text", "oops"],
  ["a number", 1],
  ["a list", [1, 2]],
  ["an empty object", {}],
  ["wrong types everywhere", { name: 1, message: [], code: {}, frames: 1, errors: "x", fields: "x" }],
  ["lists of nonsense", { name: "E", message: "m", errors: [null, 1, [], {}], fields: [1] }],
  ["names of every object", { name: "toString", message: "m", code: "__proto__" }],
  ["the name of a global that is no error", { name: "Function", message: "m", code: "Object" }],
];

for (const [name, record] of malformed) {
  Deno.test(`a record that is ${name} still makes an error`, () => {
    const error = decodeError(record, ORIGIN);
    assertInstanceOf(error, Error);
    assert(typeof error.message === "string" && typeof error.name === "string");
    assertStrictEquals(Object.getPrototypeOf(error), Error.prototype);
    assertMatch(String(error.stack), /at plugin "chunker\/fixed"$/);
  });
}

Deno.test("a record nested without end makes an error of bounded depth", () => {
  let record: Record<string, unknown> = { name: "Error", message: "m" };
  for (let i = 0; i < 10_000; i++) record = { name: "Error", message: "m", cause: record };
  let depth = 0;
  for (let e: unknown = decodeError(record, ORIGIN); e instanceof Error; e = e.cause) depth++;
  assertEquals(depth, 9);
});

Deno.test("fields cannot replace what every error has", () => {
  const fields = JSON.parse(
    '{"name":"x","message":"x","stack":"x","cause":"x","code":"x","errors":"x","__proto__":{"y":1},"z":2}',
  );
  const error = decodeError({ name: "RangeError", message: "m", fields }, ORIGIN);
  assertEquals([error.name, error.message, error.cause], ["RangeError", "m", undefined]);
  assertEquals([Reflect.get(error, "code"), Reflect.get(error, "errors")], [undefined, undefined]);
  assertEquals(Object.getPrototypeOf(error), RangeError.prototype);
  assertEquals([Reflect.get(error, "y"), Reflect.get(error, "z")], [undefined, 2]);
});

Deno.test("fields cannot make an error unprintable", () => {
  const error = decodeError(
    { name: "Error", message: "m", fields: { toString: 1, valueOf: 1, constructor: null, toJSON: 1 } },
    ORIGIN,
  );
  assertEquals(String(error), "Error: m");
  assertStrictEquals(error.constructor, Error);
  assertMatch(Deno.inspect(error), /Error: m/);
});
