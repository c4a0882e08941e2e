import { parse as parseJsonc } from "@std/jsonc/parse";
import { ManifestInvalid } from "../errors.ts";
import { fromFileUrl, resolve } from "../path/mod.ts";
import { MANIFEST_LIMITS } from "./fields.ts";
import type { Manifest } from "./manifest_type.generated.ts";
import { parseManifest, type ParseManifestOptions } from "./parse_manifest.ts";

/**
 * Reads a manifest file: `dagstack.toml`, `dagstack.json`, or the `dagstack` object of a `deno.json`, `deno.jsonc` or
 * `package.json`.
 *
 * @param path Path or `file:` URL of the file.
 * @returns The manifest; {@linkcode manifestPath} remembers where it came from.
 * @throws {ManifestInvalid} If the file cannot be read, or is no manifest.
 */
export async function loadManifest(path: string | URL): Promise<Manifest> {
  const file = resolve(path instanceof URL ? fromFileUrl(path) : path);
  const shown = path instanceof URL ? file : path;
  const manifest = parseManifest(await readFile(file, shown), { source: shown, ...formatOf(file) });
  paths.set(manifest, file);
  return manifest;
}

/**
 * Where a manifest was read from.
 *
 * @param manifest A manifest.
 * @returns The absolute path of its file, or `undefined` for one that was made in memory.
 */
export function manifestPath(manifest: Manifest): string | undefined {
  return paths.get(manifest);
}

const paths = new WeakMap<Manifest, string>();

const utf8 = new TextDecoder("utf-8", { fatal: true });

async function readFile(file: string, source: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    const { size, isFile } = Deno.statSync(file); // NB: waiting for another thread would take ten times as long
    if (!isFile) throw new ManifestInvalid(source, [{ path: "", expected: "a file", found: "something else" }]);
    if (size > MANIFEST_LIMITS.bytes) throw tooLarge(source, size);
    bytes = await Deno.readFile(file);
  } catch (cause) {
    if (cause instanceof ManifestInvalid) throw cause;
    const found = cause instanceof Deno.errors.NotFound ? "no such file" : String((cause as Error).message);
    throw new ManifestInvalid(source, [{ path: "", expected: "a readable file", found }], { cause });
  }
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new ManifestInvalid(source, [{ path: "", expected: "UTF-8 text", found: "other bytes" }], { cause });
  }
}

function tooLarge(source: string, size: number): ManifestInvalid {
  return new ManifestInvalid(source, [
    { path: "", expected: `at most ${MANIFEST_LIMITS.bytes} bytes`, found: `${size} bytes` },
  ]);
}

/** How a manifest file is read, by its name. */
function formatOf(file: string): ParseManifestOptions {
  const name = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
  if (name === "package.json") return { format: "json", within: EMBEDDED_KEY };
  if (name === "deno.json" || name === "deno.jsonc") return { format: "jsonc", within: EMBEDDED_KEY };
  return { format: name.endsWith(".json") ? "json" : name.endsWith(".jsonc") ? "jsonc" : "toml" };
}

/** The key of the object in files that are not only a manifest. */
export const EMBEDDED_KEY = "dagstack";

/**
 * Whether a `deno.json`, `deno.jsonc` or `package.json` holds a manifest. One that cannot be read or parsed holds none, for
 * all that can be known.
 *
 * @param file Its path.
 */
export async function holdsManifest(file: string): Promise<boolean> {
  try {
    const { isFile, size } = await Deno.stat(file); // first: reading a pipe would wait for ever
    if (!isFile || size > MANIFEST_LIMITS.bytes) return false;
    const text = await Deno.readTextFile(file);
    if (!text.includes(`"${EMBEDDED_KEY}"`)) return false;
    const value: unknown = parseJsonc(text);
    return typeof value === "object" && value !== null && Object.hasOwn(value, EMBEDDED_KEY);
  } catch {
    return false;
  }
}

/** The names of manifest files, in the order of their precedence within one folder (SPEC section 2). */
export const MANIFEST_FILES: readonly string[] = [
  "dagstack.toml",
  "dagstack.json",
  "deno.json",
  "deno.jsonc",
  "package.json",
];
