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
  | { is: "integer"; minimum: number; maximum?: number }
  | { is: "boolean" }
  | { is: "texts"; pattern?: string; values?: readonly string[]; notEmpty?: boolean }
  | { is: "text or texts"; values: readonly string[] }
  | { is: "dependencies" }
  | { is: "text map" }
  | { is: "open table" };

/** One row of the table. */
export interface Field {
  /** The path below `[plugin]`, for example `resources.http_client.hosts`. */
  key: string;
  type: FieldType;
  required?: boolean;
  /** Filled in when the manifest leaves the field out. */
  default?: JsonValue;
  /** Where the value goes when it is written here: the field is another way to write that one. */
  alias?: string;
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
  /** Keys of a TOML file. */
  keys: 1000,
  /** Tables and lists inside each other. */
  depth: 32,
} as const;

/** Tables that are there only when the manifest has them; inside them required fields are required, defaults filled in. */
export const OPTIONAL_TABLES: ReadonlySet<string> = new Set(["chain_wrap", "mcp_stdio", "mcp_http", "mcp_http.retry"]);

/** The values of `runtime`. */
export const RUNTIMES = ["in_process", "mcp_stdio", "mcp_http"] as const;
/** The values of `execution_model`. */
export const EXECUTION_MODELS = ["sync", "async", "thread_cpu_bound", "process_cpu_bound"] as const;

// No commas, for a Deno flag cannot escape them; no control characters; not empty.
const FLAG_VALUE = "^[^,\\x00-\\x1f\\x7f]+$";
const FLAG_VALUE_NO_STAR = "^[^,*\\s\\x00-\\x1f\\x7f]+$";

const NAME = "^[a-z0-9_-]+$";
/** What a timer can wait: 2^31 - 1 milliseconds. */
const SECONDS = { is: "integer", minimum: 1, maximum: 2_147_483 } as const;
const TAGS = { is: "texts" } as const;

/** The table, in the order in which docs list it. */
export const FIELDS: readonly Field[] = [
  {
    key: "name",
    type: { is: "text", pattern: NAME, maxLength: 128 },
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
    key: "depends_on",
    type: { is: "dependencies" },
    default: [],
    expected: "a list of plugin names, or of { kind, name } where a name is not unique",
    description: "Plugins that must have started before this one.",
  },
  {
    key: "tryfirst",
    type: { is: "boolean" },
    default: false,
    expected: "true or false",
    description: "Start and dispatch before the others, whatever their priority. Never together with `trylast`.",
  },
  {
    key: "trylast",
    type: { is: "boolean" },
    default: false,
    expected: "true or false",
    description: "Start and dispatch after the others, whatever their priority. Never together with `tryfirst`.",
  },
  {
    key: "startup_timeout_sec",
    type: SECONDS,
    default: 30,
    expected: "a whole number of seconds, 1 to 2147483",
    description: "Seconds that starting the scope, loading and `setup` may take together.",
  },
  {
    key: "teardown_timeout_sec",
    type: SECONDS,
    default: 15,
    expected: "a whole number of seconds, 1 to 2147483",
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
    key: "in_process_only",
    type: { is: "boolean" },
    default: false,
    expected: "true or false",
    description:
      "Passes live objects: never behind MCP, never in a chain, never sandboxed. The host must trust it by name.",
  },
  {
    key: "capabilities",
    type: TAGS,
    default: [],
    expected: "a list of tags",
    description: "Free tags, for routing and governance.",
  },
  {
    key: "supports_languages",
    type: TAGS,
    default: [],
    expected: "a list of languages",
    description: "Languages the plugin handles, for capability dispatch.",
  },
  {
    key: "supports_extensions",
    type: TAGS,
    default: [],
    expected: "a list of file extensions",
    description: "File extensions the plugin handles, for capability dispatch.",
  },
  {
    key: "supports_mime_types",
    type: TAGS,
    default: [],
    expected: "a list of MIME types",
    description: "MIME types the plugin handles, for capability dispatch.",
  },
  {
    key: "fallback",
    type: { is: "boolean" },
    default: false,
    expected: "true or false",
    description: "Takes what no other plugin of its kind matches. At most one per kind.",
  },
  {
    key: "config_schema",
    type: { is: "open table" },
    expected: "a JSON Schema 2020-12 as a table",
    description: "What the plugin's configuration must be; checked before `setup`.",
  },
  {
    key: "health_check",
    type: { is: "text", pattern: "^[A-Za-z_$][A-Za-z0-9_$]*$", maxLength: 128 },
    expected: "the name of a method",
    description: "The method to poll instead of `health`.",
  },
  {
    key: "resources.required",
    type: { is: "texts", pattern: "^[a-z][a-z0-9_]*$" },
    default: [],
    expected: "a list of resource names: lower-case letters, digits and _",
    description: "Resources without which the plugin does not start. They are also its permission scope.",
  },
  {
    key: "resources.optional",
    type: { is: "texts", pattern: "^[a-z][a-z0-9_]*$" },
    default: [],
    expected: "a list of resource names: lower-case letters, digits and _",
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
  {
    key: "resources.packages.specifiers",
    type: { is: "texts", pattern: "^(npm|jsr):[^,\\s\\x00-\\x1f\\x7f]+$" },
    default: [],
    expected: 'a list of specifiers such as "npm:left-pad@1.3.0"',
    description: "Packages that the plugin may import.",
  },
  {
    key: "resources.tmpdir.quota_mb",
    type: { is: "integer", minimum: 1 },
    expected: "a whole number of megabytes, at least 1",
    description: "How much the plugin's fresh folder may hold.",
  },
  {
    key: "unit_of_work.declared",
    type: { is: "boolean" },
    default: false,
    expected: "true or false",
    description: "Whether the plugin works in units. Declared units need `partition_key`.",
  },
  {
    key: "unit_of_work.partition_key",
    type: { is: "text" },
    expected: "the name of an argument",
    description: "Units of one partition run one at a time, in order.",
  },
  {
    key: "unit_of_work.estimated_duration_sec",
    type: { is: "integer", minimum: 0 },
    expected: "a whole number of seconds",
    description: "A hint for schedulers.",
  },
  {
    key: "unit_of_work.idempotency_mode",
    type: { is: "text", values: ["none", "input_hash", "output_hash"] },
    default: "none",
    expected: 'one of "none", "input_hash", "output_hash"',
    description: "What makes two units the same.",
  },
  {
    key: "unit_of_work.checkpointable",
    type: { is: "boolean" },
    default: false,
    expected: "true or false",
    description: "Whether a unit resumes from its checkpoint.",
  },
  {
    key: "unit_of_work.content_hash",
    type: { is: "texts" },
    default: [],
    expected: "a list of argument names",
    description: "The arguments that the idempotency key is made of.",
  },
  {
    key: "mcp_stdio.command",
    type: { is: "texts", notEmpty: true },
    required: true,
    expected: "a program and its arguments, as a list",
    description: "What to start.",
  },
  {
    key: "mcp_stdio.working_dir",
    type: { is: "text" },
    expected: "a path",
    description: "Where to start it. By default the plugin's folder.",
  },
  {
    key: "mcp_stdio.env",
    type: { is: "text map" },
    default: {},
    expected: "a table of texts",
    description: "Environment variables for it.",
  },
  {
    key: "mcp_stdio.startup_timeout_sec",
    type: SECONDS,
    default: 30,
    expected: "a whole number of seconds, 1 to 2147483",
    description: "Seconds until the handshake must be done.",
  },
  {
    key: "mcp_http.url",
    type: { is: "text", pattern: "^https?://[^\\s]+$" },
    required: true,
    expected: "an http or https URL",
    description: "Where the MCP server is.",
  },
  {
    key: "mcp_http.auth_header",
    type: { is: "text", pattern: "^[A-Za-z0-9-]+$" },
    expected: "the name of a header",
    description: "The header that carries the secret.",
  },
  {
    key: "mcp_http.auth_secret_env",
    type: { is: "text", pattern: "^[A-Za-z_][A-Za-z0-9_]*$" },
    expected: "the name of an environment variable",
    description: "The host's variable that holds the secret.",
  },
  {
    key: "mcp_http.timeout_sec",
    type: SECONDS,
    default: 60,
    expected: "a whole number of seconds, 1 to 2147483",
    description: "Seconds that a request may take.",
  },
  {
    key: "mcp_http.tls_ca_bundle",
    type: { is: "text" },
    expected: "a path",
    description: "Certificates to trust besides the system's.",
  },
  {
    key: "mcp_http.retry.attempts",
    type: { is: "integer", minimum: 0 },
    default: 3,
    expected: "a whole number of at least 0",
    description: "How often a failed request is tried again.",
  },
  {
    key: "mcp_http.retry.backoff_ms",
    type: { is: "integer", minimum: 1 },
    default: 200,
    expected: "a whole number of milliseconds, at least 1",
    description: "How long to wait before the first retry; it doubles.",
  },
  {
    key: "command",
    alias: "mcp_stdio.command",
    type: { is: "texts", notEmpty: true },
    expected: "a program and its arguments, as a list",
    description: "The same as `mcp_stdio.command`.",
  },
  {
    key: "env",
    alias: "mcp_stdio.env",
    type: { is: "text map" },
    expected: "a table of texts",
    description: "The same as `mcp_stdio.env`.",
  },
  {
    key: "url",
    alias: "mcp_http.url",
    type: { is: "text", pattern: "^https?://[^\\s]+$" },
    expected: "an http or https URL",
    description: "The same as `mcp_http.url`.",
  },
  {
    key: "auth.auth_header",
    alias: "mcp_http.auth_header",
    type: { is: "text", pattern: "^[A-Za-z0-9-]+$" },
    expected: "the name of a header",
    description: "The same as `mcp_http.auth_header`.",
  },
  {
    key: "auth.auth_secret_env",
    alias: "mcp_http.auth_secret_env",
    type: { is: "text", pattern: "^[A-Za-z_][A-Za-z0-9_]*$" },
    expected: "the name of an environment variable",
    description: "The same as `mcp_http.auth_secret_env`.",
  },
  {
    key: "chain_wrap.kinds",
    type: { is: "texts", notEmpty: true },
    required: true,
    expected: 'a list of kinds, or ["*"]',
    description: "The kinds whose hooks this middleware wraps. Only with a priority of 1000 or more.",
  },
  {
    key: "chain_wrap.hooks",
    type: { is: "texts", notEmpty: true },
    default: ["*"],
    expected: 'a list of hooks, or ["*"]',
    description: "The hooks it wraps.",
  },
  {
    key: "supports",
    type: { is: "open table" },
    expected: "a table",
    description: "Not interpreted.",
  },
  {
    key: "metadata",
    type: { is: "open table" },
    expected: "a table",
    description: "Not interpreted.",
  },
];

/** Fields that are another way to write one, and which. */
export const ALIASES: readonly { key: string; alias: string }[] = FIELDS.flatMap(({ key, alias }) =>
  alias === undefined ? [] : [{ key, alias }]
);

const ALIAS_ROOTS = [...new Set(ALIASES.map(({ key }) => key.split(".")[0]!))];

/** Whether a manifest writes any field in another way; most do not. */
export function usesAliases(plugin: Readonly<Record<string, unknown>>): boolean {
  return ALIAS_ROOTS.some((root) => root in plugin);
}
