import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "@std/path/join";
import { hashFolder, sha256 } from "../src/folder_hash.ts";
import { PluginRegistryError } from "../src/errors.ts";
import { TempFolder } from "./support.ts";

async function hex(text: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The hash of a folder with these files, from the words of the contract alone. The paths come sorted. */
async function expected(files: [path: string, content: string][]): Promise<string> {
  let list = "";
  for (const [path, content] of files) list += `${path}\0${await hex(content)}\n`;
  return await hex(list);
}

Deno.test("a folder's hash is SHA-256 over the sorted list of relative path and SHA-256 of each file", async () => {
  await using folder = new TempFolder();
  const files: [string, string][] = [
    ["B.ts", "upper case first"],
    ["a-b/x", "after a folder's sign"],
    ["a.ts", "export {};\n"],
    ["a/b/c.txt", ""],
    ["a/z", "z"],
    ["dagstack.toml", "[plugin]\n"],
    ["\uff5e", "the sign before the next in bytes"],
    ["\u{1f600}", "which UTF-16 has before"],
  ];
  await folder.write(Object.fromEntries([...files].reverse()));
  await Deno.mkdir(join(folder.path, "empty"));
  assertEquals(await hashFolder(folder.path), await expected(files));
});

Deno.test("an empty folder has the hash of an empty list", async () => {
  await using folder = new TempFolder();
  assertEquals(await hashFolder(folder.path), await hex(""));
});

Deno.test("the hash knows a folder by its content, not by its place, times or modes", async () => {
  await using one = new TempFolder();
  await using other = new TempFolder();
  for (const { path } of [one, other]) await Deno.writeTextFile(join(path, "a.ts"), "1");
  await Deno.chmod(join(other.path, "a.ts"), 0o755);
  await Deno.utime(join(other.path, "a.ts"), 1, 1);
  const before = await hashFolder(one.path);
  assertEquals(await hashFolder(other.path), before);
  await Deno.symlink(one.path, join(other.path, "b"));
  assertEquals(await hashFolder(join(other.path, "b")), before);
});

Deno.test("another content, name or place within the folder is another hash", async () => {
  const hashes = new Set<string>();
  const folders: Record<string, string>[] = [{ a: "1" }, { a: "2" }, { b: "1" }, { "x/a": "1" }, { a: "1", b: "1" }, {
    ["a\0".slice(0, 1) + `\n${"0".repeat(64)}`]: "1",
  }];
  for (const files of folders) {
    await using folder = new TempFolder();
    await folder.write(files);
    hashes.add(await hashFolder(folder.path));
  }
  assertEquals(hashes.size, folders.length);
});

Deno.test("a symlink counts with where it points, is not followed, and is not a file of that text", async () => {
  await using folder = new TempFolder();
  await using outside = new TempFolder();
  await folder.write({ "b.ts": "1" });
  const link = join(folder.path, "a.ts");
  const hashes = new Set<string>();
  for (const target of ["b.ts", "c.ts", outside.path, "."]) {
    await Deno.symlink(target, link);
    const hash = await hashFolder(folder.path);
    assertEquals(hash, await hex(`a.ts\0link ${await hex(target)}\nb.ts\0${await hex("1")}\n`));
    hashes.add(hash);
    await Deno.remove(link);
  }
  await folder.write({ "a.ts": "b.ts" });
  hashes.add(await hashFolder(folder.path));
  assertEquals(hashes.size, 5);
});

Deno.test("a large file is hashed as it is read, and as one read whole", async () => {
  await using folder = new TempFolder();
  const bytes = new Uint8Array(3 * 1024 * 1024 + 17);
  for (let at = 0; at < bytes.length; at += 1000) bytes[at] = at % 251;
  await Deno.writeFile(join(folder.path, "model.bin"), bytes);
  assertEquals(await hashFolder(folder.path), await hex(`model.bin\0${await hex(bytes)}\n`));
});

Deno.test("a file of 600 MB takes no such memory", async () => {
  await using folder = new TempFolder();
  using file = await Deno.create(join(folder.path, "hole.bin"));
  await file.truncate(600 * 1024 * 1024);
  const before = Deno.memoryUsage().rss;
  let most = 0;
  const timer = setInterval(() => most = Math.max(most, Deno.memoryUsage().rss), 20);
  await hashFolder(folder.path).finally(() => clearInterval(timer));
  assert(most > 0 && most - before < 200 * 1024 * 1024, `${(most - before) / 1024 / 1024} MB`);
});

Deno.test("a folder of many files and depths is hashed, a few files at a time", async () => {
  await using folder = new TempFolder();
  const files: [string, string][] = [];
  for (let at = 1000; at < 2500; at++) files.push([`${"d/".repeat(at % 7)}f${at}`, `${at}`]);
  await folder.write(Object.fromEntries(files));
  const open = Deno.readFile;
  let now = 0;
  let most = 0;
  Deno.readFile = async (...args) => {
    most = Math.max(most, ++now);
    return await open(...args).finally(() => now--);
  };
  try {
    assertEquals(await hashFolder(folder.path), await expected(files.sort(([a], [b]) => a < b ? -1 : 1)));
  } finally {
    Deno.readFile = open;
  }
  assert(most > 1 && most <= 16, `${most} at once`);
});

Deno.test("what vanishes while it reads counts as not there", async () => {
  await using folder = new TempFolder();
  await folder.write({ a: "1", b: "2", "sub/c": "3" });
  const { readFile, readDir } = Deno;
  Deno.readFile = async (path, options) => {
    await Deno.remove(join(folder.path, "b")).catch(() => {});
    return await readFile(path, options);
  };
  Deno.readDir = (path) => {
    if (`${path}`.includes("sub")) Deno.removeSync(path, { recursive: true });
    return readDir(path);
  };
  try {
    assertEquals(await hashFolder(folder.path, { skip: (name) => name === "a" }), await hex(""));
  } finally {
    Object.assign(Deno, { readFile, readDir });
  }
});

Deno.test("a folder that is not there, or is none, is an error that says so", async () => {
  await using folder = new TempFolder();
  await folder.write({ file: "1" });
  const missing = join(folder.path, "missing");
  const error = await assertRejects(() => hashFolder(missing), PluginRegistryError);
  assert(error.message.startsWith(`Cannot hash folder "${missing}": it cannot be read: `), error.message);
  await assertRejects(() => hashFolder(join(folder.path, "file")), PluginRegistryError, "it cannot be read");
});

Deno.test("a file or folder that cannot be read is an error that names it", async () => {
  const { readFile } = Deno;
  await using folder = new TempFolder();
  await folder.write({ "sub/secret": "1", other: "2" });
  Deno.readFile = (path, options) =>
    `${path}`.endsWith("secret")
      ? Promise.reject(new Deno.errors.PermissionDenied("Permission denied (os error 13)"))
      : readFile(path, options); // the tests may run as root, who may read all
  try {
    const error = await assertRejects(() => hashFolder(folder.path), PluginRegistryError);
    const where = `Cannot hash folder "${folder.path}": "sub/secret" cannot be read: Permission denied (os error 13)`;
    assertEquals(error.message, where);
    assert(error.cause instanceof Deno.errors.PermissionDenied);
  } finally {
    Deno.readFile = readFile;
  }
});

Deno.test({
  name: "what has no content of its own is passed by: a pipe would never end",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using folder = new TempFolder();
    await folder.write({ a: "1" });
    const { success } = await new Deno.Command("/bin/sh", { args: ["-c", 'mkfifo "$0"', join(folder.path, "pipe")] })
      .output();
    assert(success);
    assertEquals(await hashFolder(folder.path), await expected([["a", "1"]]));
  },
});

Deno.test("what is skipped counts as not there, at any depth", async () => {
  await using folder = new TempFolder();
  await folder.write({ a: "1", ".git/HEAD": "x", "sub/.git": "y", "sub/b": "2" });
  const skip = (name: string) => name === ".git";
  assertEquals(await hashFolder(folder.path, { skip }), await expected([["a", "1"], ["sub/b", "2"]]));
  assertNotEquals(await hashFolder(folder.path), await hashFolder(folder.path, { skip }));
});

Deno.test("hashing that is aborted ends with the reason", async () => {
  await using folder = new TempFolder();
  await folder.write({ a: "1" });
  const reason = new Error("enough");
  const error = await assertRejects(() => hashFolder(folder.path, { signal: AbortSignal.abort(reason) }));
  assert(error === reason);
});

Deno.test("the SHA-256 of bytes is the known one", async () => {
  const known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assertEquals(await sha256(new TextEncoder().encode("abc")), known);
});
