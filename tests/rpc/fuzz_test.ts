/** What arrives may be anything: recordings of real conversations, damaged in every way chance finds. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { type CallHandler, Connection, encodeFrame, type RemoteStream } from "../../src/rpc/mod.ts";
import { Chance } from "./chance.ts";
import { link, nextTurn, TARGET, Uncaught } from "./linked_pair.ts";

const MAX_BYTES = 60_000;
const ROUNDS = 3_000;
/** A turn of at most 64 KiB takes a few milliseconds; this only finds what hangs. */
const RECEIVE_MS = 2_500;

/** Answers in every way there is: at once, later, never, with errors, bytes and streams. */
const handler: CallHandler = async function (method, args, call) {
  if (method === "never") await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
  if (method === "fail") throw new RangeError("m", { cause: new TypeError("below") });
  if (method === "stream") return generate(300);
  if (method === "read") return (await collect(args[0])).length;
  return args[0];
};

async function* generate(count: number): AsyncGenerator<unknown> {
  for (let i = 0; i < count; i++) yield [i, `item ${i}`, { n: i }, undefined, new Uint8Array([i])][i % 5];
}

async function collect(stream: unknown, limit = Infinity): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream as AsyncIterable<unknown>) {
    if (items.push(item) >= limit) break;
  }
  return items;
}

/** Talks in every way there is. Settles whatever becomes of the connection. */
function talk(near: Connection): Promise<PromiseSettledResult<unknown>[]> {
  const controller = new AbortController();
  const { signal } = controller;
  const work = [
    near.call(TARGET, "echo", [1]),
    near.call(TARGET, "echo", [{ a: [new Uint8Array([1, 2, 3]), "ß€"] }, undefined], { metadata: { tenant_id: "a" } }),
    near.call(TARGET, "fail", ["x"]),
    near.call(TARGET, "never", [], { signal }),
    near.call(TARGET, "stream", []).then((stream) => collect(stream)),
    near.call(TARGET, "stream", []).then((stream) => collect(stream, 20)),
    near.call(TARGET, "stream", [], { signal }).then((stream) => collect(stream)),
    near.call(TARGET, "read", [generate(100)]),
    near.call(TARGET, "echo", [generate(5)]).then((stream) => (stream as RemoteStream)[Symbol.asyncDispose]?.()),
  ];
  near.notify(TARGET, "echo", ["log"]);
  setTimeout(() => controller.abort(), 0);
  return Promise.allSettled(work);
}

/** The frames that went each way in a conversation in which all went well. */
async function record(): Promise<Uint8Array[]> {
  const { near, far, sent, answered } = link({ handler });
  near.serve(TARGET, handler);
  await Promise.all([talk(near), talk(far)]);
  await nextTurn();
  near.close(new Error("closed"));
  far.close(new Error("closed"));
  return [...sent, ...answered];
}

const odd = [
  ...["null", "true", "-1", "0", "1", "2", "3", "7", "0.5", "1e308", "1e400", "9007199254740993", '""', '"x"', "[]"],
  ...["{}", "[[]]", "[[[],null,1]]", "[[[0],null,2]]", "[[[],5]]", '{"__proto__":{"a":1}}', '{"then":1}', "[1,2,3]"],
  ...["[".repeat(300) + "]".repeat(300), '{"a":'.repeat(280) + "1" + "}".repeat(280), `"${"\\\\".repeat(50)}"`],
];

/** The text of a frame with some literals swapped, its lengths being right again. */
function retyped(frame: Uint8Array, chance: Chance): Uint8Array {
  const jsonBytes = Number(new TextDecoder().decode(frame.subarray(0, 10)));
  const text = new TextDecoder().decode(frame.subarray(22, 22 + jsonBytes));
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[-\d.e+]+|true|false|null|[[\]{},:]/g) ?? [];
  for (let i = chance.below(3); i >= 0; i--) tokens[chance.below(tokens.length)] = chance.of(odd);
  return encodeFrame(tokens.join(""), [frame.slice(22 + jsonBytes)]);
}

/** A frame made up of messages of every kind. */
function invented(chance: Chance): Uint8Array {
  const message = () => {
    const rest = Array.from({ length: chance.below(6) }, () => `,${chance.of(odd)}`);
    return `[${chance.below(10)},${chance.below(12)}${rest.join("")}]`;
  };
  return encodeFrame(`[${Array.from({ length: 1 + chance.below(8) }, message).join(",")}]`, [
    chance.bytes(chance.below(6)),
  ]);
}

function damaged(frame: Uint8Array, chance: Chance): Uint8Array {
  const bytes = frame.slice();
  for (let i = chance.below(4); i >= 0; i--) bytes[chance.below(bytes.length)]! ^= 1 << chance.below(8);
  return bytes;
}

const ways: ((recording: readonly Uint8Array[], chance: Chance) => Uint8Array[])[] = [
  (recording) => [...recording],
  (recording, chance) => recording.slice(chance.below(recording.length)),
  (recording, chance) => recording.map((frame) => chance.below(4) === 0 ? retyped(frame, chance) : frame),
  (recording, chance) => recording.map((frame) => chance.below(6) === 0 ? damaged(frame, chance) : frame),
  (recording, chance) => recording.flatMap((frame) => Array<Uint8Array>(1 + chance.below(2)).fill(frame)),
  (recording, chance) => recording.map(() => chance.of(recording)),
  (recording, chance) => recording.map((frame) => frame.subarray(0, 1 + chance.below(frame.length))),
  (recording, chance) => recording.flatMap((frame) => chance.below(3) === 0 ? [invented(chance), frame] : [frame]),
  (_, chance) => Array.from({ length: 5 }, () => invented(chance)),
  (_, chance) => [chance.bytes(1 + chance.below(200))],
  (_, chance) => [encodeFrame(`[[1,1,"${"x".repeat(MAX_BYTES - 2_000 + chance.below(4_000))}"]]`)],
  (_, chance) => [encodeFrame("[".repeat(200 + chance.below(20_000)))],
  (_, chance) => [encodeFrame(`[[0,1,7,"echo",[${"[".repeat(chance.below(400))}]]]`), invented(chance)],
];

Deno.test("whatever arrives, nothing is thrown, nothing hangs, and all that waits ends with the connection", async () => {
  using uncaught = new Uncaught();
  const recording = await record();
  assert(recording.length > 4, "there is little to damage");
  const tally = { broken: 0, whole: 0, served: 0, answered: 0, slowest: 0 };
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const chance = new Chance(seed);
    const violations: Error[] = [];
    const busy: boolean[] = [];
    const host = new Connection({
      peer: "x",
      write: () => {},
      maxBytes: MAX_BYTES,
      maxPending: 50,
      onBusy: (now) => busy.push(now),
      onViolation: (error) => violations.push(error),
    });
    host.serve(TARGET, (method, args, call) => (tally.served++, handler(method, args, call)));
    const all = talk(host);
    if (chance.below(2) === 0) await null;
    for (const frame of ways[seed % ways.length]!(recording, chance)) {
      for (let at = 0; at < frame.length;) {
        const piece = frame.slice(at, at + (chance.below(4) === 0 ? 1 + chance.below(frame.length) : 65_536));
        at += piece.length;
        const start = performance.now();
        try {
          host.receive(piece);
        } catch (cause) {
          throw new Error(`receiving threw with seed ${seed}`, { cause });
        }
        tally.slowest = Math.max(tally.slowest, performance.now() - start);
      }
      if (chance.below(3) === 0) await null;
    }
    if (seed % 20 === 0) await nextTurn();
    assert(violations.length <= 1, `${violations.length} violations with seed ${seed}`);
    for (const violation of violations) assertInstanceOf(violation, ProtocolError, `seed ${seed}`);
    tally[violations.length === 1 ? "broken" : "whole"]++;
    host.close(new Error("closed"));
    const settled = await all; // a call or a reader that is left waiting hangs here, and Deno says so
    if (settled.some(({ status }) => status === "fulfilled")) tally.answered++;
    assertEquals(busy.at(-1), false, `busy for ever with seed ${seed}`);
  }
  await nextTurn();
  await nextTurn();
  assertEquals(uncaught.errors, []);
  assert(tally.slowest < RECEIVE_MS, `one turn took ${tally.slowest} ms`);
  for (const found of ["broken", "whole", "served", "answered"] as const) {
    assert(tally[found] > ROUNDS / 30, `the inputs are too much alike: ${JSON.stringify(tally)}`);
  }
});
