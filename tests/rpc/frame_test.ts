import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { encodeFrame, type Frame, FrameDecoder } from "../../src/rpc/frame.ts";

const utf8 = new TextEncoder();

/** A frame made by hand. */
function frameOf(json: string | Uint8Array, binary: number[] = [], header?: string): Uint8Array {
  const text = typeof json === "string" ? utf8.encode(json) : json;
  const lengths = [text.byteLength, binary.length].map((length) => String(length).padStart(10, "0"));
  return join([utf8.encode(header ?? `${lengths[0]} ${lengths[1]} `), text, new Uint8Array(binary)]);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** All frames that come out of a decoder fed with the chunks. */
function decodeAll(chunks: Iterable<Uint8Array>, maxBytes = 1_000_000): { json: string; binary: number[] }[] {
  const decoder = new FrameDecoder(maxBytes);
  const frames: Frame[] = [];
  for (const chunk of chunks) decoder.push(chunk, (frame) => frames.push(frame));
  return frames.map(({ json, binary }) => ({ json, binary: [...binary] }));
}

Deno.test("a frame is two padded lengths, the text, then the raw bytes", () => {
  const frame = encodeFrame('["ä"]', [new Uint8Array([1, 2]), new Uint8Array(0), new Uint8Array([255])]);
  assertEquals(frame, frameOf('["ä"]', [1, 2, 255], "0000000006 0000000003 "));
  assertEquals(new TextDecoder().decode(encodeFrame("[]")), "0000000002 0000000000 []");
});

Deno.test("a frame takes a view's part of a buffer, not the buffer", () => {
  const whole = new Uint8Array([0, 1, 2, 3, 4]);
  assertEquals(encodeFrame("[]", [whole.subarray(1, 3)]), frameOf("[]", [1, 2]));
});

const texts: [name: string, text: string][] = [
  ["an empty text", ""],
  ["a short text", "[1]"],
  ["text of two bytes a character", "ßäöü"],
  ["text of three bytes a character", "€€€"],
  ["text of four bytes a character", "😀😀"],
  ["text just short of where lengths are counted exactly", "€".repeat(65_535)],
  ["text as long as where lengths are guessed", "€".repeat(65_536)],
  ["text longer than where lengths are guessed", "€".repeat(65_537)],
  ["long text of four bytes a character", "😀".repeat(40_000)],
  ["long ASCII text", "x".repeat(200_000)],
];

for (const [name, text] of texts) {
  Deno.test(`${name} comes out of a frame as it went in, with the bytes behind it`, () => {
    const frame = encodeFrame(text, [new Uint8Array([7, 8])]);
    assertEquals(frame.byteLength, 22 + utf8.encode(text).byteLength + 2);
    const [out, ...more] = decodeAll([frame]);
    assertEquals(more, []);
    assert(out?.json === text);
    assertEquals(out.binary, [7, 8]);
  });
}

const several = [frameOf("[1]"), frameOf('["€"]', [1, 2, 3]), frameOf("[]", [9])];
const severalOut = [
  { json: "[1]", binary: [] },
  { json: '["€"]', binary: [1, 2, 3] },
  { json: "[]", binary: [9] },
];

Deno.test("several frames in one chunk come out in order", () => {
  assertEquals(decodeAll([join(several)]), severalOut);
});

Deno.test("frames come out the same wherever the stream is cut in two", () => {
  const stream = join(several);
  for (let cut = 0; cut <= stream.byteLength; cut++) {
    assertEquals(decodeAll([stream.subarray(0, cut), stream.subarray(cut)]), severalOut, `cut at ${cut}`);
  }
});

Deno.test("frames come out the same whatever the size of the pieces", () => {
  const stream = join([...several, ...several]);
  for (let size = 1; size < stream.byteLength; size++) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < stream.byteLength; at += size) chunks.push(stream.subarray(at, at + size));
    assertEquals(decodeAll(chunks), [...severalOut, ...severalOut], `pieces of ${size}`);
  }
});

Deno.test("empty chunks change nothing", () => {
  const stream = several[1]!;
  const nothing = new Uint8Array(0);
  const chunks = [
    nothing,
    stream.subarray(0, 5),
    nothing,
    stream.subarray(5, 24),
    nothing,
    stream.subarray(24),
    nothing,
  ];
  assertEquals(decodeAll(chunks), [severalOut[1]!]);
});

Deno.test("a frame comes out as soon as its last byte is there, and not before", () => {
  const frame = frameOf("[1]", [1]);
  const decoder = new FrameDecoder(100);
  let count = 0;
  decoder.push(frame.subarray(0, frame.byteLength - 1), () => count++);
  assertEquals(count, 0);
  decoder.push(frame.subarray(frame.byteLength - 1), () => count++);
  assertEquals(count, 1);
});

Deno.test("raw bytes that arrive whole are not copied", () => {
  const stream = join(several);
  const decoder = new FrameDecoder(100);
  const binaries: Uint8Array[] = [];
  decoder.push(stream, ({ binary }) => binaries.push(binary));
  for (const binary of binaries) assertStrictEquals(binary.buffer, stream.buffer);
});

const notFrames: [name: string, bytes: Uint8Array][] = [
  ["random text", utf8.encode("Hello, this is no frame at all")],
  ["JSON without a header", utf8.encode('{"jsonrpc":"2.0","id":1,"method":"x"}')],
  ["zeros", new Uint8Array(22)],
  ["a length with a letter", frameOf("[]", [], "000000000x 0000000000 ")],
  ["a negative length", frameOf("[]", [], "-000000002 0000000000 ")],
  ["a length padded with blanks", frameOf("[]", [], "         2          0 ")],
  ["a second length with a letter", frameOf("[]", [], "0000000002 00000000x0 ")],
  ["another separator", frameOf("[]", [], "0000000002:0000000000 ")],
  ["a line end in place of the second space", frameOf("[]", [], "0000000002 0000000000\n")],
  ["bytes just below the digits", frameOf("[]", [], "000000000/ 0000000000 ")],
  ["bytes just above the digits", frameOf("[]", [], "000000000: 0000000000 ")],
];

for (const [name, bytes] of notFrames) {
  Deno.test(`a decoder refuses ${name}`, () => {
    assertThrows(() => decodeAll([bytes]), ProtocolError, "the bytes received are no frame");
    const onebyOne = Array.from(bytes, (byte) => new Uint8Array([byte]));
    assertThrows(() => decodeAll(onebyOne), ProtocolError, "the bytes received are no frame");
  });
}

Deno.test("a decoder refuses garbage after a good frame, which has come out by then", () => {
  const decoder = new FrameDecoder(100);
  const out: string[] = [];
  const stream = join([frameOf("[1]"), utf8.encode("x".repeat(22))]);
  assertThrows(() => decoder.push(stream, ({ json }) => out.push(json)), ProtocolError);
  assertEquals(out, ["[1]"]);
});

const sizes: [json: number, binary: number, fits: boolean][] = [
  [100, 0, true],
  [0, 100, true],
  [60, 40, true],
  [101, 0, false],
  [0, 101, false],
  [60, 41, false],
];

for (const [json, binary, fits] of sizes) {
  Deno.test(`a decoder of 100 bytes ${fits ? "takes" : "refuses"} ${json} bytes of text and ${binary} raw ones`, () => {
    const frame = frameOf("x".repeat(json), new Array(binary).fill(0));
    if (fits) assertEquals(decodeAll([frame], 100).length, 1);
    else {
      assertThrows(
        () => decodeAll([frame], 100),
        ProtocolError,
        `it is ${json + binary} bytes, the limit is 100 bytes`,
      );
    }
  });
}

Deno.test("a decoder refuses a frame too large by its header, before the rest arrives", () => {
  assertThrows(() => decodeAll([utf8.encode("9999999999 9999999999 ")], 100), ProtocolError, "the limit is 100 bytes");
});

const notUtf8: [name: string, bytes: number[]][] = [
  ["a byte that stands nowhere", [0x22, 0xff, 0x22]],
  ["a continuation alone", [0x80]],
  ["a sequence cut short", [0xe2, 0x82]],
  ["half a surrogate pair", [0xed, 0xa0, 0x80]],
  ["an overlong slash", [0xc0, 0xaf]],
];

for (const [name, bytes] of notUtf8) {
  Deno.test(`a decoder refuses text with ${name}`, () => {
    const error = assertThrows(() => decodeAll([frameOf(new Uint8Array(bytes))]), ProtocolError, "is not UTF-8");
    assertInstanceOf(error.cause, TypeError);
  });
}
