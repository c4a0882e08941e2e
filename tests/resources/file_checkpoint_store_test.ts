/** What only a checkpoint store in files can get wrong. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path/from-file-url";
import { FileCheckpointStore } from "../../src/resources/file_checkpoint_store.ts";
import { CheckpointConflict, StoreError } from "../../src/resources/store_error.ts";
import { deno, TempFolder } from "../support.ts";

const SAVER = fromFileUrl(new URL("checkpoint_saver.ts", import.meta.url));

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const versionName = (version: number) => `v${String(version).padStart(16, "0")}`;

Deno.test("versions go on in the next store, and only the last two stay in the folder", async () => {
  await using folder = new TempFolder();
  for (const durable of [true, false, true]) {
    await using store = new FileCheckpointStore(folder.path, { durable });
    await store.save("key", durable);
  }
  await using store = new FileCheckpointStore(folder.path);
  assertEquals(await store.load("key"), { state: true, version: 3 });
  assertEquals(names(folder.path), ["k-key.ckpt"]);
  assertEquals(names(`${folder.path}/k-key.ckpt`), [".lock", versionName(2), versionName(3)]);
});

Deno.test("stores that share a folder never give one version twice, and each sees what another saved", async () => {
  await using folder = new TempFolder();
  const stores = Array.from({ length: 4 }, () => new FileCheckpointStore(folder.path, { durable: false }));
  const given: number[] = [];
  await Promise.all(stores.map(async (store, who) => {
    for (let i = 0; i < 25; i++) {
      const version = await store.save("key", { who, i });
      given.push(version);
      const loaded = await store.load("key");
      assert(loaded.version >= version, `${loaded.version} after ${version}`);
    }
  }));
  assertEquals(given.sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i + 1));
  for (const store of stores) await store[Symbol.asyncDispose]();
});

Deno.test("a save that is slow between its look and its place is given no version that was given before", async () => {
  await using folder = new TempFolder();
  await using slow = new FileCheckpointStore(folder.path, { durable: false });
  await using quick = new FileCheckpointStore(folder.path, { durable: false });
  const { link } = Deno;
  const others = Promise.withResolvers<void>();
  const linking = Promise.withResolvers<void>();
  Deno.link = async (from, to) => {
    Deno.link = link;
    linking.resolve();
    // The others have all the time they need, if they do not wait for this one.
    const timer = setTimeout(others.resolve, 500);
    await others.promise;
    clearTimeout(timer);
    await link(from, to);
  };
  try {
    const first = slow.save("key", "slow");
    await linking.promise;
    const versions = await Promise.all([1, 2, 3, 4].map((state) => quick.save("key", state)));
    others.resolve();
    versions.push(await first);
    assertEquals(versions.sort(), [1, 2, 3, 4, 5]);
  } finally {
    Deno.link = link;
  }
});

Deno.test("processes that save one key at once are given different versions, without gaps", async () => {
  await using folder = new TempFolder();
  const said = await Promise.all(
    ["a", "b", "c"].map((who) =>
      deno([
        "run",
        "-q",
        "--no-check",
        "--no-prompt",
        `--allow-read=${folder.path}`,
        `--allow-write=${folder.path}`,
        SAVER,
        folder.path,
        who,
      ])
    ),
  );
  assertEquals(said.map(({ code, stderr }) => [code, stderr]), said.map(() => [0, ""]));
  const saves = said.flatMap(({ stdout }) => JSON.parse(stdout) as { who: string; i: number; version: number }[]);
  const versions = saves.map(({ version }) => version).sort((a, b) => a - b);
  assertEquals(versions, Array.from({ length: saves.length }, (_, i) => i + 1));
  await using store = new FileCheckpointStore(folder.path);
  const { state, version } = await store.load("key");
  assertEquals(version, saves.length);
  assertEquals({ ...state as { who: string; i: number }, version }, saves.find((save) => save.version === version));
});

Deno.test("of stores that expect one version, one saves and the others hear of it", async () => {
  await using folder = new TempFolder();
  const stores = Array.from({ length: 4 }, () => new FileCheckpointStore(folder.path, { durable: false }));
  for (let round = 0; round < 10; round++) {
    const results = await Promise.allSettled(stores.map((s, i) => s.save("key", i, { expectedVersion: round })));
    const won = results.flatMap((result, i) => result.status === "fulfilled" ? [i] : []);
    assertEquals(won.length, 1);
    for (const result of results) {
      if (result.status === "rejected") assert(result.reason instanceof CheckpointConflict, `${result.reason}`);
    }
    assertEquals(await stores[0]!.load("key"), { state: won[0]!, version: round + 1 });
  }
  assertEquals(names(folder.path), ["k-key.ckpt"]);
  for (const store of stores) await store[Symbol.asyncDispose]();
});

Deno.test("a torn or foreign file is an error that names it, never an empty state", async () => {
  await using folder = new TempFolder();
  await using store = new FileCheckpointStore(folder.path, { durable: false });
  await store.save("key", "a");
  await store.save("key", "b");
  const keyFolder = `${folder.path}/k-key.ckpt`;
  const path = `${keyFolder}/${versionName(2)}`;
  const whole = await Deno.readFile(path);
  for (const [bytes, reason] of [[new Uint8Array(), "does not begin"], [whole.slice(0, -1), "is torn"]] as const) {
    await Deno.writeFile(path, bytes);
    const error = await assertRejects(() => store.load("key"), StoreError, reason);
    assert(error.message.includes(`"${path}"`), error.message);
  }
  assertEquals(await store.save("key", "c"), 3);
  assertEquals(await store.load("key"), { state: "c", version: 3 });
  for (const name of ["README", "v1", "v9999999999999999", "v0000000000000000"]) {
    await Deno.writeTextFile(`${keyFolder}/${name}`, "");
    for (const call of [() => store.load("key"), () => store.list(), () => store.save("key", "d")]) {
      await assertRejects(call, StoreError, `file "${keyFolder}/${name}" is none of the store's`);
    }
    await Deno.remove(`${keyFolder}/${name}`);
  }
  assertEquals(await store.load("key"), { state: "c", version: 3 });
  await Deno.rename(
    path.replace(versionName(2), versionName(3)),
    `${keyFolder}/${versionName(Number.MAX_SAFE_INTEGER)}`,
  );
  await assertRejects(() => store.save("key", "d"), StoreError, "there is no version after 9007199254740991");
  assertEquals((await store.load("key")).state, "c");
  assertEquals(names(folder.path), ["k-key.ckpt"]);
});

Deno.test("a version cut off or changed at any byte is an error, never another state", async () => {
  await using folder = new TempFolder();
  await using store = new FileCheckpointStore(folder.path, { durable: false });
  const state = { page: 17, name: "é" };
  await store.save("key", state);
  const path = `${folder.path}/k-key.ckpt/${versionName(1)}`;
  const whole = await Deno.readFile(path);
  for (let at = 0; at < whole.length; at++) {
    const changed = whole.slice();
    changed[at]! ^= 0x20; // among others a letter into its other case
    for (const bytes of [whole.slice(0, at), changed]) {
      await Deno.writeFile(path, bytes);
      await assertRejects(() => store.load("key"), StoreError, `file "${path}"`, `byte ${at}`);
    }
  }
  await Deno.writeFile(path, whole);
  assertEquals(await store.load("key"), { state, version: 1 });
});

Deno.test("a symlink in place of a key's folder or of a version is never followed", async () => {
  await using folder = new TempFolder();
  await using store = new FileCheckpointStore(`${folder.path}/store`, { durable: false });
  await store.save("key", "a");
  const keyFolder = `${folder.path}/store/k-key.ckpt`;
  await Deno.rename(keyFolder, `${folder.path}/elsewhere`);
  await Deno.symlink(`${folder.path}/elsewhere`, keyFolder);
  for (const call of [() => store.load("key"), () => store.save("key", "b"), () => store.list()]) {
    await assertRejects(call, StoreError, "it is a symlink");
  }
  assertEquals(names(`${folder.path}/elsewhere`), [".lock", versionName(1)]);
  await Deno.remove(keyFolder);
  await Deno.mkdir(keyFolder);
  await Deno.symlink(`${folder.path}/elsewhere/${versionName(1)}`, `${keyFolder}/${versionName(1)}`);
  await assertRejects(() => store.load("key"), StoreError, "it is a symlink");
  await Deno.remove(`${keyFolder}/${versionName(1)}`);
  await Deno.symlink(`${folder.path}/locked`, `${keyFolder}/.lock`);
  await assertRejects(() => store.save("key", "b"), StoreError, "it is a symlink");
  assertEquals(names(folder.path), ["elsewhere", "store"]);
  assertEquals(names(`${folder.path}/store`), ["k-key.ckpt"]);
});

Deno.test("a key whose first save was cut off has no state, and is not listed", async () => {
  await using folder = new TempFolder();
  await Deno.mkdir(`${folder.path}/k-key.ckpt`);
  await using store = new FileCheckpointStore(folder.path, { durable: false });
  assertEquals(await store.load("key"), { state: null, version: 0 });
  assertEquals(await store.list(), []);
  assertEquals(await store.save("key", 1), 1);
});
