import { ManifestInvalid } from "../errors.ts";
import { fromFileUrl, join } from "../path/mod.ts";
import { TempFolders } from "../runtime/mod.ts";
import { LIFECYCLE_METHODS, type ResolvedEntryPoint } from "../sandbox/mod.ts";
import type { Samples } from "./options.ts";
import { runDeno } from "./run_deno.ts";

/**
 * Reads `samples.json` beside a manifest: per hook a list of argument lists.
 *
 * @param folder The manifest's folder.
 * @returns The samples; `undefined` when there is no such file.
 * @throws {ManifestInvalid} If the file is not of that shape.
 */
export async function readSamples(folder: string): Promise<Samples | undefined> {
  const file = join(folder, "samples.json");
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const expected = 'an object of lists of argument lists, such as { "chunk": [["text", 5]] }';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ManifestInvalid(file, [{ path: "", expected, found: (cause as Error).message }], { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ManifestInvalid(file, [{ path: "", expected, found: JSON.stringify(value).slice(0, 80) }]);
  }
  for (const [hook, lists] of Object.entries(value)) {
    if (!Array.isArray(lists) || !lists.every(Array.isArray)) {
      throw new ManifestInvalid(file, [{ path: hook, expected: "a list of argument lists", found: typeof lists }]);
    }
  }
  return value as Samples;
}

/** The parts of `deno doc --json` that are read here. */
interface DocType {
  kind?: string;
  value?: unknown;
}
interface DocParam {
  kind: string;
  optional?: boolean;
  tsType?: DocType;
}
interface DocMethod {
  name: string;
  accessibility?: string;
  isStatic?: boolean;
  functionDef: { params: DocParam[] };
}
interface DocSymbol {
  name: string;
  declarations: { kind: string; def?: { methods?: DocMethod[]; properties?: (DocParam & { name: string })[] } }[];
}

/**
 * `deno doc` reads the plugin's own files only; the package's name leads to an empty module.
 *
 * NB: in a working folder that belongs to a workspace, Deno 2.9.6 panics over a `data:` import map, even with
 * `--no-config`; so it is run in a folder of its own.
 */
const DOC_FLAGS = [
  "--no-npm",
  "--no-remote",
  "--no-config",
  "--no-lock",
  `--import-map=data:application/json,{"imports":{"@dagstack/plugin-system":"data:text/javascript,"}}`,
];

/**
 * Makes samples from the parameter types of the entry point's hooks, as `deno doc` sees them. A hook with a parameter
 * of a type that means nothing here gets none.
 *
 * @param entry The entry point.
 * @returns Samples for the hooks that could be understood; possibly none.
 */
export async function makeSamples(entry: ResolvedEntryPoint): Promise<Samples> {
  await using folders = new TempFolders();
  const cwd = await folders.make("doc", "");
  const options = { cwd, env: { DENO_DIR: `${cwd}/cache` } };
  const { code, stdout } = await runDeno(["doc", "--json", ...DOC_FLAGS, fromFileUrl(entry.url)], options);
  if (code !== 0) return {};
  const { nodes } = JSON.parse(stdout) as { nodes: Record<string, { symbols: DocSymbol[] }> };
  const symbols = Object.values(nodes).flatMap((module) => module.symbols);
  const samples: Record<string, unknown[][]> = {};
  const methods = symbols.find(({ name }) => name === entry.exportName)?.declarations
    .find(({ kind }) => kind === "class")?.def?.methods ?? [];
  for (const { name, accessibility, isStatic, functionDef } of methods) {
    if (
      LIFECYCLE_METHODS.has(name) || isStatic === true || (accessibility !== undefined && accessibility !== "public")
    ) {
      continue;
    }
    const lists = argumentLists(functionDef.params, symbols);
    if (lists !== undefined) samples[name] = lists;
  }
  return samples;
}

/** Three variants of every value: usual, empty, unusual. Parameters with a default or `?` are left out. */
function argumentLists(params: readonly DocParam[], symbols: readonly DocSymbol[]): unknown[][] | undefined {
  const required = params.filter(({ kind, optional }) => kind === "identifier" && optional !== true);
  const columns: unknown[][] = [];
  for (const { tsType } of required) {
    const values = valuesOf(tsType, symbols, 0);
    if (values === undefined) return undefined;
    columns.push(values);
  }
  const count = Math.max(1, ...columns.map(({ length }) => length));
  return Array.from({ length: count }, (_, i) => columns.map((values) => values[i % values.length]));
}

function valuesOf(type: DocType | undefined, symbols: readonly DocSymbol[], depth: number): unknown[] | undefined {
  if (type === undefined || depth > 4) return undefined;
  const { value } = type;
  switch (type.kind) {
    case "keyword":
      return value === "string"
        ? ["The quick brown fox jumps over the lazy dog.", "", "naïve 👩‍👩‍👧 \r\n\u0000 text"]
        : value === "number"
        ? [3, 0, 1.5]
        : value === "boolean"
        ? [true, false]
        : value === "unknown" || value === "any"
        ? [null, { a: [1, "b"] }]
        : undefined;
    case "literal": {
      const literal = value as { kind: string; string?: string; number?: number; boolean?: boolean };
      return [literal.string ?? literal.number ?? literal.boolean ?? null];
    }
    case "array": {
      const items = valuesOf(value as DocType, symbols, depth + 1);
      return items === undefined ? undefined : [items, []];
    }
    case "union": {
      const known = (value as DocType[]).map((one) => valuesOf(one, symbols, depth + 1)).filter((one) =>
        one !== undefined
      );
      return known.length === 0 ? undefined : known.flat();
    }
    case "typeLiteral":
      return objectsOf((value as { properties: (DocParam & { name: string })[] }).properties, symbols, depth);
    case "typeRef": {
      const { typeName } = value as { typeName: string };
      if (typeName === "Uint8Array") return [new Uint8Array([1, 2, 3]), new Uint8Array()];
      const def = symbols.find(({ name }) => name === typeName)?.declarations.find(({ kind }) => kind === "interface")
        ?.def;
      return def?.properties === undefined ? undefined : objectsOf(def.properties, symbols, depth);
    }
    default:
      return undefined;
  }
}

function objectsOf(
  properties: readonly (DocParam & { name: string })[],
  symbols: readonly DocSymbol[],
  depth: number,
): unknown[] | undefined {
  const columns: [name: string, values: unknown[]][] = [];
  for (const { name, optional, tsType } of properties) {
    if (optional === true) continue;
    const values = valuesOf(tsType, symbols, depth + 1);
    if (values === undefined) return undefined;
    columns.push([name, values]);
  }
  const count = Math.max(1, ...columns.map(([, values]) => values.length));
  return Array.from(
    { length: count },
    (_, i) => Object.fromEntries(columns.map(([name, values]) => [name, values[i % values.length]])),
  );
}
