import { assertEquals, assertInstanceOf, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { SerializationError } from "../src/errors.ts";
import { checkBoundaryValue, formatPath, MAX_DEPTH, type PathStep } from "../src/json.ts";

class Money {
  amount = 1;
}

/** A list within lists, `levels` of them in all. */
function nestedLists(levels: number): unknown {
  let value: unknown = [];
  for (let i = 1; i < levels; i++) value = [value];
  return value;
}

function nestedObjects(levels: number): unknown {
  let value: unknown = {};
  for (let i = 1; i < levels; i++) value = { in: value };
  return value;
}

function cyclicObject(): unknown {
  const value: Record<string, unknown> = { name: "loop" };
  value["self"] = value;
  return value;
}

function cyclicList(): unknown {
  const list: unknown[] = [1];
  list.push({ back: list });
  return { list };
}

// deno-lint-ignore no-sparse-arrays -- holes are what these rows are about
const holes: unknown[] = [1, , 3];

const refused: [name: string, value: unknown, path: string, found: string][] = [
  ["a Date", new Date(0), "$", "Date"],
  ["a Date in a property", { when: new Date(0) }, "$.when", "Date"],
  ["a Date in a list in a property", { items: [0, 1, 2, { when: new Date(0) }] }, "$.items[3].when", "Date"],
  ["a Map", { index: new Map() }, "$.index", "Map"],
  ["a Set", [new Set()], "$[0]", "Set"],
  ["a WeakMap", { cache: new WeakMap() }, "$.cache", "WeakMap"],
  ["a RegExp", { pattern: /x/ }, "$.pattern", "RegExp"],
  ["an Error", { error: new RangeError("x") }, "$.error", "RangeError"],
  ["a URL", { url: new URL("file:///x") }, "$.url", "URL"],
  ["a Promise", { later: Promise.resolve(1) }, "$.later", "Promise"],
  ["a boxed number", { count: Object(1) }, "$.count", "Number"],
  ["a boxed text", { name: Object("x") }, "$.name", "String"],
  ["a BigInt", { id: 1n }, "$.id", "BigInt"],
  ["a BigInt at the root", 1n, "$", "BigInt"],
  ["a function", { run: () => 1 }, "$.run", "function"],
  ["a class", [Money], "$[0]", "function"],
  ["a symbol", { key: Symbol("x") }, "$.key", "symbol"],
  ["NaN", { mean: NaN }, "$.mean", "NaN"],
  ["Infinity", [[Infinity]], "$[0][0]", "Infinity"],
  ["negative Infinity", -Infinity, "$", "-Infinity"],
  ["an array hole", holes, "$[1]", "array hole"],
  ["an array hole in a property", { list: new Array(1) }, "$.list[0]", "array hole"],
  ["undefined in an array", { list: [1, undefined] }, "$.list[1]", "undefined (use null)"],
  ["a class instance", { price: new Money() }, "$.price", "Money"],
  ["an instance of a class without a name", [new (class {})()], "$[0]", "object of unknown class"],
  ["an ArrayBuffer", { raw: new ArrayBuffer(1) }, "$.raw", "ArrayBuffer"],
  ["a DataView", { raw: new DataView(new ArrayBuffer(1)) }, "$.raw", "DataView"],
  ["another typed array", { raw: new Float64Array(1) }, "$.raw", "Float64Array"],
  ["clamped bytes", { raw: new Uint8ClampedArray(1) }, "$.raw", "Uint8ClampedArray"],
  ["a Node buffer", { raw: Buffer.from("x") }, "$.raw", "Buffer"],
  ["a cycle", cyclicObject(), "$.self", "cycle"],
  ["a cycle through a list", cyclicList(), "$.list[1].back", "cycle"],
  ["too many lists in lists", nestedLists(MAX_DEPTH + 1), "$" + "[0]".repeat(8), "nested deeper than 256 levels"],
  ["too many objects in objects", nestedObjects(MAX_DEPTH + 1), "$" + ".in".repeat(8), "nested deeper than 256 levels"],
  ["a key with a space", { "a b": { c: NaN } }, '$["a b"].c', "NaN"],
  ["an empty key", { "": NaN }, '$[""]', "NaN"],
  ["a key that looks like an index", { "0": [NaN] }, '$["0"][0]', "NaN"],
  ["a key with a quote", { 'say "hi"': NaN }, '$["say \\"hi\\""]', "NaN"],
  ["a key outside ASCII", { "größe": NaN }, '$["größe"]', "NaN"],
  ["a key with a dollar and digits", { $x_1: NaN }, "$.$x_1", "NaN"],
  ["an own key named __proto__", JSON.parse('{"__proto__":[1]}', (_, v) => v === 1 ? NaN : v), "$.__proto__[0]", "NaN"],
  ["what stands under an object without a prototype", Object.assign(Object.create(null), { a: NaN }), "$.a", "NaN"],
  ["what stands beside bytes", { raw: new Uint8Array(1), bad: 1n }, "$.bad", "BigInt"],
  ["the first of several", { fine: 1, first: [1n], second: NaN }, "$.first[0]", "BigInt"],
];

for (const [name, value, path, found] of refused) {
  Deno.test(`a boundary refuses ${name} and says where it stands`, () => {
    const error = assertThrows(() => checkBoundaryValue(value, 'result of hook "chunk"'), SerializationError);
    assertEquals(error.path, path);
    assertEquals(error.found, found);
    assertEquals(
      error.message,
      `Cannot pass result of hook "chunk": ${path}: ${found}; only JSON values and Uint8Array cross a boundary`,
    );
  });
}

Deno.test("a boundary refuses an object whose prototype is another object", () => {
  const error = assertThrows(() => checkBoundaryValue({ a: Object.create({ b: 1 }) }, "value"), SerializationError);
  assertEquals(error.path, "$.a");
});

Deno.test("a boundary refuses an instance of a class that extends Array", () => {
  class Stack extends Array<number> {}
  const error = assertThrows(() => checkBoundaryValue({ stack: Stack.of(1) }, "value"), SerializationError);
  assertEquals(error.path, "$.stack");
  assertEquals(error.found, "Stack");
});

Deno.test("a boundary refuses an instance of a class that extends Uint8Array", () => {
  class Packet extends Uint8Array {}
  const error = assertThrows(() => checkBoundaryValue([new Packet(1)], "value"), SerializationError);
  assertEquals(error.path, "$[0]");
  assertEquals(error.found, "Packet");
});

function refuse(): never {
  throw new TypeError("not for you");
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const unreadable: [name: string, value: object][] = [
  ["a Proxy that gives no prototype", new Proxy({}, { getPrototypeOf: refuse })],
  ["a Proxy that gives no keys", new Proxy({}, { ownKeys: refuse })],
  ["a Proxy that gives no descriptors", new Proxy({ b: 1 }, { getOwnPropertyDescriptor: refuse })],
  ["a Proxy that gives no property", new Proxy({ b: 1 }, { get: refuse })],
  ["a Proxy of a list that gives nothing", new Proxy([1], { get: refuse })],
  ["a revoked Proxy", revokedProxy()],
  ["a getter that throws", Object.defineProperty({}, "b", { get: refuse, enumerable: true })],
];

for (const [name, value] of unreadable) {
  Deno.test(`a boundary refuses ${name} with its path, not with what it throws`, () => {
    const error = assertThrows(() => checkBoundaryValue({ fine: 1, a: value }, "value"));
    assertInstanceOf(error, SerializationError);
    assertMatch(error.path, /^\$\.a(\.b)?$/);
  });
}

const accepted: [name: string, value: unknown][] = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["zero", 0],
  ["a fraction", -1.5e-7],
  ["the largest number", Number.MAX_VALUE],
  ["an empty text", ""],
  ["text with every kind of character", 'a"\\\n\u0000ß€😀\u2028'],
  ["half a surrogate pair", "\ud800"],
  ["an empty list", []],
  ["an empty object", {}],
  ["lists and objects in each other", { a: [{ b: [[], {}, null] }], c: { d: "e" } }],
  ["an own key named __proto__", JSON.parse('{"__proto__":{"a":1}}')],
  ["keys of Object.prototype", { constructor: 1, toString: "x", hasOwnProperty: null }],
  ["a key named toJSON that is no function", { toJSON: 1 }],
  ["a key named then that is no function", { then: 1 }],
  ["a frozen object", Object.freeze({ a: Object.freeze([1]) })],
  ["as many lists in lists as may be", nestedLists(MAX_DEPTH)],
  ["as many objects in objects as may be", nestedObjects(MAX_DEPTH)],
];

for (const [name, value] of accepted) {
  Deno.test(`a boundary lets ${name} pass, equal on the other side`, () => {
    assertEquals(checkBoundaryValue(value, "value"), []);
    assertEquals(JSON.parse(JSON.stringify(value)), value);
  });
}

Deno.test("a boundary lets undefined itself pass as void", () => {
  assertEquals(checkBoundaryValue(undefined, "value"), []);
});

Deno.test("a boundary drops undefined properties", () => {
  assertEquals(checkBoundaryValue({ a: undefined, b: [{ c: undefined }] }, "value"), []);
  assertEquals(checkBoundaryValue({ a: undefined, raw: new Uint8Array(1) }, "value").length, 1);
});

Deno.test("a boundary lets objects without a prototype pass", () => {
  const value = Object.assign(Object.create(null), { a: Object.assign(Object.create(null), { b: [1] }) });
  assertEquals(checkBoundaryValue(value, "value"), []);
});

Deno.test("a boundary lets one object pass twice, for that is no cycle", () => {
  const shared = { a: [1] };
  assertEquals(checkBoundaryValue([shared, { shared }, shared], "value"), []);
  const withBytes = { raw: new Uint8Array(1) };
  assertEquals(checkBoundaryValue([withBytes, withBytes], "value").map(({ path }) => path), [[0, "raw"], [1, "raw"]]);
});

const bytesAt: [name: string, build: (bytes: Uint8Array) => unknown, paths: PathStep[][]][] = [
  ["at the root", (b) => b, [[]]],
  ["in a property", (b) => ({ raw: b }), [["raw"]]],
  ["in a list", (b) => [1, b], [[1]]],
  ["deep inside", (b) => ({ pages: [{}, { image: { raw: b } }] }), [["pages", 1, "image", "raw"]]],
  ["in several places, in order", (b) => [{ x: b, y: 0, z: [b] }, b], [[0, "x"], [0, "z", 0], [1]]],
  ["under an own key named __proto__", (b) => JSON.parse('{"__proto__":1}', (k, v) => k ? b : v), [["__proto__"]]],
];

for (const [name, build, paths] of bytesAt) {
  Deno.test(`bytes are found ${name}`, () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const found = checkBoundaryValue(build(bytes), "value");
    assertEquals(found.map(({ path }) => path), paths);
    for (const one of found) assertStrictEquals(one.bytes, bytes);
  });
}

Deno.test("bytes of one check do not turn up in the next", () => {
  assertEquals(checkBoundaryValue([new Uint8Array(1)], "value").length, 1);
  assertEquals(checkBoundaryValue([1], "value"), []);
});

const paths: [steps: PathStep[], text: string][] = [
  [[], "$"],
  [["a"], "$.a"],
  [["a", "b", "c"], "$.a.b.c"],
  [[0, 12], "$[0][12]"],
  [["items", 3, "when"], "$.items[3].when"],
  [["_a", "$b", "c1"], "$._a.$b.c1"],
  [["1a"], '$["1a"]'],
  [["a-b"], '$["a-b"]'],
  [["a.b"], '$["a.b"]'],
  [[""], '$[""]'],
  [['"'], '$["\\""]'],
  [["a\n"], '$["a\\n"]'],
];

for (const [steps, text] of paths) {
  Deno.test(`the path ${JSON.stringify(steps)} is written ${text}`, () => {
    assertEquals(formatPath(steps), text);
  });
}
