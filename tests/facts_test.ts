/**
 * What this project builds on and did not decide itself: one probe for each fact about Deno that the code relies on.
 * When a new Deno fails one, the code named with it must be looked at before anything else.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/join";
import { denyRanges } from "../src/sandbox/deny_ranges.ts";
import { deno, type Output, TempFolder } from "./support.ts";

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

Deno.test("an idle child with reads pending does not keep its host alive, and sees its stdin end (process_scope.ts)", async () => {
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
