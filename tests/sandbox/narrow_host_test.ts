/**
 * What a host needs for each tier, and no more: a host program in a process of its own, under exactly those flags. With
 * one flag less it says which, and nobody is asked. Needed flags, and what they are for:
 *
 * - every tier: `--allow-read=<plugins>`: manifests and code;
 * - process: `--allow-run=<deno>`: to start its plugins. `,/bin/sh` for the limits that the kernel keeps;
 * - worker: `--unstable-worker-options`: a worker's own permissions;
 * - `tmpdir`: `--allow-write=<tempDir>`; in a worker `--allow-read=<tempDir>` too, because a worker is given nothing that
 *   the host does not hold, while a process is given what the flags of its own say.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { PluginRegistryOptions, PluginStatus } from "@dagstack/plugin-system";
import { fromFileUrl } from "@std/path/from-file-url";
import { deno, manifestText, type Output, PROJECT, TempFolder } from "../support.ts";

const READ = "--allow-read=plugins";
const RUN = `--allow-run=${Deno.execPath()}`;
const RUN_AND_SHELL = `${RUN},/bin/sh`;
const WRITE = "--allow-write=tmp";
const WORKER_OPTIONS = "--unstable-worker-options";
/** Part of every run: they grant nothing, and keep a run from the network and the type checker. */
const QUIET = ["run", "--quiet", "--no-check", "--cached-only"];

const WORKER: PluginRegistryOptions = { sandbox: "worker" };
const NONE: PluginRegistryOptions = { sandbox: "none", trusted: ["thing/sample"] };

const HOST = `
import { PluginRegistry } from "@dagstack/plugin-system";
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const registry = new PluginRegistry({ logger, ...JSON.parse(Deno.args[0]) });
await registry.discover("plugins");
await registry.setupAll();
const said = {};
for (const { kind, name } of registry.status().plugins) {
  said[name] = await registry.call(kind, name, "hi").catch((error) => error.code);
}
const { plugins } = registry.status();
await registry.teardownAll();
console.log(JSON.stringify({ plugins, said }));
`;

interface Report {
  plugins: PluginStatus[];
  /** What each plugin's hook returned, or the code of its error. */
  said: Record<string, unknown>;
}

interface Run extends Output {
  report: Report | undefined;
}

const CODE = "export class Sample { hi() { return 'hi'; } }";
const SAMPLE = { "plugins/p/dagstack.toml": manifestText(), "plugins/p/plugin.ts": CODE };
const NEEDS_FOLDER = {
  "plugins/p/dagstack.toml": manifestText({}, '[plugin.resources]\nrequired = ["tmpdir"]'),
  "plugins/p/plugin.ts": `export class Sample {
    setup(context: any) { this.folder = context.resources.tmpdir; } folder: any;
    async hi() { await Deno.writeTextFile(await this.folder.createFile("f"), "kept"); return "hi"; }
  }`,
};

/** The project's imports without its unstable features, which are flags here. */
async function plainConfig(): Promise<string> {
  const own = JSON.parse(await Deno.readTextFile(new URL("deno.json", PROJECT)));
  const absolute = (value: string) => value.startsWith("./") ? new URL(value, PROJECT).href : value;
  const imports = Object.fromEntries(Object.entries<string>(own.imports).map(([key, value]) => [key, absolute(value)]));
  const links = (own.workspace as string[]).map((path) => fromFileUrl(new URL(path, PROJECT)));
  return JSON.stringify({ imports, links, lock: false });
}

async function hostFolder(files: Record<string, string>): Promise<TempFolder> {
  const folder = new TempFolder();
  await folder.write({ "deno.json": await plainConfig(), "host.ts": HOST, ...files });
  return folder;
}

/** Runs the host program under these flags and no others; its working folder holds `plugins`. */
async function runHost(
  flags: readonly string[],
  options: PluginRegistryOptions = {},
  files: Record<string, string> = SAMPLE,
): Promise<Run> {
  await using folder = await hostFolder(files);
  const output = await deno([...QUIET, ...flags, "host.ts", JSON.stringify(options)], { cwd: folder.path });
  const line = output.stdout.split("\n").find((text) => text.startsWith("{"));
  // Paths in what is told are the folder's own; it is another at each run.
  const report = line === undefined ? undefined : JSON.parse(line.replaceAll(folder.path, "/host"));
  return { ...output, report };
}

function only({ report, stderr }: Run): PluginStatus {
  assert(report !== undefined, stderr);
  return report.plugins.find(({ name }) => name === "sample")!;
}

interface Case {
  name: string;
  options: PluginRegistryOptions;
  files?: Record<string, string>;
  /** Each flag that is needed, and what is told without it: the code of the error, and its remedy. */
  needs: Readonly<Record<string, readonly [code: string, told: string]>>;
}

const CANNOT_READ = ["DiscoveryError", "the host may not read it; start it with --allow-read"] as const;
const CANNOT_WRITE = ["PermissionExceeded", "start the host with --allow-write="] as const;
const CANNOT_START = ["SandboxUnavailable", `start the host with ${RUN}, or trust the plugin by name`] as const;
const CANNOT_SCOPE = ["SandboxUnavailable", `start the host with ${WORKER_OPTIONS}, or put "unstable"`] as const;

const cases: Case[] = [
  { name: "process", options: {}, needs: { [READ]: CANNOT_READ, [RUN]: CANNOT_START } },
  { name: "worker", options: WORKER, needs: { [READ]: CANNOT_READ, [WORKER_OPTIONS]: CANNOT_SCOPE } },
  { name: "none", options: NONE, needs: { [READ]: CANNOT_READ } },
  {
    name: "process with a tmpdir",
    options: { tempDir: "tmp" },
    files: NEEDS_FOLDER,
    needs: { [READ]: CANNOT_READ, [RUN]: CANNOT_START, [WRITE]: CANNOT_WRITE },
  },
  {
    name: "worker with a tmpdir",
    options: { ...WORKER, tempDir: "tmp" },
    files: NEEDS_FOLDER,
    needs: {
      [READ]: CANNOT_READ,
      [WORKER_OPTIONS]: CANNOT_SCOPE,
      [WRITE]: CANNOT_WRITE,
      "--allow-read=tmp": ["PermissionExceeded", "start the host with --allow-read="],
    },
  },
  {
    // Here the plugin's code is the host's, so that what it writes itself needs the host's permission.
    name: "none with a tmpdir",
    options: { ...NONE, tempDir: "tmp" },
    files: NEEDS_FOLDER,
    needs: { [READ]: CANNOT_READ, [WRITE]: CANNOT_WRITE },
  },
];

for (const { name, options, files, needs } of cases) {
  const flags = Object.keys(needs);

  Deno.test(`a host of tier ${name} works under exactly ${flags.map((flag) => flag.split("=")[0]).join(" ")}`, async () => {
    const run = await runHost(flags, options, files);
    assertEquals([run.code, run.stderr], [0, ""]);
    assertEquals([only(run).state, run.report!.said], ["active", { sample: "hi" }]);
  });

  for (const [flag, [code, told]] of Object.entries(needs)) {
    Deno.test(`a host of tier ${name} without ${flag.replace(Deno.execPath(), "deno")} is told so`, async () => {
      const run = await runHost(flags.filter((other) => other !== flag), options, files);
      if (code === "DiscoveryError") { // there is nothing to go on with: the host's own error
        assertEquals([run.code, run.report], [1, undefined]);
        assertStringIncludes(run.stderr, code);
        assertStringIncludes(run.stderr, told);
        return;
      }
      assertEquals([run.code, run.stderr], [0, ""]); // one plugin's trouble; the host goes on to its end
      assertEquals([only(run).reason?.code, run.report!.said], [code, { sample: "PluginUnavailable" }]);
      assertStringIncludes(only(run).reason!.message, told);
    });
  }
}

Deno.test("tier none without the plugin's name among the trusted is refused, whatever the host holds", async () => {
  const run = await runHost([READ], { sandbox: "none" });
  assertEquals([run.code, only(run).reason?.code], [0, "SandboxUnavailable"]);
  assertStringIncludes(only(run).reason!.message, 'add "thing/sample" to the trusted option');
});

Deno.test("status says which limits hold with /bin/sh, and which flag would make the others hold", async () => {
  const options = { limits: { cpuSeconds: 60, fileMb: 5 } };
  const [bare, shell] = await Promise.all([
    runHost([READ, RUN], options),
    runHost([READ, RUN_AND_SHELL], options),
  ]);
  const { held, notHeld } = only(bare).limits!;
  const reason = "the host may not run /bin/sh; start it with --allow-run=/bin/sh added";
  assertEquals(notHeld, { cpuSeconds: reason, fileMb: reason, memoryMb: `only V8's heap is held to it: ${reason}` });
  assertEquals([held.cpuSeconds, held.fileMb, held.memoryMb, held.heapMb], [undefined, undefined, undefined, 512]);
  assertEquals(only(shell).limits!.notHeld, {});
  assertEquals([only(shell).limits!.held.cpuSeconds, only(shell).limits!.held.fileMb], [60, 5]);
});

Deno.test("a limit that status calls held under /bin/sh bites there", async () => {
  const files = { ...SAMPLE, "plugins/p/plugin.ts": "export class Sample { hi() { for (;;); } }" };
  const run = await runHost([READ, RUN_AND_SHELL], { limits: { cpuSeconds: 1 } }, files);
  assertEquals([run.code, run.report!.said], [0, { sample: "PluginUnavailable" }]);
  assertStringIncludes(only(run).reason!.message, "CPU limit (1 s, limits.cpuSeconds)");
});

const GREEDY = {
  "plugins/good/dagstack.toml": manifestText({ name: '"good"' }),
  "plugins/good/plugin.ts": CODE,
  "plugins/p/dagstack.toml": manifestText(
    {},
    `[plugin.resources]
required = ["env", "http_client", "filesystem", "subprocess"]
[plugin.resources.env]
variables = ["HOME"]
[plugin.resources.http_client]
hosts = ["example.com:443"]
[plugin.resources.filesystem]
read = ["/etc/hosts"]
write = ["../../out"]
[plugin.resources.subprocess]
programs = ["/bin/true"]`,
  ),
  "plugins/p/plugin.ts": CODE,
};
/** What it asks for beyond the least that a host needs: what, the field, the flag. */
const BEYOND = [
  ['net "example.com:443"', "http_client.hosts", "--allow-net=example.com:443"],
  ['env "HOME"', "env.variables", "--allow-env=HOME"],
  ['run "/bin/true"', "subprocess.programs", "--allow-run=/bin/true"],
  ['read "/etc/hosts"', "filesystem.read", "--allow-read=/etc/hosts"],
  ['write "/host/out"', "filesystem.write", "--allow-write=/host/out"],
] as const;

for (
  const [tier, own, options] of [["process", [READ, RUN], {}], ["worker", [READ, WORKER_OPTIONS], WORKER]] as const
) {
  const trusting = { ...options, trusted: ["thing/sample"] };
  const difference = (beyond: typeof BEYOND[number][]) =>
    'Cannot start plugin "thing/sample": ' +
    beyond.map(([what, field, flag]) =>
      `${what} (asked by resources.${field}) is refused by the host; start the host with ${flag}`
    ).join("; ");

  Deno.test(`tier ${tier}: what a plugin asks beyond the host is told exactly, and the next plugin starts`, async () => {
    const run = await runHost(own, trusting, GREEDY);
    assertEquals([run.code, run.stderr], [0, ""]);
    assertEquals(only(run).reason, { code: "PermissionExceeded", message: difference([...BEYOND]) });
    assertEquals(run.report!.said, { good: "hi", sample: "PluginUnavailable" });
  });

  Deno.test(`tier ${tier}: each flag that is told grants its own difference, and all of them start the plugin`, async () => {
    const flags = BEYOND.map(([, , flag]) => flag.replace("/host/out", "out"));
    const all = await runHost([...own, ...flags], trusting, GREEDY);
    assertEquals([all.code, all.stderr, all.report!.said], [0, "", { good: "hi", sample: "hi" }]);
    await Promise.all(BEYOND.map(async (row, i) => {
      const run = await runHost([...own, ...flags.filter((_, j) => j !== i)], trusting, GREEDY);
      assertEquals(only(run).reason?.message, difference([row]));
    }));
  });
}

Deno.test("policy narrows what the host holds, and cannot widen it", async () => {
  const options = { trusted: ["thing/sample"], policy: { http_client: true, filesystem: true, subprocess: true } };
  const run = await runHost([READ, RUN, "--allow-env=HOME", "--allow-net", "--allow-write"], options, GREEDY);
  assertEquals(only(run).reason, {
    code: "PermissionExceeded",
    message: 'Cannot start plugin "thing/sample": env "HOME" (asked by resources.env.variables) is refused by the ' +
      'policy; allow it with policy: { env: { variables: ["HOME"] } }; ' +
      'run "/bin/true" (asked by resources.subprocess.programs) is refused by the host; start the host with ' +
      '--allow-run=/bin/true; read "/etc/hosts" (asked by resources.filesystem.read) is refused by the host; start ' +
      "the host with --allow-read=/etc/hosts",
  });
});

/** Runs a program on a terminal, where nobody answers, and copies what it shows. */
const TERMINAL = `
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
end, asked = time.time() + 20, False
while time.time() < end and not asked:
    if fd not in select.select([fd], [], [], 0.2)[0]:
        continue
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
    asked = b"requests" in data or b"Allow?" in data
else:
    os.kill(pid, 9)
os.waitpid(pid, 0)
`;

/** NB: by way of `deno eval`, which may run anything, because these tests may run nothing but Deno. */
const START = `
const { code, stdout } = await new Deno.Command("python3", { args: Deno.args, stdin: "null" }).output();
await Deno.stdout.write(stdout);
Deno.exit(code);
`;

async function onTerminal(flags: readonly string[], options: PluginRegistryOptions, files: Record<string, string>) {
  await using folder = await hostFolder(files);
  const host = [Deno.execPath(), ...QUIET, ...flags, "host.ts", JSON.stringify(options)];
  const { code, stdout, stderr } = await deno(["eval", "--no-config", START, "-c", TERMINAL, ...host], {
    cwd: folder.path,
  });
  assertEquals([code, stderr], [0, ""], "python3 makes the terminal");
  return stdout;
}

// Deno itself would ask at each permission that is used without being held, for want of --no-prompt.
const silent: [name: string, flags: string[], options: PluginRegistryOptions, files: Record<string, string>][] = [
  ["none", [READ], NONE, SAMPLE],
  ["process with a tempDir", [READ, RUN, WRITE], { tempDir: "tmp" }, NEEDS_FOLDER],
  ["process that asks for more", [READ, RUN, WRITE], { tempDir: "tmp", trusted: ["thing/sample"] }, GREEDY],
];
for (const [name, flags, options, files] of silent) {
  Deno.test(`nobody at a terminal is asked anything: ${name}`, async () => {
    const shown = await onTerminal(flags, options, files);
    assertEquals(/requests|Allow\?/.test(shown), false, shown);
    assertStringIncludes(shown, '"said":{');
  });
}

Deno.test("nobody at a terminal is asked anything: process under its least flags", async () => {
  const shown = await onTerminal([READ, RUN], {}, SAMPLE);
  assertEquals(/requests|Allow\?/.test(shown), false, shown);
});

Deno.test("nobody at a terminal is asked anything: process that may not run Deno", async () => {
  const shown = await onTerminal([READ, WRITE], { tempDir: "tmp" }, SAMPLE);
  assertEquals(/requests|Allow\?/.test(shown), false, shown);
});

Deno.test("a quota that the host cannot look after is refused with the flag that it takes", async () => {
  const files = {
    "plugins/p/dagstack.toml": manifestText(
      {},
      '[plugin.resources]\nrequired = ["tmpdir"]\n[plugin.resources.tmpdir]\nquota_mb = 1',
    ),
    "plugins/p/plugin.ts": `export class Sample {
      setup(context: any) { this.path = context.resources.tmpdir.path; } path = "";
      async hi() {
        for (let i = 0; i < 9; i++) Deno.writeFileSync(this.path + "/" + i, new Uint8Array(900 * 1024));
        await new Promise((resolve) => setTimeout(resolve, 3000));
        return "8 MB under a quota of 1";
      }
    }`,
  };
  const run = await runHost([READ, RUN, WRITE], { tempDir: "tmp" }, files);
  const { code, message } = only(run).reason!;
  assertEquals(code, "PermissionExceeded");
  assertStringIncludes(
    message,
    "(asked by quota_mb of resources.tmpdir) is refused by the host; start the host with --allow-read=",
  );
});
