import { assertEquals } from "@std/assert";
import { parseEntryPoint } from "../../src/manifest/mod.ts";

const SUFFIXES = [".ts", ".mts", ".js", ".mjs", ".tsx"];
const modules = (name: string) => SUFFIXES.map((suffix) => name + suffix);

const good: [text: string, candidates: string[], exportName: string][] = [
  ["plugin:FixedChunker", modules("plugin"), "FixedChunker"],
  ["plugin:default", modules("plugin"), "default"],
  ["src/deep/plugin:$x_1", modules("src/deep/plugin"), "$x_1"],
  ["a b:Über", modules("a b"), "Über"],
  ["plugin.worker:A", modules("plugin.worker"), "A"],
  ["./plugin.ts#Sample", ["plugin.ts"], "Sample"],
  ["./plugin.ts", ["plugin.ts"], "default"],
  ["./src/plugin.mts#A", ["src/plugin.mts"], "A"],
  ["./plugin.js#EchoPlugin", ["plugin.js", "plugin.ts"], "EchoPlugin"],
  ["./plugin.mjs", ["plugin.mjs", "plugin.mts"], "default"],
  ["./plugin.jsx#A", ["plugin.jsx", "plugin.tsx"], "A"],
  ["./a.b.js", ["a.b.js", "a.b.ts"], "default"],
  ["./plugin.tsx#A", ["plugin.tsx"], "A"],
];

for (const [text, candidates, exportName] of good) {
  Deno.test(`the entry point ${JSON.stringify(text)} is taken apart`, () => {
    assertEquals(parseEntryPoint(text), { candidates, exportName });
  });
}

const bad = [
  ...["", ":", "plugin", "plugin:", ":Sample", "plugin:1a", "plugin:a-b", "plugin:a.b", "plugin:a b", "a:b:C"],
  ...["plugin#Sample", "plugin.ts#Sample", "./plugin", "./plugin.ts#", "./plugin.ts#1", "./plugin.ts#a#b", "./.py"],
  ...["./plugin.py", "./plugin.json", "./plugin.wasm#A", "https://example.com/x.ts", "data:text/javascript,1"],
  ...["C:\\x:A", "a\\b:A", "./a\\b.ts", "plugin:A\n", "plugin\0:A", "./plugin\0.ts", "./plugin.ts#A\n", " "],
];

for (const text of bad) {
  Deno.test(`${JSON.stringify(text)} is no entry point`, () => assertEquals(parseEntryPoint(text), undefined));
}
