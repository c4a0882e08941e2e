import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import fc from "fast-check";
import { byPriority, CapabilityDispatcher, PreparedCapability } from "../../src/dispatch/mod.ts";
import { AmbiguousPlugin, NoCapabilityMatch } from "../../src/errors.ts";
import type { Manifest } from "../../src/manifest/mod.ts";
import { FakeTarget } from "./fake_target.ts";

const dispatcher = new CapabilityDispatcher<unknown, string>("k");
const plugin = (name: string, fields: Record<string, unknown> = {}, matches?: (input: unknown) => unknown) =>
  new FakeTarget(`k/${name}`, fields, matches === undefined ? {} : { matches });
const choose = (plugins: readonly FakeTarget[], input: unknown) => dispatcher.dispatch(plugins, "run", input);

const parsers = [
  plugin("python", { supports_languages: ["python"], supports_extensions: [".py", "pyi"] }),
  plugin("web", {
    supports_languages: ["JavaScript", "html"],
    supports_extensions: ["JS"],
    supports_mime_types: ["text/html"],
  }),
  plugin("gpu", { capabilities: ["gpu", "batch"], supports_languages: ["python"], priority: 5 }),
  plugin("images", { supports_mime_types: ["image/png", "Image/JPEG"], capabilities: ["gpu"] }),
];

const chosen: [what: string, input: unknown, name: string][] = [
  ["a language", { language: "html" }, "web"],
  ["a language in any case", { language: "JAVASCRIPT" }, "web"],
  ["the highest priority of several", { language: "python" }, "gpu"],
  ["an extension", { extension: ".py" }, "python"],
  ["an extension without its dot", { extension: "py" }, "python"],
  ["an extension that the plugin writes without a dot", { extension: ".pyi" }, "python"],
  ["an extension in any case", { extension: ".Js" }, "web"],
  ["a MIME type", { mime_type: "image/png" }, "images"],
  ["a MIME type as mimeType", { mimeType: "image/png" }, "images"],
  ["a MIME type without its parameters", { mime_type: "Text/HTML ; charset=utf-8" }, "web"],
  ["a MIME type that the plugin writes in capitals", { mime_type: "image/jpeg" }, "images"],
  ["one tag", { capabilities: ["batch"] }, "gpu"],
  ["one tag in any case", { capabilities: ["GPU"] }, "gpu"],
  ["required tags", { capabilities: { required: ["gpu", "batch"] } }, "gpu"],
  [
    "a tag, unless a field speaks against it",
    { capabilities: ["gpu"], mime_type: "image/png", language: "go" },
    "images",
  ],
  ["a language, unless an extension speaks against it", { language: "python", extension: ".js" }, "gpu"],
  ["a language and an extension that agree", { language: "javascript", extension: ".js" }, "web"],
  ["an extension where the language is none that it declares", { extension: ".png", mime_type: "image/png" }, "images"],
];

for (const [what, input, name] of chosen) {
  Deno.test(`capability chooses by ${what}`, async () => {
    for (const _ of [1, 2]) assertEquals(await choose(parsers, input), name); // the second time from what is kept
  });
}

const none: [what: string, input: unknown, message: string][] = [
  ["no object", "python", "the input has no language, extension, mime_type or capabilities to choose by"],
  ["null", null, "the input has no language, extension, mime_type or capabilities to choose by"],
  ["nothing said", { text: "x" }, "the input has no language, extension, mime_type or capabilities to choose by"],
  ["empty values", { language: "", extension: ".", mime_type: ";" }, "the input has no language,"],
  ["a language of another type", { language: ["python"] }, "the input has no language,"],
  ["a typo", { language: "pyton" }, 'no plugin takes language "pyton" (did you mean "python"?)'],
  ["an unknown value", { extension: "zip" }, 'no plugin takes extension ".zip" (known: ".js", ".py", ".pyi")'],
  [
    "a tag that nobody has",
    { capabilities: ["tpu-cluster"] },
    'no plugin takes capability "tpu-cluster" (known: "batch", "gpu")',
  ],
  [
    "fields that speak against each other",
    { language: "html", extension: ".py" },
    'no plugin takes language "html" and extension ".py", and there is no fallback',
  ],
  ["a tag that no text is", { capabilities: [7] }, 'no plugin takes capability "7"'],
];

for (const [what, input, message] of none) {
  Deno.test(`${what} is NoCapabilityMatch, which says so`, async () => {
    const error = await assertRejects(() => choose(parsers, input), NoCapabilityMatch);
    assert(error.message.startsWith(`Cannot dispatch "run" of kind "k": ${message}`), error.message);
    assertEquals([error.kind, error.hook], ["k", "run"]);
  });
}

Deno.test("NoCapabilityMatch holds what was asked, as it was compared", async () => {
  const input = { language: "GO", extension: "go", mime_type: "text/x-go;a=b", capabilities: ["X", "x", "a"] };
  const error = await assertRejects(() => choose(parsers, input), NoCapabilityMatch);
  const asked = { language: "go", extension: ".go", mime_type: "text/x-go", capabilities: ["a", "x"] };
  assertEquals<unknown>(error.asked, asked);
});

Deno.test("questions that differ in one part only have answers of their own", () => {
  const prepared = new PreparedCapability("k", "run", [...parsers, plugin("plain")]);
  const inputs = [
    [{ capabilities: ["gpu", "batch"] }, "gpu"],
    [{ capabilities: ["gpu", "other"] }, "plain"],
    [{ capabilities: ["gpu"], language: "go" }, "images"],
    [{ capabilities: ["gpu"], extension: "go" }, "gpu"],
    [{ language: "html", extension: "js" }, "web"],
    [{ language: "html", mime_type: "image/png" }, "images"],
  ] as const;
  for (const [input, name] of [...inputs, ...inputs]) {
    const stage = prepared.select(input);
    assert(!(stage instanceof Promise));
    assertEquals(stage.target.manifest.name, name);
  }
});

Deno.test("of several that match the highest priority is taken, then the name", async () => {
  const supports_languages = ["go"];
  const plugins = [
    plugin("b", { supports_languages }),
    plugin("a", { supports_languages }),
    plugin("z", { supports_languages, priority: 1 }),
  ];
  assertEquals(await choose(plugins, { language: "go" }), "z");
  assertEquals(await choose(plugins.slice(0, 2), { language: "go" }), "a");
});

Deno.test("the first whose matches says true is taken; one without matches is willing", async () => {
  const supports_languages = ["go"];
  const no = plugin("a", { supports_languages, priority: 9 }, () => false);
  const truthy = plugin("b", { supports_languages, priority: 8 }, () => 1);
  const yes = plugin("c", { supports_languages, priority: 7 }, () => true);
  const willing = plugin("d", { supports_languages, priority: 6 });
  assertEquals(await choose([no, truthy, yes, willing], { language: "go" }), "c");
  assertEquals(await choose([no, truthy, willing], { language: "go" }), "d");
});

Deno.test("matches is asked with the input and the options, and only in the order of the candidates", async () => {
  const asked: unknown[] = [];
  const first = new FakeTarget("k/a", { supports_languages: ["go"], priority: 1 }, {
    matches: (input, options) => asked.push("a", input, options?.metadata) > 0,
  });
  const second = plugin("b", { supports_languages: ["go"] }, () => asked.push("b"));
  const input = { language: "go" };
  assertEquals(await dispatcher.dispatch([first, second], "run", input, { metadata: { t: 1 } }), "a");
  assertEquals(asked, ["a", input, { t: 1 }]);
});

Deno.test("a matches that throws counts as no, and its plugin hears of it", async () => {
  const error = new RangeError("no");
  const broken = plugin("a", { supports_languages: ["go"], priority: 9 }, () => {
    throw error;
  });
  assertEquals(await choose([broken, plugin("b", { supports_languages: ["go"] })], { language: "go" }), "b");
  assertEquals(broken.heard, [["run", "matches", error]]);
});

Deno.test("a signal that aborts while matches is asked rejects with its reason, and blames nobody", async () => {
  const controller = new AbortController();
  const asked = plugin("a", { supports_languages: ["go"] }, () => {
    controller.abort(new Error("gone"));
    throw new Error("aborted inside");
  });
  const pending = dispatcher.dispatch([asked, plugin("b")], "run", { language: "go" }, { signal: controller.signal });
  await assertRejects(() => pending, Error, "gone");
  assertEquals(asked.heard, []);
});

Deno.test("nobody else is asked once the signal has aborted", async () => {
  const controller = new AbortController();
  const asked = plugin("a", { supports_languages: ["go"] }, () => {
    controller.abort(new Error("gone"));
    return false;
  });
  const pending = dispatcher.dispatch([asked], "run", { language: "go" }, { signal: controller.signal });
  await assertRejects(() => pending, Error, "gone");
});

Deno.test("where none matches, the declared fallback is called without being asked", async () => {
  const fallback = plugin("fallback", { fallback: true, supports_languages: ["go"] }, () => false);
  const plain = plugin("plain", { priority: 9 });
  assertEquals(await choose([...parsers, plain, fallback], { language: "cobol" }), "fallback");
  assertEquals(await choose([...parsers, plain, fallback], { text: "x" }), "fallback");
});

Deno.test("the declared fallback is called where all that match refuse", async () => {
  const refusing = plugin("a", { supports_languages: ["go"] }, () => false);
  assertEquals(await choose([refusing, plugin("b", { fallback: true })], { language: "go" }), "b");
});

Deno.test("without a declared fallback one that declares no supports_* is, by priority, then name", async () => {
  const plugins = [...parsers, plugin("b"), plugin("a"), plugin("c", { priority: 1 })];
  assertEquals(await choose(plugins, { language: "cobol" }), "c");
  assertEquals(await choose([...parsers, plugin("b"), plugin("a")], { language: "cobol" }), "a");
});

Deno.test("a fallback that nobody declared is asked, and not a second time", async () => {
  let asked = 0;
  const refusing = plugin("a", { capabilities: ["gpu"], priority: 9 }, () => ++asked < 0);
  const willing = plugin("b", {}, () => true);
  assertEquals(await choose([refusing, willing], { capabilities: ["gpu"] }), "b");
  assertEquals(asked, 1);
  assertEquals(await choose([refusing, willing], { text: "x" }), "b");
  assertEquals(asked, 2);
  await assertRejects(() => choose([refusing], { text: "x" }), NoCapabilityMatch);
});

Deno.test("two declared fallbacks are AmbiguousPlugin where one is needed", async () => {
  const plugins = [...parsers, plugin("a", { fallback: true }), plugin("b", { fallback: true })];
  const error = await assertRejects(() => choose(plugins, { language: "cobol" }), AmbiguousPlugin);
  assertEquals(error.candidates, ["k/a", "k/b"]);
  assertEquals(await choose(plugins, { language: "html" }), "web");
});

Deno.test("the filter passes over candidates and fallbacks alike", async () => {
  const filter = ({ name }: Manifest) => name !== "gpu" && name !== "fallback";
  const plugins = [...parsers, plugin("fallback", { fallback: true }), plugin("plain")];
  assertEquals(await dispatcher.dispatch(plugins, "run", { language: "python" }, { filter }), "python");
  assertEquals(await dispatcher.dispatch(plugins, "run", { language: "cobol" }, { filter }), "plain");
  assertEquals(await dispatcher.dispatch(plugins, "run", { language: "python" }), "gpu");
  await assertRejects(
    () => dispatcher.dispatch(parsers, "run", { language: "html" }, { filter: () => false }),
    NoCapabilityMatch,
  );
});

Deno.test("the filter passes over candidates that would have been asked", async () => {
  const asked: string[] = [];
  const named = (name: string, priority: number) =>
    plugin(name, { supports_languages: ["go"], priority }, () => asked.push(name) < 0);
  const plugins = [named("a", 3), named("b", 2), named("c", 1), plugin("d", { supports_languages: ["go"] })];
  const filter = ({ name }: Manifest) => name !== "b";
  assertEquals(await dispatcher.dispatch(plugins, "run", { language: "go" }, { filter }), "d");
  assertEquals(asked, ["a", "c"]);
});

Deno.test("a choice in which no plugin has a say is made at once", () => {
  const prepared = new PreparedCapability("k", "run", [...parsers, plugin("plain")]);
  for (const input of [{ language: "html" }, { language: "cobol" }, { capabilities: ["gpu"] }, 1]) {
    assert(!(prepared.select(input) instanceof Promise));
  }
  const asking = new PreparedCapability("k", "run", [plugin("a", {}, () => true)]);
  assertInstanceOf(asking.select(1), Promise);
});

Deno.test("more questions than are kept, and longer ones, are answered all the same", () => {
  const prepared = new PreparedCapability("k", "run", [...parsers, plugin("plain")]);
  const name = (input: unknown) => {
    const stage = prepared.select(input);
    return stage instanceof Promise ? "later" : stage.target.manifest.name;
  };
  for (let i = 0; i < 3_000; i++) {
    assertEquals(name({ language: "html", extension: `.x${i}` }), "plain");
    assertEquals(name({ language: "html", mime_type: "text/html" }), "web");
  }
  assertEquals(name({ language: "html", extension: "x".repeat(1_000) }), "plain");
});

// A slow and obvious reading of the same rules.

interface Said {
  language?: string;
  extension?: string;
  mime_type?: string;
  capabilities?: string[];
}

function reference(plugins: readonly FakeTarget[], said: Said): string {
  const ordered = byPriority(plugins).map(({ manifest }) => manifest);
  const lower = (list: readonly string[]) => list.map((text) => text.toLowerCase());
  const dotted = (list: readonly string[]) => lower(list).map((text) => `.${text.replace(/^\.+/, "")}`);
  for (const manifest of ordered) {
    const { supports_languages, supports_extensions, supports_mime_types, capabilities } = manifest;
    const fields: [value: string | undefined, declared: string[]][] = [
      [said.language?.toLowerCase(), lower(supports_languages)],
      [said.extension === undefined ? undefined : dotted([said.extension])[0], dotted(supports_extensions)],
      [said.mime_type?.toLowerCase().split(";").at(0)?.trim(), lower(supports_mime_types)],
    ];
    const judged = fields.filter(([value, declared]) => value !== undefined && declared.length > 0);
    if (judged.some(([value, declared]) => !declared.includes(value!))) continue;
    const required = lower(said.capabilities ?? []);
    if (required.some((tag) => !lower(capabilities).includes(tag))) continue;
    if (judged.length > 0 || required.length > 0) return manifest.name;
  }
  const bare = ({ supports_languages, supports_extensions, supports_mime_types }: Manifest) =>
    supports_languages.length + supports_extensions.length + supports_mime_types.length === 0;
  return (ordered.find(({ fallback }) => fallback) ?? ordered.find(bare))?.name ?? "nobody";
}

const some = (...values: string[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 2 });
const someManifest = fc.record({
  priority: fc.integer({ min: 0, max: 2 }),
  supports_languages: some("go", "Python", "html"),
  supports_extensions: some(".go", "py", ".HTML"),
  supports_mime_types: some("text/html", "Text/X-Go"),
  capabilities: some("gpu", "Batch"),
});
const someInput: fc.Arbitrary<Said> = fc.record({
  language: fc.constantFrom("go", "PYTHON", "html", "cobol"),
  extension: fc.constantFrom("go", ".Py", "html", ".zip"),
  mime_type: fc.constantFrom("text/html; charset=utf-8", "text/x-go", "a/b"),
  capabilities: fc.uniqueArray(fc.constantFrom("gpu", "batch", "none"), { maxLength: 2 }),
}, { requiredKeys: [] });

Deno.test("a capability's choice equals that of the slow and obvious reading", async () => {
  const prop = fc.asyncProperty(
    fc.array(someManifest, { minLength: 1, maxLength: 6 }),
    fc.nat({ max: 12 }),
    fc.array(someInput, { minLength: 1, maxLength: 6 }),
    async (manifests, fallback, inputs) => {
      const plugins = manifests.map((fields, i) => plugin(`p${i}`, { ...fields, fallback: i === fallback }));
      for (const input of [...inputs, ...inputs]) {
        const name = await choose(plugins, input).catch((error: unknown) => {
          assertInstanceOf(error, NoCapabilityMatch);
          return "nobody";
        });
        assertEquals(name, reference(plugins, input));
        assertEquals(await choose(plugins.toReversed(), input).catch(() => "nobody"), name);
      }
    },
  );
  await fc.assert(prop, { numRuns: 300 });
});
