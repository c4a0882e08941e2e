/** One row for each row of the table in SPEC section 8, and the difference between asked and allowed. */
import { assertEquals, assertThrows } from "@std/assert";
import { parseManifest } from "../../src/manifest/mod.ts";
import { computeScope, type PermissionScope, type Policy, scopeFlags } from "../../src/sandbox/permissions.ts";
import { manifestText } from "../support.ts";

const DIR = "/plugins/sample";
const CLOSED = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "[::]",
  "[::1]",
];
const NOTHING: PermissionScope = {
  read: [DIR],
  write: [],
  net: [],
  denyNet: [],
  env: [],
  run: [],
  packages: [],
  tmpdir: false,
};

function request(resources: string, policy?: Policy, holds = (_permission: string, _value: string) => true) {
  const manifest = parseManifest(manifestText({}, `[plugin.resources]\n${resources}`));
  return computeScope({ manifest, pluginDir: DIR, trusted: true, holds, ...(policy === undefined ? {} : { policy }) });
}

const rows: [name: string, resources: string, scope: Partial<PermissionScope>, flags: string[]][] = [
  ["no resource: its own code", "", {}, [`--allow-read=${DIR}`]],
  ["clock: nothing", 'required = ["clock"]', {}, [`--allow-read=${DIR}`]],
  ["rng: nothing", 'required = ["rng"]', {}, [`--allow-read=${DIR}`]],
  [
    "tmpdir: read and write of one fresh folder",
    'required = ["tmpdir"]',
    { tmpdir: true },
    [`--allow-read=${DIR},/fresh`, "--allow-write=/fresh"],
  ],
  ["http_client without hosts: nothing", 'required = ["http_client"]', {}, [`--allow-read=${DIR}`]],
  [
    "http_client with hosts: those, minus closed ranges",
    'required = ["http_client"]\n[plugin.resources.http_client]\nhosts = ["api.example.com", "api.example.com:8443"]',
    { net: ["api.example.com", "api.example.com:8443"], denyNet: CLOSED },
    [`--allow-read=${DIR}`, "--allow-net=api.example.com,api.example.com:8443", `--deny-net=${CLOSED.join(",")}`],
  ],
  [
    "http_client with a private range: all closed ranges but that one",
    'optional = ["http_client"]\n[plugin.resources.http_client]\nhosts = ["10.0.0.0/8"]',
    { net: ["10.0.0.0/8"], denyNet: CLOSED.filter((range) => range !== "10.0.0.0/8") },
    [
      `--allow-read=${DIR}`,
      "--allow-net=10.0.0.0/8",
      `--deny-net=${CLOSED.filter((range) => range !== "10.0.0.0/8").join(",")}`,
    ],
  ],
  [
    "env: exactly the listed variables",
    'required = ["env"]\n[plugin.resources.env]\nvariables = ["LANG", "TZ"]',
    { env: ["LANG", "TZ"] },
    [`--allow-read=${DIR}`, "--allow-env=LANG,TZ"],
  ],
  [
    "filesystem: exactly the listed paths, relative ones from its folder",
    'required = ["filesystem"]\n[plugin.resources.filesystem]\nread = ["/data", "own"]\nwrite = ["/out"]',
    { read: [DIR, "/data", `${DIR}/own`], write: ["/out"] },
    [`--allow-read=${DIR},/data,${DIR}/own`, "--allow-write=/out"],
  ],
  [
    "subprocess, trusted by name: exactly the listed programs",
    'required = ["subprocess"]\n[plugin.resources.subprocess]\nprograms = ["git", "/bin/sh"]',
    { run: ["git", "/bin/sh"] },
    [`--allow-read=${DIR}`, "--allow-run=git,/bin/sh"],
  ],
  [
    "packages with specifiers: those, and unlisted variables read as undefined",
    'required = ["packages"]\n[plugin.resources.packages]\nspecifiers = ["npm:lodash@^4"]',
    { packages: ["npm:lodash@^4"] },
    [`--allow-read=${DIR}`, "--ignore-env"],
  ],
  ["packages without specifiers: nothing", 'required = ["packages"]', {}, [`--allow-read=${DIR}`]],
  ["blob_store: nothing", 'required = ["blob_store"]', {}, [`--allow-read=${DIR}`]],
  ["progress and checkpoint: nothing", 'required = ["progress", "checkpoint"]', {}, [`--allow-read=${DIR}`]],
  ["a resource of the host's own: nothing", 'required = ["translator"]', {}, [`--allow-read=${DIR}`]],
];

for (const [name, resources, scope, flags] of rows) {
  Deno.test(`scope of ${name}`, () => {
    const result = request(resources);
    assertEquals(result.differences, []);
    assertEquals(result.scope, { ...NOTHING, ...scope });
    assertEquals(scopeFlags(result.scope, result.scope.tmpdir ? ["/fresh"] : []), flags);
  });
}

const ALL = `required = ["http_client", "env", "filesystem", "tmpdir"]
[plugin.resources.http_client]
hosts = ["api.example.com:443"]
[plugin.resources.env]
variables = ["LANG"]
[plugin.resources.filesystem]
read = ["/data/in"]
write = ["/data/out"]`;

Deno.test("an empty policy grants nothing, and says what would", () => {
  const { scope, differences } = request(ALL, {});
  assertEquals(scope, NOTHING);
  assertEquals(differences.map(({ permission, value, refusedBy, remedy }) => [permission, value, refusedBy, remedy]), [
    [
      "net",
      "api.example.com:443",
      "policy",
      'allow it with policy: { http_client: { hosts: ["api.example.com:443"] } }',
    ],
    ["env", "LANG", "policy", 'allow it with policy: { env: { variables: ["LANG"] } }'],
    ["write", "a fresh folder", "policy", "allow it with policy: { tmpdir: true }"],
    ["read", "/data/in", "policy", 'allow it with policy: { filesystem: { read: ["/data/in"] } }'],
    ["write", "/data/out", "policy", 'allow it with policy: { filesystem: { write: ["/data/out"] } }'],
  ]);
});

const policies: [name: string, policy: Policy, refused: string[]][] = [
  ["all of it", { http_client: true, env: true, filesystem: true, tmpdir: true }, []],
  ["a host with all its ports", { http_client: { hosts: ["api.example.com"] } }, [
    "LANG",
    "a fresh folder",
    "/data/in",
    "/data/out",
  ]],
  ["a wildcard", { http_client: { hosts: ["*.example.com"] }, env: true, tmpdir: true, filesystem: true }, []],
  ["another port", { http_client: { hosts: ["api.example.com:80"] }, env: true, tmpdir: true, filesystem: true }, [
    "api.example.com:443",
  ]],
  ["a wildcard that only looks alike", {
    http_client: { hosts: ["*.ple.com"] },
    env: true,
    tmpdir: true,
    filesystem: true,
  }, ["api.example.com:443"]],
  [
    "a folder above",
    { http_client: true, env: true, tmpdir: true, filesystem: { read: ["/data"], write: ["/data"] } },
    [],
  ],
  ["a folder whose name only begins alike", {
    http_client: true,
    env: true,
    tmpdir: true,
    filesystem: { read: ["/data/i"], write: ["/data"] },
  }, ["/data/in"]],
  ["another variable", { http_client: true, env: { variables: ["LAN"] }, tmpdir: true, filesystem: true }, ["LANG"]],
];

for (const [name, policy, refused] of policies) {
  Deno.test(`policy of ${name} refuses ${refused.length === 0 ? "nothing" : refused.join(", ")}`, () => {
    assertEquals(request(ALL, policy).differences.map(({ value }) => value), refused);
  });
}

Deno.test("what the host does not hold is refused with the flag that would grant it", () => {
  const { scope, differences } = request(ALL, undefined, (permission) => permission !== "net");
  assertEquals(scope.net, []);
  assertEquals(differences.map(({ remedy }) => remedy), ["start the host with --allow-net=api.example.com:443"]);
});

Deno.test("a program is refused to a plugin that is not trusted by name", () => {
  const resources = '[plugin.resources]\nrequired = ["subprocess"]\n[plugin.resources.subprocess]\nprograms = ["git"]';
  const manifest = parseManifest(manifestText({}, resources));
  const { scope, differences } = computeScope({ manifest, pluginDir: DIR, holds: () => true });
  assertEquals(scope.run, []);
  assertEquals(differences.map(({ remedy }) => remedy), [
    'it escapes the sandbox; trust the plugin by name with trusted: ["thing/sample"]',
  ]);
});

Deno.test("a path with a comma is refused rather than turned into two grants", () => {
  assertThrows(() => scopeFlags({ ...NOTHING, read: ["/a,b"] }), RangeError, "comma");
});
