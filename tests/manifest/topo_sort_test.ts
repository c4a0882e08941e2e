import { assert, assertEquals, assertThrows } from "@std/assert";
import { DependencyCycle, type Manifest, topoSort } from "@dagstack/plugin-system";
import { dependencyLevels, resolveDependencies, validateManifest } from "../../src/manifest/mod.ts";

/** A manifest by `kind/name`. */
function plugin(id: string, depends_on: unknown[] = [], fields: Record<string, unknown> = {}): Manifest {
  const [kind, name] = id.split("/");
  const base = { runtime: "in_process", core_version: "*", entry_point: "plugin:P" };
  return validateManifest({ ...base, kind, name, depends_on, ...fields }, id);
}

const ids = (manifests: readonly Manifest[]) => manifests.map(({ kind, name }) => `${kind}/${name}`);

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

Deno.test("nothing has no levels", () => {
  assertEquals(dependencyLevels([]), []);
  assertEquals(topoSort([]), []);
});

Deno.test("a plugin stands one level after the last that it depends on", () => {
  const levels = dependencyLevels([
    plugin("k/d", ["b", "c"]),
    plugin("k/c", ["b"]),
    plugin("k/b", ["a"]),
    plugin("k/a"),
    plugin("k/z"),
  ]);
  assertEquals(levels.map(ids), [["k/a", "k/z"], ["k/b"], ["k/c"], ["k/d"]]);
});

Deno.test("within a level tryfirst and trylast go before priority, priority before name", () => {
  const sorted = topoSort([
    plugin("k/late-high", [], { trylast: true, priority: 999 }),
    plugin("k/b", [], { priority: 5 }),
    plugin("k/a", [], { priority: 5 }),
    plugin("k/high", [], { priority: 50 }),
    plugin("k/first-low", [], { tryfirst: true }),
    plugin("k/first-high", [], { tryfirst: true, priority: 2 }),
    plugin("k/late-low", [], { trylast: true }),
  ]);
  const names = ["first-high", "first-low", "high", "a", "b", "late-high", "late-low"];
  assertEquals(sorted.map(({ name }) => name), names);
});

Deno.test("within a level the runtime goes before all else", () => {
  const sorted = topoSort([
    plugin("k/http", [], { runtime: "mcp_http", url: "http://a/", tryfirst: true }),
    plugin("k/stdio", [], { runtime: "mcp_stdio", command: ["a"], priority: 100 }),
    plugin("k/own", [], { trylast: true }),
  ]);
  assertEquals(ids(sorted), ["k/own", "k/stdio", "k/http"]);
});

Deno.test("dependencies go before tryfirst and priority", () => {
  const sorted = topoSort([
    plugin("k/a", ["b"], { tryfirst: true, priority: 9 }),
    plugin("k/b", [], { trylast: true }),
  ]);
  assertEquals(ids(sorted), ["k/b", "k/a"]);
});

Deno.test("the order given does not matter", () => {
  const manifests = [
    plugin("k/e", ["c"]),
    plugin("k/d", ["c", "a"], { priority: 1 }),
    plugin("k/c", ["b"]),
    plugin("j/b"),
    plugin("k/a", [], { trylast: true }),
    plugin("j/a", [{ kind: "k", name: "a" }]),
  ];
  const expected = ids(topoSort(manifests));
  for (const order of permutations(manifests)) assertEquals(ids(topoSort(order)), expected);
});

Deno.test("topoSort leaves its argument as it was", () => {
  const manifests = Object.freeze([plugin("k/b", ["a"]), plugin("k/a")]);
  assertEquals(ids(topoSort(manifests)), ["k/a", "k/b"]);
  assertEquals(ids(manifests), ["k/b", "k/a"]);
});

const names: [what: string, depends: unknown, others: string[], found: string | undefined][] = [
  ["a bare name is the only plugin of that name", "x", ["j/x", "k/y"], "j/x"],
  ["a bare name is the plugin of the own kind where several have it", "x", ["j/x", "k/x", "l/x"], "k/x"],
  ["a bare name that only other kinds have is nobody's", "x", ["j/x", "l/x"], undefined],
  ["a bare name that nobody has is nobody's", "x", ["j/y"], undefined],
  ["a long name is exactly that plugin", { kind: "j", name: "x" }, ["j/x", "k/x"], "j/x"],
  ["a long name of another kind is nobody's", { kind: "l", name: "x" }, ["j/x", "k/x"], undefined],
];

for (const [what, depends, others, found] of names) {
  Deno.test(what, () => {
    const manifest = plugin("k/self", [depends]);
    const [dependency] = resolveDependencies(manifest, [manifest, ...others.map((id) => plugin(id))]);
    assertEquals(dependency!.id, found);
  });
}

const cycles: [name: string, edges: Record<string, unknown[]>, cycle: string[]][] = [
  ["two plugins", { "k/a": ["b"], "k/b": ["a"] }, ["k/a", "k/b", "k/a"]],
  ["itself", { "k/a": ["a"] }, ["k/a", "k/a"]],
  ["three of two kinds", { "k/a": ["b"], "j/b": ["c"], "k/c": [{ kind: "k", name: "a" }] }, [
    "j/b",
    "k/c",
    "k/a",
    "j/b",
  ]],
  ["others that lead into it", { "k/a": ["b"], "k/b": ["c"], "k/c": ["d"], "k/d": ["b"], "k/e": [] }, [
    "k/b",
    "k/c",
    "k/d",
    "k/b",
  ]],
];

for (const [name, edges, cycle] of cycles) {
  Deno.test(`a circle of ${name} is named whole, whatever the order`, () => {
    for (const order of permutations(Object.entries(edges))) {
      const error = assertThrows(() => topoSort(order.map(([id, needs]) => plugin(id, needs))), DependencyCycle);
      assertEquals(error.cycle, cycle);
      assertEquals(error.message, `Cannot order plugins: ${cycle.join(" depends on ")}`);
    }
  });
}

Deno.test("dependencies that are not there are passed over", () => {
  assertEquals(ids(topoSort([plugin("k/b", ["none", "a"]), plugin("k/a", [{ kind: "z", name: "b" }])])), [
    "k/a",
    "k/b",
  ]);
});

Deno.test("a chain of 2,000 plugins is sorted within two seconds", () => {
  const chain = Array.from({ length: 2000 }, (_, i) => plugin(`k/p${i}`, i === 0 ? [] : [`p${i - 1}`]));
  const start = performance.now();
  const sorted = topoSort(chain.toReversed());
  assert(performance.now() - start < 2000);
  assertEquals(sorted.map(({ name }) => name), chain.map(({ name }) => name));
});
