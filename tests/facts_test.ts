/**
 * What this project builds on and did not decide itself: one probe for each fact about Deno that the code relies on.
 * When a new Deno fails one, the code named with it must be looked at before anything else.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/join";
import { denyRanges } from "../src/sandbox/deny_ranges.ts";
import { type Contents, FakeRegistry } from "./packages/fake_registry.ts";
import { deno, type Output, TempFolder } from "./support.ts";
import { OtlpReceiver } from "./telemetry/otlp_receiver.ts";

const ISOLATION = ["--no-prompt", "--no-npm", "--no-remote", "--cached-only", "--no-config", "--no-lock", "--quiet"];

/** Runs code as a `data:` main module, the way the guest is started. */
function run(
  code: string,
  flags: string[] = [],
  args: string[] = [],
  options: Deno.CommandOptions = {},
): Promise<Output> {
  return deno(["run", ...ISOLATION, ...flags, `data:text/javascript,${encodeURIComponent(code)}`, ...args], options);
}

Deno.test("a data: main module runs under --no-remote, and an import map may be a data: URL (process_launch.ts)", async () => {
  const map = { imports: { "@scope/name": "data:text/javascript,export const value = 7" } };
  const { stdout, stderr } = await run('import { value } from "@scope/name"; console.log(value);', [
    `--import-map=data:application/json,${encodeURIComponent(JSON.stringify(map))}`,
  ]);
  assertEquals(stdout, "7\n", stderr);
});

Deno.test("only %, # and line ends need escaping in a data: URL (process_launch.ts)", async () => {
  const text = `console.log("a b?c&d=\\"e\\"<f>|^\`{} é 👩 %41 # x".length);`;
  const url = `data:text/javascript,${text.replace(/[%#\n\r\t]/g, encodeURIComponent)}`;
  const { stdout, stderr } = await deno(["run", ...ISOLATION, url]);
  assertEquals(stdout, `${`a b?c&d="e"<f>|^\`{} é 👩 %41 # x`.length}\n`, stderr);
});

Deno.test("an import by a variable is checked against the scope, static imports below it too (instance.ts)", async () => {
  await using folder = new TempFolder();
  await folder.write({
    "in/ok.ts": "export const a: number = 1;",
    "in/bad.ts": 'import "../out.ts";',
    "out.ts": "console.log('ran')",
  });
  const code =
    `for (const url of Deno.args) try { await import(url); console.log("loaded"); } catch (e) { console.log(e.message.split("\\n")[0]); }`;
  const files = ["in/ok.ts", "in/bad.ts", "out.ts"].map((file) => `file://${join(folder.path, file)}`);
  const { stdout } = await run(code, [`--allow-read=${folder.path}/in`], files);
  const [ok, bad, out] = stdout.split("\n");
  assertEquals(ok, "loaded");
  for (const line of [bad, out]) assertStringIncludes(line!, "Requires read access to");
  assertEquals(stdout.includes("ran"), false);
});

Deno.test("npm: and https: imports are refused by --no-npm and --no-remote (process_launch.ts)", async () => {
  const code = `for (const s of ["npm:left-pad", "jsr:@std/assert", "https://example.com/x.ts"])
    try { await import(s); console.log("loaded"); } catch { console.log("refused"); }`;
  const { stdout, stderr } = await run(code);
  assertEquals(stdout, "refused\nrefused\nrefused\n", stderr);
});

Deno.test("--no-prompt turns what is not granted into NotCapable, without a question (refusal.ts)", async () => {
  const code = `for (const [n, f] of Object.entries({
      env: () => Deno.env.get("HOME"), read: () => Deno.readTextFileSync("/etc/passwd"),
      write: () => Deno.writeTextFileSync("/x", ""), run: () => new Deno.Command("/bin/sh").outputSync(),
    })) try { f(); console.log(n, "granted"); } catch (e) { console.log(e.name, e.message); }`;
  const { stdout } = await run(code);
  assertEquals(stdout.split("\n").slice(0, 4), [
    'NotCapable Requires env access to "HOME", run again with the --allow-env flag',
    'NotCapable Requires read access to "/etc/passwd", run again with the --allow-read flag',
    'NotCapable Requires write access to "/x", run again with the --allow-write flag',
    'NotCapable Requires run access to "/bin/sh", run again with the --allow-run flag',
  ]);
});

Deno.test("a comma in a flag makes two grants, and cannot be escaped (permissions.ts, fields.ts)", async () => {
  const code =
    `for (const p of ["/x/a", "b", "/x/a,b"]) console.log(Deno.permissions.querySync({ name: "read", path: p }).state);`;
  for (const value of ["/x/a,b", "/x/a\\,b", '"/x/a,b"']) {
    const { stdout } = await run(code, [`--allow-read=${value}`]);
    assertEquals(stdout.includes("granted\ngranted\ngranted"), false, value);
    assertStringIncludes(stdout + "prompt", "prompt");
  }
  assertEquals((await run(code, ["--allow-read=/x/a,b"])).stdout.startsWith("granted\ngranted"), true);
});

Deno.test("--allow-env=* grants every variable (fields.ts)", async () => {
  assertEquals(
    (await run(`console.log(Deno.env.get("PROBE"))`, ["--allow-env=*"], [], { env: { PROBE: "seen" } })).stdout,
    "seen\n",
  );
});

Deno.test("--deny-net with ranges refuses an allowed name that resolves there, by fetch and by connect (deny_ranges.ts)", async () => {
  let reached = 0;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(`${++reached}`),
  );
  const host = `localhost:${server.addr.port}`;
  const code =
    `try { await fetch("http://${host}"); console.log("reached"); } catch (e) { console.log(e.name, e.message, e.cause?.message); }
    try { (await Deno.connect({ hostname: "localhost", port: ${server.addr.port} })).close(); console.log("reached"); } catch (e) { console.log(e.name, e.message); }`;
  const denied = await run(code, [`--allow-net=${host}`, `--deny-net=${denyRanges(["example.com"]).join(",")}`]);
  assertEquals(denied.stdout.includes("reached"), false, denied.stdout);
  assertEquals(denied.stdout.match(/Requires net access to "(127\.0\.0\.1|\[::1\]):/g)?.length, 2, denied.stdout);
  assertEquals(reached, 0);
  const opened = await run(code, [`--allow-net=${host}`, `--deny-net=${denyRanges(["localhost"]).join(",")}`]);
  assertEquals(opened.stdout.match(/reached/g)?.length, 2, opened.stdout + opened.stderr);
});

Deno.test("an address written as IPv4 in IPv6 slips through a denied range when it is allowed as written (host.ts)", async () => {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("reached"));
  const code = `console.log(await (await fetch("http://[::ffff:127.0.0.1]:${server.addr.port}")).text());`;
  const { stdout } = await run(code, ["--allow-net=[::ffff:127.0.0.1]", "--deny-net=127.0.0.0/8"]);
  assertEquals(stdout, "reached\n");
});

Deno.test("--deny-net takes IPv6 addresses but no IPv6 ranges (deny_ranges.ts)", async () => {
  assertEquals((await run("", ["--deny-net=[::1]"])).code, 0);
  for (const range of ["[fc00::]/7", "fc00::/7", "[fc00::/7]"]) {
    assert((await run("", [`--deny-net=${range}`])).code !== 0, range);
  }
});

Deno.test("Deno starts without a cache folder that can be made (process_launch.ts)", async () => {
  const { stdout, stderr } = await run("console.log('up')", [], [], {
    clearEnv: true,
    env: { DENO_DIR: "/dev/null/none" },
  });
  assertEquals(stdout, "up\n", stderr);
});

Deno.test("an idle child with reads pending does not keep its host alive, and sees its stdin end (process_host.ts)", async () => {
  await using folder = new TempFolder();
  // The child writes a file when its stdin ends, which is when its host does.
  const idle = `for await (const _ of Deno.stdin.readable); Deno.writeTextFileSync(Deno.args[0], "ended");`;
  const code = `const child = new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--no-config",
      "data:text/javascript," + encodeURIComponent(${JSON.stringify(idle)}), ${JSON.stringify(folder.path + "/ended")}],
      stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
    (async () => { for await (const _ of child.stdout); })(); (async () => { for await (const _ of child.stderr); })();
    child.status.then(() => {}); child.unref(); console.log("host ends");`;
  const { code: exit, stdout } = await run(code, ["--allow-run", "--allow-read"]);
  assertEquals([exit, stdout], [0, "host ends\n"]);
  for (let tries = 0; tries < 500; tries++) {
    if (await Deno.stat(`${folder.path}/ended`).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the child did not see its stdin end");
});

Deno.test("the sanitizers of ops and resources are off unless a test asks for them (lifecycle_main.ts)", async () => {
  await using folder = new TempFolder();
  const leak = `setTimeout(() => {}, 1e8); Deno.openSync(Deno.execPath());`;
  await folder.write({
    "off_test.js": `Deno.test("off", () => { ${leak} });`,
    "on_test.js": `Deno.test({ name: "on", sanitizeOps: true, sanitizeResources: true, fn() { ${leak} } });`,
    "step_test.js":
      `Deno.test("step", async (t) => { await t.step({ name: "s", sanitizeOps: true, sanitizeResources: true, fn() { ${leak} } }); });`,
  });
  const codes = [];
  for (const file of ["off", "on", "step"]) {
    codes.push(
      (await deno(["test", "--no-config", "--no-lock", "--no-check", "-A", `${folder.path}/${file}_test.js`])).code,
    );
  }
  assertEquals(codes, [0, 1, 0]);
});

Deno.test("junit reports hold the leaks, with the place of a leaked op (check_lifecycle.ts)", async () => {
  await using folder = new TempFolder();
  await folder.write({
    "a_test.ts":
      `const n: number = 1e8;\nDeno.test({ name: "a", sanitizeOps: true, fn() { setTimeout(() => {}, n); } });`,
  });
  await deno([
    "test",
    "--no-config",
    "--no-check",
    "--trace-leaks",
    `--junit-path=${folder.path}/j.xml`,
    `${folder.path}/a_test.ts`,
  ]);
  const report = await Deno.readTextFile(`${folder.path}/j.xml`);
  assertStringIncludes(report, '<failure message="Leaks detected">');
  assertStringIncludes(report, "a_test.ts:2:50");
});

Deno.test("deno doc tells parameters, types and defaults (samples.ts)", async () => {
  await using folder = new TempFolder();
  await folder.write({ "a.ts": "export class A { hook(text: string, size = 5) { return text + size; } }" });
  const { stdout } = await deno(["doc", "--json", `${folder.path}/a.ts`]);
  const { nodes } = JSON.parse(stdout);
  const [module] = Object.values(nodes) as {
    symbols: { declarations: { def: { methods: { functionDef: { params: unknown[] } }[] } }[] }[];
  }[];
  const params = module!.symbols[0]!.declarations[0]!.def.methods[0]!.functionDef.params as { kind: string }[];
  assertEquals(params.map(({ kind }) => kind), ["identifier", "assign"]);
});

Deno.test("asking Deno for a permission never prompts and needs none (in_process.ts)", async () => {
  const code =
    `for (const d of [{ name: "net", host: "a.b" }, { name: "env", variable: "X" }, { name: "run", command: "x" }, { name: "read", path: "/x" }])
    console.log(Deno.permissions.querySync(d).state);
    try { Deno.permissions.querySync({ name: "net", host: "10.0.0.0/8" }); console.log("range"); } catch (e) { console.log(e.name); }`;
  const { stdout } = await run(code);
  assertEquals(stdout.split("\n").slice(0, 4), ["prompt", "prompt", "prompt", "prompt"]);
});

Deno.test("an import of a name that nothing maps is told in words that are looked for (start_plugin.ts)", async () => {
  await using folder = new TempFolder();
  await folder.write({
    "a.ts": 'import "@dagstack/plugin-system";',
    "b.ts": "await import(Deno.args[0]).catch((e) => console.log(e.message));",
  });
  for (const flags of [["--no-config"], ["--config", `${folder.path}/deno.json`]]) {
    await folder.write({ "deno.json": '{ "imports": {} }' });
    const { stdout, stderr } = await deno(["run", "-A", ...flags, `${folder.path}/b.ts`, `file://${folder.path}/a.ts`]);
    assert(/"@dagstack\/plugin-system" not (prefixed|a dependency)/.test(stdout), stdout + stderr);
  }
});

const PACKAGES: Contents = {
  npm: {
    leaf: { "1.0.0": { "index.js": "module.exports = 'leaf 1';" }, "2.0.0": { "index.js": "" } },
    user: {
      "1.0.0": { "package.json": '{ "dependencies": { "leaf": "1" } }', "index.js": "module.exports = 'user';" },
    },
  },
  jsr: { "@acme/tool": { "1.0.0": { "mod.ts": "export default 'tool';" } } },
};

/** A registry, and a folder into which Deno has locked and fetched `npm:user@1` and `jsr:@acme/tool@1` from it. */
async function openPackages(imports = ["npm:user@1", "jsr:@acme/tool@1"], spoil = (_: FakeRegistry) => {}) {
  const registry = new FakeRegistry(PACKAGES);
  spoil(registry);
  const folder = new TempFolder();
  await folder.write({
    "deno.json": JSON.stringify({ workspace: [], nodeModulesDir: "none", imports: { ...imports } }),
  });
  const env = { DENO_DIR: folder.path, HOME: folder.path, NPM_CONFIG_REGISTRY: registry.url, JSR_URL: registry.url };
  const options = { clearEnv: true, env, cwd: folder.path };
  const installed = await deno(["install", "--quiet", `--lock=${folder.path}/deno.lock`], options);
  return {
    registry,
    folder,
    installed,
    /** Tries imports in one process that may read nothing. */
    tryAll(specifiers: string[], flags: string[]): Promise<Output> {
      const code = `for (const s of Deno.args) try { await import(s); console.log("loaded"); }
        catch (e) { console.log(e.message.split("\\n")[0]); }`;
      const all = [
        "--quiet",
        "--no-prompt",
        "--no-config",
        "--ignore-env",
        `--lock=${folder.path}/deno.lock`,
        ...flags,
      ];
      return deno(["run", ...all, `data:text/javascript,${encodeURIComponent(code)}`, ...specifiers], options);
    },
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a frozen lock lets in what it lists as it lists it, and no other spelling of what is cached (lock_packages.ts)", async () => {
  await using packages = await openPackages();
  for (
    const [specifier, loads] of [["npm:user@1", true], ["npm:user@^1", true], ["npm:user", false], [
      "npm:leaf@1",
      false,
    ]] as const
  ) {
    const { stdout } = await packages.tryAll([specifier], ["--cached-only", "--frozen"]);
    assertEquals(stdout, loads ? "loaded\n" : stdout, specifier);
    if (!loads) assertStringIncludes(stdout, "The lockfile is out of date");
  }
  const { stdout } = await packages.tryAll(["npm:leaf@1"], ["--cached-only"]);
  assertEquals(stdout, "loaded\n", "without --frozen the cache alone decides");
});

Deno.test("after one version that is not locked, a process is refused every further package (lock_packages.ts)", async () => {
  await using packages = await openPackages();
  const flags = ["--cached-only", "--frozen"];
  const { stdout } = await packages.tryAll(["npm:leaf@2", "npm:user@1"], flags);
  assertEquals(stdout.match(/The lockfile is out of date/g)?.length, 2, stdout);
  const fine = await packages.tryAll(["npm:none", "npm:user@1"], flags);
  assertStringIncludes(fine.stdout, "loaded", "one that is not cached does no harm");
});

Deno.test("--no-remote refuses JSR's modules, cached or not; --cached-only asks no server (lock_packages.ts)", async () => {
  await using packages = await openPackages();
  const asked = packages.registry.requests.length;
  const remote = await packages.tryAll(["jsr:@acme/tool@1"], ["--cached-only", "--frozen", "--no-remote"]);
  assertStringIncludes(remote.stdout, "--no-remote is specified");
  const { url } = packages.registry;
  const allowed = ["--cached-only", "--frozen", `--allow-import=${new URL(url).host}`];
  const list = ["jsr:@acme/tool@1", `${url}x.ts?data`, "jsr:@acme/data", "npm:data", "https://example.com/data"];
  const { stdout } = await packages.tryAll(list, allowed);
  const [tool, ...others] = stdout.trimEnd().split("\n");
  assertEquals([tool, others.length, others.includes("loaded")], ["loaded", 4, false]);
  assertEquals(packages.registry.requests.length, asked);
});

Deno.test("files of the cache's npm folder are imported by path without read permission (lock_packages.ts: a cache for each plugin)", async () => {
  await using packages = await openPackages();
  const folder = `${packages.folder.path}/npm/${new URL(packages.registry.url).port}`;
  const { stdout } = await packages.tryAll([`file://${folder}/leaf/1.0.0/index.js`], ["--cached-only", "--frozen"]);
  assertEquals(stdout, "loaded\n");
});

Deno.test("what a process keeps in localStorage lies in DENO_DIR, by its main module, without permission (link_packages.ts)", async () => {
  await using folder = new TempFolder();
  const run = (code: string) =>
    deno([
      "run",
      "--quiet",
      "--no-prompt",
      "--no-config",
      "data:text/javascript,await import(Deno.args[0])",
      `data:text/javascript,${code}`,
    ], {
      clearEnv: true,
      env: { DENO_DIR: folder.path },
    });
  await run("localStorage.setItem('k','v')");
  assertEquals((await run("console.log(localStorage.getItem('k'))")).stdout, "v\n");
});

Deno.test("deno install says nothing when JSR does not know a package (fill_cache.ts)", async () => {
  await using packages = await openPackages(["jsr:@acme/none@1"]);
  assertEquals([packages.installed.code, packages.installed.stderr], [0, ""]);
});

Deno.test("deno install takes an npm package that comes without a checksum (fill_cache.ts)", async () => {
  await using packages = await openPackages(["npm:leaf@1"], (registry) => registry.integrity = null);
  assertEquals(packages.installed.code, 0);
  const { npm } = JSON.parse(await Deno.readTextFile(`${packages.folder.path}/deno.lock`));
  assertEquals(npm["leaf@1.0.0"].integrity, undefined);
});

Deno.test("an .npmrc of the user's home has a say in what is fetched (download_environment.ts)", async () => {
  await using packages = await openPackages([]);
  await packages.folder.write({
    ".npmrc": `@acme:registry=${packages.registry.url}elsewhere/`,
    "x/deno.json": '{ "workspace": [], "imports": { "x": "npm:@acme/x" } }',
  });
  const env = {
    DENO_DIR: packages.folder.path,
    HOME: packages.folder.path,
    NPM_CONFIG_REGISTRY: packages.registry.url,
  };
  await deno(["install", "--quiet"], { clearEnv: true, env, cwd: `${packages.folder.path}/x` });
  assert(packages.registry.requests.includes("elsewhere/@acme/x"), packages.registry.requests.join());
});

Deno.test("a worker's main module fetches what it names with the host's permissions, and a resolve hook redirects it (worker_host.ts)", async () => {
  await using folder = new TempFolder();
  await folder.write({
    "own/plugin.ts": `import { name } from "pkg"; export const seen = name;`,
    "pkg/mod.ts": "export const name = 'whole package';",
    "deno.json": '{ "imports": { "pkg": "./pkg/mod.ts" }, "unstable": ["worker-options"] }',
    "host.ts": `
      const api = "data:text/javascript,export const name = 'plugin-facing';";
      const boot = "()=>import('pkg');import{registerHooks}from'node:module';import " + JSON.stringify(api) + ";" +
        "registerHooks({resolve:(s,c,n)=>s==='pkg'?{url:" + JSON.stringify(api) + ",format:'module',shortCircuit:true}:n(s,c)});" +
        "onmessage=async(e)=>{try{postMessage((await import(e.data)).seen)}catch(x){postMessage(String(x))}}";
      const permissions = { read: [Deno.args[0] + "/own"] };
      const worker = new Worker("data:text/javascript," + encodeURIComponent(boot), { type: "module", deno: { permissions } });
      worker.onmessage = (e) => { console.log(e.data); Deno.exit(0); };
      worker.postMessage("file://" + Deno.args[0] + "/own/plugin.ts");`,
  });
  const { stdout, stderr } = await deno(["run", "-A", "--no-check", `${folder.path}/host.ts`, folder.path]);
  assertEquals(stdout, "plugin-facing\n", stderr);
});

Deno.test("a program evaluated from text may import files by variable, under the main module's permissions (process_launch.ts)", async () => {
  await using folder = new TempFolder();
  await folder.write({ "in/a.js": "export const a = 1;", "out/b.js": "export const b = 2;" });
  const code = `const load = new Function("url", "return import(url)");
    for (const url of Deno.args) try { await load(url); console.log("loaded"); } catch (e) { console.log(e.message.split(",")[0]); }`;
  const urls = ["in/a.js", "out/b.js"].map((path) => `file://${folder.path}/${path}`);
  const { stdout } = await run(code, [`--allow-read=${folder.path}/in`], urls);
  assertEquals(stdout, `loaded\nRequires read access to "${folder.path}/out/b.js"\n`);
});

Deno.test("ulimit -d counts buffers, which V8's heap limit does not; -t and -f end a process by SIGXCPU and SIGXFSZ (launcher.ts)", async () => {
  if (Deno.build.os !== "linux") return;
  const under = async (limits: string, code: string) => {
    const script = `${limits} && exec "$@"`;
    const args = [
      "-c",
      script,
      "sh",
      Deno.execPath(),
      "run",
      ...ISOLATION,
      `--allow-write`,
      `data:text/javascript,${encodeURIComponent(code)}`,
    ];
    const { signal, stdout } = await new Deno.Command("/bin/sh", { args, stdout: "piped", stderr: "null" }).output();
    return [signal, new TextDecoder().decode(stdout)] as const;
  };
  const buffers =
    "const a = []; try { for (;;) a.push(new Uint8Array(16 << 20).fill(1)); } catch (e) { console.log(e.name); }";
  assertEquals(await under("ulimit -d 900000", buffers), [null, "RangeError\n"]);
  assertEquals((await under("ulimit -S -t 1", "for (;;);"))[0], "SIGXCPU");
  await using folder = new TempFolder();
  const file = `Deno.writeFileSync("${folder.path}/big", new Uint8Array(20 << 20))`;
  assertEquals((await under("ulimit -f 32768", file))[0] as string, "SIGXFSZ");
});

Deno.test("a folder that holds a program which may be run is held in part, but can be written (temp_folders.ts)", async () => {
  await using folder = new TempFolder();
  const code = `const { state, partial } = Deno.permissions.querySync({ name: "write", path: Deno.args[0] });
    Deno.mkdirSync(Deno.args[0] + "/made"); console.log(state, partial);`;
  await folder.write({ program: "" });
  const flags = [`--allow-write=${folder.path}`, `--allow-run=${folder.path}/program`];
  const { stdout, stderr } = await run(code, flags, [folder.path]);
  assertEquals(stdout, "granted true\n", stderr);
});

/** Says what a store holds after an await, a timer, a microtask and a thread of both, in 20 calls at once. */
const FOLLOW = `
  const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
  const { run, getStore } = AsyncLocalStorage.prototype;
  const storage = new AsyncLocalStorage();
  Object.assign(AsyncLocalStorage.prototype, { run() { throw 1; }, getStore() { throw 1; } });
  const get = () => Reflect.apply(getStore, storage, []);
  const one = (n) => Reflect.apply(run, storage, [n, async () => {
    const seen = [get()];
    await null; seen.push(get());
    await new Promise((r) => setTimeout(r, n % 5)); seen.push(get());
    await new Promise((r) => setTimeout(() => { seen.push(get()); queueMicrotask(() => { seen.push(get()); r(); }); }));
    return seen.every((found) => found === n);
  }]);
  const follow = async () => [(await Promise.all(Array.from({ length: 20 }, (_, n) => one(n)))).every(Boolean), get() ?? null];`;

Deno.test("AsyncLocalStorage is had without a wait and without a permission, and follows awaits and timers in processes and workers (running_call.ts)", async () => {
  const inProcess = await run(`${FOLLOW} console.log(JSON.stringify(await follow()));`);
  assertEquals(inProcess.stdout, "[true,null]\n", inProcess.stderr);
  const worker = `data:text/javascript,${encodeURIComponent(`${FOLLOW} postMessage(await follow());`)}`;
  for (const options of ["{ permissions: 'none' }", "undefined"]) {
    const code = `const worker = new Worker(Deno.args[0], { type: "module", deno: ${options} });
      worker.onmessage = (e) => { console.log(JSON.stringify(e.data)); Deno.exit(0); };`;
    const { stdout, stderr } = await run(code, ["--unstable-worker-options"], [worker]);
    assertEquals(stdout, "[true,null]\n", stderr);
  }
});

Deno.test("a generator runs in the context of whoever asks for its next item, not of the call that made it (bind_stream.ts)", async () => {
  const code = `const storage = new (process.getBuiltinModule("node:async_hooks").AsyncLocalStorage)();
    async function* items() { yield storage.getStore() ?? null; await null; yield storage.getStore() ?? null; }
    const made = storage.run(1, items);
    console.log(JSON.stringify([(await made.next()).value, (await storage.run(2, () => made.next())).value]));`;
  const { stdout, stderr } = await run(code);
  assertEquals(stdout, "[null,2]\n", stderr);
});

Deno.test("a file: URL with another query is another module, of the file as it is then; stacks name the file (instance.ts)", async () => {
  await using folder = new TempFolder();
  await folder.write({ "a.ts": "export const n: number = 1; export const fail = () => { throw new Error(); };" });
  const code = `const url = "file://" + Deno.args[0] + "/a.ts", load = (end) => import(url + end);
    const numbers = [(await load("")).n];
    Deno.writeTextFileSync(Deno.args[0] + "/a.ts", "export const n: number = 2;\\nexport const fail = () => { throw new Error(); };");
    numbers.push((await load("")).n, (await load("?generation=1")).n);
    try { (await load("?generation=1")).fail(); } catch (e) { numbers.push(e.stack.includes("/a.ts?generation=1:2:")); }
    console.log(JSON.stringify(numbers));`;
  const flags = [`--allow-read=${folder.path}`, `--allow-write=${folder.path}`];
  const { stdout, stderr } = await run(code, flags, [folder.path]);
  assertEquals(stdout, "[1,1,2,true]\n", stderr);
});

/** What SDKs of OpenTelemetry, and Deno's own, register themselves under. */
const OTEL = `globalThis[Symbol.for("opentelemetry.js.api.1")]`;

Deno.test("OTEL_DENO=true registers tracer, meter and contexts where the npm API looks, in workers too; else there is nothing (telemetry.ts)", async () => {
  const parts = `Object.keys(${OTEL} ?? {}).filter((key) => key !== "version").sort().join()`;
  const code = `console.log(${parts});
    const worker = new Worker("data:text/javascript,postMessage(" + encodeURIComponent(${JSON.stringify(parts)}) + ")",
      { type: "module", deno: { permissions: "none" } });
    worker.onmessage = ({ data }) => { console.log(data); worker.terminate(); };`;
  const flags = ["--unstable-worker-options"];
  const all = "context,metrics,propagation,trace";
  const { stdout, stderr } = await run(code, flags, [], { env: { OTEL_DENO: "true", OTEL_DENO_CONSOLE: "ignore" } });
  assertEquals(stdout, `${all}\n${all}\n`, stderr);
  assertEquals((await run(code, flags)).stdout, "\n\n");
});

Deno.test("Deno's exporter asks for no permission, and what it reads stays hidden; a parent may be made by hand (telemetry_environment.ts)", async () => {
  await using receiver = new OtlpReceiver();
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const code = `const api = ${OTEL}, key = Symbol.for("OpenTelemetry Context Key SPAN");
    const parent = { traceId: "${traceId}", spanId: "b7ad6b7169203331", traceFlags: 0, isRemote: true };
    const context = api.context.active().setValue(key, { spanContext: () => parent });
    const span = api.trace.getTracer("fact").startSpan("made", {}, context);
    api.context.with(api.context.active().setValue(key, span), async () => {
      await 0;
      console.log(api.context.active().getValue(key) === span, span.spanContext().traceFlags);
      span.end();
    });
    try { Deno.env.get("OTEL_EXPORTER_OTLP_HEADERS"); } catch (error) { console.log(error.name); }`;
  const env = { ...receiver.env, OTEL_EXPORTER_OTLP_HEADERS: "x-key=secret" };
  const { stdout, stderr } = await run(code, [], [], { clearEnv: true, env });
  // NB: the parent says that it is not sampled (flags 0); Deno samples it all the same.
  assertEquals(stdout, "NotCapable\ntrue 1\n", stderr);
  const made = receiver.one("made");
  assertEquals([made.traceId, made.parentSpanId], [traceId, "b7ad6b7169203331"]);
});
