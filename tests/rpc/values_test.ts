import { assert, assertEquals, assertFalse, assertInstanceOf, assertThrows } from "@std/assert";
import { ProtocolError, SerializationError } from "../../src/errors.ts";
import { Attachments, decodeValue, encodeArguments, type EncodedValue, encodeValue } from "../../src/rpc/values.ts";

function bytes(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return bytes(...parts.flatMap((part) => [...part]));
}

/** What arrives of something written. */
function arrived({ text, attachments }: EncodedValue): unknown {
  const rest = new Attachments(join(attachments));
  const value = decodeValue(JSON.parse(`["head",${text}]`), 1, rest);
  assertEquals(rest.remaining, 0);
  return value;
}

const written: [name: string, value: unknown, text: string, attachments: Uint8Array[]][] = [
  ["null", null, "null", []],
  ["text", "ä", '"ä"', []],
  ["an object without undefined properties", { a: 1, b: undefined }, '{"a":1}', []],
  ["an object that looks like a patch", [[["a"], 3]], '[[["a"],3]]', []],
  ["bytes", bytes(1, 2), "null,[[[],2]]", [bytes(1, 2)]],
  ["no bytes at all", bytes(), "null,[[[],0]]", [bytes()]],
  ["bytes inside", { a: [bytes(1), bytes(2, 3)] }, '{"a":[null,null]},[[["a",0],1],[["a",1],2]]', [
    bytes(1),
    bytes(2, 3),
  ]],
];

for (const [name, value, text, attachments] of written) {
  Deno.test(`a value is written as text with patches: ${name}`, () => {
    const { patched = false, ...found } = encodeValue(value, "value");
    assertEquals(found, { text, attachments });
    assertEquals(patched, attachments.length > 0);
  });
}

const writtenArguments: [name: string, args: unknown[], text: string, attachments: Uint8Array[]][] = [
  ["none", [], "[]", []],
  ["several", [1, "a", null], '[1,"a",null]', []],
  ["undefined", [undefined], "[null],[[[0]]]", []],
  ["undefined between others", [1, undefined, 3, undefined], "[1,null,3,null],[[[1]],[[3]]]", []],
  ["bytes", [bytes(5)], "[null],[[[0],1]]", [bytes(5)]],
  ["bytes and undefined", [undefined, { a: bytes(5) }], '[null,{"a":null}],[[[0]],[[1,"a"],1]]', [bytes(5)]],
];

for (const [name, args, text, attachments] of writtenArguments) {
  Deno.test(`arguments are written as text with patches: ${name}`, () => {
    const { patched = false, ...found } = encodeArguments(args, "hook ", "x");
    assertEquals(found, { text, attachments });
    assertEquals(patched, text.includes(",[[["));
  });
}

Deno.test("a bad argument is named by its place, its path begins in it", () => {
  const error = assertThrows(
    () => encodeArguments([1, { items: [new Date(0)] }], "hook ", "chunk"),
    SerializationError,
    'Cannot pass argument 2 of hook "chunk": $.items[0]: Date;',
  );
  assertEquals(error.path, "$.items[0]");
});

Deno.test("undefined inside an argument is refused, for it would not come back", () => {
  assertThrows(() => encodeArguments([[undefined]], "hook ", "x"), SerializationError, "$[0]: undefined (use null)");
});

const deep = { a: [{ b: { c: bytes(1, 2, 3), d: [null, bytes(), "x"] } }], e: bytes(255) };
const values: [name: string, value: unknown][] = [
  ["JSON of every kind", { a: [null, true, false, 0, -1.5, "", "ß€😀\u2028\ud800", [], {}], "": { "0": 1 } }],
  ["bytes", bytes(0, 127, 255)],
  ["bytes at every depth", deep],
  ["the same bytes twice", Array(2).fill(deep.e)],
  ["bytes under an own key named __proto__", JSON.parse('{"__proto__":1}', (key, v) => key ? bytes(1) : v)],
  ["bytes under an own key named constructor", { constructor: { prototype: bytes(1) } }],
  ["bytes under a key that looks like an index", { "0": bytes(1), "-1": [bytes(2)] }],
  ["a value that looks like a patch", [null, [[[], 1]]]],
  ["an own key named __proto__", JSON.parse('{"__proto__":{"polluted":true}}')],
];

for (const [name, value] of values) {
  Deno.test(`a value arrives as it was: ${name}`, () => {
    assertEquals(arrived(encodeValue(value, "value")), value);
    assertEquals(arrived(encodeArguments([value, undefined, value], "hook ", "x")), [value, undefined, value]);
    assertFalse("polluted" in {});
  });
}

Deno.test("a view arrives without the rest of its buffer", () => {
  const whole = bytes(1, 2, 3, 4);
  assertEquals(arrived(encodeValue([whole.subarray(1, 3)], "value")), [bytes(2, 3)]);
});

const rewriting: [name: string, value: unknown][] = [
  ["a list with a toJSON that gives nothing", Object.assign([1, 2], { toJSON: () => undefined })],
  ["a list with a toJSON that gives something else", Object.assign([1, 2], { toJSON: () => "x" })],
  ["an object with a hidden toJSON", Object.defineProperty({ a: 1 }, "toJSON", { value: () => undefined })],
  ["bytes with a toJSON", Object.assign(bytes(1), { toJSON: () => "x" })],
];

for (const [name, value] of rewriting) {
  Deno.test(`${name} is refused or arrives as it was, but never breaks the message`, () => {
    for (const given of [value, { inner: [value] }]) {
      let encoded: EncodedValue;
      try {
        encoded = encodeValue(given, "value");
      } catch (error) {
        assertInstanceOf(error, SerializationError);
        continue;
      }
      const plain = JSON.stringify(arrived(encoded), (_key, v) => v instanceof Uint8Array ? [...v] : v);
      assert(['{"a":1}', "[1,2]", "[1]"].some((whole) => [whole, `{"inner":[${whole}]}`].includes(plain)), plain);
    }
  });
}

Deno.test("what is left out of a message is undefined", () => {
  assertEquals(decodeValue(["head"], 1, new Attachments(bytes())), undefined);
});

const badPatches: [name: string, patches: string][] = [
  ["null", "null"],
  ["a number", "1"],
  ["an object", "{}"],
  ["a patch that is no list", "[1]"],
  ["a patch that is null", "[null]"],
  ["an empty patch", "[[]]"],
  ["a path that is no list", '[["raw",1]]'],
  ["a path that leads nowhere", '[[["gone"],1]]'],
  ["a path through null", '[[["raw","x"],1]]'],
  ["a path through a number", '[[["count","x"],1]]'],
  ["a path through a text", '[[["text",0],1]]'],
  ["a path behind the end of a list", '[[["list",7],1]]'],
  ["a path to a list's length", '[[["list","length"],1]]'],
  ["a step that is a fraction", '[[["list",0.5],1]]'],
  ["a step that is a list", '[[[["raw"]],1]]'],
  ["a step that is null", "[[[null],1]]"],
  ["a step into a prototype", '[[["__proto__"],1]]'],
  ["a step through a prototype", '[[["constructor","prototype"],1]]'],
  ["a step to the end of all prototypes", '[[["__proto__","__proto__"]]]'],
  ["a path to what is not null", '[[["count"],1]]'],
  ["a path to a list", '[[["list"],1]]'],
  ["the root, which is not null", "[[[],1]]"],
  ["more bytes than there are", '[[["raw"],4]]'],
  ["bytes that another patch took", '[[["raw"],3],[["list",0],1]]'],
  ["a place that another patch took", '[[["raw"],1],[["raw"],1]]'],
  ["a step into bytes", '[[["raw"],1],[["raw",0],1]]'],
  ["a negative length", '[[["raw"],-1]]'],
  ["a length that is a fraction", '[[["raw"],0.5]]'],
  ["a length that is text", '[[["raw"],"1"]]'],
  ["a length that is null", '[[["raw"],null]]'],
  ["a length beyond all numbers", '[[["raw"],1e300]]'],
];

for (const [name, patches] of badPatches) {
  Deno.test(`patches are refused that hold ${name}`, () => {
    const message = JSON.parse(`["head",{"raw":null,"list":[null],"count":1,"text":"x"},${patches}]`);
    assertThrows(
      () => decodeValue(message, 1, new Attachments(bytes(1, 2, 3))),
      ProtocolError,
      "a patch fits neither its value nor the raw bytes",
    );
  });
}

Deno.test("attachments are taken from the front, each in a buffer of its own", () => {
  const whole = bytes(1, 2, 3, 4);
  const attachments = new Attachments(whole);
  assertEquals(attachments.remaining, 4);
  const first = attachments.take(1);
  const second = attachments.take(2);
  assertEquals([first, second], [bytes(1), bytes(2, 3)]);
  assertEquals([first?.buffer.byteLength, second?.buffer.byteLength], [1, 2]);
  assertEquals(attachments.take(2), undefined);
  assertEquals(attachments.remaining, 1);
  assertEquals([attachments.take(0), attachments.take(1), attachments.take(0)], [bytes(), bytes(4), bytes()]);
  whole.fill(9);
  assertEquals([first, second], [bytes(1), bytes(2, 3)]);
});
