/** What every checkpoint store keeps to. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { SerializationError } from "../../src/errors.ts";
import type { JsonValue } from "../../src/json.ts";
import { CHECKPOINT_STORE_METHODS } from "../../src/resources/checkpoint_store.ts";
import { FileCheckpointStore } from "../../src/resources/file_checkpoint_store.ts";
import { InMemoryCheckpointStore } from "../../src/resources/in_memory_checkpoint_store.ts";
import { CheckpointConflict, StoreError } from "../../src/resources/store_error.ts";
import { AWKWARD_KEYS, everyCheckpointStore, NO_KEYS } from "./every_store.ts";

everyCheckpointStore("loads what was saved last, and counts versions from 1", async (open) => {
  await using store = open();
  assertEquals(await store.load("key"), { state: null, version: 0 });
  const states: JsonValue[] = [{ page: 1, of: [1, 2, { deep: "é\ud800" }] }, [], "", 0, false, null, {
    ["__proto__"]: 1,
  }];
  for (const [index, state] of states.entries()) {
    assertEquals(await store.save("key", state), index + 1);
    const { state: loaded, version } = await store.load("key");
    assertEquals([JSON.stringify(loaded), version], [JSON.stringify(state), index + 1]);
  }
  assertEquals(await store.save("other", 1), 1);
});

everyCheckpointStore("tells awkward keys apart and lists them with their versions", async (open) => {
  await using store = open();
  for (const key of AWKWARD_KEYS) await store.save(key, "first");
  for (const key of AWKWARD_KEYS) if (key.length % 2 === 0) await store.save(key, `state of ${key}`);
  const expected = [...AWKWARD_KEYS].sort().map((key) => ({ key, version: key.length % 2 === 0 ? 2 : 1 }));
  assertEquals(await store.list(), expected);
  for (const { key, version } of expected) {
    assertEquals(await store.load(key), { state: version === 2 ? `state of ${key}` : "first", version });
  }
  assertEquals(await store.list("a/"), [{ key: "a/", version: 2 }, { key: "a//b", version: 2 }, {
    key: "a/b",
    version: 1,
  }]);
});

everyCheckpointStore("refuses what is no key, and says why", async (open) => {
  await using store = open({ name: "mine" });
  for (const [key, reason] of NO_KEYS) {
    for (const call of [() => store.save(key, 1), () => store.load(key)]) {
      const error = await assertRejects(call, RangeError);
      assert(reason.test(error.message) && error.message.includes('in checkpoint store "mine": '), error.message);
    }
  }
  await assertRejects(() => store.load(undefined as unknown as string), TypeError);
  assertEquals(await store.list(), []);
});

everyCheckpointStore("refuses an option that it does not know, and saves nothing", async (open) => {
  await using store = open({ name: "mine" });
  await store.save("key", "old");
  for (const options of [{ expected_version: 0 }, { expectedVersion: 1, expected_version: 1 }]) {
    const error = await assertRejects(() => store.save("key", "new", options), TypeError);
    assert(error.message.endsWith('save has no option "expected_version"; it knows "expectedVersion"'), error.message);
  }
  assertEquals(await store.load("key"), { state: "old", version: 1 });
});

everyCheckpointStore("refuses what is no JSON, with its path, and keeps the old state", async (open) => {
  await using store = open();
  await store.save("key", "old");
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const wrong: [unknown, string][] = [
    [undefined, "$"],
    [{ items: [{ when: new Date() }] }, "$.items[0].when"],
    [{ bytes: new Uint8Array(1) }, "$.bytes"],
    [new Uint8Array(1), "$"],
    [[NaN], "$[0]"],
    [{ n: 1n }, "$.n"],
    [{ m: new Map() }, "$.m"],
    [{ f: () => 1 }, "$.f"],
    [cycle, "$.self"],
    [[1, undefined], "$[1]"],
  ];
  for (const [state, path] of wrong) {
    const error = await assertRejects(() => store.save("key", state as JsonValue), SerializationError);
    assertEquals(error.path, path);
  }
  assertEquals(await store.load("key"), { state: "old", version: 1 });
});

everyCheckpointStore("refuses a state over its limit, and keeps the old one", async (open) => {
  await using store = open({ maxBytes: 10 });
  await store.save("key", "12345678");
  for (const state of ["123456789", "ééééé", { a: "12345" }]) {
    await assertRejects(() => store.save("key", state), RangeError, "over 10 bytes (option maxBytes)");
  }
  assertEquals(await store.load("key"), { state: "12345678", version: 1 });
});

everyCheckpointStore("takes a state as it is when it is called, and gives one of the caller's own", async (open) => {
  await using store = open();
  const state = { page: 1 };
  const saving = store.save("key", state);
  state.page = 2;
  await saving;
  const loaded = (await store.load("key")).state as { page: number };
  assertEquals(loaded, { page: 1 });
  loaded.page = 3;
  assertEquals((await store.load("key")).state, { page: 1 });
});

everyCheckpointStore("saves in the order of the calls, and no two under one version", async (open) => {
  await using store = open();
  const versions = await Promise.all(Array.from({ length: 12 }, (_, i) => store.save("key", i)));
  assertEquals(versions, Array.from({ length: 12 }, (_, i) => i + 1));
  assertEquals(await store.load("key"), { state: 11, version: 12 });
});

everyCheckpointStore("saves over the expected version only", async (open) => {
  await using store = open({ name: "mine" });
  assertEquals(await store.save("key", "a", { expectedVersion: 0 }), 1);
  assertEquals(await store.save("key", "b", { expectedVersion: 1 }), 2);
  for (const expectedVersion of [0, 1, 3]) {
    const error = await assertRejects(() => store.save("key", "c", { expectedVersion }), CheckpointConflict);
    assertEquals([error.expected, error.actual, error.code], [expectedVersion, 2, "CheckpointConflict"]);
    assertEquals(
      error.message,
      `Cannot save "key" in checkpoint store "mine": version ${expectedVersion} was expected, version 2 is there`,
    );
  }
  for (const expectedVersion of [-1, 1.5, NaN, "1" as unknown as number]) {
    await assertRejects(() => store.save("key", "c", { expectedVersion }), RangeError, "expectedVersion");
  }
  const racers = await Promise.allSettled(
    Array.from({ length: 5 }, (_, i) => store.save("key", i, { expectedVersion: 2 })),
  );
  assertEquals(racers.filter(({ status }) => status === "fulfilled").length, 1);
  assertEquals(await store.load("key"), { state: 0, version: 3 });
});

everyCheckpointStore("refuses everything after it was closed, once the saves that run are done", async (open) => {
  const store = open();
  const saving = [store.save("key", 1), store.save("key", 2)];
  await Promise.all([store[Symbol.asyncDispose](), store[Symbol.asyncDispose]()]);
  assertEquals(await Promise.all(saving), [1, 2]);
  for (const call of [() => store.save("key", 1), () => store.load("key"), () => store.list()]) {
    await assertRejects(call, StoreError, "the store is closed");
  }
});

everyCheckpointStore("loads what was saved, in whatever order chance saves, loads and lists", async (open) => {
  await using store = open();
  const step = fc.record({
    method: fc.constantFrom("save", "save", "load", "list"),
    key: fc.constantFrom("a", "A", "é", "e\u0301", "x".repeat(200)),
    state: fc.jsonValue() as fc.Arbitrary<JsonValue>,
    waits: fc.boolean(),
  });
  const model = new Map<string, { text: string; version: number }>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      let running: Promise<unknown>[] = [];
      for (const { method, key, state, waits } of steps) {
        if (method === "save") {
          const version = (model.get(key)?.version ?? 0) + 1;
          model.set(key, { text: JSON.stringify(state), version });
          running.push(store.save(key, state).then((saved) => assertEquals(saved, version)));
          if (!waits) continue;
        }
        await Promise.all(running);
        running = [];
        const { state: loaded, version } = await store.load(key);
        assertEquals([JSON.stringify(loaded), version], Object.values(model.get(key) ?? { text: "null", version: 0 }));
        if (method !== "list") continue;
        const expected = [...model].map(([key, { version }]) => ({ key, version }));
        assertEquals(await store.list(), expected.sort((a, b) => a.key < b.key ? -1 : 1));
      }
      await Promise.all(running);
    }),
    { numRuns: 60 },
  );
});

Deno.test("a checkpoint store takes no limit that it cannot read, and lets a plugin call its interface only", () => {
  for (const store of [InMemoryCheckpointStore, FileCheckpointStore]) {
    for (const method of CHECKPOINT_STORE_METHODS) assert(method in store.prototype, method);
  }
  assertThrows(() => new InMemoryCheckpointStore({ maxBytes: NaN }), RangeError, "maxBytes");
  assertThrows(() => new FileCheckpointStore("/nowhere", { maxBytes: 0 }), RangeError, "maxBytes");
});
