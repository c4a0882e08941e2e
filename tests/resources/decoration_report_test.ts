/** What scopes report of their resources, and what the host makes of it. */
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { parseManifest } from "../../src/manifest/mod.ts";
import {
  CallRecorder,
  decorateMembers,
  decorateOffers,
  type RecordedCall,
  SystemClock,
} from "../../src/resources/mod.ts";
import { reportedCalls } from "../../src/resources/resource_report.ts";
import { manifestText } from "../support.ts";

const RESOURCES = new Set(["clock"]);
const manifest = parseManifest(manifestText());
const owner = { plugin: "thing/sample", kind: "thing", name: "sample", manifest };

Deno.test("a forged report is taken for what it can be: calls of that plugin's own resources; the rest is counted", () => {
  const good: RecordedCall = ["clock", "now", 1, 0.5, { tenant_id: "acme" }, null];
  const { calls, dropped } = reportedCalls(
    [
      good,
      ["store", "get", 1, 1, null, null],
      ["clock", "x".repeat(2000), 1, 1, null, null],
      ["clock", "now", "1", 1, null, null],
      ["clock", "now", 1, null, null, null],
      ["__proto__", "now", 1, 1, null, null],
      [],
      7,
      null,
      { 0: "clock" },
      ["clock", "now", 1, 1, [], 5],
      ["clock", "now", 1, 1, null, "E".repeat(5000)],
    ],
    3,
    "thing/sample",
    RESOURCES,
  );
  const plugin = "thing/sample";
  assertEquals(calls.map(({ error, ...rest }) => ({ ...rest, length: error?.length })), [
    { plugin, resource: "clock", method: "now", atMs: 1, ms: 0.5, metadata: { tenant_id: "acme" }, length: undefined },
    { plugin, resource: "clock", method: "now", atMs: 1, ms: 1, length: undefined },
    { plugin, resource: "clock", method: "now", atMs: 1, ms: 1, length: 1000 },
  ]);
  assertEquals(dropped, 12);
  for (const told of [null, undefined, 5, "x", {}]) {
    assertEquals(reportedCalls(told, told, plugin, RESOURCES), { calls: [], dropped: told === 5 ? 5 : 0 });
  }
  assertEquals(reportedCalls(Array.from({ length: 5000 }, () => good), 0, plugin, RESOURCES).calls.length, 1000);
  assertEquals(reportedCalls([], -5, plugin, RESOURCES).dropped, 0);
  assertEquals(reportedCalls([], Infinity, plugin, RESOURCES).dropped, 0);
});

Deno.test("batches that nobody takes are counted, and told with the next one that is", () => {
  let full = true;
  const sent: [number, number][] = [];
  const recorder = new CallRecorder({
    send: (calls, dropped) => !full && (sent.push([calls.length, dropped]), true),
    metadata: () => undefined,
  });
  for (let i = 0; i < 2500; i++) {
    if (i === 2000) full = false;
    assertEquals(recorder.call("clock", "now", () => i), i);
  }
  recorder.close();
  recorder.call("clock", "now", () => 1);
  recorder.close();
  assertEquals(sent, [[500, 2000]]);
});

Deno.test("a recorded call gives and throws what it would, and its time ends with its promise", async () => {
  const calls: RecordedCall[] = [];
  const recorder = new CallRecorder({ send: (batch) => (calls.push(...batch), true), metadata: () => ({ n: 1 }) });
  const failure = new RangeError("too far");
  assertStrictEquals(
    assertThrows(() =>
      recorder.call("r", "throws", () => {
        throw failure;
      })
    ),
    failure,
  );
  const { promise, reject } = Promise.withResolvers<void>();
  const waiting = recorder.call("r", "rejects", () => promise) as Promise<void>;
  reject(failure);
  assertStrictEquals(await waiting.catch((error) => error), failure);
  assertEquals(await recorder.call("r", "gives", () => Promise.resolve(5)), 5);
  recorder.close();
  assertEquals(calls.map(([resource, method, , , metadata, error]) => [resource, method, metadata, error]), [
    ["r", "throws", { n: 1 }, "RangeError: too far"],
    ["r", "rejects", { n: 1 }, "RangeError: too far"],
    ["r", "gives", { n: 1 }, null],
  ]);
});

Deno.test("where nobody decorates, offers stay as they are and nothing takes reports", async () => {
  const clock = { how: "in scope" as const, data: { type: "system_clock" as const } };
  const store = { how: "by message" as const, instance: { get() {} }, methods: ["get"] };
  const offers = new Map<string, typeof clock | typeof store>([["clock", clock], ["store", store]]);
  const failed = () => {};
  const record = () => {
    throw new Error("nobody asked");
  };
  const decorated = await decorateOffers(offers, owner, { decorators: [], failed }, record);
  assertStrictEquals(decorated.offers.get("clock"), clock);
  assertStrictEquals((decorated.offers.get("store") as typeof store).instance, store.instance);
  assertEquals(decorated.takeReport, undefined);
});

Deno.test("an object that stands before another has its class, its members and its private fields", () => {
  class Base {
    #secret = 1;
    kept = 5;
    get secret() {
      return this.#secret;
    }
    raise() {
      return ++this.#secret;
    }
  }
  class Derived extends Base {
    override raise() {
      return super.raise() * 10;
    }
  }
  const object = Object.freeze(new Derived());
  const calls: string[] = [];
  const decorated = decorateMembers(object, (method, call) => (...args) => {
    calls.push(method);
    return call(...args);
  }) as Derived;
  assert(decorated instanceof Derived);
  assertEquals([decorated.raise(), decorated.secret, decorated.kept], [20, 2, 5]);
  assertEquals(calls, ["raise"]);
  assertEquals(decorateMembers(new SystemClock(), (_, call) => call) instanceof SystemClock, true);
});
