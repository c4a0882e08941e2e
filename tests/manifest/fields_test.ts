/** Every row of the table of fields: what is kept, what is filled in, and what a wrong type says and where. */
import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { ManifestInvalid, parseManifest } from "@dagstack/plugin-system";
import { FIELDS, OPTIONAL_TABLES } from "../../src/manifest/mod.ts";

type Field = (typeof FIELDS)[number];
type Pairs = [key: string, value: unknown][];

const VALID: Record<string, unknown> = {
  name: "sample-1",
  kind: "thing",
  core_version: ">=0.1.0,<1.0.0",
  entry_point: "plugin:Sample",
  "resources.http_client.hosts": ["example.com:8080", "10.0.0.0/8"],
  "resources.env.variables": ["HOME"],
  "resources.packages.specifiers": ["npm:left-pad@1.3.0", "jsr:@std/assert"],
  "mcp_http.url": "https://example.com/mcp",
  url: "http://127.0.0.1:8080/mcp",
  "mcp_http.auth_header": "X-Api-Key",
  "auth.auth_header": "X-Api-Key",
};

/** A value that the field takes, other than its default. */
function validValue({ key, type }: Field): unknown {
  if (Object.hasOwn(VALID, key)) return VALID[key];
  switch (type.is) {
    case "text":
      return type.values?.at(-1) ?? "some_text";
    case "integer":
      return type.minimum + 7;
    case "boolean":
      return true;
    case "texts":
      return [type.values?.[0] ?? "one", "two"];
    case "text or texts":
      return [type.values[0]];
    case "dependencies":
      return ["other", { kind: "thing", name: "another" }];
    case "text map":
      return { ONE: "1", "with space": "" };
    case "open table":
      return { type: "object", deep: { list: [1, "two", false] } };
  }
}

/** Values that the field does not take, whole and inside. */
function wrongValues({ type }: Field): { whole: unknown[]; inner: unknown[] } {
  switch (type.is) {
    case "text":
      return { whole: [5, 1.5, true, ["x"], { x: 1 }], inner: [] };
    case "integer":
      return { whole: ["5", 1.5, true, [1], { x: 1 }, type.minimum - 1], inner: [] };
    case "boolean":
      return { whole: ["true", 0, [true], { x: true }], inner: [] };
    case "texts":
      return { whole: ["x", 5, true, { x: 1 }, ...type.notEmpty ? [[]] : []], inner: [[5], ["x", true], [["x"]]] };
    case "text or texts":
      return { whole: [5, true, { x: 1 }, "nothing_like_it", []], inner: [["nothing_like_it"], [5]] };
    case "dependencies":
      return { whole: ["x", 5, { x: 1 }], inner: [[5], [""], [{ kind: "thing" }], [["x"]]] };
    case "text map":
      return { whole: ["x", 5, ["x"]], inner: [{ A: 5 }, { A: ["x"] }] };
    case "open table":
      return { whole: ["x", 5, true, ["x"]], inner: [] };
  }
}

/** A manifest in which only this field is special. */
function manifestWith(field: Field, value: unknown): Pairs {
  const pairs: Pairs = [
    ["name", "sample"],
    ["kind", "thing"],
    ["runtime", "in_process"],
    ["core_version", ">=0.1.0"],
    ["entry_point", "plugin:Sample"],
  ];
  const [table, part] = field.key.split(".") as [string, string?];
  if (table === "resources" && part !== "required" && part !== "optional") pairs.push(["resources.required", [part]]);
  if (field.key === "unit_of_work.declared") pairs.push(["unit_of_work.partition_key", "document"]);
  if (table === "mcp_stdio" || field.key === "env") pairs.push(["mcp_stdio.command", ["serve"]]);
  if (table === "mcp_http" || table === "auth") pairs.push(["mcp_http.url", "https://example.com/"]);
  if (table === "chain_wrap") pairs.push(["priority", 1000], ["chain_wrap.kinds", ["*"]]);
  const own = pairs.filter(([key]) => key !== field.key);
  // The first of its table in the last place: a TOML table may not be reopened by a dotted key after another table.
  own.push([field.key, value]);
  return own;
}

interface Written {
  text: string;
  /** Where the special field's value stands. */
  line: number;
  column: number;
}

function toml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)} = ${toml(item)}`).join(", ")} }`;
}

function asToml(pairs: Pairs): Written {
  const lines = ['# a comment with "quotes" and name = 5', "[plugin]"];
  for (const [key, value] of pairs) lines.push(`  ${key} = ${toml(value)}`);
  return { text: lines.join("\n"), line: lines.length, column: pairs.at(-1)![0].length + 6 };
}

function asJson(pairs: Pairs, wrapped: boolean): Written {
  const tree: Record<string, unknown> = {};
  const mark = "\u0001here";
  for (const [i, [key, value]] of pairs.entries()) {
    const steps = key.split(".");
    const last = steps.pop()!;
    let table = tree;
    for (const step of steps) table = (table[step] ??= {}) as Record<string, unknown>;
    table[last] = i === pairs.length - 1 ? mark : value;
  }
  const whole = JSON.stringify(wrapped ? { plugin: tree } : tree, null, 2);
  const written = JSON.stringify(mark);
  const before = whole.slice(0, whole.indexOf(written));
  return {
    text: whole.replace(written, () => JSON.stringify(pairs.at(-1)![1])),
    line: before.split("\n").length,
    column: before.length - before.lastIndexOf("\n"),
  };
}

function at(value: unknown, key: string): unknown {
  return key.split(".").reduce((table, step) => (table as Record<string, unknown> | undefined)?.[step], value);
}

for (const field of FIELDS) {
  const kept = field.alias ?? field.key;
  Deno.test(`the field ${field.key} keeps a valid value${field.alias ? ` as ${field.alias}` : ""}`, () => {
    const value = validValue(field);
    const pairs = manifestWith(field, value);
    if (field.alias !== undefined) {
      const twice = pairs.findIndex(([key]) => key === field.alias);
      if (twice !== -1) pairs.splice(twice, 1);
    }
    for (
      const manifest of [
        parseManifest(asToml(pairs).text),
        parseManifest(asJson(pairs, true).text, { format: "json" }),
        parseManifest(asJson(pairs, false).text, { format: "jsonc" }),
      ]
    ) {
      assertEquals(at(manifest, kept), value);
      if (field.alias !== undefined) assertEquals(at(manifest, field.key), undefined);
    }
  });

  for (const kind of ["TOML", "JSON", "JSON without the wrapper"] as const) {
    Deno.test(`the field ${field.key} of a wrong type is named with its place in ${kind}`, () => {
      const { whole, inner } = wrongValues(field);
      for (const value of [...whole, ...inner]) {
        const pairs = manifestWith(field, value);
        const { text, line, column } = kind === "TOML" ? asToml(pairs) : asJson(pairs, kind === "JSON");
        const { problems } = assertThrows(
          () => parseManifest(text, { format: kind === "TOML" ? "toml" : "json" }),
          ManifestInvalid,
        );
        const path = kind === "JSON without the wrapper" ? field.key : `plugin.${field.key}`;
        for (const problem of problems) {
          assert(problem.path.startsWith(path), `${problem.path} for ${path} = ${JSON.stringify(value)}`);
        }
        const [first] = problems;
        assert(first !== undefined);
        assertEquals(first.expected, field.expected, JSON.stringify(value));
        assertEquals(first.line, line, first.path);
        if (whole.includes(value)) assertEquals([first.path, first.column], [path, column]);
        else assertGreater(problems.at(-1)!.column!, column);
      }
    });
  }
}

Deno.test("defaults are filled in for every field that has one, and no others appear", () => {
  const manifest = parseManifest(
    asToml([["name", "a"], ["kind", "b"], ["runtime", "in_process"], ["core_version", "*"], ["entry_point", "a:B"]])
      .text,
  );
  for (const { key, required, default: value, alias } of FIELDS) {
    if (required === true || key === "entry_point") continue;
    const table = key.slice(0, Math.max(0, key.lastIndexOf(".")));
    const there = alias === undefined && ![...OPTIONAL_TABLES].some((own) => `${table}.`.startsWith(`${own}.`));
    assertEquals(at(manifest, key), there ? value : undefined, key);
  }
  for (const table of OPTIONAL_TABLES) assertEquals(at(manifest, table), undefined);
});

Deno.test("defaults inside an optional table are filled in when the table is there", () => {
  const base: Pairs = [["name", "a"], ["kind", "b"], ["core_version", ">=0.1"], ["priority", 1000]];
  const manifest = parseManifest(
    asToml([
      ...base,
      ["runtime", ["mcp_stdio", "mcp_http"]],
      ["command", ["serve"]],
      ["mcp_http.url", "https://example.com"],
      ["mcp_http.retry.attempts", 1],
      ["chain_wrap.kinds", ["*"]],
    ]).text,
  );
  assertEquals(manifest.mcp_stdio, { command: ["serve"], env: {}, startup_timeout_sec: 30 });
  assertEquals(manifest.mcp_http, {
    url: "https://example.com",
    timeout_sec: 60,
    retry: { attempts: 1, backoff_ms: 200 },
  });
  assertEquals(manifest.chain_wrap, { kinds: ["*"], hooks: ["*"] });
});

Deno.test("every integer stops at its minimum and its maximum", () => {
  for (const field of FIELDS) {
    if (field.type.is !== "integer") continue;
    const { minimum, maximum = Number.MAX_SAFE_INTEGER } = field.type;
    const read = (value: unknown) => parseManifest(asToml(manifestWith(field, value)).text);
    assertEquals(at(read(minimum), field.key), minimum);
    assertEquals(at(read(maximum), field.key), maximum);
    for (const value of [minimum - 1, maximum + 1]) {
      const { problems } = assertThrows(() => read(value), ManifestInvalid);
      assertEquals(problems[0]!.path, `plugin.${field.key}`, field.key);
    }
  }
});
