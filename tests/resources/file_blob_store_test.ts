/** What only a blob store in files can get wrong. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { FileBlobStore } from "../../src/resources/file_blob_store.ts";
import { fileNameOfKey, keyOfFileName } from "../../src/resources/key_file_name.ts";
import { StoreError } from "../../src/resources/store_error.ts";
import { TempFolder } from "../support.ts";
import { AWKWARD_KEYS, bytesOf, partsOf, pattern, streamOf } from "./every_store.ts";

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("values outlive the store", async () => {
  await using folder = new TempFolder();
  for (const durable of [true, false]) {
    const path = `${folder.path}/not/yet/there-${durable}`;
    {
      await using store = new FileBlobStore(path, { durable });
      await store.put("key", "value");
    }
    await using store = new FileBlobStore(new URL(`file://${path}`), { durable });
    assertEquals(await store.get("key"), bytesOf("value"));
  }
});

Deno.test("names of files differ for different keys, also where case and Unicode form do not count", async () => {
  const odd = fc.constantFrom(
    "a",
    "A",
    "é",
    "e\u0301",
    "É",
    "/",
    ".",
    "%",
    "%2f",
    "%25",
    "-",
    "_",
    " ",
    "🦕",
    "K",
    "\u212a",
  );
  const key = fc.array(odd, { minLength: 1, maxLength: 60 }).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(key, key, async (a, b) => {
      const [one, other] = [await fileNameOfKey(a, ".blob"), await fileNameOfKey(b, ".blob")];
      assertEquals(one.normalize("NFKD").toLowerCase() === other.normalize("NFKD").toLowerCase(), a === b);
      for (const name of [one, other]) assert(/^[kh]-[a-z0-9._%-]{1,120}\.blob$/.test(name), name);
      const named = keyOfFileName(one, ".blob");
      assert(named !== undefined && ("hashed" in named || named.key === a), one);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a name that no key has is no key", () => {
  for (
    const name of [
      "k-.blob",
      "k-A.blob",
      "k-%41.txt",
      "k-%61.blob",
      "k-%ff.blob",
      "k-%C3.blob",
      "h-12.blob",
      "README",
      ".x",
    ]
  ) {
    assertEquals(keyOfFileName(name, ".blob"), undefined, name);
  }
  assertEquals(keyOfFileName("k-%41.blob", ".blob"), { key: "A" });
});

Deno.test("nothing is written outside the store's folder, whatever the key", async () => {
  await using folder = new TempFolder();
  await using store = new FileBlobStore(`${folder.path}/a/b`, { durable: false });
  const hostile = [...AWKWARD_KEYS, "../x", "../../x", "/x", "..\\x", "a/../../x", "%2e%2e%2fx", "a\0/../x", "C:\\x"];
  for (const key of hostile) await store.put(key, "x").catch(() => {});
  assertEquals(names(folder.path), ["a"]);
  assertEquals(names(`${folder.path}/a`), ["b"]);
  for (const entry of Deno.readDirSync(`${folder.path}/a/b`)) assert(entry.isFile, entry.name);
});

Deno.test("a symlink in the folder is never followed", async () => {
  await using folder = new TempFolder();
  await folder.write({ "secret.txt": "secret" });
  await using store = new FileBlobStore(`${folder.path}/store`, { durable: false });
  await store.put("key", "value");
  const path = `${folder.path}/store/${await fileNameOfKey("key", ".blob")}`;
  await Deno.rename(path, `${folder.path}/value`); // a true value, so that only the link can be what is refused
  for (const target of ["secret.txt", "value", "nothing"]) {
    await Deno.symlink(`${folder.path}/${target}`, path);
    for (const method of ["get", "read", "delete", "exists"] as const) {
      await assertRejects(() => store[method]("key"), StoreError, "is none of the store's: it is a symlink");
    }
    await store.put("key", "new"); // takes the link's place
    assertEquals(await store.get("key"), bytesOf("new"));
    await store.delete("key");
  }
  assertEquals(await Deno.readTextFile(`${folder.path}/secret.txt`), "secret");
  assertEquals(names(folder.path), ["secret.txt", "store", "value"]);
});

Deno.test("a torn or foreign file is an error that names it", async () => {
  await using folder = new TempFolder();
  await using store = new FileBlobStore(folder.path, { durable: false });
  await store.put("key", pattern(100_000));
  await store.put("other", "other");
  const path = `${folder.path}/k-key.blob`;
  const whole = await Deno.readFile(path);
  const flipped = whole.slice();
  flipped[whole.length - 1]! ^= 1;
  const broken: [Uint8Array, string][] = [
    [new Uint8Array(), "does not begin as a blob does"],
    [new Uint8Array(whole.length), "does not begin as a blob does"],
    [bytesOf("just a file\n"), "does not begin as a blob does"],
    [whole.slice(0, 40), "does not begin as a blob does"],
    [whole.slice(0, -1), "is torn: its value has 99999 bytes of 100000"],
    [new Uint8Array([...whole, 1]), "is torn: its value has 100001 bytes of 100000"],
    [flipped, "is torn: its value has another SHA-256"],
    [await Deno.readFile(`${folder.path}/k-other.blob`), 'holds the value of "other"'],
  ];
  for (const [bytes, reason] of broken) {
    await Deno.writeFile(path, bytes);
    for (const read of [() => store.get("key"), async () => partsOf(await store.read("key"))]) {
      const error = await assertRejects(read, StoreError, reason);
      assert(error.message.includes(`"${path}"`) && error.key === "key", error.message);
    }
  }
  await store.put("key", "mended");
  assertEquals(await store.get("key"), bytesOf("mended"));
  await Deno.remove(path);
  await Deno.mkdir(path);
  await assertRejects(() => store.get("key"), StoreError, "it is a folder");
  await assertRejects(() => store.put("key", "x"), StoreError, 'Cannot put "key" in blob store');
  assertEquals(names(folder.path), ["k-key.blob", "k-other.blob"]);
});

Deno.test("what dead processes left unfinished is removed, never listed, and what is being written stays", async () => {
  await using folder = new TempFolder();
  await folder.write({
    ".tmp-old": "left behind",
    ".tmp-young": "maybe alive",
    ".tmp-held": "alive",
    "notes.txt": "mine",
  });
  const longAgo = new Date(Date.now() - 3_600_000);
  for (const name of [".tmp-old", ".tmp-held", "notes.txt"]) {
    await Deno.utime(`${folder.path}/${name}`, longAgo, longAgo);
  }
  using held = await Deno.open(`${folder.path}/.tmp-held`);
  await held.lock(true);
  await using store = new FileBlobStore(folder.path, { durable: false });
  assertEquals(await store.list(), []);
  assertEquals(names(folder.path), [".tmp-held", ".tmp-young", "notes.txt"]);
});

Deno.test("a value being written is held, so that another store does not sweep it", async () => {
  await using folder = new TempFolder();
  await using store = new FileBlobStore(folder.path, { durable: false });
  const go = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const putting = store.put(
    "key",
    (async function* () {
      yield bytesOf("slow ");
      started.resolve();
      await go.promise;
      yield bytesOf("value");
    })(),
  );
  await started.promise;
  const [unfinished] = names(folder.path);
  const longAgo = new Date(Date.now() - 3_600_000);
  await Deno.utime(`${folder.path}/${unfinished}`, longAgo, longAgo);
  await using other = new FileBlobStore(folder.path, { durable: false });
  assertEquals(await other.list(), []);
  go.resolve();
  await putting;
  assertEquals(await other.get("key"), bytesOf("slow value"));
  assertEquals(names(folder.path), ["k-key.blob"]);
});

Deno.test("nothing unfinished is left when a put fails", async () => {
  await using folder = new TempFolder();
  await using store = new FileBlobStore(folder.path, { durable: false, maxBytes: 10 });
  await assertRejects(() => store.put("key", streamOf("0123456", "789ab")), RangeError);
  assertEquals(names(folder.path), []);
});

Deno.test("a stream that nobody finishes holds its file no longer than the store lives", async () => {
  await using folder = new TempFolder(); // the sanitizer of this test sees a file that stays open
  const store = new FileBlobStore(folder.path, { durable: false });
  await store.put("key", pattern(200_000));
  for (let i = 0; i < 3; i++) await store.read("key");
  await (await store.read("key"))![Symbol.asyncIterator]().next();
  const ended = (await store.read("key"))!;
  for await (const _part of ended) break;
  await store[Symbol.asyncDispose]();
});

Deno.test("a folder that cannot be made or read is an error that names store and key, and is tried again", async () => {
  await using folder = new TempFolder();
  await folder.write({ "in-the-way": "" });
  await using store = new FileBlobStore(`${folder.path}/in-the-way/store`);
  const error = await assertRejects(() => store.put("key", "x"), StoreError, 'Cannot put "key" in blob store "');
  assert(error.message.includes("in-the-way/store") && error.cause instanceof Error, error.message);
  await Deno.remove(`${folder.path}/in-the-way`);
  await store.put("key", "x");
  assertEquals(await store.list(), ["key"]);
});
