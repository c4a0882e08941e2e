import { parse as parseToml } from "@std/toml/parse";
import { ManifestInvalid, type ManifestProblem } from "../errors.ts";
import { FIELDS, MANIFEST_LIMITS } from "./fields.ts";
import type { Manifest } from "./manifest_type.generated.ts";
import { listProblems } from "./problems.ts";

/** How to read a manifest's text. */
export interface ParseManifestOptions {
  /** What the text is written in. @default "toml" */
  format?: "toml";
  /** What errors call it. @default "dagstack.toml" */
  source?: string;
}

/**
 * Reads a manifest (SPEC section 2).
 *
 * @param text The content of `dagstack.toml`.
 * @param options What it is called.
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
  const source = options.source ?? "dagstack.toml";
  if (text.length > MANIFEST_LIMITS.bytes) {
    throw new ManifestInvalid(source, [
      { path: "", expected: `at most ${MANIFEST_LIMITS.bytes} bytes`, found: `${text.length} characters` },
    ]);
  }
  return validateManifest(readToml(text, source), source);
}

/**
 * Checks the raw value of a manifest and fills in defaults.
 *
 * @param raw What the file holds, `[plugin]` wrapper included.
 * @param source What errors call it.
 * @returns The manifest, frozen.
 * @throws {ManifestInvalid} With every problem at once.
 */
export function validateManifest(raw: unknown, source: string): Manifest {
  const problems = listProblems(raw);
  if (problems.length > 0) throw new ManifestInvalid(source, problems);
  const { plugin } = raw as { plugin: Record<string, unknown> };
  return deepFreeze(withDefaults(structuredClone(plugin))) as unknown as Manifest;
}

function readToml(text: string, source: string): unknown {
  try {
    return parseToml(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const problem: ManifestProblem = { path: "", expected: "TOML", found: message };
    const at = /line (\d+), column (\d+)/.exec(message);
    if (at !== null) {
      problem.line = Number(at[1]);
      problem.column = Number(at[2]);
      problem.found = message.replace(/^.*?line \d+, column \d+: */s, "");
    }
    throw new ManifestInvalid(source, [problem], { cause });
  }
}

function withDefaults(plugin: Record<string, unknown>): Record<string, unknown> {
  for (const field of FIELDS) {
    const steps = field.key.split(".");
    const last = steps.pop()!;
    let table = plugin;
    for (const step of steps) table = (table[step] ??= {}) as Record<string, unknown>;
    if (table[last] === undefined && field.default !== undefined) table[last] = structuredClone(field.default);
  }
  return plugin;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
