/**
 * Random bytes, mutated valid manifests and generated structures: only a manifest or `ManifestInvalid` may come of
 * them, each within bounded time. Repeat with `deno task fuzz [count] [seed]`.
 */
import { ManifestInvalid, parseManifest } from "@dagstack/plugin-system";
import { FIELDS } from "../src/manifest/mod.ts";

const count = Number(Deno.args[0] ?? 200_000);
const seed = Number(Deno.args[1] ?? 1);
const SLOWEST_MS = 250;

/** mulberry32: the same inputs for the same seed. */
let state = seed >>> 0;
function random(): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n: number) => Math.floor(random() * n);
const pick = <T>(items: readonly T[]): T => items[below(items.length)]!;

const TOML = `[plugin]
name = "sample"
kind = "thing"
runtime = ["in_process", "mcp_stdio"]
core_version = ">=0.1.0,<1.0.0"
entry_point = "plugin:Sample"
priority = 5
depends_on = ["a", { kind = "b", name = "c" }]

[plugin.resources]
required = ["clock", "http_client"]
http_client = { hosts = ["api.example.com:8080"] }

[plugin.mcp_stdio]
command = ["x"]

[plugin.metadata]
when = 2026-01-01T00:00:00Z
deep = [[1, 2], { a.b = """x
y""" }]
`;
const JSON_TEXT = JSON.stringify(
  { plugin: { name: "sample", kind: "thing", runtime: "in_process", core_version: "^0.2", entry_point: "./p.ts#S" } },
  null,
  2,
);
const PIECES = [
  "[",
  "]",
  "{",
  "}",
  "=",
  '"',
  "'",
  '"""',
  "\n",
  ",",
  ".",
  "#",
  "\\",
  "\\u0000",
  "-",
  "1e999",
  "nan",
  "true",
  "null",
  "__proto__",
  "constructor",
  "plugin",
  "[[a]]",
  "\u{1f600}",
  "\ud800",
  "\0",
  "\x1b[31m",
  " ".repeat(50),
  "9".repeat(400),
  "[".repeat(500),
  "a.".repeat(300),
];

function bytes(): string {
  return new TextDecoder().decode(Uint8Array.from({ length: below(300) }, () => below(256)));
}

function mutated(text: string): string {
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(text.length), to = Math.min(text.length, at + below(20));
    switch (below(4)) {
      case 0:
        text = text.slice(0, at) + text.slice(to);
        break;
      case 1:
        text = text.slice(0, at) + pick(PIECES) + text.slice(at);
        break;
      case 2:
        text = text.slice(0, at) + text.slice(below(text.length)).slice(0, 40) + text.slice(at);
        break;
      default:
        text = text.slice(0, at) + String.fromCharCode(below(0x3000)) + text.slice(at + 1);
    }
  }
  return text;
}

function value(depth: number): unknown {
  switch (below(depth > 5 ? 5 : 8)) {
    case 0:
      return pick([null, true, false]);
    case 1:
      return pick([0, -1, 1.5, 1e300, 2147483648, 9007199254740993]);
    case 2:
      return pick(["", "x", "in_process", "a,b", "*", "../x", "plugin:Sample", "\u0000", "[::1]", "x".repeat(5000)]);
    case 3:
      return [];
    case 4:
      return {};
    case 5:
      return Array.from({ length: below(6) }, () => value(depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: below(6) }, () => [pick([...KEYS, "x", "__proto__"]), value(depth + 1)]),
      );
  }
}
const KEYS = [...new Set(FIELDS.flatMap(({ key }) => key.split(".")))];

function structure(): string {
  const plugin = { name: "a", kind: "b", runtime: "in_process", core_version: "^0.2", entry_point: "p:S" } as Record<
    string,
    unknown
  >;
  for (let i = below(5); i > 0; i--) plugin[pick(KEYS)] = value(0);
  return JSON.stringify(random() < 0.5 ? { plugin } : plugin);
}

const ways: [name: string, make: () => [text: string, format: "toml" | "json" | "jsonc"]][] = [
  ["random bytes", () => [bytes(), pick(["toml", "json", "jsonc"] as const)]],
  ["mutated TOML", () => [mutated(TOML), "toml"]],
  ["mutated JSON", () => [mutated(JSON_TEXT), pick(["json", "jsonc"] as const)]],
  ["structures", () => [structure(), pick(["json", "jsonc"] as const)]],
];
const tally: Record<string, { accepted: number; refused: number }> = {};
let slowest = 0;
const heapBefore = Deno.memoryUsage().rss;
for (let i = 0; i < count; i++) {
  const [name, make] = ways[i % ways.length]!;
  const [text, format] = make();
  const own = tally[name] ??= { accepted: 0, refused: 0 };
  const start = performance.now();
  try {
    parseManifest(text, { format });
    own.accepted++;
  } catch (error) {
    if (!(error instanceof ManifestInvalid) || error.problems.length === 0) {
      console.error(`input ${i} of seed ${seed} (${name}, ${format}):\n${JSON.stringify(text)}`);
      throw error;
    }
    own.refused++;
  }
  const ms = performance.now() - start;
  if (ms > slowest) slowest = ms;
  if (ms > SLOWEST_MS) {
    throw new Error(`input ${i} of seed ${seed} took ${ms} ms: ${JSON.stringify(text).slice(0, 500)}`);
  }
}
console.log(`${count} inputs of seed ${seed}: only manifests and ManifestInvalid`);
for (const [name, { accepted, refused }] of Object.entries(tally)) {
  console.log(`  ${name}: ${accepted} accepted, ${refused} refused`);
}
console.log(
  `  slowest ${slowest.toFixed(1)} ms; memory grew by ${((Deno.memoryUsage().rss - heapBefore) / 1e6).toFixed(0)} MB`,
);
