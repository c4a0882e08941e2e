import { assert, assertEquals, assertFalse, assertInstanceOf, assertNotStrictEquals, assertRejects } from "@std/assert";
import { InMemoryBlobStore, InMemoryCheckpointStore, StubHttpClient } from "@dagstack/plugin-system";
import * as errors from "../src/errors.ts";
import { plugin, type Way, WAYS } from "./resources/ways.ts";
import { TestHost } from "./support.ts";

const {
  AmbiguousPlugin,
  BroadcastErrors,
  CheckpointConflict,
  DiscoveryError,
  DispatchMismatch,
  errorClasses,
  HookTimeout,
  HttpError,
  isPluginRegistryError,
  KindUnknown,
  ManifestInvalid,
  NoCapabilityMatch,
  PermissionExceeded,
  PluginRegistryError,
  PluginUnavailable,
  ProtocolError,
  SerializationError,
  StoreError,
  TeardownErrors,
} = errors;

Deno.test("every error class of the page is listed under its own name", () => {
  const exported = Object.entries<unknown>(errors).filter(([, value]) =>
    typeof value === "function" && (value === PluginRegistryError || value.prototype instanceof PluginRegistryError)
  );
  assert(exported.length > 10);
  assertEquals<Record<string, unknown>>(Object.fromEntries(exported), { ...errorClasses });
});

for (const [name, errorClass] of Object.entries(errorClasses)) {
  Deno.test(`${name} carries its name as name and as code`, () => {
    const { prototype } = errorClass;
    assertEquals([prototype.name, prototype.code], [name, name]);
    assert(prototype === PluginRegistryError.prototype || prototype instanceof PluginRegistryError);
    assert(prototype instanceof Error);
  });
}

Deno.test("an error shows its class in its stack and in its text", () => {
  const error = new KindUnknown("no such kind");
  assertEquals(String(error), "KindUnknown: no such kind");
  assert(error.stack?.startsWith("KindUnknown: no such kind\n"), error.stack);
});

Deno.test("the code is no property of the error itself, so that it is not printed twice", () => {
  assertEquals(Object.keys(new KindUnknown("none")), []);
});

Deno.test("an error has a cause and a plugin only when they are given", () => {
  const cause = new TypeError("below");
  const error = new KindUnknown("none", { cause, plugin: "chunker/fixed" });
  assertEquals([error.cause, error.plugin], [cause, "chunker/fixed"]);
  const bare = new KindUnknown("none");
  assertFalse("plugin" in bare);
  assertFalse("cause" in bare);
  assert("cause" in new KindUnknown("none", { cause: undefined }));
});

const OPERATION = { action: "put", key: "a\n", store: 'blob store "mine"' };

const messages: [error: InstanceType<typeof PluginRegistryError>, message: string][] = [
  [new PluginRegistryError("as given"), "as given"],
  [
    new ManifestInvalid("a.toml", [{ path: "plugin.name", expected: "text", found: "3" }]),
    'Cannot load manifest "a.toml": plugin.name: expected text, found 3',
  ],
  [
    new ManifestInvalid("a.toml", [
      { path: "", expected: "TOML", found: "an image", line: 2 },
      { path: "plugin.kid", expected: "a known field", found: '"kid"', suggestion: "kind", line: 4, column: 7 },
    ]),
    'Cannot load manifest "a.toml": 2 problems\n' +
    "  the file (line 2, column 1): expected TOML, found an image\n" +
    '  plugin.kid (line 4, column 7): expected a known field, found "kid", did you mean "kind"?',
  ],
  [new DiscoveryError("plugins/", "no such folder"), 'Cannot discover plugins in "plugins/": no such folder'],
  [new AmbiguousPlugin("two of them", ["a", "b"]), "two of them"],
  [new PluginUnavailable("chunker/fixed", "it is torn down"), 'Cannot use plugin "chunker/fixed": it is torn down'],
  [
    new PermissionExceeded("chunker/fixed", [
      { permission: "read", value: "/etc", field: "f", refusedBy: "policy", remedy: "list it" },
      { permission: "net", value: "a.example", field: "h", refusedBy: "host", remedy: "start with --allow-net" },
    ]),
    'Cannot start plugin "chunker/fixed": read "/etc" (asked by f) is refused by the policy; list it; ' +
    'net "a.example" (asked by h) is refused by the host; start with --allow-net',
  ],
  [
    new HookTimeout("setup", 1000, 1003.7, { plugin: "chunker/fixed" }),
    'Cannot finish setup of plugin "chunker/fixed": no answer within 1000 ms (waited 1004 ms)',
  ],
  [
    new HookTimeout("hook", 50, 51.2, { plugin: "chunker/fixed", hook: "chunk" }),
    'Cannot finish hook "chunk" of plugin "chunker/fixed": no answer within 50 ms (waited 51 ms)',
  ],
  [
    new SerializationError("$.when", "Date"),
    "Cannot pass value: $.when: Date; only JSON values and Uint8Array cross a boundary",
  ],
  [
    new SerializationError("$", "Map", { what: 'argument 1 of hook "chunk"' }),
    'Cannot pass argument 1 of hook "chunk": $: Map; only JSON values and Uint8Array cross a boundary',
  ],
  [new TeardownErrors([new Error("a")]), "Cannot tear down 1 plugin: a"],
  [new TeardownErrors([new Error("a"), new Error("b")]), "Cannot tear down 2 plugins: a; b"],
  [
    new BroadcastErrors("search", "find", [
      { plugin: "search/a", error: new Error("no index") },
      { plugin: "search/b", error: new TypeError("no query") },
    ]),
    'Cannot collect "find" of kind "search": plugin "search/a": no index; plugin "search/b": no query',
  ],
  [
    new DispatchMismatch("search", "find", "broadcast_collect", "chain"),
    'Cannot dispatch "find" of kind "search" as chain: it is declared as broadcast_collect',
  ],
  [
    new DispatchMismatch("search", "find", "in_process_only", "chain", { reason: "it cannot" }),
    'Cannot dispatch "find" of kind "search" as chain: it cannot',
  ],
  [
    new NoCapabilityMatch("parser", "parse", { language: "go" }, 'no plugin takes language "go"'),
    'Cannot dispatch "parse" of kind "parser": no plugin takes language "go"',
  ],
  [new StoreError(OPERATION, "it is closed"), 'Cannot put "a\\n" in blob store "mine": it is closed'],
  [
    new StoreError({ ...OPERATION, key: "k".repeat(101) }, "it is closed"),
    `Cannot put "${"k".repeat(100)}…" in blob store "mine": it is closed`,
  ],
  [
    new CheckpointConflict({ ...OPERATION, action: "save", key: "a" }, 1, 2),
    'Cannot save "a" in blob store "mine": version 1 was expected, version 2 is there',
  ],
  [
    new errors.HookspecInvalid("tool.yaml", [{ path: "kind", expected: "a kind", found: "3", line: 2, column: 7 }]),
    'Cannot load hookspec "tool.yaml": kind (line 2, column 7): expected a kind, found 3',
  ],
  [
    new errors.HookspecInvalid("tool.yaml", [
      { path: "kind", expected: "a kind", found: "3" },
      { file: "a.json", path: "type", expected: "a type", found: '"txt"', suggestion: "text", line: 1 },
    ]),
    'Cannot load hookspec "tool.yaml": 2 problems\n' +
    "  kind: expected a kind, found 3\n" +
    '  a.json: type (line 1, column 1): expected a type, found "txt", did you mean "text"?',
  ],
  [
    new errors.HookInputInvalid("tool/add", "execute", { path: "$.args.x", expected: "a number", found: '"three"' }),
    'Cannot call hook "execute" of plugin "tool/add": input $.args.x: expected a number, found "three"',
  ],
  [
    new errors.HookOutputInvalid("tool/add", "execute", { path: "$", expected: "an object", found: "3" }),
    'Cannot use the answer of hook "execute" of plugin "tool/add": $: expected an object, found 3',
  ],
  [
    new HttpError({ method: "POST", shown: "https://a.example/" }, "dns", "no such name"),
    'Cannot post "https://a.example/": no such name',
  ],
];

for (const [error, message] of messages) {
  Deno.test(`${error.name} says: ${message.split("\n")[0]}`, () => {
    assertEquals(error.message, message);
  });
}

Deno.test("errors keep what they were made of", () => {
  const problems = [{ path: "a", expected: "b", found: "c" }];
  const invalid = new ManifestInvalid("a.toml", problems, { plugin: "chunker/fixed" });
  assertEquals([invalid.source, invalid.problems, invalid.plugin], ["a.toml", problems, "chunker/fixed"]);
  assertEquals(new DiscoveryError("plugins/", "gone").root, "plugins/");
  assertEquals(new AmbiguousPlugin("two", ["a", "b"]).candidates, ["a", "b"]);
  const unavailable = new PluginUnavailable("chunker/fixed", "it is torn down", { cause: 1 });
  assertEquals([unavailable.plugin, unavailable.reason, unavailable.cause], ["chunker/fixed", "it is torn down", 1]);
  const timeout = new HookTimeout("hook", 50, 51, { plugin: "chunker/fixed", hook: "chunk" });
  assertEquals([timeout.phase, timeout.timeoutMs, timeout.hook], ["hook", 50, "chunk"]);
  assertFalse("hook" in new HookTimeout("load", 50, 51));
  const serialization = new SerializationError("$.when", "Date");
  assertEquals([serialization.path, serialization.found], ["$.when", "Date"]);
  const failures = [new Error("a")];
  assertEquals(new TeardownErrors(failures).errors, failures);
  const broadcast = new BroadcastErrors("search", "find", [{ plugin: "search/a", error: failures[0]! }]);
  assertEquals([broadcast.kind, broadcast.hook], ["search", "find"]);
  assertEquals([broadcast.plugins, broadcast.errors], [["search/a"], failures]);
  assertEquals(broadcast.failures, [{ plugin: "search/a", error: failures[0]! }]);
  const mismatch = new DispatchMismatch("search", "find", "chain", "singleton", { plugin: "search/a" });
  const { kind, hook, declared, asked, plugin } = mismatch;
  assertEquals([kind, hook, declared, asked, plugin], ["search", "find", "chain", "singleton", "search/a"]);
  const noMatch = new NoCapabilityMatch("parser", "parse", { language: "go" }, "none");
  assertEquals<unknown>([noMatch.kind, noMatch.hook, noMatch.asked], ["parser", "parse", { language: "go" }]);
  const store = new StoreError(OPERATION, "no space", { cause: 1 });
  assertEquals([store.store, store.key, store.cause], [OPERATION.store, OPERATION.key, 1]);
  const conflict = new CheckpointConflict(OPERATION, 1, 2);
  assertEquals([conflict.store, conflict.key, conflict.expected, conflict.actual], [OPERATION.store, "a\n", 1, 2]);
  assertInstanceOf(conflict, StoreError);
  const http = new HttpError({ method: "GET", shown: "https://a.example/" }, "tls", "none");
  assertEquals([http.failure, http.url], ["tls", "https://a.example/"]);
  const differences = [
    { permission: "env", value: "A", field: "f", refusedBy: "policy", remedy: "allow it" } as const,
  ];
  const exceeded = new PermissionExceeded("chunker/fixed", differences);
  assertEquals([exceeded.plugin, exceeded.differences], ["chunker/fixed", differences]);
});

function withCode(code: unknown): Error {
  return Object.assign(new Error("of someone else"), { code });
}

const recognised: [name: string, value: unknown, code: string | undefined, is: boolean][] = [
  ["an error of the page", new ProtocolError("x"), undefined, true],
  ["an error of the page by its code", new ProtocolError("x"), "ProtocolError", true],
  ["an error of the page by another code", new ProtocolError("x"), "KindUnknown", false],
  ["an error of the page by its base's code", new ProtocolError("x"), "PluginRegistryError", false],
  ["the base", new PluginRegistryError("x"), undefined, true],
  ["any error that carries a code of the page", withCode("KindUnknown"), undefined, true],
  ["any error that carries the code asked for", withCode("KindUnknown"), "KindUnknown", true],
  ["an error of the system", withCode("ENOENT"), undefined, false],
  ["an error of the system by its own code", withCode("ENOENT"), "ENOENT", false],
  ["an error whose code is a key of every object", withCode("toString"), undefined, false],
  ["an error whose code is a number", withCode(404), undefined, false],
  ["an error without a code", new Error("x"), undefined, false],
  ["an object that only looks like one", { code: "KindUnknown", message: "x" }, undefined, false],
  ["a text", "KindUnknown", undefined, false],
  ["null", null, undefined, false],
  ["undefined", undefined, undefined, false],
];

for (const [name, value, code, is] of recognised) {
  const asked = code === undefined ? "an error of this package" : `a ${code} of this package`;
  Deno.test(`${name} ${is ? "is" : "is not"} ${asked}`, () => {
    assertEquals(isPluginRegistryError(value, code), is);
  });
}

Deno.test("each guard knows the errors of its own class, and no others", () => {
  const guards = Object.entries<unknown>(errors).filter(([name]) => /^is(?!PluginRegistryError)/.test(name));
  assert(guards.length >= 12);
  for (const [name, guard] of guards) {
    for (const code of Object.keys(errorClasses)) {
      assertEquals((guard as (error: unknown) => boolean)(withCode(code)), name === `is${code}`, `${name} of ${code}`);
    }
  }
});

Deno.test("an error of a second copy of the page is recognised by its code", async () => {
  const copy: typeof errors = await import(new URL("../src/errors.ts?copy", import.meta.url).href);
  assertNotStrictEquals(copy.KindUnknown, KindUnknown);
  const error = new copy.KindUnknown("none");
  assertFalse(error instanceof PluginRegistryError);
  assert(isPluginRegistryError(error));
  assert(isPluginRegistryError(error, "KindUnknown"));
  assertFalse(isPluginRegistryError(error, "ProtocolError"));
  assertInstanceOf(error, Error);
});

for (const way of Object.keys(WAYS) as Way[]) {
  Deno.test(`${way}: errors of stores and of http keep their class and their fields, in the plugin and behind it`, async () => {
    const blob_store = new InMemoryBlobStore({ name: "mine" });
    await blob_store[Symbol.asyncDispose]();
    const checkpoint = new InMemoryCheckpointStore();
    await checkpoint.save("unit", 1);
    const body = `r: any; setup(c: any) { this.r = c.resources; }
      blob() { return this.r.blob_store.get("key"); }
      save() { return this.r.checkpoint.save("unit", 2, { expectedVersion: 0 }); }
      http() { return this.r.http_client.get("https://example.com/?key=1"); }
      async caught(what: "blob" | "save" | "http") {
        const e: any = await this[what]().catch((e: unknown) => e);
        return [e instanceof StoreError, e instanceof CheckpointConflict, e instanceof HttpError, e.code];
      }`;
    const files = plugin(
      body,
      '[plugin.resources]\nrequired = ["blob_store", "checkpoint", "http_client"]\n' +
        '[plugin.resources.http_client]\nhosts = ["example.com"]',
      way,
    );
    const imports = 'import { CheckpointConflict, HttpError, StoreError } from "@dagstack/plugin-system";\n';
    files["p/plugin.ts"] = imports + files["p/plugin.ts"];
    const resources = { blob_store, checkpoint, http_client: new StubHttpClient() };
    await using host = await TestHost.start(files, WAYS[way], { resources });
    const { blob, save, http, caught } = host.plugin();
    assertEquals(await caught!("blob"), [true, false, false, "StoreError"]);
    assertEquals(await caught!("save"), [true, true, false, "CheckpointConflict"]);
    assertEquals(await caught!("http"), [false, false, true, "HttpError"]);
    const closed = await assertRejects(() => blob!(), StoreError, 'Cannot get "key" in blob store "mine"');
    assertEquals([closed.store, closed.key], ['blob store "mine"', "key"]);
    const conflict = await assertRejects(() => save!(), CheckpointConflict);
    assertEquals([conflict.expected, conflict.actual, conflict.key], [0, 1, "unit"]);
    const refused = await assertRejects(() => http!(), HttpError);
    assertEquals([refused.failure, refused.url], ["not_scripted", "https://example.com/?…"]);
  });
}
