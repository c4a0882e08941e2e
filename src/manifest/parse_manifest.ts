import { ManifestInvalid, type ManifestProblem } from "../errors.ts";
import { ALIASES, FIELDS, OPTIONAL_TABLES, usesAliases } from "./fields.ts";
import { Locator } from "./locate.ts";
import type { Manifest } from "./manifest_type.generated.ts";
import { listProblems } from "./problems.ts";
import { type ManifestFormat, readText, toJson } from "./read_text.ts";
import { formatSteps } from "./show.ts";

/** How to read a manifest's text. */
export interface ParseManifestOptions {
  /** What the text is written in. @default "toml" */
  format?: ManifestFormat;
  /** What errors call it. @default "dagstack.toml" */
  source?: string;
  /** The key under which the manifest stands in the text, for example `dagstack` in a `package.json`. @default none */
  within?: string;
}

/**
 * Reads a manifest (SPEC section 2).
 *
 * @param text The content of a manifest file.
 * @param options What it is written in, and what it is called.
 * @returns The manifest, frozen, defaults filled in.
 * @throws {ManifestInvalid} With every problem of the text at once.
 *
 * @example
 * ```ts
 * import { parseManifest } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * const manifest = parseManifest(`
 *   [plugin]
 *   name = "fixed"
 *   kind = "chunker"
 *   runtime = "in_process"
 *   core_version = ">=0.1.0,<1.0.0"
 *   entry_point = "plugin:FixedChunker"
 * `);
 * assertEquals(manifest.startup_timeout_sec, 30);
 * ```
 */
export function parseManifest(text: string, options: ParseManifestOptions = {}): Manifest {
  const { format = "toml", within } = options;
  const source = options.source ?? (format === "toml" ? "dagstack.toml" : "dagstack.json");
  const own = text.replace(/^\ufeff/, ""); // a byte order mark says nothing that UTF-8 needs
  const whole = readText(own, format, source);
  const raw = within === undefined ? whole : embedded(whole, within, source);
  const locate = () => new Locator(own, format === "toml" ? "toml" : "json");
  return validate(raw, source, { loose: format !== "toml", prefix: within === undefined ? [] : [within], locate });
}

/**
 * Checks the raw value of a manifest and fills in defaults.
 *
 * @param raw What a manifest file holds, with or without the `plugin` wrapper.
 * @param source What errors call it.
 * @returns The manifest, frozen.
 * @throws {ManifestInvalid} With every problem at once.
 */
export function validateManifest(raw: unknown, source: string): Manifest {
  return validate(toJson(raw, source, [], 0), source, { loose: true, prefix: [], locate: () => undefined });
}

function embedded(whole: unknown, key: string, source: string): unknown {
  const inner = isTable(whole) && Object.hasOwn(whole, key) ? whole[key] : undefined;
  if (isTable(inner)) return inner;
  const found = inner === undefined ? "nothing" : Array.isArray(inner) ? "a list" : String(inner);
  throw new ManifestInvalid(source, [{ path: key, expected: "an object with the plugin's manifest", found }]);
}

interface Reading {
  /** JSON: the wrapper may be left out, and null means left out. */
  loose: boolean;
  /** Where the manifest stands in its file. */
  prefix: string[];
  locate: () => Locator | undefined;
}

function validate(raw: unknown, source: string, { loose, prefix, locate }: Reading): Manifest {
  const bare = loose && isTable(raw) && !Object.hasOwn(raw, "plugin");
  const wrapped: unknown = bare ? { plugin: raw } : raw;
  const plugin = isTable(wrapped) && isTable(wrapped.plugin) ? wrapped.plugin : undefined;
  if (loose && plugin !== undefined) dropNulls(plugin, "");
  const moved = plugin === undefined ? new Map<string, string>() : moveAliases(plugin);
  const problems = listProblems(wrapped, moved);
  if (problems.length > 0) {
    const locator = locate();
    const placed = problems.map(({ steps, at, ...problem }): ManifestProblem => {
      const own = [...prefix, ...bare ? steps.slice(1) : steps];
      return { path: formatSteps(own), ...problem, ...locator?.find(own, at) };
    });
    // In the order of the file, where that is known.
    placed.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
    throw new ManifestInvalid(source, placed);
  }
  return deepFreeze(withDefaults(plugin!)) as unknown as Manifest;
}

/** In JSON, null says that an optional field is left out: what other bindings write for it. */
function dropNulls(table: Table, path: string): void {
  for (const [key, value] of Object.entries(table)) {
    const own = path === "" ? key : `${path}.${key}`;
    if (value === null && OPTIONAL.has(own)) delete table[key];
    else if (isTable(value) && OPTIONAL.has(own)) dropNulls(value, own);
  }
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Tables of the table of fields, outer ones first; without those that only hold aliases. */
const TABLES = new Set(FIELDS.filter(({ alias }) => alias === undefined).flatMap(({ key }) => tablesAround(key)));
/** Every field and table that may be left out. */
const OPTIONAL = new Set(
  FIELDS.flatMap(({ key, required }) => [...required === true ? [] : [key], ...tablesAround(key)]),
);
/** Tables and the defaults of their fields, outer tables first. Defaults are frozen, and shared by all manifests. */
const DEFAULTS = ["", ...TABLES].map((path) => ({
  steps: path === "" ? [] : path.split("."),
  optional: OPTIONAL_TABLES.has(path),
  defaults: FIELDS.filter(({ key, alias, default: value }) =>
    alias === undefined && value !== undefined && key.slice(0, Math.max(0, key.lastIndexOf("."))) === path
  ).map(({ key, default: value }) => ({
    name: key.slice(key.lastIndexOf(".") + 1),
    value: deepFreeze(structuredClone(value)),
  })),
}));

function tablesAround(key: string): string[] {
  const steps = key.split(".").slice(0, -1);
  return steps.map((_, i) => steps.slice(0, i + 1).join("."));
}

/** Fills in defaults. */
function withDefaults(plugin: Table): Table {
  for (const { steps, optional, defaults } of DEFAULTS) {
    let table: Table | undefined = plugin;
    for (const step of steps) {
      if (table[step] === undefined && optional) {
        table = undefined;
        break;
      }
      table = (table[step] ??= {}) as Table;
    }
    if (table !== undefined) { for (const { name, value } of defaults) table[name] ??= value; }
  }
  return plugin;
}

/**
 * Moves what is written in another way to its field. What is written both ways, or cannot be moved, stays where it is,
 * and is found there.
 *
 * @returns For each field that was moved, where it stood.
 */
function moveAliases(plugin: Table): Map<string, string> {
  const moved = new Map<string, string>();
  if (!usesAliases(plugin)) return moved;
  for (const { key, alias } of ALIASES) {
    const value = getAt(plugin, key);
    const [table, name] = alias.split(".") as [string, string];
    if (value === undefined || !(plugin[table] === undefined || isTable(plugin[table]))) continue;
    const target = (plugin[table] ??= {}) as Table;
    if (target[name] !== undefined) continue;
    target[name] = value;
    moved.set(alias, key);
    const [first, part] = key.split(".") as [string, string?];
    if (part === undefined) delete plugin[first];
    else delete (plugin[first] as Table)[part];
  }
  if (isTable(plugin.auth) && Object.keys(plugin.auth).length === 0) delete plugin.auth;
  return moved;
}

type Table = Record<string, unknown>;

function getAt(plugin: Table, key: string): unknown {
  if (!key.includes(".")) return plugin[key];
  return key.split(".").reduce<unknown>((table, step) => isTable(table) ? table[step] : undefined, plugin);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    for (const key in value) deepFreeze(value[key]);
    Object.freeze(value);
  }
  return value;
}
