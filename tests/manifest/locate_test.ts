import { assertEquals } from "@std/assert";
import { Locator } from "../../src/manifest/locate.ts";

/** Each row: a text in which « marks the place, the steps to it, and whether the key or the value is looked for. */
const rows: [name: string, format: "toml" | "json", text: string, steps: string[], of?: "key"][] = [
  ["a plain key", "toml", "[plugin]\nname = «5", ["plugin", "name"]],
  ["the key itself", "toml", "[plugin]\n  «name = 5", ["plugin", "name"], "key"],
  ["a table's header", "toml", "[plugin]\na = 1\n«[plugin.sub]\nb = 2", ["plugin", "sub"], "key"],
  ["a header with spaces", "toml", "[ plugin . sub ]\nb = «2", ["plugin", "sub", "b"]],
  ["a quoted key", "toml", '[plugin]\n"a key" = «2', ["plugin", "a key"]],
  ["a quoted key with a dot", "toml", '[plugin]\n"a.b" = 1\na.b = «2', ["plugin", "a", "b"]],
  ["a literal key", "toml", "[plugin]\n'a\"b' = «2", ["plugin", 'a"b']],
  ["a quoted key with an escape", "toml", '[plugin]\n"a\\"\\u0062" = «2', ["plugin", 'a"b']],
  ["a quoted header", "toml", "[plugin.\"x.y\".'z']\nb = «2", ["plugin", "x.y", "z", "b"]],
  ["a dotted key", "toml", "plugin.a.b = «2", ["plugin", "a", "b"]],
  ["the table that a dotted key makes", "toml", "«plugin.a.b = 2", ["plugin", "a"], "key"],
  ["a dotted key with spaces", "toml", "plugin . a\t.  b = «2", ["plugin", "a", "b"]],
  ["an entry of a list", "toml", '[plugin]\na = ["x", «5]', ["plugin", "a", "1"]],
  [
    "an entry of a list with comments",
    "toml",
    '[plugin]\na = [ # "one", [\n  "x", # ], "y"\n  # "z",\n  «5,\n]',
    ["plugin", "a", "1"],
  ],
  ["an entry of a list in a list", "toml", "[plugin]\na = [[1, 2], [3, «4]]", ["plugin", "a", "1", "1"]],
  ["an inline table", "toml", "[plugin]\na = { b = 1, c = { d = «2 } }", ["plugin", "a", "c", "d"]],
  ["a dotted key in an inline table", "toml", "[plugin]\na = { b.c = «2 }", ["plugin", "a", "b", "c"]],
  ["an inline table in a list", "toml", "[plugin]\na = [{ b = 1 }, { b = «2 }]", ["plugin", "a", "1", "b"]],
  ["what follows a long text", "toml", 'a = """\nb = 1\n"quoted" [x]\n"""\nb = «2', ["b"]],
  ["what follows a long text that ends in quotes", "toml", 'a = """x"""""\nb = «2', ["b"]],
  ["what follows a long text with an escape", "toml", 'a = """\\""" b = 1"""\nb = «2', ["b"]],
  ["what follows a literal text", "toml", "a = 'C:\\'\nb = «2", ["b"]],
  ["what follows a long literal text", "toml", "a = '''\nb = 1\n\\''' # '''\nb = «2", ["b"]],
  ["what follows an empty text", "toml", 'a = ""\nb = «2', ["b"]],
  ["what follows a comment with quotes", "toml", "# it's \"so\n[plugin] # it's '''\nb = «2 # [x]", ["plugin", "b"]],
  ["what follows a date", "toml", "a = 1979-05-27 07:32:00Z\nb = «2", ["b"]],
  ["the entry of an array of tables", "toml", "[[a]]\nx = 1\n[[a]]\nx = «2", ["a", "1", "x"]],
  ["a table after an array of tables", "toml", "[[a.b]]\nx = 1\n[c]\nx = «2", ["c", "x"]],
  ["lines that end in CRLF", "toml", "[plugin]\r\na = [\r\n  1,\r\n  «2,\r\n]\r\n", ["plugin", "a", "1"]],
  ["a key in other letters", "toml", '[plugin]\n"ключ🐟" = «2', ["plugin", "ключ🐟"]],
  ["a plain key", "json", '{"a": 1,\n "b": «2}', ["b"]],
  ["the key itself", "json", '{"a": 1,\n «"b": 2}', ["b"], "key"],
  ["an entry of a list", "json", '{"a": [1, [2, «3]]}', ["a", "1", "1"]],
  ["an object in a list", "json", '{"a": [{"b": 1}, {"b": «2}]}', ["a", "1", "b"]],
  ["a key with escapes", "json", '{"a\\"b\\\\": «2}', ['a"b\\']],
  ["a key with brackets", "json", '{"a": "}, \\"b\\": 1", "b]{": «2}', ["b]{"]],
  ["a key before a colon on another line", "json", '{"a"\n:\n«2}', ["a"]],
  ["an empty key", "json", '{"": «2}', [""]],
  ["what follows empty texts", "json", '{"a": "", "b": ["", ""], "c": «2}', ["c"]],
  ["what follows comments", "json", '// "b": 1\n{/* "b": 1, */ "a": 1, // "b": 1\n"b": «2}', ["b"]],
  ["what follows a comment behind a value", "json", '{"a": [1 // "x", ]\n, 2], "b": «2}', ["b"]],
  ["lines that end in CRLF", "json", '{\r\n  "a": {\r\n    "b": «2\r\n  }\r\n}', ["a", "b"]],
];

for (const [name, format, marked, steps, of = "value"] of rows) {
  Deno.test(`a Locator finds ${name} in ${format}`, () => {
    const before = marked.slice(0, marked.indexOf("«"));
    const expected = { line: before.split("\n").length, column: before.length - before.lastIndexOf("\n") };
    assertEquals(new Locator(marked.replace("«", ""), format).find(steps, of), expected);
  });
}

Deno.test("a Locator gives the nearest table around what is not there", () => {
  const locator = new Locator("a = 1\n[plugin]\n[plugin.sub]\nx = 1\n", "toml");
  assertEquals(locator.find(["plugin", "sub", "none"], "value"), { line: 3, column: 1 });
  assertEquals(locator.find(["plugin", "none", "none"], "value"), { line: 2, column: 1 });
  assertEquals(locator.find(["none"], "value"), undefined);
  assertEquals(locator.find([], "value"), undefined);
});

Deno.test("a Locator ends on any text, whatever it is", () => {
  const texts = [
    "",
    "[",
    "{",
    "[[",
    "]",
    "}",
    '"',
    "'''",
    "/*",
    "=",
    ":",
    "a",
    "a=",
    "{,",
    "[,,",
    "{:}",
    "[}",
    "{]",
    "\\",
  ];
  for (const first of texts) {
    for (const second of texts) {
      for (const format of ["toml", "json"] as const) new Locator(first + second, format).find(["a"], "value");
    }
  }
});
