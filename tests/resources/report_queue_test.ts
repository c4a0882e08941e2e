/** What a taker of reports hears when more comes than it gets done. */
import { assertEquals } from "@std/assert";
import { ReportQueue, type ResourceCall } from "../../src/resources/mod.ts";

const calls = (count: number, atMs = 0): ResourceCall[] =>
  Array.from({ length: count }, () => ({ plugin: "thing/sample", resource: "clock", method: "now", atMs, ms: 0 }));
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("one report is under way at a time: what comes meanwhile is merged up to 1,000 calls, and the rest counted", async () => {
  const told: [count: number, dropped: number, first: number | undefined][] = [];
  let done = () => {};
  const queue = new ReportQueue({
    take: (reported, dropped) => {
      told.push([reported.length, dropped, reported[0]?.atMs]);
      return new Promise<void>((resolve) => done = resolve);
    },
    failed: () => {},
  });
  queue.add(calls(1000, 1), 2);
  queue.add(calls(400, 2), 0);
  for (let i = 0; i < 3; i++) queue.add(calls(500, 3), 1);
  await settle();
  assertEquals(told, [[1000, 2, 1]]);
  done();
  await settle();
  assertEquals(told.slice(1), [[1000, 3 + 900, 2]]);
  done();
  await settle();
  assertEquals(told.length, 2, "nothing is left");
  queue.add([], 5);
  assertEquals(told.slice(2), [[0, 5, undefined]]);
});

Deno.test("a taker that answers at once is told of each batch at once", () => {
  const told: number[] = [];
  const queue = new ReportQueue({ take: (reported) => void told.push(reported.length), failed: () => {} });
  queue.add(calls(3), 0);
  queue.add(calls(4), 0);
  queue.add([], 0);
  assertEquals(told, [3, 4]);
});

Deno.test("a taker that fails is told of the next, and its failures at most once per second, with what was lost", async () => {
  const { now } = performance;
  let time = 5000;
  performance.now = () => time;
  try {
    for (const later of [false, true]) {
      const failed: unknown[] = [];
      let asked = 0;
      const queue = new ReportQueue({
        take: () => {
          asked++;
          if (later) return Promise.reject("no");
          throw "no";
        },
        failed: (lost, error) => failed.push([lost, error]),
      });
      for (const [at, count] of [[0, 1], [10, 2], [999, 3], [1000, 4], [1500, 5]] as const) {
        time = 10_000 + at;
        queue.add(calls(count), 0);
        await settle();
      }
      assertEquals([asked, failed], [5, [[1, "no"], [9, "no"]]]);
    }
  } finally {
    performance.now = now;
  }
});
