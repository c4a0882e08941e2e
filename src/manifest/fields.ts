/**
 * The one table of what a manifest may hold. The JSON Schema, the validator, the `Manifest` type and
 * `docs/manifest.md` are generated from it by `deno task generate`; parsing and error texts read it at run time.
 *
 * @module
 */

import type { JsonValue } from "../json.ts";

/** What a field holds. `text` fields may be narrowed by a pattern or a list of values. */
export type FieldType =
  | { is: "text"; pattern?: string; values?: readonly string[]; maxLength?: number }
  | { is: "integer"; minimum: number }
  | { is: "boolean" }
  | { is: "texts"; pattern?: string; values?: readonly string[] }
  | { is: "text or texts"; values: readonly string[] };

/** One row of the table. */
export interface Field {
  /** The path below `[plugin]`, for example `resources.http_client.hosts`. */
  key: string;
  type: FieldType;
  required?: boolean;
  /** Filled in when the manifest leaves the field out. */
  default?: JsonValue;
  /** What an error says was expected. */
  expected: string;
  /** One or two sentences for editors and docs. */
  description: string;
}

/** The limits of a manifest, so that a hostile one costs nothing. */
export const MANIFEST_LIMITS = {
  /** Bytes of the file. */
  bytes: 256 * 1024,
  /** UTF-16 units of one string. */
  text: 4096,
  /** Entries of one list. */
  entries: 256,
} as const;

/** The values of `runtime`. */
export const RUNTIMES = ["in_process", "mcp_stdio", "mcp_http"] as const;
/** The values of `execution_model`. */
export const EXECUTION_MODELS = ["sync", "async", "thread_cpu_bound", "process_cpu_bound"] as const;

// No commas, for a Deno flag cannot escape them; no control characters; not empty.
const FLAG_VALUE = "^[^,\\x00-\\x1f\\x7f]+$";
const FLAG_VALUE_NO_STAR = "^[^,*\\s\\x00-\\x1f\\x7f]+$";

/** The table, in the order in which docs list it. */
export const FIELDS: readonly Field[] = [
  {
    key: "name",
    type: { is: "text", pattern: "^[a-z0-9_-]+$", maxLength: 128 },
    required: true,
    expected: "lower-case letters, digits, - and _",
    description: "The plugin's name, unique within its kind.",
  },
  {
    key: "kind",
    type: { is: "text", pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]*$", maxLength: 128 },
    required: true,
    expected: "a kind: letters, digits, -, _ and .",
    description: "What the plugin is for: `chunker`, `tool`, … The core does not interpret it.",
  },
  {
    key: "runtime",
    type: { is: "text or texts", values: RUNTIMES },
    required: true,
    expected: `one of "in_process", "mcp_stdio", "mcp_http", or a list of them`,
    description: "How the plugin is run. A list names what it can run under; the host picks.",
  },
  {
    key: "core_version",
    type: { is: "text" },
    required: true,
    expected: `a version range such as ">=0.1.0,<1.0.0"`,
    description: "The versions of this core that the plugin works with.",
  },
  {
    key: "entry_point",
    type: { is: "text" },
    expected: `an entry point such as "plugin:FixedChunker"`,
    description: "`module:Export` inside the plugin's folder. Required for `in_process`.",
  },
  {
    key: "schema_version",
    type: { is: "text", values: ["1", "1.0", "1.0.0"] },
    default: "1",
    expected: `"1", "1.0" or "1.0.0"`,
    description: "The version of the manifest's own format.",
  },
  {
    key: "kind_api_version",
    type: { is: "text" },
    default: "1",
    expected: "a version as text",
    description: "The version of the kind's hooks that the plugin implements.",
  },
  { key: "version", type: { is: "text" }, expected: "text", description: "The plugin's own version." },
  { key: "description", type: { is: "text" }, expected: "text", description: "What the plugin does, in a sentence." },
  { key: "license", type: { is: "text" }, expected: "text", description: "An SPDX licence identifier." },
  { key: "maintainer", type: { is: "text" }, expected: "text", description: "Who answers for the plugin." },
  { key: "homepage", type: { is: "text" }, expected: "text", description: "Where to read more." },
  {
    key: "authors",
    type: { is: "texts" },
    default: [],
    expected: "a list of texts",
    description: "Who wrote the plugin.",
  },
  {
    key: "priority",
    type: { is: "integer", minimum: 0 },
    default: 0,
    expected: "a whole number of at least 0",
    description: "Where several plugins fit, the highest goes first. 0 to 999; 0 to 100 recommended.",
  },
  {
    key: "startup_timeout_sec",
    type: { is: "integer", minimum: 1 },
    default: 30,
    expected: "a whole number of seconds, at least 1",
    description: "Seconds that starting the scope, loading and `setup` may take together.",
  },
  {
    key: "teardown_timeout_sec",
    type: { is: "integer", minimum: 1 },
    default: 15,
    expected: "a whole number of seconds, at least 1",
    description: "Seconds that `teardown` may take.",
  },
  {
    key: "execution_model",
    type: { is: "text", values: EXECUTION_MODELS },
    default: "sync",
    expected: `one of "sync", "async", "thread_cpu_bound", "process_cpu_bound"`,
    description: "How the plugin's hooks run.",
  },
  {
    key: "resources.required",
    type: { is: "texts", pattern: "^[a-z][a-z0-9_]*$" },
    default: [],
    expected: "a list of resource names",
    description: "Resources without which the plugin does not start. They are also its permission scope.",
  },
  {
    key: "resources.optional",
    type: { is: "texts", pattern: "^[a-z][a-z0-9_]*$" },
    default: [],
    expected: "a list of resource names",
    description: "Resources that the plugin uses when the host offers them.",
  },
  {
    key: "resources.http_client.hosts",
    type: { is: "texts", pattern: FLAG_VALUE_NO_STAR },
    default: [],
    expected: 'a list of hosts such as "api.example.com" or "api.example.com:8080", without * or commas',
    description: "The hosts that the plugin may reach. None listed, none granted.",
  },
  {
    key: "resources.env.variables",
    type: { is: "texts", pattern: "^[^,*=\\s\\x00-\\x1f\\x7f]+$" },
    default: [],
    expected: "a list of variable names, without *, = or commas",
    description: "The environment variables that the plugin may read.",
  },
  {
    key: "resources.filesystem.read",
    type: { is: "texts", pattern: FLAG_VALUE },
    default: [],
    expected: "a list of paths, without commas",
    description: "Paths that the plugin may read; relative ones start at its folder.",
  },
  {
    key: "resources.filesystem.write",
    type: { is: "texts", pattern: FLAG_VALUE },
    default: [],
    expected: "a list of paths, without commas",
    description: "Paths that the plugin may write; relative ones start at its folder.",
  },
  {
    key: "resources.subprocess.programs",
    type: { is: "texts", pattern: FLAG_VALUE_NO_STAR },
    default: [],
    expected: "a list of programs, without commas or spaces",
    description:
      "Programs that the plugin may start. They are not sandboxed, so the host must trust the plugin by name.",
  },
];
