/** The rules of SPEC section 2 that no type says, the formats, and input that is meant to hurt. */
import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { loadManifest, ManifestInvalid, type ManifestProblem, parseManifest } from "@dagstack/plugin-system";
import { FIELDS, MANIFEST_LIMITS, manifestPath, validateManifest } from "../../src/manifest/mod.ts";
import { manifestText, PROJECT, TempFolder } from "../support.ts";

const DATA = new URL("tests/testdata/manifest/", PROJECT);
const BASE = { name: "sample", kind: "thing", runtime: "in_process", core_version: "*", entry_point: "plugin:Sample" };

function problemsOf(text: string, format: "toml" | "json" | "jsonc" = "toml"): readonly ManifestProblem[] {
  return assertThrows(() => parseManifest(text, { format }), ManifestInvalid).problems;
}

function jsonProblems(fields: Record<string, unknown>): readonly ManifestProblem[] {
  return problemsOf(JSON.stringify({ plugin: { ...BASE, ...fields } }), "json");
}

// Each row: what is added to a good manifest, and the one problem that it makes.
const rules: [name: string, fields: Record<string, string>, tables: string, path: string, expected: string][] = [
  ["tryfirst with trylast", { tryfirst: "true", trylast: "true" }, "", "plugin.trylast", "never both"],
  [
    "in_process_only behind MCP",
    { in_process_only: "true", runtime: '"mcp_stdio"', command: '["serve"]' },
    "",
    "plugin.in_process_only",
    "in_process alone",
  ],
  [
    "in_process_only with MCP as one of two",
    { in_process_only: "true", runtime: '["in_process", "mcp_http"]', url: '"https://a.b/"' },
    "",
    "plugin.in_process_only",
    "in_process alone",
  ],
  ["a runtime twice", { runtime: '["in_process", "in_process"]' }, "", "plugin.runtime", "each runtime once"],
  ["mcp_stdio without command", { runtime: '"mcp_stdio"' }, "", "plugin.mcp_stdio", "a table with command"],
  ["mcp_http without url", { runtime: '"mcp_http"' }, "", "plugin.mcp_http", "a table with url"],
  [
    "chain_wrap without a priority",
    {},
    '[plugin.chain_wrap]\nkinds = ["*"]',
    "plugin.priority",
    "at least 1000",
  ],
  [
    "chain_wrap below priority 1000",
    { priority: "999" },
    '[plugin.chain_wrap]\nkinds = ["*"]',
    "plugin.priority",
    "at least 1000",
  ],
  [
    "a declared unit of work without partition_key",
    {},
    "[plugin.unit_of_work]\ndeclared = true",
    "plugin.unit_of_work.partition_key",
    "the unit of work is declared",
  ],
  [
    "a declared unit of work with an empty partition_key",
    {},
    '[plugin.unit_of_work]\ndeclared = true\npartition_key = ""',
    "plugin.unit_of_work.partition_key",
    "the unit of work is declared",
  ],
  [
    "a command twice",
    { command: '["a"]' },
    '[plugin.mcp_stdio]\ncommand = ["b"]',
    "plugin.command",
    "only one of command and mcp_stdio.command",
  ],
  [
    "an env twice",
    { env: '{ A = "1" }' },
    '[plugin.mcp_stdio]\ncommand = ["b"]\nenv = { A = "2" }',
    "plugin.env",
    "only one of env and mcp_stdio.env",
  ],
  [
    "a url twice",
    { url: '"https://a.b/"' },
    '[plugin.mcp_http]\nurl = "https://a.b/"',
    "plugin.url",
    "only one of url and mcp_http.url",
  ],
  [
    "an auth header twice",
    { auth: '{ auth_header = "A" }' },
    '[plugin.mcp_http]\nurl = "https://a.b/"\nauth_header = "A"',
    "plugin.auth",
    "only one of auth.auth_header and mcp_http.auth_header",
  ],
  [
    "a sub-table of a resource that is not declared",
    {},
    '[plugin.resources.http_client]\nhosts = ["example.com"]',
    "plugin.resources.http_client",
    "that required or optional names",
  ],
  [
    "a sub-table of a custom resource that is not declared",
    {},
    '[plugin.resources.translator]\nmodel = "small"',
    "plugin.resources.translator",
    "that required or optional names",
  ],
  [
    "an optional resource that is required too",
    {},
    '[plugin.resources]\nrequired = ["clock", "rng"]\noptional = ["env", "rng"]',
    "plugin.resources.optional[1]",
    "not required already",
  ],
  [
    "a plugin that depends on itself",
    { depends_on: '["other", { kind = "thing", name = "sample" }]' },
    "",
    "plugin.depends_on[1]",
    "another plugin",
  ],
  ["a bare version", { core_version: '"0.2.0"' }, "", "plugin.core_version", "range"],
  ["an empty core_version", { core_version: '""' }, "", "plugin.core_version", "range"],
  ["an entry point without an export", { entry_point: '"plugin"' }, "", "plugin.entry_point", "module:Export"],
  ["a schema_version of the future", { schema_version: '"2"' }, "", "plugin.schema_version", '"1.0.0"'],
  ["a name in capitals", { name: '"Sample"' }, "", "plugin.name", "lower-case"],
  ["an empty name", { name: '""' }, "", "plugin.name", "lower-case"],
  ["a name with a slash", { name: '"a/b"' }, "", "plugin.name", "lower-case"],
  ["a name with a line end", { name: '"a\\n"' }, "", "plugin.name", "lower-case"],
  ["an empty kind", { kind: '""' }, "", "plugin.kind", "a kind"],
  ["a kind with a slash", { kind: '"a/b"' }, "", "plugin.kind", "a kind"],
];

for (const [name, fields, tables, path, expected] of rules) {
  Deno.test(`${name} is refused`, () => {
    const text = manifestText(fields, tables);
    const problems = problemsOf(text);
    assertEquals(problems.map((problem) => problem.path), [path]);
    assertStringIncludes(problems[0]!.expected, expected);
    assert(problems[0]!.line !== undefined && problems[0]!.line > 0);
  });
}

Deno.test("the entry point may be left out when nothing runs in process, and only then", () => {
  const without = (fields: Record<string, string>) =>
    manifestText(fields).split("\n").filter((line) => !line.startsWith("entry_point")).join("\n");
  const remote = parseManifest(without({ runtime: '["mcp_stdio", "mcp_http"]', command: '["a"]', url: '"http://a/"' }));
  assertEquals(remote.entry_point, undefined);
  assertEquals(problemsOf(without({})).map(({ path }) => path), ["plugin.entry_point"]);
});

Deno.test("flat command, env, url and auth are moved to their tables", () => {
  const manifest = parseManifest(manifestText({
    runtime: '["mcp_stdio", "mcp_http"]',
    command: '["serve", "--stdio"]',
    env: '{ A = "1" }',
    url: '"https://example.com/mcp"',
    auth: '{ auth_header = "X-Key", auth_secret_env = "KEY" }',
  }));
  assertEquals(manifest.mcp_stdio, { command: ["serve", "--stdio"], env: { A: "1" }, startup_timeout_sec: 30 });
  assertEquals(manifest.mcp_http?.url, "https://example.com/mcp");
  assertEquals(manifest.mcp_http?.auth_header, "X-Key");
  assertEquals(manifest.mcp_http?.auth_secret_env, "KEY");
  for (const key of ["command", "env", "url", "auth"]) assertEquals(Object.hasOwn(manifest, key), false, key);
});

Deno.test("a flat env or auth without what it belongs to is refused, so that a table never lacks a required field", () => {
  assertEquals(problemsOf(manifestText({ env: '{ A = "1" }' })).length, 1);
  assertEquals(problemsOf(manifestText({ auth: '{ auth_header = "A" }' })).length, 1);
});

Deno.test("flat fields stand beside a table that holds the rest", () => {
  const http = parseManifest(manifestText({ url: '"https://a.b/"' }, "[plugin.mcp_http]\ntimeout_sec = 5")).mcp_http;
  assertEquals([http?.url, http?.timeout_sec], ["https://a.b/", 5]);
});

Deno.test("a sub-table of a declared custom resource is open", () => {
  const manifest = parseManifest(
    manifestText(
      {},
      '[plugin.resources]\noptional = ["translator"]\n[plugin.resources.translator]\nanything = [1, "x"]',
    ),
  );
  assertEquals((manifest.resources as unknown as Record<string, unknown>).translator, { anything: [1, "x"] });
});

const permissions: [table: string, key: string, good: string[], bad: string[]][] = [
  [
    "http_client",
    "hosts",
    ["example.com", "example.com:443", "127.0.0.1:80", "10.0.0.0/8", "[::1]:8080", "localhost", "EXAMPLE.com"],
    [
      ...["", " ", "*", "*.example.com", "a,b", "a.com,b.com:80", "exa\u0000mple.com", "a\n.com", "a.com\n", "a\u007f"],
      ...["[::ffff:127.0.0.1]", "[::FFFF:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:1.2.3.4]:80", "[::7f00:1]"],
      ...["[64:ff9b::1.2.3.4]", "http://a.com", "a.com/x", "a.com:0", "a.com:65536", "::1", "0x7f.1", "127.1", "1"],
      ...["010.0.0.1", "256.0.0.1", "1.2.3.4/33", "user@a.com", "a b", "-A", "a..b", "[::1", "[fe80::1%eth0]", "🐟"],
    ],
  ],
  [
    "env",
    "variables",
    ["HOME", "_x", "A1", "with-dash"],
    ["", "*", "A*", "A,B", "A B", "A=B", "A\u0000", "A\n", "\t", "A\u007f"],
  ],
  [
    "filesystem",
    "read",
    ["data", "/etc/hosts", "with space", "a*b", "~", "émoji 🐟"],
    ["", "a,b", ",", "a\u0000b", "a\nb", "a\r", "\u001b[31m", "a\u007f"],
  ],
  ["filesystem", "write", ["data", "./x"], ["", "a,b", "a\u0000b", "a\nb"]],
  ["subprocess", "programs", ["git", "/usr/bin/git"], ["", "*", "git,sh", "git status", "git\n", "\u0001"]],
  [
    "packages",
    "specifiers",
    ["npm:left-pad@1.3.0", "jsr:@std/assert@1"],
    ["", "npm:", "https://x/y.ts", "npm:a,b", "npm:a b", "file:///x", "npm:a\n", "node:fs"],
  ],
];

for (const [table, key, good, bad] of permissions) {
  const read = (values: string[]) =>
    parseManifest(
      JSON.stringify({ ...BASE, resources: { required: [table], [table]: { [key]: values } } }),
      { format: "json" },
    );
  Deno.test(`resources.${table}.${key} takes what a flag can hold`, () => {
    for (const value of good) read([value]);
    read(good);
  });
  for (const value of bad) {
    Deno.test(`resources.${table}.${key} refuses ${JSON.stringify(value)} by its index`, () => {
      const { problems } = assertThrows(() => read([good[0]!, value]), ManifestInvalid);
      assertEquals(problems.map(({ path }) => path), [`resources.${table}.${key}[1]`]);
    });
  }
}

Deno.test("control characters in a resource's name are refused", () => {
  for (const name of ["", "Clock", "a b", "a,b", "a\u0000", "clock\n", "*", "1a"]) {
    const problems = jsonProblems({ resources: { required: ["clock", name] } });
    assertEquals(problems.map(({ path }) => path), ["plugin.resources.required[1]"], JSON.stringify(name));
  }
});

// Unknown fields, at every level.

const unknown: [where: string, text: string, path: string, suggestion?: string][] = [
  ["beside [plugin]", `${manifestText()}\n[plugins]\n`, "plugins", "plugin"],
  ["in [plugin]", manifestText({ entrypoint: '"a:B"' }), "plugin.entrypoint", "entry_point"],
  ["in [plugin], in another case", manifestText({ dependsOn: "[]" }), "plugin.dependsOn", "depends_on"],
  ["in [plugin], like nothing", manifestText({ zzzzzzzzzz: "1" }), "plugin.zzzzzzzzzz"],
  [
    "in a resource's table",
    manifestText({}, '[plugin.resources]\nrequired = ["http_client"]\n[plugin.resources.http_client]\nhost = ["a.b"]'),
    "plugin.resources.http_client.host",
    "hosts",
  ],
  [
    "in [plugin.unit_of_work]",
    manifestText({}, "[plugin.unit_of_work]\ndeclare = true"),
    "plugin.unit_of_work.declare",
    "declared",
  ],
  [
    "in [plugin.mcp_stdio]",
    manifestText({}, '[plugin.mcp_stdio]\ncommand = ["a"]\nworkingdir = "x"'),
    "plugin.mcp_stdio.workingdir",
    "working_dir",
  ],
  [
    "in [plugin.mcp_http.retry]",
    manifestText({}, '[plugin.mcp_http]\nurl = "http://a/"\n[plugin.mcp_http.retry]\nattempt = 1'),
    "plugin.mcp_http.retry.attempt",
    "attempts",
  ],
  [
    "in auth",
    manifestText({ url: '"http://a/"', auth: '{ authheader = "A" }' }),
    "plugin.auth.authheader",
    "auth_header",
  ],
  [
    "in [plugin.chain_wrap]",
    manifestText({ priority: "1000" }, '[plugin.chain_wrap]\nkinds = ["*"]\nhook = ["x"]'),
    "plugin.chain_wrap.hook",
    "hooks",
  ],
];

for (const [where, text, path, suggestion] of unknown) {
  Deno.test(`an unknown field ${where} is an error with a hint`, () => {
    const [problem, ...others] = problemsOf(text);
    assertEquals(others, []);
    assertEquals([problem!.path, problem!.suggestion], [path, suggestion]);
    assertEquals(problem!.expected, "no field of that name");
    const lines = text.split("\n");
    assertStringIncludes(lines[problem!.line! - 1]!, path.split(".").at(-1)!);
  });
}

Deno.test("an unknown field of a dependency is an error with a hint", () => {
  const problems = problemsOf(manifestText({ depends_on: '[{ kind = "thing", nmae = "other" }]' }));
  const problem = problems.find(({ path }) => path === "plugin.depends_on[0].nmae");
  assertEquals(problem?.suggestion, "name");
});

Deno.test("a part of a dependency of a wrong type says what it may be", () => {
  const problems = problemsOf(manifestText({ depends_on: '[{ kind = "thing", name = 5 }]' }));
  for (const problem of problems) {
    assert(problem.expected !== "a table", `${problem.path}: expected ${problem.expected}`);
  }
});

Deno.test("unknown fields in supports, metadata and config_schema are no one's business", () => {
  const manifest = parseManifest(
    manifestText({}, "[plugin.metadata]\nanything = { goes = [1, 2] }\n[plugin.supports]\nx = true"),
  );
  assertEquals(manifest.metadata, { anything: { goes: [1, 2] } });
  assertEquals(manifest.supports, { x: true });
});

Deno.test("several problems come together, each with its place", () => {
  const text = `[plugin]
name = "Bad Name"
kind = "thing"
runtime = "in-process"
core_version = ">=0.1.0"
priority = -1
authers = ["me"]

[plugin.resources]
required = ["clock", 5]
`;
  const error = assertThrows(() => parseManifest(text, { source: "p/dagstack.toml" }), ManifestInvalid);
  const places = error.problems.map(({ path, line, column }) => `${path} ${line}:${column}`).sort();
  assertEquals(places, [
    "plugin.authers 7:1",
    "plugin.name 2:8",
    "plugin.priority 6:12",
    "plugin.resources.required[1] 10:22",
    "plugin.runtime 4:11",
  ]);
  assertStringIncludes(error.message, 'Cannot load manifest "p/dagstack.toml": 5 problems\n  ');
  assertStringIncludes(error.message, 'found "in-process", did you mean "in_process"?');
});

Deno.test("several broken rules come together", () => {
  const paths = jsonProblems({ tryfirst: true, trylast: true, core_version: "1.0.0", entry_point: "x" })
    .map(({ path }) => path).sort();
  assertEquals(paths, ["plugin.core_version", "plugin.entry_point", "plugin.trylast"]);
});

// JSON

Deno.test("JSON may leave the wrapper out, TOML may not", () => {
  assertEquals(parseManifest(JSON.stringify(BASE), { format: "json" }).name, "sample");
  const problems = problemsOf(manifestText().replace("[plugin]\n", ""));
  assert(problems.some(({ path }) => path === "plugin"));
});

Deno.test("null in JSON leaves an optional field out, and does not stand for a required one", () => {
  const nulls: Record<string, unknown> = {};
  for (const { key, required } of FIELDS) {
    if (required === true || key === "entry_point") continue;
    const [table, ...rest] = key.split(".") as [string, ...string[]];
    if (rest.length === 0) nulls[table] = null;
    else if (rest.length === 1 && !["mcp_stdio", "mcp_http", "chain_wrap"].includes(table)) {
      nulls[table] = { ...nulls[table] as object, [rest[0]!]: null };
    }
  }
  const manifest = parseManifest(JSON.stringify({ ...BASE, ...nulls }), { format: "json" });
  assertEquals(manifest, parseManifest(JSON.stringify(BASE), { format: "json" }));
  for (const table of ["resources", "unit_of_work", "mcp_stdio", "mcp_http", "chain_wrap", "auth"]) {
    assertEquals(parseManifest(JSON.stringify({ ...BASE, [table]: null }), { format: "json" }), manifest, table);
  }
  for (const key of ["name", "kind", "runtime", "core_version"]) {
    assertEquals(jsonProblems({ [key]: null }).map(({ path }) => path), [`plugin.${key}`]);
  }
});

Deno.test("null in JSON leaves an optional table inside another out", () => {
  const resources = { required: ["http_client"], http_client: null, env: null, tmpdir: null };
  const manifest = parseManifest(JSON.stringify({ ...BASE, resources }), { format: "json" });
  assertEquals(manifest.resources.http_client.hosts, []);
  const mcp_http = { url: "https://example.com/", retry: null };
  const http = parseManifest(JSON.stringify({ ...BASE, mcp_http }), { format: "json" }).mcp_http;
  assertEquals(http?.url, "https://example.com/");
});

Deno.test("an unknown field is an error in JSON also when it is null", () => {
  assertEquals(jsonProblems({ entrypiont: null }).map(({ path }) => path), ["plugin.entrypiont"]);
});

Deno.test("JSON of the wrong shape is ManifestInvalid", () => {
  for (const text of ["null", "[]", "5", '"x"', "true", "{}", '{"plugin": null}', '{"plugin": []}', '{"plugin": 5}']) {
    assert(problemsOf(text, "json").length > 0, text);
  }
  for (const text of ["", " ", "{", '{"a":}', "{'a': 1}", '{"a": 1,}', "// x\n{}", "NaN", "undefined"]) {
    const [problem] = problemsOf(text, "json");
    assertEquals([problem!.path, problem!.expected], ["", "JSON"], text);
  }
});

Deno.test("jsonc takes comments and trailing commas; places stay right behind them", () => {
  const text = `// a "name": 5, in a comment
{
  /* "name": 6, "kind": { */
  "name": "sample", // "name": "again",
  "kind": "thing",
  "runtime": "in_process",
  "core_version": "*", /* { [ */ "entry_point": "plugin:Sample",
  "description": "a // b /* c */ \\" d",
  "priority": %,
}
`;
  assertEquals(parseManifest(text.replace("%", "5"), { format: "jsonc" }).description, 'a // b /* c */ " d');
  const [problem] = problemsOf(text.replace("%", '"high"'), "jsonc");
  assertEquals([problem!.path, problem!.line, problem!.column], ["priority", 9, 15]);
});

Deno.test("jsonc takes a comment after a value that no comma follows, whatever stands in it", () => {
  const fields = Object.entries(BASE).map(([key, value]) => `"${key}": "${value}"`).join(",\n");
  for (const comment of ['// was 4, "name": "x"', '/* was 4, "name": "x" */', "// [ { , ]", "/* } , */"]) {
    assertEquals(parseManifest(`{\n${fields}, "priority": 5 ${comment}\n}`, { format: "jsonc" }).priority, 5, comment);
  }
});

Deno.test("keys that look like one path but are not are no duplicates", () => {
  const metadata = { "a.b": 1, a: { b: 2, "c\u0000d": 3, c: { d: 4 } }, "a\u0000b": 5 };
  assertEquals(parseManifest(JSON.stringify({ ...BASE, metadata }), { format: "json" }).metadata, metadata);
});

const duplicates: [format: "toml" | "json" | "jsonc", name: string, text: string, line: number][] = [
  ["json", "a field", '{\n  "name": "a",\n  "name": "b"\n}', 3],
  ["json", "a field spelt with an escape", '{\n  "name": "a",\n  "n\\u0061me": "b"\n}', 3],
  ["json", "a field deep inside", '{"metadata": {"list": [{"x": 1,\n"x": 1}]}}', 2],
  ["jsonc", "a field", '{\n  "name": "a", // x\n  "name": "b",\n}', 3],
  ["toml", "a field", manifestText({}, 'name = "b"'), 7],
  ["toml", "a table", manifestText({}, "[plugin]\n"), 7],
  ["toml", "a field by a dotted key", manifestText({}, "[plugin.metadata]\na.b = 1\na.b = 2\n"), 0],
  ["toml", "a table that a dotted key made", manifestText({}, "resources.required = []\n[plugin.resources]\n"), 0],
  ["toml", "a value as a table", manifestText({}, "[plugin.metadata]\na = 1\na.b = 2\n"), 0],
  ["toml", "a dotted key of an inline table", manifestText({}, "metadata = { a = 1 }\nmetadata.b = 2\n"), 0],
  ["toml", "a table over an inline table", manifestText({}, "metadata = { a = 1 }\n[plugin.metadata]\nb = 2\n"), 0],
  ["toml", "a list over a table", manifestText({}, "[plugin.metadata]\n[[plugin.metadata]]\n"), 0],
];

for (const [format, name, text, line] of duplicates) {
  Deno.test(`${name} given twice is ManifestInvalid in ${format}`, () => {
    const [problem] = problemsOf(text, format);
    if (format !== "toml") assertEquals([problem!.expected, problem!.line], ["every key once", line]);
  });
}

Deno.test("TOML that is cut off or wrong names its line", () => {
  for (const text of ["[plugin", "[plugin]\nname", "[plugin]\nname =", '[plugin]\nname = "x', "[plugin]\nname = [1"]) {
    const [problem] = problemsOf(text);
    assertEquals([problem!.path, problem!.expected], ["", "TOML"], text);
  }
  assertEquals(problemsOf('[plugin]\nname = "x"\nkind = = 5\n')[0]!.line, 3);
});

// Bytes and line ends

Deno.test("a byte order mark is passed over, in both formats", () => {
  assertEquals(parseManifest("\ufeff" + manifestText()).name, "sample");
  assertEquals(parseManifest("\ufeff" + JSON.stringify(BASE), { format: "json" }).name, "sample");
});

Deno.test("a byte order mark does not move the column of a problem", () => {
  const [toml] = problemsOf("\ufeffplugin = 5");
  assertEquals([toml!.path, toml!.line, toml!.column], ["plugin", 1, 10]);
  const [json] = problemsOf(`\ufeff{"plugin": 5}`, "json");
  assertEquals([json!.path, json!.line, json!.column], ["plugin", 1, 12]);
});

Deno.test("CRLF changes neither values nor places", () => {
  const text = manifestText({ description: '"""a\nb"""', priority: '"x"' }).replaceAll("\n", "\r\n");
  const [problem] = problemsOf(text);
  assertEquals([problem!.path, problem!.line, problem!.column], ["plugin.priority", 9, 12]);
  assertEquals(parseManifest(manifestText().replaceAll("\n", "\r\n")), parseManifest(manifestText()));
});

Deno.test("bytes that are not UTF-8 are ManifestInvalid", async () => {
  await using folder = new TempFolder();
  const bytes: [name: string, bytes: number[]][] = [
    ["a lone continuation", [0x80]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["UTF-16", [0xff, 0xfe, 0x5b, 0x00]],
    ["a cut sequence", [0xf0, 0x9f, 0x90]],
  ];
  for (const [name, wrong] of bytes) {
    const path = `${folder.path}/dagstack.toml`;
    await Deno.writeFile(path, Uint8Array.from([...new TextEncoder().encode(`${manifestText()}# `), ...wrong]));
    const error = await assertRejects(() => loadManifest(path), ManifestInvalid, "expected UTF-8 text");
    assertEquals(error.problems.length, 1, name);
  }
});

// loadManifest

for (const file of ["dagstack.toml", "dagstack.json", "deno.json", "deno.jsonc", "package.json"]) {
  Deno.test(`loadManifest reads ${file} by path and by URL and remembers where it was`, async () => {
    const url = new URL(`formats/${file}`, DATA);
    const fromUrl = await loadManifest(url);
    const fromPath = await loadManifest(url.pathname);
    assertEquals(fromUrl, fromPath);
    assertEquals([fromUrl.name, fromUrl.kind], ["sample", "thing"]);
    assertEquals(manifestPath(fromUrl), url.pathname);
  });
}

Deno.test("a manifest made in memory has no path", () => {
  assertEquals(manifestPath(parseManifest(manifestText())), undefined);
});

Deno.test("deno.json, deno.jsonc and package.json without the dagstack object say so", async () => {
  await using folder = new TempFolder();
  const contents: [text: string, found: string][] = [
    ["{}", "nothing"],
    ['{"dagstack": []}', "a list"],
    ['{"dagstack": null}', "null"],
    ['{"dagstack": "x"}', "x"],
    ["[]", "nothing"],
    ["null", "nothing"],
  ];
  for (const name of ["deno.json", "deno.jsonc", "package.json"]) {
    for (const [text, found] of contents) {
      await folder.write({ [name]: text });
      const { problems } = await assertRejects(() => loadManifest(`${folder.path}/${name}`), ManifestInvalid);
      assertEquals(problems.length, 1);
      assertEquals([problems[0]!.path, problems[0]!.found], ["dagstack", found]);
    }
  }
});

Deno.test("a problem inside the dagstack object has its path and place in the whole file", async () => {
  await using folder = new TempFolder();
  const text = `{\n  "name": "@scope/pkg",\n  "priority": 1,\n  "dagstack": {\n    "priority": "x"\n  }\n}`;
  await folder.write({
    "deno.json": text,
    "package.json": text.replace(/"dagstack": {/, '"dagstack": { "plugin": {')
      .replace("  }\n}", "  }}\n}"),
  });
  for (const [name, path] of [["deno.json", "dagstack.priority"], ["package.json", "dagstack.plugin.priority"]]) {
    const { problems } = await assertRejects(() => loadManifest(`${folder.path}/${name}`), ManifestInvalid);
    const problem = problems.find((own) => own.path === path);
    assertEquals([problem?.line, problem?.column], [5, 17], name);
  }
});

Deno.test("package.json is strict JSON, deno.json and deno.jsonc take comments", async () => {
  await using folder = new TempFolder();
  const text = `{ // comment\n "dagstack": ${JSON.stringify(BASE)}, }`;
  await folder.write({ "deno.json": text, "deno.jsonc": text, "package.json": text });
  assertEquals((await loadManifest(`${folder.path}/deno.json`)).name, "sample");
  assertEquals((await loadManifest(`${folder.path}/deno.jsonc`)).name, "sample");
  await assertRejects(() => loadManifest(`${folder.path}/package.json`), ManifestInvalid, "expected JSON");
});

Deno.test("a manifest that is missing, or is a folder, is ManifestInvalid", async () => {
  await using folder = new TempFolder();
  await assertRejects(() => loadManifest(`${folder.path}/dagstack.toml`), ManifestInvalid, "no such file");
  await Deno.mkdir(`${folder.path}/dagstack.json`);
  await assertRejects(() => loadManifest(`${folder.path}/dagstack.json`), ManifestInvalid, "expected a file");
});

// Input that is meant to hurt

/** Runs and says how long it took. */
async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

Deno.test("a manifest of 10 MB is refused by its size, without being read", async () => {
  await using folder = new TempFolder();
  const text = `${manifestText()}# ${"x".repeat(10 * 1024 * 1024)}`;
  await folder.write({ "dagstack.toml": text, "package.json": `{"dagstack": {}, "x": "${text}"}` });
  for (const name of ["dagstack.toml", "package.json"]) {
    const ms = await timed(() =>
      assertRejects(() => loadManifest(`${folder.path}/${name}`), ManifestInvalid, "at most 262144 bytes")
    );
    assertLess(ms, 250);
  }
  for (const format of ["toml", "json", "jsonc"] as const) {
    const ms = await timed(() => assertStringIncludes(problemsOf(text, format)[0]!.expected, "at most 262144 bytes"));
    assertLess(ms, 250);
  }
});

Deno.test("the size of a text is counted in bytes", () => {
  const text = `${manifestText()}# ${"é".repeat(MANIFEST_LIMITS.bytes / 2)}`;
  assertStringIncludes(problemsOf(text)[0]!.expected, "at most 262144 bytes");
});

const DEEP = 10_000;
const nested: [name: string, format: "toml" | "json" | "jsonc", text: string][] = [
  ["TOML arrays", "toml", manifestText({ metadata: `{ x = ${"[".repeat(DEEP)}${"]".repeat(DEEP)} }` })],
  ["TOML inline tables", "toml", manifestText({ metadata: `${"{ a = ".repeat(DEEP)}1${" }".repeat(DEEP)}` })],
  ["a TOML dotted key", "toml", manifestText({ [`metadata${".a".repeat(DEEP)}`]: "1" })],
  ["a TOML table header", "toml", manifestText({}, `[plugin.metadata${".a".repeat(DEEP)}]\nx = 1`)],
  ["unclosed TOML arrays", "toml", manifestText({ metadata: "[".repeat(DEEP) })],
  ["JSON arrays", "json", `{"metadata": {"x": ${"[".repeat(DEEP)}${"]".repeat(DEEP)}}}`],
  ["JSON objects", "json", `{"metadata": ${'{"a":'.repeat(DEEP)}1${"}".repeat(DEEP)}}`],
  ["JSON arrays with comments", "jsonc", `{"metadata": {"x": ${"[".repeat(DEEP)}${"]".repeat(DEEP)}}}`],
  ["unclosed JSON arrays", "json", "[".repeat(DEEP)],
  ["as many JSON arrays as fit", "json", `{"x":${"[".repeat(130_000)}${"]".repeat(130_000)}}`],
];

for (const [name, format, text] of nested) {
  Deno.test(`${name} inside each other without end are ManifestInvalid within a second`, async () => {
    const ms = await timed(() => assert(problemsOf(text, format).length > 0));
    assertLess(ms, 1000);
  });
}

Deno.test("nesting is allowed to the limit and not one level more", () => {
  // The file, the plugin and metadata are three of the levels.
  const nest = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  const read = (levels: number) => parseManifest(manifestText({ metadata: `{ x = ${nest(levels)} }` }));
  read(MANIFEST_LIMITS.depth - 3);
  assertThrows(() => read(MANIFEST_LIMITS.depth + 1), ManifestInvalid, "levels of nesting");
});

const keys = (count: number) => Array.from({ length: count }, (_, i) => `k${i.toString(36)}`);

Deno.test("100,000 keys are refused by their size", async () => {
  const text = keys(100_000).map((key) => `${key} = 1`).join("\n");
  const ms = await timed(() => assertStringIncludes(problemsOf(text)[0]!.expected, "at most 262144 bytes"));
  assertLess(ms, 250);
});

Deno.test("990 keys in TOML are read, and more than 1,000 refused, each within a second", async () => {
  const text = (count: number) =>
    manifestText({}, `[plugin.metadata]\n${keys(count).map((key) => `${key} = 1`).join("\n")}`);
  const read = await timed(() => assertEquals(Object.keys(parseManifest(text(990)).metadata!).length, 990));
  const refused = await timed(() => assertEquals(problemsOf(text(5000))[0]!.expected, "at most 1000 keys"));
  assertLess(Math.max(read, refused), 1000);
});

Deno.test("20,000 keys in JSON are read within a second", async () => {
  const metadata = Object.fromEntries(keys(20_000).map((key) => [key, 1]));
  const text = JSON.stringify({ ...BASE, metadata });
  assertLess(await timed(() => parseManifest(text, { format: "json" })), 1000);
});

Deno.test("5,000 unknown keys are all named within a second", async () => {
  const unknown = Object.fromEntries(keys(5000).map((key) => [key, 1]));
  assertLess(await timed(() => assertEquals(jsonProblems(unknown).length, 5000)), 1000);
});

Deno.test("a list and a text stop at their limits", () => {
  const { entries, text } = MANIFEST_LIMITS;
  const list = (length: number) => Array.from({ length }, (_, i) => `tag${i}`);
  assertEquals(
    parseManifest(JSON.stringify({ ...BASE, capabilities: list(entries) }), { format: "json" }).capabilities
      .length,
    entries,
  );
  assertEquals(jsonProblems({ capabilities: list(entries + 1) })[0]!.expected, `at most ${entries} entries`);
  parseManifest(JSON.stringify({ ...BASE, description: "x".repeat(text) }), { format: "json" });
  assertEquals(jsonProblems({ description: "x".repeat(text + 1) })[0]!.expected, `at most ${text} characters`);
});

Deno.test("dates in metadata become text", () => {
  const { metadata } = parseManifest(
    manifestText({}, "[plugin.metadata]\nfull = 2024-01-02T03:04:05Z\nday = 2024-01-02\ntime = 03:04:05\n"),
  ) as { metadata: Record<string, unknown> };
  assertEquals(metadata.full, "2024-01-02T03:04:05.000Z");
  for (const value of Object.values(metadata)) assertEquals(typeof value, "string");
});

Deno.test("numbers that JSON does not know are refused, also in metadata", () => {
  for (const value of ["nan", "+nan", "-nan", "inf", "+inf", "-inf", "1e999", "-1e999"]) {
    const [problem] = problemsOf(manifestText({}, `[plugin.metadata]\nx = ${value}`));
    assertEquals(problem!.path, "plugin.metadata.x", value);
  }
});

Deno.test("integers out of range are refused where a field is an integer", () => {
  for (const value of ["9007199254740992", "9223372036854775807", "1e30", "-9223372036854775808"]) {
    const [problem] = problemsOf(manifestText({ priority: value }));
    assertEquals(problem!.path, "plugin.priority", value);
  }
  for (const value of ["1e400", "-1e400"]) {
    assertThrows(
      () => parseManifest(JSON.stringify(BASE).replace("}", `, "priority": ${value}}`), { format: "json" }),
      ManifestInvalid,
    );
  }
});

Deno.test("a key named __proto__ is data like any other, and changes no prototype", () => {
  const inner = '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}';
  const json = JSON.stringify(BASE).replace("}", `, "metadata": ${inner}}`);
  for (
    const manifest of [
      parseManifest(json, { format: "json" }),
      parseManifest(json, { format: "jsonc" }),
      validateManifest(JSON.parse(json), "memory"),
    ]
  ) {
    assertEquals(Object.keys(manifest.metadata!), ["__proto__", "constructor"]);
    assertEquals(Object.getPrototypeOf(manifest.metadata), Object.prototype);
    assertEquals(Reflect.get({}, "polluted"), undefined);
  }
  const [problem] = problemsOf(manifestText({}, "[plugin.__proto__]\nname = 1"));
  assertEquals(problem!.path, "plugin.__proto__");
  const [bare] = problemsOf(JSON.stringify(BASE).replace("}", `, "__proto__": {"priority": 5}}`), "json");
  assertEquals(bare!.path, "__proto__");
  for (const key of ["constructor", "toString", "hasOwnProperty"]) {
    assertEquals(problemsOf(manifestText({ [key]: "1" }))[0]!.path, `plugin.${key}`);
  }
});

Deno.test("a key named __proto__ in TOML is refused rather than lost, and changes no prototype", () => {
  for (const line of ["__proto__.x = 1", "a = { __proto__ = { x = 1 } }", "__proto__ = { x = 1 }"]) {
    const [problem] = problemsOf(manifestText({}, `[plugin.metadata]\n${line}`));
    assertEquals([problem!.expected, problem!.line], ["no key of that name", 8], line);
    assertEquals(Reflect.get({}, "x"), undefined);
  }
});

Deno.test("a manifest is frozen through and through", () => {
  const manifest = parseManifest(manifestText({}, "[plugin.metadata]\nx = [{ y = 1 }]"));
  const walk = (value: unknown) => {
    if (typeof value !== "object" || value === null) return;
    assert(Object.isFrozen(value));
    Object.values(value).forEach(walk);
  };
  walk(manifest);
});

Deno.test("validateManifest leaves what it was given as it was", () => {
  const raw = { ...BASE, command: ["serve"], priority: null, metadata: { x: [1] } };
  const before = structuredClone(raw);
  const manifest = validateManifest(raw, "memory");
  assertEquals(raw, before);
  assert(!Object.isFrozen(raw) && !Object.isFrozen(raw.metadata));
  assertEquals(manifest.mcp_stdio?.command, ["serve"]);
});

Deno.test("values that are no JSON are ManifestInvalid wherever they stand", () => {
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  const values: [name: string, value: unknown][] = [
    ["a cycle", loop],
    ["a function", { f: () => 1 }],
    ["a symbol", { s: Symbol("x") }],
    ["a bigint", { n: 5n }],
    ["NaN", { n: NaN }],
  ];
  for (const [name, metadata] of values) {
    assertThrows(() => validateManifest({ ...BASE, metadata }, "memory"), ManifestInvalid, undefined, name);
  }
  for (const raw of [undefined, null, 5, "x", [], () => 1]) {
    assertThrows(() => validateManifest(raw, "memory"), ManifestInvalid);
  }
});
