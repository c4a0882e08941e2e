/** Progress sinks: what they take, what they remember, what they leave out. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { SerializationError } from "../../src/errors.ts";
import type { JsonValue } from "../../src/json.ts";
import { FrozenClock } from "../../src/resources/frozen_clock.ts";
import { LogProgressSink } from "../../src/resources/log_progress_sink.ts";
import { MockProgressSink } from "../../src/resources/mock_progress_sink.ts";
import { PROGRESS_SINK_METHODS, type ProgressSink } from "../../src/resources/progress_sink.ts";
import { MemoryLogger } from "../support.ts";

const SINKS: Record<string, () => ProgressSink> = {
  MockProgressSink: () => new MockProgressSink(),
  LogProgressSink: () => new LogProgressSink(new MemoryLogger()),
};

for (const [name, make] of Object.entries(SINKS)) {
  Deno.test(`${name} takes what is between 0 and 1, both included, and refuses the rest`, async () => {
    const sink = make();
    for (const percent of [0, 0.5, 1, Number.MIN_VALUE]) await sink.update(percent, "on");
    for (const percent of [-0.1, 1.0001, 50, NaN, Infinity]) {
      await assertRejects(() => sink.update(percent, "on"), RangeError, `percent is ${percent}, not 0 to 1`);
    }
    for (const percent of ["0.5", null, undefined, 1n]) {
      await assertRejects(() => sink.update(percent as unknown as number, "on"), TypeError, "percent is");
    }
    await assertRejects(() => sink.update(0, undefined as unknown as string), TypeError, "message is undefined");
    await assertRejects(() => sink.event(7 as unknown as string), TypeError, "its type is number");
    await assertRejects(() => sink.event(""), RangeError, "its type is empty");
  });

  Deno.test(`${name} refuses a payload that is no JSON, with its path`, async () => {
    const sink = make();
    for (const [payload, path] of [[{ a: [new Date()] }, "$.a[0]"], [{ b: new Uint8Array(1) }, "$.b"]] as const) {
      const given = payload as unknown as JsonValue;
      for (const call of [() => sink.update(0, "on", given), () => sink.event("e", given)]) {
        assertEquals((await assertRejects(call, SerializationError)).path, path);
      }
    }
  });

  Deno.test(`${name} has the methods that a plugin may call`, () => {
    for (const method of PROGRESS_SINK_METHODS) assertEquals(typeof make()[method], "function");
  });
}

Deno.test("MockProgressSink remembers copies that nobody can change, in order", async () => {
  const sink = new MockProgressSink();
  const payload = { pages: [1] };
  await sink.update(0.5, "half", payload);
  payload.pages.push(2);
  await sink.event("page_done", null);
  await sink.update(1, "done");
  assertEquals(sink.reports, [
    { percent: 0.5, message: "half", payload: { pages: [1] } },
    { type: "page_done", payload: null },
    { percent: 1, message: "done" },
  ]);
  assertEquals([sink.updates.length, sink.events.length], [2, 1]);
  const [first] = sink.updates;
  assertThrows(() => (first as { percent: number }).percent = 0, TypeError);
  assertThrows(() => (first!.payload as { pages: number[] }).pages.push(3), TypeError);
  assertThrows(() => (sink.reports as unknown[]).pop(), TypeError);
  await assertRejects(() => sink.update(2, "too far"), RangeError);
  assertEquals(sink.reports.length, 3);
  sink.clear();
  assertEquals(sink.reports, []);
});

Deno.test("LogProgressSink writes one update an interval, the first and the last always, and counts the rest", async () => {
  const logger = new MemoryLogger();
  const clock = new FrozenClock();
  const sink = new LogProgressSink(logger, { clock });
  for (let i = 0; i <= 100; i++) {
    await sink.update(i / 100, `page ${i}`, { page: i });
    clock.advance(30);
  }
  for (let i = 0; i < 5; i++) await sink.update(1, "still done");
  assertEquals(logger.records.map(({ level, message, fields }) => [level, message, fields?.skipped]), [
    ["info", "0 % page 0", undefined],
    ["info", "34 % page 34", 33],
    ["info", "68 % page 68", 33],
    ["info", "100 % page 100", 31],
  ]);
  assertEquals(logger.records[1]!.fields, { percent: 0.34, payload: { page: 34 }, skipped: 33 });
});

Deno.test("LogProgressSink writes so many events an interval, and counts the rest", async () => {
  const logger = new MemoryLogger();
  const clock = new FrozenClock();
  const sink = new LogProgressSink(logger, { clock, maxEvents: 2, intervalMs: 100 });
  for (let i = 0; i < 5; i++) await sink.event("page_done", { i });
  clock.advance(100);
  await sink.event("page_done");
  assertEquals(logger.records.map(({ message, fields }) => [message, fields]), [
    ["event page_done", { type: "page_done", payload: { i: 0 } }],
    ["event page_done", { type: "page_done", payload: { i: 1 } }],
    ["event page_done", { type: "page_done", skipped: 3 }],
  ]);
});

Deno.test("LogProgressSink says 100 % at the end and not before", async () => {
  const logger = new MemoryLogger();
  const sink = new LogProgressSink(logger, { intervalMs: 0 });
  for (const percent of [0.29, 0.57, 0.9999999999, 1]) await sink.update(percent, "");
  assertEquals(logger.messages("info"), ["29 % ", "57 % ", "99 % ", "100 % "]);
});

Deno.test("LogProgressSink lets no message forge a record", async () => {
  const logger = new MemoryLogger();
  await new LogProgressSink(logger).update(0, "on\nERROR host: \x1b[31mfire\x1b[0m");
  const [{ message } = { message: "" }] = logger.records;
  assert(!message.includes("\x1b") && !/\n\S/.test(message), JSON.stringify(message));
});

Deno.test("LogProgressSink takes console, and no limit that it cannot read", () => {
  new LogProgressSink(console);
  for (const options of [{ intervalMs: -1 }, { intervalMs: NaN }, { maxEvents: 0.5 }]) {
    assertThrows(() => new LogProgressSink(console, options), RangeError, "no whole number of at least 0");
  }
});
