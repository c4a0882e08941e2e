import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path/join";
import { PluginWatcher } from "../../src/registry/watch.ts";
import { deno, MemoryLogger, PROJECT, TempFolder } from "../support.ts";

/** How long nothing may come for a test to believe that nothing comes: far above the debounce of 20 ms. */
const QUIET_MS = 300;

/** A watcher over folders `a` and `b` of a fresh folder. */
class Scene implements AsyncDisposable {
  readonly root = new TempFolder();
  readonly log = new MemoryLogger();
  readonly reloads: string[] = [];
  /** What a reload does. */
  during: (id: string) => Promise<void> = () => Promise.resolve();
  folders: { id: string; folder: string }[] = [];
  watcher!: PluginWatcher;

  /** Writes files, and begins to watch when they have been seen. */
  static async open(files: Record<string, string>, ids = ["a"], folderOf = (id: string) => id): Promise<Scene> {
    const scene = new Scene();
    await scene.root.write(files);
    scene.folders = ids.map((id) => ({ id, folder: join(scene.root.path, folderOf(id)) }));
    scene.watch();
    await scene.quiet(); // the first hash
    return scene;
  }

  watch(): void {
    this.watcher = new PluginWatcher({
      folders: () => this.folders,
      reload: async (id) => {
        this.reloads.push(id);
        await this.during(id);
      },
      log: this.log,
      debounceMs: 20,
    });
  }

  path(name: string): string {
    return join(this.root.path, name);
  }

  /** Waits until something holds. */
  async until(holds: () => boolean): Promise<void> {
    const limit = performance.now() + 15_000;
    while (!holds()) {
      assert(performance.now() < limit, `nothing came within 15 s; reloads: ${this.reloads}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Waits for as many reloads, and sees that no more come. */
  async reloaded(...ids: string[]): Promise<void> {
    await this.until(() => this.reloads.length >= ids.length);
    await this.quiet();
    assertEquals(this.reloads.sort(), ids);
  }

  async quiet(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watcher[Symbol.asyncDispose]();
    await this.root[Symbol.asyncDispose]();
  }
}

Deno.test("a plugin whose file changes is loaded again, and no other", async () => {
  await using scene = await Scene.open({ "a/x.ts": "1", "b/x.ts": "1" }, ["a", "b"]);
  await scene.root.write({ "b/x.ts": "2" });
  await scene.reloaded("b");
  await scene.root.write({ "a/x.ts": "2" });
  await scene.reloaded("a", "b");
  assertEquals(scene.log.messages("info")[0], 'Plugin "b" has changed: it is loaded again');
});

Deno.test("several changes at once make one reload", async () => {
  await using scene = await Scene.open({ "a/x.ts": "1" });
  for (let at = 0; at < 20; at++) await scene.root.write({ "a/x.ts": `${at}`, [`a/y${at}.ts`]: "1" });
  await scene.reloaded("a");
});

const CHANGES: [title: string, change: (scene: Scene) => unknown][] = [
  ["a file written beside and renamed over it", (scene) => {
    Deno.writeTextFileSync(scene.path("a/x.ts.tmp"), "2");
    Deno.renameSync(scene.path("a/x.ts.tmp"), scene.path("a/x.ts"));
  }],
  ["a file that another folder gives", (scene) => {
    Deno.writeTextFileSync(scene.path("elsewhere"), "2");
    Deno.renameSync(scene.path("elsewhere"), scene.path("a/x.ts"));
  }],
  ["a file that goes", (scene) => Deno.removeSync(scene.path("a/x.ts"))],
  ["a file of a new folder", (scene) => scene.root.write({ "a/new/deep/er.ts": "1" })],
  ["a file that is renamed", (scene) => Deno.renameSync(scene.path("a/x.ts"), scene.path("a/y.ts"))],
  ["a link that leads elsewhere", (scene) => {
    Deno.removeSync(scene.path("a/link"));
    Deno.symlinkSync("other", scene.path("a/link"));
  }],
];

for (const [title, change] of CHANGES) {
  Deno.test(`a change is seen: ${title}`, async () => {
    await using scene = new Scene();
    await scene.root.write({ "a/x.ts": "1" });
    await Deno.symlink("x.ts", scene.path("a/link"));
    scene.folders = [{ id: "a", folder: scene.path("a") }];
    scene.watch();
    await scene.quiet();
    await change(scene);
    await scene.reloaded("a");
  });
}

const NO_CHANGES: [title: string, change: (scene: Scene) => unknown][] = [
  ["it is read", (scene) => Deno.readTextFile(scene.path("a/x.ts"))],
  ["it is touched", (scene) => Deno.utime(scene.path("a/x.ts"), 1, 1)],
  ["its mode changes", (scene) => Deno.chmod(scene.path("a/x.ts"), 0o600)],
  ["it is written with what it held", (scene) => scene.root.write({ "a/x.ts": "1" })],
  ["a file comes and goes", async (scene) => {
    await scene.root.write({ "a/y": "1" });
    await Deno.remove(scene.path("a/y"));
  }],
  [
    "version control and packages write",
    (scene) => scene.root.write({ "a/.git/HEAD": "x", "a/sub/node_modules/p/index.js": "x" }),
  ],
  [
    "an editor leaves its own",
    (scene) =>
      scene.root.write({
        "a/x.ts~": "1",
        "a/.x.ts.swp": "1",
        "a/.x.ts.swx": "1",
        "a/4913": "1",
        "a/.#x.ts": "1",
        "a/#x#": "1",
      }),
  ],
  ["a folder of a like name changes", (scene) => scene.root.write({ "ab/x.ts": "1" })],
];

for (const [title, change] of NO_CHANGES) {
  Deno.test(`nothing is loaded again when ${title}`, async () => {
    await using scene = await Scene.open({ "a/x.ts": "1" });
    await change(scene);
    await scene.quiet();
    assertEquals(scene.reloads, []);
    // What an editor left does not make a touched file a changed one.
    await Deno.utime(scene.path("a/x.ts"), 2, 2);
    await scene.quiet();
    assertEquals(scene.reloads, []);
    await scene.root.write({ "a/x.ts": "2" });
    await scene.reloaded("a");
  });
}

Deno.test("changes during a reload make one more after it, and reloads of one plugin never overlap", async () => {
  await using scene = await Scene.open({ "a/x.ts": "1" });
  let now = 0;
  let most = 0;
  const first = Promise.withResolvers<void>();
  scene.during = async () => {
    most = Math.max(most, ++now);
    if (scene.reloads.length === 1) await first.promise;
    now--;
  };
  await scene.root.write({ "a/x.ts": "2" });
  await scene.until(() => scene.reloads.length === 1);
  for (const text of ["3", "4", "5"]) {
    await scene.root.write({ "a/x.ts": text });
    await scene.quiet();
  }
  assertEquals(scene.reloads, ["a"]);
  first.resolve();
  await scene.reloaded("a", "a");
  assertEquals(most, 1);
});

Deno.test("one plugin's reload does not keep another waiting", async () => {
  await using scene = await Scene.open({ "a/x.ts": "1", "b/x.ts": "1" }, ["a", "b"]);
  const hangs = Promise.withResolvers<void>();
  scene.during = (id) => id === "a" ? hangs.promise : Promise.resolve();
  await scene.root.write({ "a/x.ts": "2" });
  await scene.until(() => scene.reloads.includes("a"));
  await scene.root.write({ "b/x.ts": "2" });
  await scene.reloaded("a", "b");
  hangs.resolve();
});

Deno.test("a reload that fails is logged, and the next change tries again", async () => {
  await using scene = await Scene.open({ "a/x.ts": "1" });
  scene.during = () => Promise.reject(new Error("syntax error\nat line 1"));
  await scene.root.write({ "a/x.ts": "2" });
  await scene.reloaded("a");
  const told = 'Cannot reload plugin "a": syntax error\n    at line 1; the next change of its files tries again';
  assertEquals(scene.log.messages("error"), [told]);
  scene.during = () => Promise.resolve();
  await scene.root.write({ "a/x.ts": "3" });
  await scene.reloaded("a", "a");
  assertEquals(scene.log.messages("error").length, 1);
});

const RETURNS: [title: string, replace: (scene: Scene) => Promise<void>][] = [
  ["is removed and written anew", async (scene) => {
    await Deno.remove(scene.path("a"), { recursive: true });
    await scene.quiet();
    await scene.root.write({ "a/x.ts": "2" });
  }],
  ["is removed and at once written anew", async (scene) => {
    await Deno.remove(scene.path("a"), { recursive: true });
    await scene.root.write({ "a/x.ts": "2" });
  }],
  ["is replaced by another of its name", async (scene) => {
    await scene.root.write({ "next/x.ts": "2" });
    await Deno.rename(scene.path("a"), scene.path("old"));
    await Deno.rename(scene.path("next"), scene.path("a"));
  }],
];

for (const [title, replace] of RETURNS) {
  Deno.test(`a folder that ${title} is loaded again, and watched as before`, async () => {
    await using scene = await Scene.open({ "a/x.ts": "1", "b/x.ts": "1" }, ["a", "b"]);
    await replace(scene);
    await scene.until(() => scene.reloads.length > 0);
    await scene.quiet();
    const before = scene.reloads.length; // a file may be missing in between, which is a change, too
    await scene.root.write({ "a/x.ts": "3" });
    await scene.until(() => scene.reloads.length === before + 1);
    assertEquals(new Set(scene.reloads), new Set(["a"]));
    await scene.root.write({ "b/x.ts": "2" });
    await scene.until(() => scene.reloads.includes("b"));
  });
}

Deno.test("a folder that goes and comes back as it was is not loaded again, but watched", async () => {
  await using scene = await Scene.open({ "a/x.ts": "1" });
  await Deno.rename(scene.path("a"), scene.path("away"));
  await scene.quiet();
  await Deno.rename(scene.path("away"), scene.path("a"));
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // three looks
  assertEquals(scene.reloads, []);
  await scene.root.write({ "a/x.ts": "2" });
  await scene.reloaded("a");
});

Deno.test("the parent of a folder is replaced", async () => {
  await using scene = await Scene.open({ "top/a/x.ts": "1", "next/a/x.ts": "2" }, ["a"], (id) => `top/${id}`);
  await Deno.rename(scene.path("top"), scene.path("old"));
  await Deno.rename(scene.path("next"), scene.path("top"));
  await scene.reloaded("a");
  await scene.root.write({ "top/a/x.ts": "3" });
  await scene.reloaded("a", "a");
});

Deno.test("a symlinked folder is watched where it leads, and when it leads elsewhere", async () => {
  await using scene = new Scene();
  await scene.root.write({ "one/x.ts": "1", "two/x.ts": "2" });
  await Deno.symlink("one", scene.path("a"));
  scene.folders = [{ id: "a", folder: scene.path("a") }];
  scene.watch();
  await scene.quiet();
  await scene.root.write({ "one/x.ts": "1a" });
  await scene.reloaded("a");
  await Deno.remove(scene.path("a"));
  await Deno.symlink("two", scene.path("a"));
  await scene.reloaded("a", "a");
  await scene.root.write({ "two/x.ts": "2a" });
  await scene.reloaded("a", "a", "a");
  await scene.root.write({ "one/x.ts": "1b" });
  await scene.quiet();
  assertEquals(scene.reloads.length, 3);
});

Deno.test("refresh() takes plugins that have come, and leaves those that have gone", async () => {
  await using scene = await Scene.open({ "a/x.ts": "1", "b/x.ts": "1" });
  scene.folders = [{ id: "b", folder: scene.path("b") }];
  scene.watcher.refresh();
  await scene.quiet();
  await scene.root.write({ "a/x.ts": "2", "b/x.ts": "2" });
  await scene.reloaded("b");
});

Deno.test("refresh() in a reload loses no change", async () => {
  await using scene = await Scene.open({ "a/x.ts": "1", "b/x.ts": "1" }, ["a", "b"]);
  scene.during = async (id) => {
    if (scene.reloads.length > 1) return;
    scene.watcher.refresh();
    await scene.root.write({ [`${id}/x.ts`]: "3", "b/x.ts": "3" });
    scene.watcher.refresh();
  };
  await scene.root.write({ "a/x.ts": "2" });
  await scene.reloaded("a", "a", "b");
});

Deno.test("a folder that is not there yet is watched when it comes", async () => {
  await using scene = new Scene();
  scene.folders = [{ id: "a", folder: scene.path("a") }];
  scene.watch();
  await scene.root.write({ "a/x.ts": "1" });
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // three looks
  const before = scene.reloads.length;
  await scene.root.write({ "a/x.ts": "2" });
  await scene.until(() => scene.reloads.length === before + 1);
});

Deno.test("a folder that never rests is loaded again all the same", async () => {
  await using scene = await Scene.open({ "a/x.ts": "1" });
  let count = 0;
  const writes = setInterval(() => Deno.writeTextFileSync(scene.path("a/x.ts"), `${count++}`), 5);
  await scene.until(() => scene.reloads.length >= 2).finally(() => clearInterval(writes));
});

Deno.test("nothing is loaded again after it is disposed of, and a reload under way is not waited for", async () => {
  await using scene = await Scene.open({ "a/x.ts": "1" });
  const hangs = Promise.withResolvers<void>();
  scene.during = () => hangs.promise;
  await scene.root.write({ "a/x.ts": "2" });
  await scene.until(() => scene.reloads.length === 1);
  await scene.root.write({ "a/x.ts": "3" });
  await scene.watcher[Symbol.asyncDispose]();
  await scene.watcher[Symbol.asyncDispose]();
  scene.watcher.refresh();
  hangs.resolve();
  await scene.root.write({ "a/x.ts": "4" });
  await scene.quiet();
  assertEquals(scene.reloads, ["a"]);
});

Deno.test("what the host may not read is an error at once that says so", async () => {
  await using folder = new TempFolder();
  const module = new URL("src/registry/watch.ts", PROJECT).href;
  const config = new URL("deno.json", PROJECT).pathname;
  await folder.write({
    "a/x.ts": "1",
    "main.ts": `import { PluginWatcher } from "${module}";
      try {
        new PluginWatcher({ folders: () => [{ id: "thing/a", folder: "${folder.path}/a" }], reload: async () => {}, log: console });
      } catch (error) {
        console.log(error.code ?? error.name, error.message);
      }`,
  });
  const { stdout, stderr } = await deno([
    "run",
    "-q",
    "--no-prompt",
    "--no-check",
    `--config=${config}`,
    join(folder.path, "main.ts"),
  ]);
  assert(stdout.includes(`Cannot watch plugin "thing/a": "${folder.path}/a": Requires read access`), stdout + stderr);
});

Deno.test("a host that has nothing else to do may end", async () => {
  await using folder = new TempFolder();
  const module = new URL("src/registry/watch.ts", PROJECT).href;
  const config = new URL("deno.json", PROJECT).pathname;
  await folder.write({
    "a/x.ts": "1",
    "main.ts": `import { PluginWatcher } from "${module}";
      new PluginWatcher({ folders: () => [{ id: "a", folder: "${folder.path}/a" }], reload: async () => {}, log: console });
      await new Promise((resolve) => setTimeout(resolve, 200));
      Deno.writeTextFileSync("${folder.path}/a/x.ts", "2");
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      console.log("end");`,
  });
  const args = ["run", "-q", "-A", "--no-check", `--config=${config}`, join(folder.path, "main.ts")];
  const { code, stdout, stderr } = await deno(args, {}, 20_000);
  assertEquals([code, stdout], [0, 'Plugin "a" has changed: it is loaded again\nend\n'], stderr);
});

Deno.test("a debounce that is no time is refused", () => {
  const make = (debounceMs: number) =>
    new PluginWatcher({ folders: () => [], reload: () => Promise.resolve(), log: new MemoryLogger(), debounceMs });
  for (const ms of [-1, NaN, Infinity]) assertThrows(() => make(ms), RangeError, `Cannot wait "${ms}" ms`);
});
