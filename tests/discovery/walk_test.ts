import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import { DEFAULT_IGNORE, DiscoveryError, type WalkOptions } from "@dagstack/plugin-system";
import { walkForManifests } from "../../src/discovery/mod.ts";
import { manifestText, TempFolder } from "../support.ts";

const TEXT = manifestText();
const plugins = (...folders: string[]) => Object.fromEntries(folders.map((own) => [`${own}/dagstack.toml`, TEXT]));

/** The manifests found, relative to the folder. */
async function found(folder: TempFolder, options: WalkOptions = {}, root = folder.path): Promise<string[]> {
  const { manifests, unreadable } = await walkForManifests(root, options);
  assertEquals(unreadable, []);
  return manifests.map((path) => path.slice(folder.path.length + 1));
}

const PLACES = ["a", "a/x", "ab", "abc", "b/a", "b/c/a", "b/c/d", "node_modules/m", "b/.git/g", ".hidden/h"];

const globs: [ignore: string[], left: string[]][] = [
  [[], ["b/a", "b/c/a", "b/c/d", "node_modules/m", "b/.git/g", ".hidden/h", "a", "ab", "abc"]],
  [[...DEFAULT_IGNORE], ["b/a", "b/c/a", "b/c/d", ".hidden/h", "a", "ab", "abc"]],
  [["a"], ["b/c/d", "node_modules/m", "b/.git/g", ".hidden/h", "ab", "abc"]],
  [["a*"], ["b/c/d", "node_modules/m", "b/.git/g", ".hidden/h"]],
  [["a?"], ["b/a", "b/c/a", "b/c/d", "node_modules/m", "b/.git/g", ".hidden/h", "a", "abc"]],
  [["?"], ["ab", "abc"]],
  [["b/a"], ["b/c/a", "b/c/d", "node_modules/m", "b/.git/g", ".hidden/h", "a", "ab", "abc"]],
  [["b/*"], ["node_modules/m", ".hidden/h", "a", "ab", "abc"]],
  [["b/*/a"], ["b/a", "b/c/d", "node_modules/m", "b/.git/g", ".hidden/h", "a", "ab", "abc"]],
  [["b/**"], ["node_modules/m", ".hidden/h", "a", "ab", "abc"]],
  [["**/a"], ["b/c/d", "node_modules/m", "b/.git/g", ".hidden/h", "ab", "abc"]],
  [["**/c/?"], ["b/a", "node_modules/m", "b/.git/g", ".hidden/h", "a", "ab", "abc"]],
  [["c/a"], ["b/a", "b/c/a", "b/c/d", "node_modules/m", "b/.git/g", ".hidden/h", "a", "ab", "abc"]],
  [
    ["b/"],
    ["b/a", "b/c/a", "b/c/d", "node_modules/m", "b/.git/g", ".hidden/h", "a", "ab", "abc"].filter((own) =>
      !own.startsWith("b/")
    ),
  ],
  [["A", "B/a"], ["b/a", "b/c/a", "b/c/d", "node_modules/m", "b/.git/g", ".hidden/h", "a", "ab", "abc"]],
  [["*"], []],
  [["**"], []],
];

for (const [ignore, left] of globs) {
  Deno.test(`ignore ${JSON.stringify(ignore)} leaves ${left.length} plugins`, async () => {
    await using folder = new TempFolder();
    await folder.write(plugins(...PLACES));
    assertEquals(await found(folder, { ignore }), left.map((own) => `${own}/dagstack.toml`).sort());
  });
}

Deno.test("the root itself is never ignored", async () => {
  await using folder = new TempFolder();
  await folder.write(plugins("node_modules/a"));
  assertEquals(await found(folder, {}, `${folder.path}/node_modules`), ["node_modules/a/dagstack.toml"]);
});

Deno.test("without recursive only the root and the folders in it are looked at", async () => {
  await using folder = new TempFolder();
  await folder.write(plugins("a", "b/c", "d/e/f"));
  assertEquals(await found(folder, { recursive: false }), ["a/dagstack.toml"]);
  assertEquals(await found(folder, { recursive: false }, `${folder.path}/a`), ["a/dagstack.toml"]);
});

Deno.test("a folder with a manifest is a leaf, the root too", async () => {
  await using folder = new TempFolder();
  await folder.write({ ...plugins("a", "a/b", "a/b/c"), "a/plugins/x/dagstack.json": "{}" });
  assertEquals(await found(folder), ["a/dagstack.toml"]);
  await folder.write({ "dagstack.json": "{}" });
  assertEquals(await found(folder), ["dagstack.json"]);
});

Deno.test("one manifest of a folder counts: the first by precedence", async () => {
  await using folder = new TempFolder();
  const text = '{"dagstack": {}}';
  const files = {
    "dagstack.toml": "",
    "dagstack.json": "{}",
    "deno.json": text,
    "deno.jsonc": text,
    "package.json": text,
  };
  for (const name of Object.keys(files)) {
    await folder.write(Object.fromEntries(Object.entries(files).map(([own, content]) => [`p/${own}`, content])));
    for (const earlier of Object.keys(files).slice(0, Object.keys(files).indexOf(name))) {
      await Deno.remove(`${folder.path}/p/${earlier}`);
    }
    assertEquals(await found(folder), [`p/${name}`]);
  }
});

const bystanders: [name: string, text: string][] = [
  ["an empty object", "{}"],
  ["nothing at all", ""],
  ["a dependency named dagstack", '{"dependencies": {"dagstack": "^1.0.0"}}'],
  ["an import named dagstack", '{"imports": {"dagstack": "npm:dagstack@1"}}'],
  ["dagstack as a value", '{"name": "dagstack", "keywords": ["dagstack"]}'],
  ["dagstack inside a text", JSON.stringify({ description: 'put "dagstack": {} in it' })],
];

for (const [name, text] of bystanders) {
  Deno.test(`a package.json or deno.json that holds ${name} is passed through`, async () => {
    await using folder = new TempFolder();
    await folder.write({ ...plugins("x/p", "y/p"), "x/package.json": text, "y/deno.json": text });
    assertEquals(await found(folder), ["x/p/dagstack.toml", "y/p/dagstack.toml"]);
  });
}

Deno.test("a deno.json without the key leaves the place to a package.json with it", async () => {
  await using folder = new TempFolder();
  await folder.write({ "p/deno.json": "{}", "p/package.json": '{"dagstack" : {}}' });
  assertEquals(await found(folder), ["p/package.json"]);
});

Deno.test("names of manifests are told apart by case, and folders of such names are folders", async () => {
  await using folder = new TempFolder();
  await folder.write({ "a/Dagstack.toml": TEXT, "b/DAGSTACK.TOML": TEXT, "c/dagstack.toml/p/dagstack.json": "{}" });
  assertEquals(await found(folder), ["c/dagstack.toml/p/dagstack.json"]);
});

Deno.test("the order is that of the paths, whenever and wherever they were made", async () => {
  await using folder = new TempFolder();
  const names = ["b", "B", "a10", "a2", "é", "ä", "z/1", "z/0", "-", "_", "a b"];
  for (const name of names) await folder.write(plugins(name));
  const expected = names.map((name) => `${name}/dagstack.toml`).sort();
  assertEquals(await found(folder), expected);
  assertEquals(await found(folder), expected);
});

const odd = [
  "with space",
  "a,b",
  "a#b",
  "100%",
  "%41",
  "it's",
  'say "hi"',
  "🐟",
  "a\nb",
  "a\\b",
  "[x]",
  "{y}",
  "*",
  "e\u0301",
];

for (const name of odd) {
  Deno.test(`a folder named ${JSON.stringify(name)} is found by path and by URL`, async () => {
    await using folder = new TempFolder();
    await folder.write({ ...plugins(`${name}/inner`) });
    assertEquals(await found(folder), [`${name}/inner/dagstack.toml`]);
    assertEquals(await found(folder, {}, `${folder.path}/${name}`), [`${name}/inner/dagstack.toml`]);
    const url = new URL(`file://${folder.path}/`);
    url.pathname += encodeURIComponent(name);
    assertEquals((await walkForManifests(url)).manifests, [`${folder.path}/${name}/inner/dagstack.toml`]);
  });
}

Deno.test("two Unicode forms of a name are two folders", async () => {
  await using folder = new TempFolder();
  await folder.write(plugins("\u00e9", "e\u0301"));
  assertEquals((await found(folder)).length, 2);
});

// Links

Deno.test("a symlink inside the root is followed once; the real folder wins at the same depth", async () => {
  await using folder = new TempFolder();
  await folder.write(plugins("z"));
  await Deno.symlink("z", `${folder.path}/a`);
  await Deno.symlink(`${folder.path}/z`, `${folder.path}/b`);
  assertEquals(await found(folder), ["z/dagstack.toml"]);
});

Deno.test("a symlink to a folder of a folder is taken when it is the shorter way, and only one way is", async () => {
  await using folder = new TempFolder();
  await folder.write(plugins("deep/er/p"));
  await Deno.symlink("deep/er/p", `${folder.path}/short`);
  assertEquals(await found(folder), ["short/dagstack.toml"]);
});

Deno.test("symlink loops end", async () => {
  await using folder = new TempFolder();
  await folder.write(plugins("a/p"));
  await Deno.symlink("..", `${folder.path}/a/up`);
  await Deno.symlink(".", `${folder.path}/a/self`);
  await Deno.symlink("loop2", `${folder.path}/loop1`);
  await Deno.symlink("loop1", `${folder.path}/loop2`);
  await Deno.symlink("eats-itself", `${folder.path}/eats-itself`);
  assertEquals(await found(folder), ["a/p/dagstack.toml"]);
  assertEquals(await found(folder, { followOutside: true }), ["a/p/dagstack.toml"]);
});

Deno.test("a symlink out of the root is not followed unless asked, nor one whose path only begins alike", async () => {
  await using folder = new TempFolder();
  await folder.write(plugins("root/in", "rooted/out", "other/far/out"));
  await Deno.symlink("../rooted", `${folder.path}/root/link`);
  await Deno.symlink(`${folder.path}/other`, `${folder.path}/root/far`);
  const root = `${folder.path}/root`;
  assertEquals(await found(folder, {}, root), ["root/in/dagstack.toml"]);
  assertEquals(
    await found(folder, { followOutside: true }, root),
    ["root/far/far/out/dagstack.toml", "root/in/dagstack.toml", "root/link/out/dagstack.toml"],
  );
});

Deno.test("a symlink that leads out and back in stands for the folder inside", async () => {
  await using folder = new TempFolder();
  await folder.write(plugins("root/p/q"));
  await Deno.symlink("../root/p", `${folder.path}/root/link`);
  assertEquals(await found(folder, {}, `${folder.path}/root`), ["root/p/q/dagstack.toml"]);
});

Deno.test("a root that is a symlink is walked", async () => {
  await using folder = new TempFolder();
  await folder.write(plugins("real/p"));
  await Deno.symlink("real", `${folder.path}/link`);
  assertEquals(await found(folder, {}, `${folder.path}/link`), ["link/p/dagstack.toml"]);
});

Deno.test("a dangling symlink, and one to a file, are passed by", async () => {
  await using folder = new TempFolder();
  await folder.write({ ...plugins("p"), "file.txt": "" });
  await Deno.symlink("nowhere", `${folder.path}/a`);
  await Deno.symlink("file.txt", `${folder.path}/b`);
  assertEquals(await found(folder), ["p/dagstack.toml"]);
});

Deno.test("hard links of one manifest are two manifests", async () => {
  await using folder = new TempFolder();
  await folder.write({ ...plugins("a"), "b/plugin.ts": "" });
  await Deno.link(`${folder.path}/a/dagstack.toml`, `${folder.path}/b/dagstack.toml`);
  assertEquals(await found(folder), ["a/dagstack.toml", "b/dagstack.toml"]);
});

// What goes wrong

const ROOT_READS_ALL = "root can read every folder";

Deno.test({
  name: `a folder that cannot be read is told, and the others are found (not as root: ${ROOT_READS_ALL})`,
  ignore: Deno.uid() === 0,
  async fn() {
    await using folder = new TempFolder();
    await folder.write(plugins("a", "locked/b"));
    await Deno.chmod(`${folder.path}/locked`, 0o000);
    try {
      const { manifests, unreadable } = await walkForManifests(folder.path);
      assertEquals(manifests, [`${folder.path}/a/dagstack.toml`]);
      assertEquals(unreadable.map(({ path }) => path), [`${folder.path}/locked`]);
    } finally {
      await Deno.chmod(`${folder.path}/locked`, 0o700);
    }
  },
});

Deno.test("a folder that vanishes during the walk is passed by", async () => {
  await using folder = new TempFolder();
  const many = Array.from({ length: 300 }, (_, i) => `d${i}/p`);
  await folder.write(plugins("kept", ...many));
  const walk = walkForManifests(folder.path);
  await Promise.all(many.map((own) => Deno.remove(`${folder.path}/${own.split("/")[0]}`, { recursive: true })));
  const { manifests, unreadable } = await walk;
  assert(manifests.includes(`${folder.path}/kept/dagstack.toml`));
  assertEquals(unreadable, []);
});

Deno.test("a root that is no folder, missing, empty or no file URL is thrown", async () => {
  await using folder = new TempFolder();
  await folder.write({ "file": "" });
  const roots: [root: string | URL, text: string][] = [
    [`${folder.path}/none`, "there is no such folder"],
    [`${folder.path}/file`, "expected a folder"],
    [`${folder.path}/file/x`, "Cannot discover plugins in"],
    ["", "no folder is named"],
    [new URL("https://example.com/plugins"), "file: URL"],
    [new URL("data:text/plain,x"), "file: URL"],
  ];
  for (const [root, text] of roots) {
    const error = await assertRejects(() => walkForManifests(root), DiscoveryError);
    assertStringIncludes(error.message, text);
  }
});

Deno.test("a package.json that is a device without end does not keep the walk from ending", async () => {
  await using folder = new TempFolder();
  await folder.write(plugins("a"));
  await Deno.mkdir(`${folder.path}/b`);
  await Deno.symlink("/dev/zero", `${folder.path}/b/package.json`);
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), 2000);
  const result = await Promise.race([walkForManifests(folder.path), late]);
  clearTimeout(timer);
  assertEquals(result?.manifests, [`${folder.path}/a/dagstack.toml`]);
});

Deno.test("2,000 plugins in one folder are found within five seconds", async () => {
  await using folder = new TempFolder();
  const names = Array.from({ length: 2000 }, (_, i) => `p${String(i).padStart(4, "0")}`);
  await folder.write(plugins(...names));
  const start = performance.now();
  assertEquals(await found(folder), names.map((name) => `${name}/dagstack.toml`));
  assertLess(performance.now() - start, 5000);
});
