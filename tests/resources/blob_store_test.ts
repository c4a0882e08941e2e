/** What every blob store keeps to. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BLOB_STORE_METHODS, type BlobData } from "../../src/resources/blob_store.ts";
import { InMemoryBlobStore } from "../../src/resources/in_memory_blob_store.ts";
import { FileBlobStore } from "../../src/resources/file_blob_store.ts";
import { StoreError } from "../../src/resources/store_error.ts";
import { AWKWARD_KEYS, bytesOf, everyBlobStore, NO_KEYS, partsOf, pattern, streamOf } from "./every_store.ts";

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 0));

everyBlobStore("gives back what was put: bytes, text, streams, nothing at all", async (open) => {
  await using store = open();
  const values: [BlobData, Uint8Array][] = [
    [new Uint8Array([0, 255, 10, 13]), new Uint8Array([0, 255, 10, 13])],
    ["dino 🦕\n", bytesOf("dino 🦕\n")],
    ["\ufeffbom", bytesOf("\ufeffbom")],
    ["", new Uint8Array()],
    [new Uint8Array(), new Uint8Array()],
    [streamOf("he", "", "llo"), bytesOf("hello")],
    [streamOf(), new Uint8Array()],
    [new Blob(["from a stream of the web"]).stream(), bytesOf("from a stream of the web")],
    [pattern(300_000), pattern(300_000)],
  ];
  for (const [data, expected] of values) {
    await store.put("key", data);
    assertEquals(await store.get("key"), expected);
    const parts = await partsOf(await store.read("key"));
    assert(parts.every((part) => part.length > 0 && part.length <= 64 * 1024), "parts are small");
    assertEquals(new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()), expected);
  }
});

everyBlobStore("says when there is none", async (open) => {
  await using store = open();
  assertEquals(await store.get("key"), undefined);
  assertEquals(await store.read("key"), undefined);
  assertEquals(await store.exists("key"), false);
  assertEquals(await store.delete("key"), false);
  assertEquals(await store.list(), []);
  await store.put("key", "value");
  assertEquals(await store.exists("key"), true);
  assertEquals(await store.delete("key"), true);
  assertEquals(await store.delete("key"), false);
  assertEquals(await store.get("key"), undefined);
});

everyBlobStore("tells awkward keys apart and lists them as they are", async (open) => {
  await using store = open();
  for (const key of AWKWARD_KEYS) await store.put(key, `value of ${key}`);
  assertEquals(await store.list(), [...AWKWARD_KEYS].sort());
  for (const key of AWKWARD_KEYS) assertEquals(await store.get(key), bytesOf(`value of ${key}`), key);
  for (const key of AWKWARD_KEYS) assertEquals(await store.delete(key), true, key);
  assertEquals(await store.list(), []);
});

everyBlobStore("refuses what is no key, in every method, and says why", async (open) => {
  await using store = open({ name: "mine" });
  for (const [key, reason] of NO_KEYS) {
    for (
      const call of [
        () => store.put(key, "x"),
        () => store.get(key),
        () => store.read(key),
        () => store.delete(key),
        () => store.exists(key),
      ]
    ) {
      const error = await assertRejects(call, RangeError);
      assert(reason.test(error.message) && error.message.includes('in blob store "mine": '), error.message);
      assert(error.message.length < 400, "a long key is cut short");
    }
  }
  for (const key of [undefined, null, 7, {}, ["a"]]) await assertRejects(() => store.get(key as string), TypeError);
  assertEquals(await store.list(), []);
});

everyBlobStore("lists by prefix", async (open) => {
  await using store = open();
  const long = "b/".repeat(300);
  for (const key of ["a/1", "a/2", "A/1", "ab", "b", long]) await store.put(key, "");
  assertEquals(await store.list("a/"), ["a/1", "a/2"]);
  assertEquals(await store.list("a"), ["a/1", "a/2", "ab"]);
  assertEquals(await store.list("b/"), [long]);
  assertEquals(await store.list("c"), []);
  assertEquals(await store.list("/"), []);
  await assertRejects(() => store.list("a\0"), RangeError, "control characters");
});

everyBlobStore("refuses a value over its limit, also one that comes in parts, and keeps the old one", async (open) => {
  await using store = open({ maxBytes: 10 });
  await store.put("key", "0123456789");
  let pulled = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;; pulled++) yield new Uint8Array(4);
  }
  for (const data of ["0123456789a", new Uint8Array(11), "éééééé", endless()]) {
    await assertRejects(() => store.put("key", data), RangeError, "over 10 bytes (option maxBytes)");
  }
  assert(pulled <= 3, "an endless stream is read no further than the limit");
  assertEquals(await store.get("key"), bytesOf("0123456789"));
});

everyBlobStore("refuses what is no value, and keeps the old one", async (open) => {
  await using store = open();
  await store.put("key", "old");
  const wrong = [undefined, null, 7, {}, [1], new ArrayBuffer(2), new Uint16Array(1), new Map()];
  for (const data of wrong) await assertRejects(() => store.put("key", data as unknown as BlobData), TypeError);
  const mixed = (async function* () {
    yield bytesOf("a");
    yield "b";
  })() as unknown as BlobData;
  await assertRejects(() => store.put("key", mixed), TypeError, "part 1 of its stream is no Uint8Array");
  await assertRejects(() => store.put("key", "half \ud800"), RangeError, "well-formed");
  assertEquals(await store.get("key"), bytesOf("old"));
});

everyBlobStore("passes on the error of a stream as it is, ends it, and keeps the old value", async (open) => {
  await using store = open();
  await store.put("key", "old");
  const own = new Deno.errors.NotFound("the caller's own");
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield bytesOf("new");
    throw own;
  }
  const error = await store.put("key", failing()).catch((error) => error);
  assert(error === own, `${error}`);
  assertEquals(await store.get("key"), bytesOf("old"));
  assertEquals(await store.list(), ["key"]);
});

everyBlobStore("copies what it takes and what it gives", async (open) => {
  await using store = open();
  const given = bytesOf("value");
  const putting = store.put("key", given);
  given.fill(0);
  await putting;
  const taken = (await store.get("key"))!;
  assertEquals(taken, bytesOf("value"));
  taken.fill(0);
  for (const part of await partsOf(await store.read("key"))) part.fill(0);
  assertEquals(await store.get("key"), bytesOf("value"));
  const buffer = new Uint8Array(1);
  await store.put(
    "key",
    (async function* () {
      for (const letter of "value") {
        buffer[0] = letter.charCodeAt(0);
        yield buffer; // one buffer for all parts
      }
    })(),
  );
  assertEquals(await store.get("key"), bytesOf("value"));
});

everyBlobStore("shows readers a whole value while others write it", async (open) => {
  await using store = open();
  const sizes = [0, 1, 70_000, 200_000];
  const isWhole = (bytes: Uint8Array) =>
    sizes.includes(bytes.length) && bytes.every((byte) => byte === bytes[0]) && bytes[0] !== 0;
  await store.put("key", new Uint8Array(1).fill(1));
  let writing = true;
  const writers = [1, 2, 3].map(async (writer) => {
    for (let i = 1; i <= 15; i++) {
      const value = new Uint8Array(sizes[(i + writer) % sizes.length]!).fill(writer * 16 + i);
      await nextTurn(); // lets the readers in
      await store.put("key", i % 2 === 0 ? value : streamOf(value.subarray(0, 1000), value.subarray(1000)));
    }
  });
  let reads = 0;
  const readers = [1, 2].map(async (reader) => {
    while (writing) {
      const bytes = reader === 1
        ? (await store.get("key"))!
        : new Uint8Array(await new Blob(await partsOf(await store.read("key")) as BlobPart[]).arrayBuffer());
      assert(bytes.length === 0 || isWhole(bytes), `${bytes.length} bytes`);
      reads++;
      await nextTurn(); // lets the writers in
    }
  });
  await Promise.all(writers).finally(() => writing = false);
  await Promise.all(readers);
  assert(reads > 3);
});

everyBlobStore("refuses everything after it was closed, twice if need be", async (open) => {
  const store = open({ name: "mine" });
  await store.put("key", pattern(200_000));
  const stream = (await store.read("key"))![Symbol.asyncIterator]();
  await stream.next();
  const unread = (await store.read("key"))!;
  await Promise.all([store[Symbol.asyncDispose](), store[Symbol.asyncDispose]()]);
  await store[Symbol.asyncDispose]();
  for (
    const call of [
      () => store.put("key", "x"),
      () => store.get("key"),
      () => store.read("key"),
      () => store.delete("key"),
      () => store.list(),
      () => store.exists("key"),
      () => stream.next(),
      () => partsOf(unread),
    ]
  ) {
    const error = await assertRejects(call, StoreError, 'in blob store "mine": the store is closed');
    assertEquals([error.name, error.code], ["StoreError", "StoreError"]);
  }
});

everyBlobStore("closes while a stream hangs, and tells whoever puts it", async (open) => {
  const store = open();
  let returned = 0;
  const hanging = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<IteratorResult<Uint8Array>>(() => {}),
      return: () => {
        returned++;
        return new Promise<IteratorResult<Uint8Array>>(() => {});
      },
    }),
  };
  const putting = store.put("key", hanging);
  const refused = assertRejects(() => putting, StoreError, "the store was closed meanwhile");
  await new Promise((resolve) => setTimeout(resolve, 20));
  await store[Symbol.asyncDispose]();
  await refused;
  assertEquals(returned, 1);
});

everyBlobStore("says so when a value is deleted before its stream is read", async (open) => {
  await using store = open();
  await store.put("key", "value");
  const stream = await store.read("key");
  await store.delete("key");
  await assertRejects(() => partsOf(stream), StoreError, "deleted before it was read");
});

everyBlobStore("keeps any value under any key, as a map would", async (open) => {
  const odd = fc.constantFrom(
    "a",
    "A",
    "é",
    "e\u0301",
    "/",
    ".",
    "..",
    "%",
    "-",
    "_",
    " ",
    "🦕",
    "\ud800",
    "\0",
    "~",
    "\\",
  );
  const key = fc.oneof(
    { weight: 3, arbitrary: fc.array(odd, { maxLength: 6 }).map((parts) => parts.join("")) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 300 }) },
  );
  const step = fc.record({
    method: fc.constantFrom("put", "delete", "get", "list"),
    key,
    value: fc.uint8Array({ maxLength: 40 }),
  });
  await using store = open();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const model = new Map<string, Uint8Array>();
      for (const old of await store.list()) await store.delete(old);
      for (const { method, key, value } of steps) {
        const refused = await store.exists(key).then(() => false, (error) => {
          assertInstanceOf(error, RangeError);
          return true;
        });
        if (refused) await assertRejects(() => store.put(key, value), RangeError);
        else if (method === "put") {
          await store.put(key, value);
          model.set(key, value);
        } else if (method === "delete") assertEquals(await store.delete(key), model.delete(key));
        else if (method === "get") {
          assertEquals(await store.get(key), model.get(key) && new Uint8Array(model.get(key)!));
        } else assertEquals(await store.list(), [...model.keys()].sort());
      }
      assertEquals(await store.list(), [...model.keys()].sort());
      for (const [key, value] of model) assertEquals(await store.get(key), new Uint8Array(value));
    }),
    { numRuns: 120 },
  );
});

everyBlobStore("gives whole values only, in whatever order chance puts, deletes and reads at once", async (open) => {
  const step = fc.record({
    method: fc.constantFrom("put", "stream", "delete", "get", "read", "exists", "list"),
    key: fc.constantFrom("a", "A", "b".repeat(300)),
    size: fc.integer({ min: 0, max: 70_000 }),
  });
  await using store = open();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      for (const old of await store.list()) await store.delete(old);
      // A value says how long it is and whose, so that any mixture of two shows.
      const valueOf = (key: string, size: number) => pattern(size, size + key.charCodeAt(0));
      const check = (key: string, bytes: Uint8Array | undefined) => {
        if (bytes !== undefined) assertEquals(bytes, valueOf(key, bytes.length));
      };
      const put = new Set<string>();
      await Promise.all(steps.map(async ({ method, key, size }) => {
        const value = valueOf(key, size);
        const half = size >> 1;
        if (method === "put" || method === "stream") {
          put.add(key);
          await store.put(key, method === "put" ? value : streamOf(value.subarray(0, half), value.subarray(half)));
        } else if (method === "delete") await store.delete(key);
        else if (method === "exists") await store.exists(key);
        else if (method === "get") check(key, await store.get(key));
        else if (method === "list") { for (const listed of await store.list()) assert(put.has(listed), listed); }
        else {
          const stream = await store.read(key);
          if (stream === undefined) return;
          const parts = await partsOf(stream).catch((error) => {
            if (!/deleted before it was read/.test(error.message)) throw error;
          });
          if (parts !== undefined) check(key, new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()));
        }
      }));
      for (const key of put) {
        check(key, await store.get(key));
        const deleted = steps.some((step) => step.key === key && step.method === "delete");
        if (!deleted) assertEquals(await store.exists(key), true, `${key} is lost`);
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("a blob store takes no limit that it cannot read", () => {
  for (const maxBytes of [0, -1, NaN, Infinity, 1.5, "10" as unknown as number]) {
    assertThrows(() => new InMemoryBlobStore({ maxBytes }), RangeError, "maxBytes");
    assertThrows(() => new FileBlobStore("/nowhere", { maxBytes }), RangeError, "maxBytes");
  }
  assertThrows(() => new FileBlobStore(""), RangeError, "its folder has no name");
  assertThrows(() => new FileBlobStore(new URL("https://example.com/x")), RangeError, "starts with file:");
});

Deno.test("what a plugin may call of a blob store is its interface, not its closing", () => {
  for (const store of [InMemoryBlobStore, FileBlobStore]) {
    for (const method of BLOB_STORE_METHODS) assert(method in store.prototype, method);
  }
  assert(!(BLOB_STORE_METHODS as readonly string[]).includes("clear"));
});
